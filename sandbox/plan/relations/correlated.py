"""Scalar subqueries that depend on the row around them by equalities, as a table with one row a key.

``x > (SELECT AVG(y) FROM t WHERE t.k = s.k AND c)`` is measured for every k at once: FROM is joined with
``LEFT JOIN (SELECT k, AVG(y) AS a FROM t WHERE c GROUP BY k) AS m ON m.k = s.k``, and the value is ``m.a``.
A group that is not there gives NULL, as SQL says; a COUNT of it is 0. If k is the privacy unit, the groups
are of one unit each and nothing is measured. What aggregates nothing, or groups by itself, is a table with
its keys beside the value, of which no two rows may share them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from sandbox.plan import types as t
from sandbox.plan.above.returned import reads_units
from sandbox.plan.clauses import aggregates
from sandbox.plan.names import HIDDEN
from sandbox.plan.relations.comma import sides_of
from sandbox.plan.relations.conjuncts import conjuncts
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.scalars.literals import parse_number

_CLAUSES = ("qualify", "order", "limit", "offset", "distinct")


@dataclass(frozen=True)
class Correlated:
    """A scalar subquery as a table, and where its row for one row around is found."""

    node: exp.Subquery
    """As it is written."""
    table: exp.Subquery
    """With a name that no statement finds; its columns are the keys, then what the value is made of."""
    pairs: tuple[tuple[exp.Column, exp.Column], ...]
    """Each key with the column around that it equals."""
    value: exp.Expr
    """Over columns of the table."""
    counts: tuple[exp.Column, ...]
    """Columns of the table that are 0 where no row is found."""
    grouped: bool
    """Whether the table is grouped by its keys, and by nothing else, because we made it so."""
    fixed: tuple[exp.Column, ...]
    """Further columns of the table, each of which has one value in all of its rows."""

    @property
    def on(self) -> exp.Expr:
        """The condition of the join."""
        return exp.and_(
            *(exp.EQ(this=one.copy(), expression=two.copy()) for one, two in self.pairs), copy=False
        )

    def told(self, found: Relation, rows: Rows) -> Relation:
        """The table as one whose keys tell its rows, or a refusal where they may not.

        Args:
            found: the table, planned.
            rows: the FROM that it was added to.
        """
        if self.grouped:
            return found
        keys = {rows.scope.column(key).sql for key, _ in self.pairs}
        columns = [rows.scope.column(column) for column in self.fixed]
        fixed = {column.sql for column in columns if column.storage != t.DOUBLE}
        told = bool(found.unique) and found.unique <= keys | fixed
        if not told and all(found.fans.get(key) != 1 for key in keys):
            self.stop(self.pairs[0][1], rows)
        return replace(found, unique=frozenset(keys))

    def stop(self, column: exp.Column, rows: Rows) -> None:
        """Refuse it for what it says of a column around."""
        rows.problems.stop("subquery_of_other_rows", column, name=column.sql())


def decorrelated(root: exp.Select, rows: Rows) -> Iterator[tuple[Correlated, exp.Join]]:
    """Joins that stand for the correlated values of a SELECT, which its tree then names as columns.

    The joins are not in the tree yet: the caller adds each to FROM before it asks for the next.

    Raises:
        Stopped: a value that depends on the row around by more than equalities.
    """
    for node in [node for node in _values(root, rows) if reads_units(node.this, rows)]:
        made = correlated(node, rows, rows.scope.made)
        if made is None:
            continue
        for column in list(made.value.find_all(exp.Column)):
            if column in made.counts:
                column.replace(exp.Coalesce(this=column.copy(), expressions=[exp.Literal.number(0)]))
        node.replace(made.value)
        yield made, exp.Join(this=made.table, side="LEFT", on=made.on)


def outer_columns(query: exp.Expr, rows: Rows) -> list[exp.Column]:
    """Columns in a SELECT, outside of queries within it, that are columns of the FROM around it alone."""
    if not isinstance(query, exp.Select):
        return []
    sides = sides_of(query, rows.scope.facts)
    names = frozenset[str]().union(*(side.names for side in sides))
    aliases = {side.alias for side in sides}
    return [
        column
        for column in _columns(query)
        if not (str(column.table).lower() in aliases if column.table else str(column.name).lower() in names)
        and rows.scope.names(column)
    ]


def keyed(query: exp.Select, rows: Rows) -> bool:
    """Whether a subquery of WHERE names no column around, or finds its rows by an equality with one."""
    outside = outer_columns(query, rows)
    asked = query.args.get("where")
    parts = conjuncts(asked.this if asked is not None else None)
    return not outside or any(equality(part, outside) is not None for part in parts)


def _columns(query: exp.Select) -> Iterator[exp.Column]:
    for node in query.walk(prune=lambda part: isinstance(part, exp.Query) and part is not query):
        if isinstance(node, exp.Column):
            yield node


def _values(root: exp.Select, rows: Rows) -> list[exp.Subquery]:
    """Scalar subqueries of WHERE and of what is said of single rows; not those within one another.

    Items over public rows stand above, but in EXISTS and IN: they find their values themselves.
    """
    parts = [root.args["where"]] if root.args.get("where") else []
    if not aggregates(root) and not root.args.get("group"):
        below = rows.scope.unit or rows.scope.outer is not None
        parts += root.expressions if below else []
    else:
        calls = [call for item in root.expressions for call in item.find_all(exp.AggFunc)]
        parts += [whole for call in calls if not isinstance((whole := _filtered(call)).parent, exp.Window)]
    found: list[exp.Subquery] = []
    for part in parts:
        for node in part.walk(prune=lambda node: isinstance(node, exp.Query)):
            if isinstance(node, exp.Subquery) and not isinstance(node.parent, exp.Exists | exp.In):
                found += [node] if all(node is not other for other in found) else []
    return found


def _filtered(call: exp.Expr) -> exp.Expr:
    """An aggregate with its FILTER, which looks at rows as well."""
    return call.parent if isinstance(call.parent, exp.Filter) else call


def correlated(node: exp.Subquery, rows: Rows, number: int) -> Correlated | None:
    """A scalar subquery as a table; None where it names no column around. The tree stays as it is.

    Args:
        node: the subquery.
        rows: the FROM around it.
        number: tells its table from others of that FROM.

    Raises:
        Stopped: it depends on the row around by more than equalities with columns.
    """
    select = node.this
    outside = outer_columns(select, rows)
    if not outside:
        return None
    asked = select.args.get("where")
    parts = conjuncts(asked.this if asked is not None else None)
    pairs = [pair for part in parts if (pair := equality(part, outside)) is not None]
    kept = [part for part in parts if equality(part, outside) is None]
    left = [column for column in outside if all(column is not one for _, one in pairs)]
    alias = f"{HIDDEN}{number}"
    made = _made(select, alias)
    if left or made is None:
        column = (left or outside)[0]
        rows.problems.stop("subquery_of_other_rows", column, name=column.sql())
    value, calls = made
    whole = _whole(select)
    fixed = [] if whole else [found for part in kept if (found := _fixed(part)) is not None]
    name = exp.TableAlias(this=exp.to_identifier(alias))
    return Correlated(
        node=node,
        table=exp.Subquery(this=_table(select, calls, [key for key, _ in pairs], fixed, kept), alias=name),
        pairs=tuple((_column(alias, f"k{place}"), one) for place, (_, one) in enumerate(pairs)),
        value=exp.Paren(this=value),
        counts=tuple(
            _column(alias, f"a{place}") for place, call in enumerate(calls) if whole and _counts(call)
        ),
        grouped=whole,
        fixed=tuple(_column(alias, f"f{place}") for place in range(len(fixed))),
    )


def _whole(select: exp.Select) -> bool:
    """Whether a SELECT makes one row of all its rows, also of none."""
    return not select.args.get("group") and select.expressions[0].find(exp.AggFunc) is not None


def _made(select: exp.Select, alias: str) -> tuple[exp.Expr, list[exp.Expr]] | None:
    """The value over columns of the table, and what these are; None for what is not in the dialect."""
    clauses = _CLAUSES if select.args.get("group") else (*_CLAUSES, "having")
    if len(select.expressions) != 1 or any(select.args.get(clause) for clause in clauses):
        return None
    (item,) = select.expressions
    item = item.this if isinstance(item, exp.Alias) else item
    if not select.args.get("from_") or item.find(exp.Window):
        return None
    if not _whole(select):
        return _column(alias, "a0"), [item.copy()]
    value, calls = _taken(item, alias)
    known = all(column.table == alias for column in value.find_all(exp.Column))
    return (value, calls) if known and not value.find(exp.Query) else None


def _table(
    select: exp.Select,
    calls: list[exp.Expr],
    keys: list[exp.Expr],
    fixed: list[exp.Column],
    kept: list[exp.Expr],
) -> exp.Select:
    """What the value is made of, beside its keys, for all keys at once."""
    group, having = select.args.get("group"), select.args.get("having")
    items = [*_named("a", calls), *_named("k", keys), *_named("f", fixed)]
    places = range(len(calls) + 1, len(items) + 1)
    by = [part.copy() for part in group.expressions] if group is not None else []
    by += [exp.Literal.number(place) for place in places]
    return exp.Select(
        expressions=items,
        from_=select.args["from_"].copy(),
        joins=[one.copy() for one in select.args.get("joins") or ()],
        where=exp.Where(this=exp.and_(*kept)) if kept else None,
        group=exp.Group(expressions=by) if group is not None or _whole(select) else None,
        having=having.copy() if having is not None else None,
    )


def equality(part: exp.Expr, outside: list[exp.Column]) -> tuple[exp.Expr, exp.Column] | None:
    """An equality with a column of the row around; what else names one, is refused by whoever asks."""
    if not isinstance(part, exp.EQ):
        return None
    for one, two in ((part.this, part.expression), (part.expression, part.this)):
        around = any(two is other for other in outside)
        if around and one.find(exp.Column) and not one.find(exp.Query):
            return one, two
    return None


def _named(letter: str, nodes: Sequence[exp.Expr]) -> list[exp.Expr]:
    return [exp.alias_(node.copy(), f"{letter}{place}", quoted=True) for place, node in enumerate(nodes)]


def _fixed(part: exp.Expr) -> exp.Column | None:
    """The column that an equality with a constant fixes, where no conversion makes other values equal.

    A larger whole number, or a fraction, could be compared as DOUBLE, where neighbours are one; a text is
    read as a number beside a number.
    """
    if not isinstance(part, exp.EQ):
        return None
    for one, two in ((part.this, part.expression), (part.expression, part.this)):
        if isinstance(one, exp.Column) and isinstance(two, exp.Literal) and _exact(str(two.this)):
            return one
    return None


def _exact(text: str) -> bool:
    """Whether a literal is no number, or one that every type of numbers holds."""
    return parse_number(text) is None or (text.isdecimal() and len(text) <= 15)


def _taken(item: exp.Expr, alias: str) -> tuple[exp.Expr, list[exp.Expr]]:
    """The same expression over columns that stand for its aggregates, and these."""
    value = exp.Paren(this=item.copy())
    calls: list[exp.Expr] = []
    for part in list(value.walk(prune=_call)):
        if _call(part):
            part.replace(_column(alias, f"a{len(calls)}"))
            calls.append(part)
    return value.this, calls


def _call(node: exp.Expr) -> bool:
    return isinstance(node, exp.AggFunc | exp.Filter | exp.WithinGroup)


def _counts(call: exp.Expr) -> bool:
    """Whether an aggregate of no rows is 0."""
    return isinstance(call.this if isinstance(call, exp.Filter) else call, exp.Count | exp.CountIf)


def _column(table: str, name: str) -> exp.Column:
    return exp.column(name, table=table, quoted=True)
