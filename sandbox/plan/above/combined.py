"""Any query whose rows are public: one SELECT, or several combined by UNION, EXCEPT or INTERSECT."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from sandbox.nouns.plan import BRANCH, Expression, Op
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.above.free import aggregates, free, once
from sandbox.plan.above.measured import measured
from sandbox.plan.above.query import MOST_ROWS, STORAGE, Query, retold
from sandbox.plan.clauses import Item, direction, limit_of, limits, ordinal
from sandbox.plan.names import Scope
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.types import Value

_WORDS = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}


def query_of(node: exp.Expr, rows: Rows, *, outermost: bool) -> Query:
    """A statement, or a subquery that is no set of rows of units.

    Args:
        node: SELECT, or a combination of several.
        rows: an empty FROM of its own.
        outermost: whether its columns are called as the developer does.

    Raises:
        Stopped: it shows single rows, or a part of it is refused.
    """
    from sandbox.plan.relations.source import relation_of

    if isinstance(node, exp.Subquery) and not node.alias:
        return query_of(node.this, rows, outermost=outermost)
    if isinstance(node, exp.SetOperation):
        return _combined(node, rows, outermost)
    if not isinstance(node, exp.Select):
        rows.problems.stop("select_only", node)
    _, inner, relation = rows.statement.planned.get(id(node)) or (node, rows, relation_of(node, rows))
    return query_over(node, relation, inner, outermost=outermost)


def query_over(node: exp.Select, relation: Relation, rows: Rows, *, outermost: bool) -> Query:
    """The same with FROM known."""
    make = measured if relation.unit else free
    made = make(node, relation, rows, outermost=outermost)
    if not outermost:
        _check_names(node, rows)
    return made


def _check_names(node: exp.Select, rows: Rows) -> None:
    """Columns of a subquery have names of their own, and a part whose problems are noted ends here."""
    names = [str(item.alias_or_name).lower() for item in node.expressions if item.alias_or_name]
    for name in names:
        if name != "*" and names.count(name) > 1:
            rows.problems.stop("duplicate_alias", node, name=name)
    if rows.problems.any:
        rows.problems.stop_noted()


def ends_above(node: exp.Select, rows: Rows, relation: Relation) -> bool:
    """Whether a subquery's rows are public, and more than rows and exact groups of public tables.

    Args:
        node: the subquery.
        rows: its FROM.
        relation: the same, planned.
    """
    if not relation.unit:
        shown = [*node.expressions, *([node.args["having"]] if node.args.get("having") else [])]
        more = any(node.args.get(clause) for clause in _CLAUSES) or node.find(exp.Window) is not None
        more = more or any(part.find(exp.Subquery) for part in shown)
        return bool(rows.reading.noisy or rows.reading.back or more)
    group = node.args.get("group")
    if group is None:
        return aggregates(node)
    return relation.unit not in [rows.scope.unit_named(part) for part in _plain(node, group)]


_CLAUSES = ("distinct", "qualify", "order", "limit", "offset")


def _plain(node: exp.Select, group: exp.Group) -> list[exp.Column]:
    """Items of GROUP BY that are columns, by place in SELECT too."""
    found: list[exp.Column] = []
    for part in group.expressions:
        text = str(part.this) if isinstance(part, exp.Literal) and not part.is_string else ""
        item = part
        if text.isdecimal() and len(text) <= 9 and 1 <= int(text) <= len(node.expressions):
            item = node.expressions[int(text) - 1]
            item = item.this if isinstance(item, exp.Alias) else item
        found += [item] if isinstance(item, exp.Column) else []
    return found


def _combined(node: exp.SetOperation, rows: Rows, outermost: bool) -> Query:
    sides = [
        query_of(side, rows.apart(Scope(rows.scope.facts, rows.problems)), outermost=False)
        for side in (node.this, node.expression)
    ]
    left, right = sides
    if len(left.items) != len(right.items):
        rows.problems.stop(
            "argument_count", node, what=_WORDS[type(node)], wanted=len(left.items), example="as many columns"
        )
    if node.args.get("by_name") or node.args.get("on") or node.args.get("side"):
        rows.problems.stop("construct_not_supported", node, what="this set operation")
    for side in sides:
        rows.reading.update(side.reading)
    every = isinstance(node, exp.Union) and not node.args.get("distinct")
    ones, twos = (_retold(side) for side in sides)
    items = [_item(one, two, node, rows, every) for one, two in zip(ones, twos, strict=True)]
    stages, bodies = _branches(sides, [item.column.type for item in items], every)
    word = _WORDS[type(node)] + ("" if node.args.get("distinct") else " ALL")
    if not outermost and rows.problems.any:
        rows.problems.stop_noted()
    names = [t.quote(item.column.name) if outermost else f'"c{n}"' for n, item in enumerate(items)]
    shown = [f'whole."c{place}" AS {name}' for place, name in enumerate(names)]
    sql = f"SELECT {', '.join([*shown, _CELL])} FROM ({f' {word} '.join(bodies)}) AS whole"
    sql += _order(node, items, rows) + limits(node, rows.problems, MOST_ROWS)
    return Query(
        sql, tuple(items), rows.reading,
        rows=min(MOST_ROWS, sum(side.rows for side in sides), limit_of(node, MOST_ROWS)),
        cells=(("_cell", stages),),
        unique=once(items) if node.args.get("distinct") else (),
    )  # fmt: skip


_CELL = '"_cell"'


def _retold(side: Query) -> list[Item]:
    """The items of a side, whose measures name the cell of the whole."""
    cells = {name: "_cell" for name, _ in side.cells} if len(side.cells) == 1 else {}
    return [retold(item, cells) for item in side.items]


def _branches(sides: list[Query], kinds: list[Kind], every: bool) -> tuple[tuple[int, ...], list[str]]:
    """Both sides in the same types, and boundaries that a row may come from."""
    stages: list[int] = []
    bodies = []
    for side in sides:
        cell = "CAST(NULL AS BIGINT)"
        if every and len(side.cells) == 1 and side.cells[0][1]:
            name, own = side.cells[0]
            cell = f"({t.quote(name)} + {BRANCH * len(stages)})"
            stages += own
        columns = [f'TRY_CAST("c{n}" AS {STORAGE[kind]}) AS "c{n}"' for n, kind in enumerate(kinds)]
        bodies.append(f"SELECT {', '.join([*columns, f'{cell} AS {_CELL}'])} FROM ({side.sql}) AS side")
    return tuple(stages), bodies


def _item(one: Item, two: Item, node: exp.Expr, rows: Rows, every: bool) -> Item:
    """One column of both sides; it keeps its error bar where both sides compute it alike."""
    mine, theirs = one.column, two.column
    kinds = {side.column.type for side in (one, two) if not side.value.null}
    kind = kinds.pop() if len(kinds) == 1 else Kind.NUMBER if kinds else mine.type
    if kinds and not kinds | {kind} <= {Kind.INTEGER, Kind.NUMBER}:
        rows.problems.stop("type_mismatch", node, left=mine.name, right=theirs.name)
    alike = every and mine.expression == theirs.expression
    noisy = one.value.measured or two.value.measured
    tree = mine.expression if alike else Expression(Op.OPAQUE)
    column = replace(
        mine, type=kind, expression=tree, key=mine.key if not noisy else None,
        from_rows=mine.from_rows or theirs.from_rows,
    )  # fmt: skip
    growth = max(one.value.growth, two.value.growth)
    return Item(column, Value("", kind, STORAGE[kind], measured=noisy, expression=tree, growth=growth), "")


def _order(node: exp.SetOperation, items: list[Item], rows: Rows) -> str:
    """ORDER BY of the whole: names and places of the columns alone."""
    given = node.args.get("order")
    parts = []
    for ordered in given.expressions if given else ():
        names = [item.column.name.lower() for item in items]
        place = None
        if isinstance(ordered.this, exp.Column) and ordered.this.name.lower() in names:
            place = names.index(ordered.this.name.lower())
        elif isinstance(ordered.this, exp.Literal):
            ordinal(ordered.this, _first(node), rows.problems)
            place = int(ordered.this.this) - 1
        if place is None:
            rows.problems.stop("group_by_constant", ordered, name="this", count=len(items))
        parts.append(f'whole."c{place}"{direction(ordered)}')
    return f" ORDER BY {', '.join(parts)}" if parts else ""


def _first(node: exp.Expr) -> exp.Select:
    while not isinstance(node, exp.Select):
        node = node.this
    return node
