"""One table of FROM. A protected one keeps only rows whose rank is under its row bound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

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
    factors: Mapping[str, int] = field(default_factory=dict)
    """Table, by its rendered name → how many times as many rows it makes of one unit; their product is the
    bound. 1 for a stored table whose row is settled by a row that refers to it; none for groups whose row is
    settled by the columns that their keys are equal to."""
    rows: int = 0
    """Rows of a public relation, at most."""
    sized: int = 0
    """Rows of one that joins are sized for, where discovered groups make ``rows`` a bound that nothing comes
    near; 0: ``rows``."""
    fans: Mapping[str, int] = field(default_factory=dict)
    """Rendered column of a public relation → largest number of rows that share one non-NULL value."""
    unique: frozenset[str] = frozenset()
    """Rendered columns of a public relation that no two rows share all of; empty: none."""
    read: frozenset[str] = frozenset()
    """Stored tables that only decide which rows stay."""
    chosen: bool = False
    """Whether a SEMI or ANTI JOIN, with stored rows or any others, decided which rows stay."""
    rank: str = ""
    """Rendered place of each row among the rows of its unit; empty where several rows can share one."""
    padded: bool = False
    """A public side was LEFT JOINed with a protected one: rows without unit are left out, and only answers
    that cannot see them are given."""

    @property
    def size(self) -> int:
        """Rows of a public relation that what is done with it is sized for."""
        return self.sized or self.rows

    @property
    def plain(self) -> bool:
        """One stored table and nothing else, all of its rows: its rank tells units apart."""
        return len(self.scans) == 1 and not self.chosen and self.scans[0].derived is None

    @property
    def tables(self) -> frozenset[str]:
        """Stored tables that are read."""
        own = (one.inner if one.derived is not None else {one.table.name} for one in self.scans)
        return self.read.union(*own)

    def bounded(self, factors: Mapping[str, int]) -> Relation:
        """The relation with other factors, and the bound that follows."""
        return replace(self, factors=factors, bound=math.prod(factors.values()))


def scan(node: exp.Table, scope: Scope) -> Relation:
    """A table as a relation, in scope under its alias.

    Raises:
        Stopped: unknown table, duplicate or reserved alias, a table that was never loaded.
    """
    table = scope.table(node)
    alias = node.alias or table.name
    check_alias(alias, node, scope)
    facts = scope.facts.public.get(table.name) if table.public else None
    size = facts.rows if facts is not None else 0
    made = Scan(alias, scope.fresh(), table, granted(scope.facts, table), rows=size)
    scope.add(made, node)
    source = f"{quote(scope.facts.workspace)}.{quote(table.name)}"
    if table.public:
        if facts is None:
            scope.problems.stop("row_bound_missing", node, name=table.name)
        fans = {
            f"{made.name}.{quote(column.name)}": facts.multiplicity.get(column.name, facts.rows)
            for column in made.columns.values()
        }
        return Relation(f"{source} AS {made.name}", 0, (made,), rows=facts.rows, fans=fans)
    bound = scope.facts.row_bounds.get(table.name)
    if bound is None or bound < 1 or table.unit is None:
        scope.problems.stop("row_bound_missing", node, name=table.name)
    # The bound is enforced here, whatever the load did: it is what every sensitivity rests on.
    sql = f'(SELECT * FROM {source} WHERE "_rank" < {bound}) AS {made.name}'
    note = f"{alias}: at most {bound} rows of each {scope.facts.policy.unit_type}"
    return Relation(sql, bound, (made,), made.unit, (note,), {made.name: bound}, rank=f'{made.name}."_rank"')


def check_alias(alias: str, node: exp.Expr, scope: Scope) -> None:
    """Refuse names of our own for tables."""
    if alias.lower() in ("released", "_unit", "_rank", "_first"):
        scope.problems.stop("reserved_name", node, name=alias, help="choose another alias")


def optional(relation: Relation, scope: Scope) -> Relation:
    """The side of an outer join that may be missing: its columns, those of USING too, may be NULL."""
    names = {one.name for one in relation.scans}
    scope.scans[:] = [replace(one, optional=True) if one.name in names else one for one in scope.scans]
    scope.merged.update({name: replace(value, nullable=True) for name, value in scope.merged.items()})
    return replace(relation, scans=tuple(replace(one, optional=True) for one in relation.scans))
