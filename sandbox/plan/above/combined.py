"""Any query whose rows are public: one SELECT, or several combined by UNION, EXCEPT or INTERSECT."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from sandbox.nouns.plan import BRANCH, Expression, Op
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.above.free import free, once
from sandbox.plan.above.joined import answer_limits
from sandbox.plan.above.measured import measured
from sandbox.plan.above.query import STORAGE, Query, retold
from sandbox.plan.clauses import Item, aggregates, direction, limit_of, ordinal
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
        more = more or any(part.find(exp.Query) for part in shown)
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
    pairs = zip(left.items, right.items, _trees(sides, every), strict=True)
    items = [_item(one, two, tree, node, rows) for one, two, tree in pairs]
    stages, bodies = _branches(sides, [item.column.type for item in items], every)
    word = _WORDS[type(node)] + ("" if node.args.get("distinct") else " ALL")
    if not outermost and rows.problems.any:
        rows.problems.stop_noted()
    names = [t.quote(item.column.name) if outermost else f'"c{n}"' for n, item in enumerate(items)]
    shown = [f'whole."c{place}" AS {name}' for place, name in enumerate(names)]
    sql = f"SELECT {', '.join([*shown, _CELL])} FROM ({f' {word} '.join(bodies)}) AS whole"
    most, size = sum(side.rows for side in sides), sum(side.size for side in sides)
    most, known = limit_of(node, most), every and most == size
    sql += _order(node, items, rows) + answer_limits(node, rows, most, known=known, outermost=outermost)
    return Query(
        sql, tuple(items), rows.reading,
        rows=most,
        size=limit_of(node, size),
        cells=(("_cell", stages),),
        unique=once(items) if node.args.get("distinct") else (),
    )  # fmt: skip


_CELL = '"_cell"'


def _trees(sides: list[Query], every: bool) -> list[Expression]:
    """How each column of the whole follows from measures: by the branch that a row is of, where they differ.

    A branch without a cell of its own, such as a total of released values, has no error bars; its rows are of
    no stage.
    """
    whole: list[Expression] = []
    for place in range(len(sides[0].items)):
        known: list[Expression] = []
        others: list[Expression] = []
        for side in sides:
            stages = _stages(side)
            cells = {name: "_cell" for name, _ in side.cells} if stages else {}
            tree = retold(side.items[place], cells).column.expression
            known += [tree.of_branch("_cell", number) for number in range(len(stages))]
            others += [] if stages else [tree]
        if every and all(tree == (known or others)[0] for tree in [*known, *others]):
            whole.append((known or others)[0])
        elif every and known:
            if any(side.items[place].value.measured for side in sides):
                others.append(Expression(Op.OPAQUE))
            whole.append(Expression(Op.BRANCH, args=(*known, *others)))
        else:
            whole.append(Expression(Op.OPAQUE))
    return whole


def _stages(side: Query) -> tuple[int, ...]:
    """Boundaries that the rows of a side may be of, where one cell tells it."""
    return side.cells[0][1] if len(side.cells) == 1 else ()


def _branches(sides: list[Query], kinds: list[Kind], every: bool) -> tuple[tuple[int, ...], list[str]]:
    """Both sides in the same types, and boundaries that a row may come from."""
    stages: list[int] = []
    bodies = []
    for side in sides:
        cell = "CAST(NULL AS BIGINT)"
        if every and _stages(side):
            cell = f"({t.quote(side.cells[0][0])} + {BRANCH * len(stages)})"
            stages += _stages(side)
        columns = [f'TRY_CAST("c{n}" AS {STORAGE[kind]}) AS "c{n}"' for n, kind in enumerate(kinds)]
        bodies.append(f"SELECT {', '.join([*columns, f'{cell} AS {_CELL}'])} FROM ({side.sql}) AS side")
    return tuple(stages), bodies


def _item(one: Item, two: Item, tree: Expression, node: exp.Expr, rows: Rows) -> Item:
    """One column of both sides."""
    mine, theirs = one.column, two.column
    kinds = {side.column.type for side in (one, two) if not side.value.null}
    kind = kinds.pop() if len(kinds) == 1 else Kind.NUMBER if kinds else mine.type
    if kinds and not kinds | {kind} <= {Kind.INTEGER, Kind.NUMBER}:
        rows.problems.stop("type_mismatch", node, left=mine.name, right=theirs.name)
    noisy = one.value.measured or two.value.measured
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
