"""Scalar aggregates that depend on the row around them by equalities, as a join with their groups.

``x > (SELECT AVG(y) FROM t WHERE t.k = s.k AND c)`` is measured for every k at once: FROM is joined with
``LEFT JOIN (SELECT k, AVG(y) AS a FROM t WHERE c GROUP BY k) AS m ON m.k = s.k``, and the value is ``m.a``.
A group that is not there gives NULL, as SQL says; a COUNT of it is 0. If k is the privacy unit, the groups
are of one unit each and nothing is measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sandbox.plan.above.returned import reads_units
from sandbox.plan.names import HIDDEN
from sandbox.plan.relations.comma import sides_of
from sandbox.plan.relations.conjuncts import conjuncts
from sandbox.plan.rows import Rows

_CLAUSES = ("group", "having", "qualify", "order", "limit", "offset", "distinct")


def decorrelated(root: exp.Select, rows: Rows) -> list[exp.Join]:
    """Joins that stand for the correlated values of a SELECT, which its tree then names as columns.

    The joins are not in the tree yet: the caller adds them to FROM, one by one.

    Raises:
        Stopped: a value that depends on the row around by more than equalities.
    """
    found = [node for node in _values(root) if reads_units(node.this, rows)]
    return [join for node in found if (join := _join(node, rows)) is not None]


def outer_columns(query: exp.Expr, rows: Rows) -> list[exp.Column]:
    """Columns in a SELECT, outside of queries within it, that are columns of the FROM around it alone."""
    if not isinstance(query, exp.Select):
        return []
    sides = sides_of(query, rows)
    names = frozenset[str]().union(*(side.names for side in sides))
    aliases = {side.alias for side in sides}
    return [
        column
        for column in _columns(query)
        if not (str(column.table).lower() in aliases if column.table else str(column.name).lower() in names)
        and rows.scope.names(column)
    ]


def _columns(query: exp.Select) -> Iterator[exp.Column]:
    for node in query.walk(prune=lambda part: isinstance(part, exp.Query) and part is not query):
        if isinstance(node, exp.Column):
            yield node


def _values(root: exp.Select) -> list[exp.Subquery]:
    """Scalar subqueries of WHERE and of what is said of single rows; not those within one another."""
    from sandbox.plan.above.free import aggregates

    parts = [root.args["where"]] if root.args.get("where") else []
    if not aggregates(root) and not root.args.get("group"):
        parts += root.expressions
    else:
        parts += [call for item in root.expressions for call in item.find_all(exp.AggFunc)]
    found: list[exp.Subquery] = []
    for part in parts:
        for node in part.walk(prune=lambda node: isinstance(node, exp.Query)):
            if isinstance(node, exp.Subquery) and not isinstance(node.parent, exp.Exists | exp.In):
                found += [node] if all(node is not other for other in found) else []
    return found


def _join(node: exp.Subquery, rows: Rows) -> exp.Join | None:
    select = node.this
    outside = outer_columns(select, rows)
    if not outside:
        return None
    asked = select.args.get("where")
    parts = conjuncts(asked.this if asked is not None else None)
    pairs = [pair for part in parts if (pair := _pair(part, outside)) is not None]
    kept = [part for part in parts if _pair(part, outside) is None]
    named = [column for _, column in pairs]
    left = [column for column in outside if all(column is not one for one in named)]
    if left or any(select.args.get(clause) for clause in _CLAUSES) or len(select.expressions) != 1:
        rows.problems.stop("subquery_of_other_rows", (left or outside)[0], name=(left or outside)[0].sql())
    alias = f"{HIDDEN}{rows.scope.made}"
    keys = [exp.alias_(key.copy(), f"k{place}", quoted=True) for place, (key, _) in enumerate(pairs)]
    calls = _taken(node, select, alias)
    items = [*keys, *(exp.alias_(call, f"a{place}", quoted=True) for place, call in enumerate(calls))]
    made = exp.Select(
        expressions=items, from_=select.args["from_"], joins=select.args.get("joins"),
        where=exp.Where(this=exp.and_(*kept, copy=True)) if kept else None,
        group=exp.Group(expressions=[exp.Literal.number(place) for place in range(1, len(keys) + 1)]),
    )  # fmt: skip
    on = [exp.EQ(this=_column(alias, f"k{n}"), expression=one.copy()) for n, (_, one) in enumerate(pairs)]
    name = exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    return exp.Join(this=exp.Subquery(this=made, alias=name), side="LEFT", on=exp.and_(*on, copy=False))


def _pair(part: exp.Expr, outside: list[exp.Column]) -> tuple[exp.Expr, exp.Column] | None:
    """An equality of an expression over inner rows with a column of the row around."""
    if not isinstance(part, exp.EQ):
        return None
    for one, two in ((part.this, part.expression), (part.expression, part.this)):
        inner = not any(any(column is other for other in outside) for column in one.find_all(exp.Column))
        if (
            any(two is other for other in outside)
            and inner
            and one.find(exp.Column)
            and not one.find(exp.Query)
        ):
            return one, two
    return None


def _taken(node: exp.Subquery, select: exp.Select, alias: str) -> list[exp.Expr]:
    """Aggregates of the value; in its place stands the same expression over the columns of the join."""
    item = select.expressions[0]
    value = exp.Paren(this=(item.this if isinstance(item, exp.Alias) else item).copy())
    calls: list[exp.Expr] = []
    for part in list(value.walk(prune=_call)):
        if not _call(part):
            continue
        column: exp.Expr = _column(alias, f"a{len(calls)}")
        own = part.this if isinstance(part, exp.Filter) else part
        if isinstance(own, exp.Count | exp.CountIf):
            column = exp.Coalesce(this=column, expressions=[exp.Literal.number(0)])
        calls.append(part.copy())
        part.replace(column)
    node.replace(value)
    return calls


def _call(node: exp.Expr) -> bool:
    return isinstance(node, exp.AggFunc | exp.Filter | exp.WithinGroup)


def _column(table: str, name: str) -> exp.Column:
    return exp.column(name, table=table, quoted=True)
