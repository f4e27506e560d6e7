"""Clauses that stand where they do not belong, or that the dialect writes otherwise."""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.relations.conjuncts import conjuncts
from sandbox.plan.rewrites.calls import one_text
from sandbox.plan.rewrites.finding import (
    NoRewrite,
    Spot,
    called,
    conjoin,
    fresh,
    in_from,
    inner_of,
    meaning,
    name_of,
    own,
    protected,
    subquery,
)


def having(spot: Spot) -> None:
    """Conditions on aggregates in WHERE: in HAVING."""
    select, where = spot.select, spot.select.args.get("where")
    parts = conjuncts(where.this if where is not None else None)
    names = {item.alias.lower(): item.this for item in select.expressions if isinstance(item, exp.Alias)}
    moved = [part for part in parts if _of_groups(part, names)]
    if not moved:
        raise NoRewrite
    kept = [part for part in parts if all(part is not one for one in moved)]
    before = select.args.get("having")
    select.set("having", exp.Having(this=conjoin([*moved, *([before.this] if before is not None else [])])))
    select.set("where", exp.Where(this=conjoin(kept)) if kept else None)


def _of_groups(part: exp.Expr, names: dict[str, exp.Expr]) -> bool:
    if own(part, exp.AggFunc):
        return True
    used = [column for column in own(part, exp.Column) if not column.args.get("table")]
    return any(own(names[one.name.lower()], exp.AggFunc) for one in used if one.name.lower() in names)


def windowed(spot: Spot) -> None:
    """Windows and QUALIFY over single rows: in a subquery of FROM, where they look at one person's rows."""
    select = spot.select
    qualify = select.args.get("qualify")
    parts = [*select.expressions, *([qualify] if qualify is not None else [])]
    windows = [node for part in parts for node in own(part, exp.Window)]
    source = select.args.get("from_")
    if not windows or source is None or isinstance(select.parent, exp.CTE) or in_from(select):
        return
    if not all(_of_person(one, select, spot) for one in windows):
        return
    if select.args.get("joins") or not isinstance(source.this, exp.Table):
        raise NoRewrite
    inside = exp.Select(expressions=[exp.Star()], from_=source.copy())
    for clause in ("where", "qualify"):
        inside.set(clause, select.args.get(clause))
        select.set(clause, None)
    for item in list(select.expressions):
        for node in own(item, exp.Window):
            name = name_of(item) or fresh("w", spot.top)
            inside.append("expressions", exp.alias_(node.copy(), name))
            node.replace(called(name))
    source.set("this", subquery(inside, str(source.this.alias_or_name)))


def _of_person(window: exp.Expr, select: exp.Select, spot: Spot) -> bool:
    for part in window.args.get("partition_by") or ():
        meant = meaning(part, select, spot.facts) if isinstance(part, exp.Column) else None
        if meant is not None and meant.unit:
            return True
    return False


def partitioned(spot: Spot) -> None:
    """A window of a subquery: over one person's rows."""
    select = spot.select
    tables = protected(select, spot.facts)
    if not tables:
        raise NoRewrite
    (node, table), *more = tables
    name = node.alias_or_name if more else None
    for item in (*select.expressions, *([select.args["qualify"]] if select.args.get("qualify") else [])):
        for window in own(item, exp.Window):
            if not _of_person(window, select, spot):
                unit = called(table.unit or "", table=name)
                window.set("partition_by", [unit, *(window.args.get("partition_by") or ())])


def unlimited(spot: Spot) -> None:
    """A subquery over rows in FROM without ORDER BY and LIMIT: over all of its rows."""
    select = spot.select
    if not isinstance(select.parent, (exp.Subquery, exp.CTE)):
        raise NoRewrite
    for clause in ("order", "limit", "offset"):
        select.set(clause, None)


def construct(spot: Spot) -> None:
    """What the dialect has no node for: DISTINCT ON, LATERAL, samples, rows in DISTINCT."""
    whole = spot.top
    before = whole.sql(dialect="duckdb")
    for select in list(whole.find_all(exp.Select)):
        _first_rows(select)
        select.set("sample", None)
        for place, join in enumerate(list(select.args.get("joins") or ())):
            if isinstance(join.this, exp.Lateral):
                _joined(join, place, select, spot)
    for table in whole.find_all(exp.Table, exp.Subquery):
        table.set("sample", None)
    for distinct in list(whole.find_all(exp.Distinct)):
        if len(distinct.expressions) == 1 and isinstance(distinct.expressions[0], exp.Tuple):
            distinct.set("expressions", [one_text(distinct.expressions[0].expressions, "NULL")])
    if whole.sql(dialect="duckdb") == before:
        raise NoRewrite


def _first_rows(select: exp.Select) -> None:
    """``DISTINCT ON (k) … ORDER BY k, t``: the first row of each k."""
    distinct = select.args.get("distinct")
    on = distinct.args.get("on") if distinct is not None else None
    if on is None or select.args.get("qualify") or select.args.get("group"):
        return
    by = on.expressions if isinstance(on, exp.Tuple) else [on]
    by = [part.this if isinstance(part, exp.Paren) else part for part in by]
    given = select.args.get("order")
    order = [one for one in (given.expressions if given else ()) if all(one.this != part for part in by)]
    if not order:
        raise NoRewrite
    place = exp.Window(
        this=exp.RowNumber(), partition_by=[part.copy() for part in by],
        order=exp.Order(expressions=[one.copy() for one in order]), over="OVER",
    )  # fmt: skip
    select.set("qualify", exp.Qualify(this=exp.EQ(this=place, expression=exp.Literal.number(1))))
    select.set("distinct", None)
    select.set("order", None)


def _joined(join: exp.Expr, place: int, select: exp.Select, spot: Spot) -> None:
    """``LATERAL (SELECT … WHERE v.id = p.id ORDER BY … LIMIT n) t``: a join with each person's first n."""
    lateral = join.this
    inner = lateral.this.this if isinstance(lateral.this, exp.Subquery) else None
    alias = str(lateral.alias_or_name)
    if not isinstance(inner, exp.Select) or not alias:
        raise NoRewrite
    tables, around = protected(inner, spot.facts), protected(select, spot.facts)
    if len(tables) != 1 or not around:
        raise NoRewrite
    unit, (above, its) = tables[0][1].unit or "", around[0]
    where = inner.args.get("where")
    parts = conjuncts(where.this if where is not None else None)
    outside = str(above.alias_or_name).lower()
    kept = [part for part in parts if all(str(c.table).lower() != outside for c in part.find_all(exp.Column))]
    made = inner.copy()
    made.set("where", exp.Where(this=conjoin(kept)) if kept else None)
    _first_of_person(made, unit)
    if all(str(inner_of(item).name) != unit for item in made.expressions):
        made.set("expressions", [called(unit), *made.expressions])
    on = exp.EQ(this=called(unit, table=alias), expression=called(its.unit or "", table=outside))
    left = "LEFT" if join.args.get("side") == "LEFT" else None
    select.args["joins"][place].replace(exp.Join(this=subquery(made, alias), side=left, on=on))


def _first_of_person(made: exp.Select, unit: str) -> None:
    order, limit = made.args.get("order"), made.args.get("limit")
    made.set("order", None)
    made.set("limit", None)
    if limit is None:
        return
    if order is None:
        raise NoRewrite
    window = exp.Window(this=exp.RowNumber(), partition_by=[called(unit)], order=order.copy(), over="OVER")
    made.set("qualify", exp.Qualify(this=exp.LTE(this=window, expression=limit.expression.copy())))
