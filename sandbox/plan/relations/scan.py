"""One table of FROM. A protected one keeps only rows whose rank is under its row bound."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from sandbox.plan.names import Scan, Scope, granted
from sandbox.plan.types import quote


@dataclass(frozen=True)
class Relation:
    """A FROM clause so far."""

    sql: str
    bound: int
    """Rows that one unit can have in it; 0 where no table is protected."""
    scans: tuple[Scan, ...]
    unit: str = ""
    """Rendered unit of each row, never NULL; empty where no table is protected."""
    notes: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """One protected table and nothing else: its rank tells units apart."""
        return len(self.scans) == 1 and bool(self.unit) and self.scans[0].derived is None

    @property
    def tables(self) -> frozenset[str]:
        """Stored tables that are read."""
        return frozenset().union(*(one.inner or {one.table.name} for one in self.scans))


def scan(node: exp.Table, scope: Scope) -> Relation:
    """A table as a relation, in scope under its alias.

    Raises:
        Stopped: unknown table, duplicate or reserved alias, a table that was never loaded.
    """
    table = scope.table(node)
    alias = node.alias or table.name
    check_alias(alias, node, scope)
    made = Scan(alias, f"t{len(scope.scans)}", table, granted(scope.facts, table))
    scope.add(made, node)
    source = f"{quote(scope.facts.workspace)}.{quote(table.name)}"
    if table.public:
        if table.name not in scope.facts.public:
            scope.problems.stop("row_bound_missing", node, name=table.name)
        return Relation(f"{source} AS {made.name}", 0, (made,))
    bound = scope.facts.row_bounds.get(table.name)
    if bound is None or bound < 1 or table.unit is None:
        scope.problems.stop("row_bound_missing", node, name=table.name)
    # The bound is enforced here, whatever the load did: it is what every sensitivity rests on.
    sql = f'(SELECT * FROM {source} WHERE "_rank" < {bound}) AS {made.name}'
    note = f"{alias}: at most {bound} rows of each {scope.facts.policy.unit_type}"
    return Relation(sql, bound, (made,), made.unit, (note,))


def check_alias(alias: str, node: exp.Expr, scope: Scope) -> None:
    """Refuse names of our own for tables."""
    if alias.lower() in ("released", "_unit", "_rank", "_first"):
        scope.problems.stop("reserved_name", node, name=alias, help="choose another alias")


def optional(relation: Relation, scope: Scope) -> Relation:
    """The inner side of a LEFT JOIN."""
    scans = tuple(replace(one, optional=True) for one in relation.scans)
    scope.scans[-len(scans) :] = scans
    return replace(relation, scans=scans)
