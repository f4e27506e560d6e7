"""Aggregates and functions: bounds, quantiles, lists, dates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from sqlglot import exp

from sandbox.plan.names import granted, visible_tables
from sandbox.plan.rewrites.finding import NoRewrite, Spot, meaning
from sandbox.plan.rewrites.groups import listed

LOW, HIGH = 0, 100
"""Bounds of a number about which the policy says nothing: the developer chooses better ones."""
BUCKETS = 10
_AGGREGATES = (exp.AggFunc, exp.Ordered)


def bounded(spot: Spot) -> None:
    """The number that is summed, within bounds: the widest of the columns that it is computed from."""
    for node in spot.nodes(exp.Expr):
        if isinstance(node, exp.AggFunc) or not isinstance(node.parent, _AGGREGATES):
            continue
        lo, hi = _bounds(node, spot)
        ends = [exp.Literal.number(str(end)) for end in (lo, hi)]
        node.replace(exp.Anonymous(this="clamp", expressions=[node.copy(), *ends]))
        return
    raise NoRewrite


def _bounds(node: exp.Expr, spot: Spot) -> tuple[Decimal, Decimal]:
    found = [meaning(column, spot.select, spot.facts) for column in node.find_all(exp.Column)]
    known = [one.column.bounds for one in found if one is not None and one.column and one.column.bounds]
    pairs = [(lo, hi) for lo, hi in known if isinstance(lo, Decimal) and isinstance(hi, Decimal)]
    if not pairs:
        return Decimal(LOW), Decimal(HIGH)
    return min(lo for lo, _ in pairs), max(hi for _, hi in pairs)


def several(spot: Spot) -> None:
    """``COUNT(DISTINCT a, b)``: of both as one text; NULL where one of them is."""
    call = spot.above(exp.Count)
    given = call.this if call is not None else None
    if not isinstance(given, exp.Distinct) or len(given.expressions) < 2:
        raise NoRewrite
    given.set("expressions", [one_text(given.expressions)])


def one_text(parts: list[exp.Expr], missing: str = "") -> exp.Expr:
    """Several values as one text; NULL where one of them is, unless ``missing`` stands for it."""
    texts: list[exp.Expr] = [exp.Cast(this=one.copy(), to=exp.DataType.build("VARCHAR")) for one in parts]
    if missing:
        texts = [exp.Coalesce(this=one, expressions=[exp.Literal.string(missing)]) for one in texts]
    whole, *others = texts
    for one in others:
        whole = exp.DPipe(this=exp.DPipe(this=whole, expression=exp.Literal.string("|")), expression=one)
    return whole


def otherwise(spot: Spot) -> None:
    """A function that the dialect lacks, as what answers the same need."""
    around = spot.above(exp.Func, exp.Bracket)
    for node in [*list(spot.node.walk()), *([around] if around is not None else [])]:
        if _replaced(node, spot):
            return
    raise NoRewrite


def _replaced(node: exp.Expr, spot: Spot) -> bool:
    made = node
    if isinstance(node, (exp.GroupConcat, exp.ArrayAgg, exp.ApproxTopK)):
        value = node.this
        while isinstance(value, (exp.Order, exp.Distinct)):
            value = value.this if isinstance(value, exp.Order) else value.expressions[0]
        listed(node, value.copy(), spot)
        return True
    if isinstance(node, (exp.AnyValue, exp.First, exp.Last, exp.ArgMax, exp.ArgMin)):
        outer = node.parent if isinstance(node.parent, (exp.IgnoreNulls, exp.RespectNulls)) else node
        outer.replace(exp.Mode(this=node.this.copy()))
    elif isinstance(node, exp.ApproxDistinct):
        node.replace(exp.Count(this=exp.Distinct(expressions=[node.this.copy()])))
    elif isinstance(node, (exp.LogicalOr, exp.LogicalAnd)):
        inner = node.this
        node.replace(exp.Avg(this=(inner.this if isinstance(inner, exp.Cast) else inner).copy()))
    elif isinstance(node, exp.Array) and isinstance(node.parent, (exp.PercentileCont, exp.PercentileDisc)):
        _each(node)
    elif _named(node) == "histogram":
        listed(node, _bucketed(node, spot), spot)
    elif isinstance(node, exp.Bracket):
        _sliced(node)
    elif _named(node) in ("currentdate", "currenttimestamp", "now"):
        made = exp.Cast(this=exp.Literal.string(_last_day(spot)), to=exp.DataType.build("DATE"))
        node.replace(made)
    elif isinstance(node, exp.Rand) and isinstance(node.parent, exp.Ordered):
        query = node.find_ancestor(exp.Query)
        if query is not None:
            query.set("order", None)
    else:
        return False
    return True


def _named(node: exp.Expr) -> str:
    return str(node.this).lower() if isinstance(node, exp.Anonymous) else node.key


def _bucketed(call: exp.Expr, spot: Spot) -> exp.Expr:
    """``HISTOGRAM(x)``: the bucket of each x, by the edges as written, or even ones."""
    given = [call.this, *call.expressions] if isinstance(call.this, exp.Expr) else call.expressions
    value, *edges = [one.copy() for one in given]
    even = [exp.Literal.number(str(end)) for end in (*_bounds(value, spot), BUCKETS)]
    return exp.Anonymous(this="width_bucket", expressions=[value, *(edges or even)])


def _each(values: exp.Array) -> None:
    """A list of quantiles: an item for each."""
    call = values.parent
    item = call.parent if call is not None and isinstance(call.parent, exp.Alias) else call
    select = item.parent if item is not None else None
    if call is None or item is None or not isinstance(select, exp.Select):
        raise NoRewrite
    made = [type(call)(this=call.this.copy(), expression=one.copy()) for one in values.expressions]
    at = next(place for place, one in enumerate(select.expressions) if one is item)
    select.set("expressions", [*select.expressions[:at], *made, *select.expressions[at + 1 :]])


def _sliced(node: exp.Bracket) -> None:
    """``x[1:3]`` of a text."""
    part = node.expressions[0] if node.expressions else None
    ends = [part.this, part.expression] if isinstance(part, exp.Slice) else [part, part]
    if not all(isinstance(end, exp.Literal) and str(end.this).isdecimal() for end in ends):
        raise NoRewrite
    low, high = (int(str(end.this)) for end in ends if end is not None)
    if not isinstance(part, exp.Slice):  # the parser counts single signs from 0
        low, high = low + 1, high + 1
    size = [exp.Literal.number(low), exp.Literal.number(high - low + 1)]
    node.replace(exp.Substring(this=node.this.copy(), start=size[0], length=size[1]))


def _last_day(spot: Spot) -> str:
    """The last day that the policy declares for a granted column of dates."""
    tables = visible_tables(spot.facts).values()
    columns = [column for table in tables for column in granted(spot.facts, table).values()]
    ends = [column.bounds[1] for column in columns if column.bounds is not None]
    days = [end for end in ends if isinstance(end, dt.date)]
    return max(days).isoformat() if days else "2025-12-31"
