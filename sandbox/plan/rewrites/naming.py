"""Names and values that are nearly right, and what is not granted."""

from __future__ import annotations

from difflib import get_close_matches

from sqlglot import exp

from sandbox.nouns.policy import Use
from sandbox.plan.names import granted, visible_tables
from sandbox.plan.rewrites.finding import (
    Meant,
    NoRewrite,
    Spot,
    fresh,
    inner_of,
    meaning,
    name_of,
    own,
    quoted,
    sources,
    table_of,
)
from sandbox.plan.rewrites.groups import keys_of

ALIKE = 0.6
"""How alike two names are that are taken for one, as in hints."""
NEARLY = 0.75
"""The same for columns, where another one is another question."""


def named(spot: Spot) -> None:
    """An item of a subquery without a name."""
    for item in list(spot.select.expressions):
        if not name_of(item):
            item.replace(exp.alias_(item.copy(), fresh("v", spot.top)))


def table(spot: Spot) -> None:
    """A table that is called a little otherwise."""
    tables = visible_tables(spot.facts)
    for node in spot.nodes(exp.Table):
        near = get_close_matches(str(node.name).lower(), list(tables), n=1, cutoff=ALIKE)
        if near and str(node.name).lower() not in tables:
            before = str(node.name)
            node.set("this", quoted(tables[near[0]].name))
            if not node.args.get("alias"):
                _recall(spot.select, before, tables[near[0]].name)


def _recall(select: exp.Select, before: str, after: str) -> None:
    for column in select.find_all(exp.Column):
        if str(column.table).lower() == before.lower():
            column.set("table", quoted(after))


def column(spot: Spot) -> None:
    """A column that is called a little otherwise."""
    node = next((one for one in spot.nodes(exp.Column)), None)
    if not isinstance(node, exp.Column):
        raise NoRewrite
    names: dict[str, str] = {}
    for source in sources(spot.select):
        if node.table and str(source.alias_or_name).lower() != str(node.table).lower():
            continue
        names |= _columns(source, spot)
    before = str(node.name).lower()
    near = get_close_matches(before, [one for one in names if one[0] == before[0]], n=1, cutoff=NEARLY)
    if not near:
        _left_out(before, spot.select)
        return
    after = names[near[0]]
    for each in spot.select.find_all(exp.Column):
        if str(each.name).lower() == before and each.find_ancestor(exp.Select) is spot.select:
            each.set("this", quoted(after))


def _left_out(name: str, select: exp.Select) -> None:
    """A column that is not there: without the items and keys that need it, where nothing else does."""
    keys = [key for key in keys_of(select) if not _names(key, name)]
    items = [item for item in select.expressions if not _names(inner_of(item), name)]
    order = select.args.get("order")
    kept = [one for one in order.expressions if not _names(one, name)] if order is not None else []
    if not items or any(_names(select.args[one], name) for one in _OTHERS if select.args.get(one)):
        raise NoRewrite
    if any(_names(join, name) for join in select.args.get("joins") or ()):
        raise NoRewrite
    select.set("expressions", items)
    select.set("group", exp.Group(expressions=[key.copy() for key in keys]) if keys else None)
    select.set("order", exp.Order(expressions=kept) if kept else None)


_OTHERS = ("where", "having", "qualify")


def _names(node: exp.Expr, name: str) -> bool:
    return any(str(column.name).lower() == name for column in node.find_all(exp.Column))


def _columns(source: exp.Expr, spot: Spot) -> dict[str, str]:
    stored = table_of(source, spot.facts)
    if stored is not None:
        names = {name: one.name for name, one in granted(spot.facts, stored).items()}
        return names | ({stored.unit.lower(): stored.unit} if stored.unit else {})
    body = source.this if isinstance(source, exp.Subquery) else None
    items = body.expressions if isinstance(body, exp.Select) else []
    return {name_of(item).lower(): name_of(item) for item in items if name_of(item)}


def qualified(spot: Spot) -> None:
    """A column of several tables: of the first that has it."""
    node = next((one for one in spot.nodes(exp.Column)), None)
    if not isinstance(node, exp.Column) or node.table:
        raise NoRewrite
    for source in sources(spot.select):
        if str(node.name).lower() in _columns(source, spot):
            node.set("table", quoted(str(source.alias_or_name)))
            return
    raise NoRewrite


def value(spot: Spot) -> None:
    """A value that is not declared: the one that is most alike."""
    for literal in spot.nodes(exp.Literal):
        beside = literal.parent
        columns = [
            one for one in (beside.iter_expressions() if beside else ()) if isinstance(one, exp.Column)
        ]
        meant = meaning(columns[0], spot.select, spot.facts) if columns else None
        domain = meant.column.domain if meant is not None and meant.column is not None else None
        near = get_close_matches(str(literal.this), list(domain or ()), n=1, cutoff=ALIKE)
        if not near:
            raise NoRewrite
        literal.replace(exp.Literal.string(near[0]))
        return
    raise NoRewrite


def bare(spot: Spot) -> None:
    """A table or column with its schema."""
    for node in spot.top.find_all(exp.Table, exp.Column):
        node.set("db", None)
        node.set("catalog", None)


def without(spot: Spot) -> None:
    """Items and keys of columns that may not be grouped by: left out. A filter is never left out."""
    changed = False
    for select in spot.top.find_all(exp.Select):
        keys = keys_of(select)
        gone = [key for key in keys if isinstance(key, exp.Column) and _withheld(key, select, spot)]
        items = [item for item in select.expressions if not _withheld(inner_of(item), select, spot)]
        if not gone or not items:
            continue
        changed = True
        kept = [key for key in keys if all(key is not one for one in gone)]
        select.set("group", exp.Group(expressions=[key.copy() for key in kept]) if kept else None)
        select.set("expressions", items)
        order = select.args.get("order")
        if order is not None and any(isinstance(one.this, exp.Literal) or _withheld(one.this, select, spot)
                                     for one in order.expressions):  # fmt: skip
            select.set("order", None)
    if not changed:
        raise NoRewrite


def _withheld(node: exp.Expr, select: exp.Select, spot: Spot) -> bool:
    if own(node, exp.AggFunc):
        return False
    found: list[Meant | None] = [
        meaning(one, select, spot.facts) for one in own(node, exp.Column) if isinstance(one, exp.Column)
    ]
    return any(one is not None and one.column is not None and Use.GROUP not in one.uses for one in found)
