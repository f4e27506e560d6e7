"""Single rows and people as groups and aggregates."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan.clauses import star
from sandbox.plan.names import granted, uses_of
from sandbox.plan.rewrites.finding import (
    Meant,
    NoRewrite,
    Spot,
    bare,
    called,
    fresh,
    in_from,
    inner_of,
    meaning,
    name_of,
    own,
    protected,
    subquery,
)

MOST_AVERAGES = 3
"""Averages that ``*`` becomes."""
_TOTALS = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max)


def grouped(spot: Spot) -> None:
    """Single rows as groups: what may be a key is one, numbers are averaged, and the rows are counted."""
    select = spot.select
    if (in_from(select) and any(map(star, select.expressions))) or _by_person(select, spot):
        return
    _spread(select, spot)
    _unwindow(select)
    keys = [key for key in keys_of(select) if not _unit(key, select, spot)]
    before = list(select.expressions)
    kept = [settled for item in before if (settled := _settled(item, select, keys, spot)) is not None]
    if not any(_aggregated(item) for item in kept):
        kept.append(exp.alias_(exp.Count(this=exp.Star()), fresh("n", spot.top)))
    shorter = len(kept) < len(before)
    select.set("expressions", kept)
    select.set("distinct", None)
    select.set("group", exp.Group(expressions=[key.copy() for key in keys]) if keys else None)
    _order(select, keys, spot, shorter)


def keys_of(select: exp.Select) -> list[exp.Expr]:
    """Expressions of GROUP BY, places and output names replaced by what they stand for."""
    group = select.args.get("group")
    names = {item.alias.lower(): item.this for item in select.expressions if isinstance(item, exp.Alias)}
    found: list[exp.Expr] = []
    for key in group.expressions if group is not None else ():
        made = key
        if isinstance(key, exp.Literal) and str(key.this).isdecimal():
            place = int(str(key.this)) - 1
            if not 0 <= place < len(select.expressions):
                raise NoRewrite
            made = inner_of(select.expressions[place])
        elif isinstance(key, exp.Column) and not key.table:
            made = names.get(key.name.lower(), key)
        found.append(made)
    return found


def _parts(key: exp.Expr) -> Iterator[exp.Expr]:
    """The keys that an item of GROUP BY is made of: several in grouping sets."""
    if isinstance(key, exp.GroupingSets | exp.Rollup | exp.Cube | exp.Tuple | exp.Paren):
        for part in [key.this] if isinstance(key, exp.Paren) else key.expressions:
            yield from _parts(part)
    else:
        yield key


def _unit(node: exp.Expr, select: exp.Select, spot: Spot) -> bool:
    meant = meaning(node, select, spot.facts) if isinstance(node, exp.Column) else None
    return meant is not None and meant.unit


def _aggregated(item: exp.Expr) -> bool:
    return bool(own(item, exp.AggFunc))


def _settled(item: exp.Expr, select: exp.Select, keys: list[exp.Expr], spot: Spot) -> exp.Expr | None:
    """An item that is fit for a group; None for one that is left out."""
    inner = inner_of(item)
    told = [part for key in keys for part in _parts(key)]
    if inner in told or not own(inner, exp.Column):
        return item
    if _aggregated(inner):
        for column in bare(inner):
            if column not in told:
                _averaged(column, select, spot)
        return item
    columns = [column for column in own(inner, exp.Column) if isinstance(column, exp.Column)]
    meant = [meaning(column, select, spot.facts) for column in columns]
    if any(one is None for one in meant):
        raise NoRewrite
    known = [one for one in meant if one is not None]
    if any(one.unit for one in known):
        if not isinstance(inner, exp.Column):
            return None
        return _renamed(item, exp.Count(this=exp.Distinct(expressions=[inner.copy()])))
    if any(one.averaged for one in known) and not own(inner, exp.Case, exp.Predicate):
        return _renamed(item, exp.Avg(this=inner.copy()))
    if not all(one.grouped for one in known):
        return None
    keys.append(inner)
    return item


def _renamed(item: exp.Expr, made: exp.Expr) -> exp.Expr:
    """Another expression under an item's name."""
    return exp.alias_(made, item.args["alias"].copy()) if isinstance(item, exp.Alias) else made


def _averaged(column: exp.Column, select: exp.Select, spot: Spot) -> None:
    meant = meaning(column, select, spot.facts)
    if meant is None or not meant.averaged:
        raise NoRewrite
    column.replace(exp.Avg(this=column.copy()))


def _spread(select: exp.Select, spot: Spot) -> None:
    """``*``: one declared key, the number of rows and some averages of the first protected table."""
    stars = [item for item in select.expressions if star(item)]
    if not stars:
        return
    tables = protected(select, spot.facts)
    if not tables:
        raise NoRewrite
    (node, table), *_ = tables
    alias = str(node.alias_or_name) if select.args.get("joins") else None
    known = [Meant(column=one, uses=uses_of(spot.facts, table.name, one))
             for one in granted(spot.facts, table).values()]  # fmt: skip
    keys = [one.column for one in known if one.column and one.column.domain and one.grouped]
    numbers = [one.column for one in known if one.column and one.averaged and one.column.bounds]
    made: list[exp.Expr] = [called(one.name, alias) for one in keys[:1]]
    made.append(exp.alias_(exp.Count(this=exp.Star()), fresh("n", spot.top)))
    made += [exp.Avg(this=called(one.name, alias)) for one in numbers[:MOST_AVERAGES]]
    others = [item for item in select.expressions if not star(item)]
    select.set("expressions", [*made, *others])


def _unwindow(select: exp.Select) -> None:
    """An aggregate over a partition of rows that is shown beside: an aggregate of groups."""
    shown = [inner_of(item) for item in select.expressions]
    for item in list(select.expressions):
        for window in own(item, exp.Window):
            by = window.args.get("partition_by") or ()
            told = all(any(part == one for one in shown) for part in by) and not in_from(select)
            if not isinstance(window.this, _TOTALS) or window.args.get("order") or not told:
                raise NoRewrite
            window.replace(window.this)


def _order(select: exp.Select, keys: list[exp.Expr], spot: Spot, shorter: bool) -> None:
    """ORDER BY keeps what groups have."""
    order = select.args.get("order")
    if order is None:
        return
    names = {name_of(item).lower() for item in select.expressions}
    kept = [one for one in order.expressions if not (shorter and isinstance(one.this, exp.Literal))]
    kept = [one for one in kept if _orders(one, select, keys, names, spot)]
    select.set("order", exp.Order(expressions=kept) if kept else None)


def _orders(ordered: exp.Expr, select: exp.Select, keys: list[exp.Expr], names: set[str], spot: Spot) -> bool:
    for column in bare(ordered.this):
        if column in keys or (not column.table and column.name.lower() in names):
            continue
        meant = meaning(column, select, spot.facts)
        if meant is None or not meant.averaged:
            return False
        column.replace(exp.Avg(this=column.copy()))
    return True


def _by_person(select: exp.Select, spot: Spot) -> bool:
    """Groups of one person each: their number and the averages of what they show, by the other keys."""
    keys = keys_of(select)
    people = [key for key in keys if _unit(key, select, spot)]
    if not people:
        return False
    if in_from(select):
        return True  # such groups may stand in FROM
    select.set("group", exp.Group(expressions=[key.copy() for key in keys]))
    for clause in ("order", "limit", "offset", "distinct"):
        select.set(clause, None)
    groups: list[exp.Expr] = []
    averages: list[exp.Expr] = []
    for place, item in enumerate(list(select.expressions)):
        inner = inner_of(item)
        if any(inner == person for person in people):
            continue
        name = name_of(item) or fresh(f"v{place}", spot.top)
        if not name_of(item):
            item.replace(exp.alias_(inner.copy(), name))
        if any(inner == key for key in keys):
            groups.append(called(name))
        elif _aggregated(inner):
            averages.append((exp.Median if _day(inner, select, spot) else exp.Avg)(this=called(name)))
        else:
            raise NoRewrite
    above = [*groups, exp.alias_(exp.Count(this=exp.Star()), fresh("people", spot.top)), *averages]
    with_ = select.args.get("with_")
    outer = exp.Select(expressions=above, with_=with_.copy() if with_ is not None else None)
    if groups:
        outer.set("group", exp.Group(expressions=[key.copy() for key in groups]))
    inside = select.copy()
    inside.set("with_", None)
    outer.set("from_", exp.From(this=subquery(inside, fresh("each", spot.top))))
    select.replace(outer)
    return True


def _day(call: exp.Expr, select: exp.Select, spot: Spot) -> bool:
    """Whether an aggregate is the first or last of dates: days have a middle, and no average."""
    if not isinstance(call, (exp.Min, exp.Max)) or not isinstance(call.this, exp.Column):
        return False
    meant = meaning(call.this, select, spot.facts)
    return meant is not None and meant.column is not None and meant.column.type is Kind.DATE


def most_frequent(spot: Spot) -> None:
    """``MODE(x)`` without public values: the group of x with most rows, by the other keys."""
    select = spot.select
    calls = [call for item in select.expressions for call in own(item, exp.Mode)]
    others = [item for item in select.expressions if own(item, exp.AggFunc) and not own(item, exp.Mode)]
    if len(calls) != 1 or others or not isinstance(calls[0].this, exp.Column):
        raise NoRewrite
    keys = keys_of(select)
    count = exp.Count(this=exp.Star())
    by_count = exp.Order(expressions=[exp.Ordered(this=count.copy(), desc=True)])
    if keys:
        place = exp.Window(
            this=exp.RowNumber(), partition_by=[key.copy() for key in keys], order=by_count, over="OVER"
        )
        select.set("qualify", exp.Qualify(this=exp.EQ(this=place, expression=exp.Literal.number(1))))
    else:
        select.set("order", by_count)
        select.set("limit", exp.Limit(expression=exp.Literal.number(1)))
    value = calls[0].this
    calls[0].replace(value)
    select.append("expressions", exp.alias_(count, fresh("n", spot.top)))
    select.set("group", exp.Group(expressions=[*(key.copy() for key in keys), value.copy()]))


def listed(call: exp.Expr, value: exp.Expr, spot: Spot) -> None:
    """A list of values as groups of them, each with its number of rows."""
    select = call.find_ancestor(exp.Select)
    if not isinstance(select, exp.Select):
        raise NoRewrite
    keys = keys_of(select)
    if isinstance(value, exp.Column):
        meant = meaning(value, select, spot.facts)
        if meant is None or not meant.grouped:
            raise NoRewrite
    call.replace(value)
    if not any(own(item, exp.AggFunc) for item in select.expressions):
        select.append("expressions", exp.alias_(exp.Count(this=exp.Star()), fresh("n", spot.top)))
    select.set("group", exp.Group(expressions=[*(key.copy() for key in keys), value.copy()]))
