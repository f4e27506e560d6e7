"""What a join or filter asks, part by part: the conjuncts of ON and USING, and equalities among them."""

from __future__ import annotations

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Policy, Use
from sandbox.plan import types as t
from sandbox.plan.names import own_first, value_of
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.scalars.compare import compare
from sandbox.plan.scalars.logic import condition
from sandbox.plan.types import ColumnRef, Value, tables_of

Pair = tuple[Value, Value, exp.Expr]
"""Two sides of an equality, and where it stands."""
Part = exp.Expr | Pair
"""One conjunct: as it is written, or an equality that USING makes."""


def conjuncts(node: exp.Expr | None) -> list[exp.Expr]:
    """Operands of the top-level ANDs, left to right, without recursion."""
    parts: list[exp.Expr] = []
    stack = [node] if node is not None else []
    while stack:
        part = stack.pop()
        while isinstance(part, exp.Paren):
            part = part.this
        if isinstance(part, exp.And):
            stack.extend((part.expression, part.this))
        else:
            parts.append(part)
    return parts


def parts_of(node: exp.Join, left: Relation, right: Relation, rows: Rows) -> list[Part]:
    """Conjuncts of a join's ON or USING; none for a cross join."""
    if node.args.get("using"):
        return list(_using(node, left, right, rows))
    return list(conjuncts(node.args.get("on")))


def _using(node: exp.Join, left: Relation, right: Relation, rows: Rows) -> list[Pair]:
    pairs: list[Pair] = []
    for name in node.args["using"]:
        text = str(name.name)
        found = [value for one in left.scans if (value := value_of(one, text)) is not None]
        found = own_first(found, left.scans)
        other = value_of(right.scans[0], text)
        if not found or other is None:
            rows.problems.stop("unknown_column", name, name=text, help="USING names a column of both sides")
        if len(found) > 1 and text.lower() not in rows.scope.merged:
            rows.problems.stop("ambiguous_column", name, name=text, help="ON with both tables named")
        pairs.append((rows.scope.merged.get(text.lower(), found[0]), other, name))
    return pairs


def pair_of(part: Part, rows: Rows) -> Pair | None:
    """The two plain sides of an equality conjunct, or None."""
    return part if isinstance(part, tuple) else _columns(part, exp.EQ, rows)


def null_safe(part: Part, rows: Rows) -> Pair | None:
    """The two plain sides of ``IS NOT DISTINCT FROM``, to which NULLs are equal, or None."""
    return None if isinstance(part, tuple) else _columns(part, exp.NullSafeEQ, rows)


def _columns(part: exp.Expr, equality: type[exp.Expr], rows: Rows) -> Pair | None:
    if not isinstance(part, equality):
        return None
    if not (isinstance(part.this, exp.Column) and isinstance(part.expression, exp.Column)):
        return None
    return rows.scope.column(part.this), rows.scope.column(part.expression), part


def rendered(part: Part, rows: Rows, use: Use = Use.JOIN) -> str:
    """A conjunct that is no equality of units, noted as a use of its columns.

    Args:
        use: of a conjunct that is no equality of two columns and names several tables; equalities join stored
            tables, wherever they stand, and what names one table is a filter of it, as it would be in WHERE.
    """
    pair = pair_of(part, rows)
    if pair is not None:  # a key of released rows or of VALUES picks rows, and links no table with another
        use = Use.JOIN if all(side.reads | side.tests for side in pair[:2]) else Use.FILTER
    if isinstance(part, tuple):
        one, two, where = part
        if one.unit or two.unit:
            rows.problems.stop("unit_misused", where, name=one.unit or two.unit)
        value = compare(one, two, "=", (where, where), rows)
    else:
        where = part
        value = condition(part, rows, "ON")
        use = Use.FILTER if pair is None and _of_one(part, rows) else use
    rows.use(value.reads | value.tests, use, where)
    return value.sql


def _of_one(part: exp.Expr, rows: Rows) -> bool:
    """Whether a conjunct names columns of one table of this FROM alone, and holds no query."""
    if part.find(exp.Query):
        return False
    columns = [tables_of(rows.scope.column(column).sql) for column in part.find_all(exp.Column)]
    return any(all(scan.name in tables for tables in columns) for scan in rows.scope.scans)


def reference(policy: Policy, column: ColumnRef | None) -> ColumnRef | None:
    """The key that a stored column holds or refers to, where the policy says that units follow it."""
    if column is None:
        return None
    for table in policy.tables:
        if table.via is None:
            continue
        if column == (table.name, table.via.column) or column == (table.via.table, table.via.key):
            return (table.via.table, table.via.key)
    return None


def alike(one: Value, two: Value) -> bool:
    """Whether two columns are equal exactly when they are equal as stored: no conversion makes them equal."""
    texts = one.kind is Kind.TEXT and two.kind is Kind.TEXT
    return texts or ((one.storage, one.scale) == (two.storage, two.scale) and one.storage != t.DOUBLE)


def same_owner(pair: Pair, rows: Rows) -> bool:
    """Whether an equality compares keys that lead to the unit, so that equal keys have one unit."""
    policy = rows.scope.facts.policy
    found = reference(policy, pair[0].column)
    return found is not None and found == reference(policy, pair[1].column)
