"""Joins and conditions on the person."""

from __future__ import annotations

from sqlglot import exp

from sandbox.nouns.plan import Facts
from sandbox.plan.relations.conjuncts import conjuncts
from sandbox.plan.rewrites.finding import (
    NoRewrite,
    Spot,
    bare,
    called,
    conjoin,
    fresh,
    inner_of,
    meaning,
    own,
    protected,
    quoted,
    subquery,
    table_of,
)

CLAUSES = ("group", "having", "qualify", "order", "limit", "offset", "with_", "distinct")


def is_unit(node: exp.Expr, select: exp.Select, facts: Facts) -> bool:
    """Whether a node is the name of the person."""
    meant = meaning(node, select, facts) if isinstance(node, exp.Column) else None
    return meant is not None and meant.unit


def counted(spot: Spot) -> None:
    """``COUNT(person)`` counts rows: nobody's rows are without a person. Beside a LEFT JOIN they may be."""
    call = spot.above(exp.Count)
    if not isinstance(call, exp.Count) or not is_unit(call.this, spot.select, spot.facts):
        return
    if any(join.args.get("side") for join in spot.select.args.get("joins") or ()):
        call.set("this", exp.Distinct(expressions=[call.this]))
    else:
        call.set("this", exp.Star())


def missing(spot: Spot) -> None:
    """``person IS NULL`` beside a LEFT JOIN: NOT EXISTS. ``IS NOT NULL``: a JOIN, or nothing."""
    select, where = spot.select, spot.select.args.get("where")
    test = spot.above(exp.Is)
    if where is None or not isinstance(test, exp.Is) or not is_unit(test.this, select, spot.facts):
        return
    negated = isinstance(test.parent, exp.Not)
    whole = test.parent if negated else test
    parts = conjuncts(where.this)
    if not isinstance(test.expression, exp.Null) or all(part is not whole for part in parts):
        raise NoRewrite
    kept = [part for part in parts if part is not whole]
    join = next((one for one in select.args.get("joins") or () if _brings(one, test.this)), None)
    if join is not None and join.args.get("side") == "LEFT":
        if negated:
            join.set("side", None)
        else:
            kept.append(_not_exists(join, select))
            joins = [one for one in select.args["joins"] if one is not join]
            select.set("joins", joins or None)
    elif not negated or any(one.args.get("side") for one in select.args.get("joins") or ()):
        raise NoRewrite
    select.set("where", exp.Where(this=conjoin(kept)) if kept else None)


def _brings(join: exp.Expr, column: exp.Expr) -> bool:
    name = str(column.args.get("table") or "").strip('"').lower()
    return bool(name) and str(join.this.alias_or_name).lower() == name


def _not_exists(join: exp.Expr, select: exp.Select) -> exp.Expr:
    """``NOT EXISTS (SELECT 1 FROM joined WHERE what the join asked)``."""
    alias = str(join.this.alias_or_name).lower()
    shown = [*select.expressions, *(select.args.get("group") or exp.Group()).iter_expressions()]
    if any(str(column.table).lower() == alias for item in shown for column in item.find_all(exp.Column)):
        raise NoRewrite
    asked = join.args.get("on")
    if join.args.get("using"):
        first = select.args["from_"].this
        asked = conjoin([equal(first.alias_or_name, name.name, alias, name.name)
                         for name in join.args["using"]])  # fmt: skip
    if asked is None:
        raise NoRewrite
    inner = exp.Select(
        expressions=[exp.Literal.number(1)], from_=exp.From(this=join.this.copy()),
        where=exp.Where(this=asked.copy()),
    )  # fmt: skip
    return exp.Not(this=exp.Exists(this=inner))


def equal(left: str, one: str, right: str, two: str) -> exp.Expr:
    """``left.one = right.two``."""
    return exp.EQ(this=called(one, table=left), expression=called(two, table=right))


def same_person(spot: Spot) -> None:
    """A join or EXISTS of two protected tables: of the same person's rows."""
    join = spot.above(exp.Join, exp.Exists, exp.In)
    if isinstance(join, exp.Exists) and isinstance(join.this, exp.Select):
        _same_in_exists(join.this, spot)
        return
    select = join.find_ancestor(exp.Select) if join is not None else None
    if not isinstance(join, exp.Join) or not isinstance(select, exp.Select) or join.args.get("using"):
        raise NoRewrite
    pairs = protected(select, spot.facts)
    mine = next(((node, table) for node, table in pairs if node is join.this), None)
    other = next(((node, table) for node, table in pairs if node is not join.this), None)
    if mine is None or other is None:
        raise NoRewrite
    added = equal(other[0].alias_or_name, other[1].unit or "", mine[0].alias_or_name, mine[1].unit or "")
    on = [part for part in conjuncts(join.args.get("on")) if part.find(exp.Column)]
    join.set("on", conjoin([added, *on]))
    if join.args.get("kind") == "CROSS":
        join.set("kind", None)


def _same_in_exists(inner: exp.Select, spot: Spot) -> None:
    around = inner.find_ancestor(exp.Select)
    mine = protected(inner, spot.facts)
    other = protected(around, spot.facts) if isinstance(around, exp.Select) else []
    if not mine or not other:
        raise NoRewrite
    (node, table), (above, its) = mine[0], other[0]
    if node.alias_or_name.lower() == above.alias_or_name.lower():
        raise NoRewrite
    where = inner.args.get("where")
    parts = conjuncts(where.this if where is not None else None)
    added = equal(node.alias_or_name, table.unit or "", above.alias_or_name, its.unit or "")
    inner.set("where", exp.Where(this=conjoin([added, *parts])))


def inner(spot: Spot) -> None:
    """A public table LEFT JOINed with a protected one: the rows that match."""
    for join in spot.select.args.get("joins") or ():
        if join.args.get("side") in ("LEFT", "RIGHT", "FULL"):
            join.set("side", None)
            join.set("kind", None)


def looked_up(spot: Spot) -> None:
    """``(SELECT sex FROM persons p WHERE p.id = v.id)`` as a value: a LEFT JOIN, if a person has one row."""
    node = spot.above(exp.Subquery)
    select = node.find_ancestor(exp.Select) if node is not None else None
    if node is None or not isinstance(node.this, exp.Select) or not isinstance(select, exp.Select):
        return
    value = node.this
    pairs = protected(value, spot.facts)
    simple = not any(value.args.get(one) for one in (*CLAUSES, "joins")) and len(value.expressions) == 1
    if isinstance(node.parent, (exp.From, exp.Join)) or not simple or len(pairs) != 1:
        return
    table, stored = pairs[0]
    if spot.facts.row_bounds.get(stored.name) != 1 or own(value.expressions[0], exp.AggFunc):
        return
    where = value.args.get("where")
    if where is None:
        return
    alias = str(table.alias_or_name)
    item = inner_of(value.expressions[0]).copy()
    for column in bare(item):
        column.set("table", quoted(alias))
    on = exp.Join(this=table.copy(), side="LEFT", on=where.this.copy())
    select.append("joins", on)
    named = node.parent
    node.replace(item)
    if isinstance(named, exp.Alias):
        named.set("this", item)


def counted_apart(spot: Spot) -> None:
    """Rows of a LEFT JOIN counted by person: counted before the join, and 0 where there are none."""
    joined = spot.select
    for select in joined.find_all(exp.Select):
        if _apart(select, spot):
            return


def _apart(select: exp.Select, spot: Spot) -> bool:
    joins = select.args.get("joins") or []
    counts = [call for item in select.expressions for call in own(item, exp.Count)]
    group = select.args.get("group")
    if len(joins) != 1 or joins[0].args.get("side") != "LEFT" or len(counts) != 1 or group is None:
        return False
    table, first = joins[0].this, select.args["from_"].this
    stored, other = table_of(table, spot.facts), table_of(first, spot.facts)
    (count,) = counts
    if stored is None or other is None or stored.unit is None or other.unit is None:
        return False
    counted_ = count.this
    if not isinstance(counted_, exp.Column) or not joins[0].args.get("on"):
        return False
    if not _of(counted_, table, spot) or [key.name for key in group.expressions] != [other.unit]:
        return False
    kept = [part for part in conjuncts(joins[0].args["on"]) if not _links(part, select, spot)]
    if any(not _of(column, table, spot) for part in kept for column in part.find_all(exp.Column)):
        return False
    name, total = fresh("counted", spot.top), fresh("rows_of_one", spot.top)
    inner_ = exp.Select(
        expressions=[called(stored.unit), exp.alias_(exp.Count(this=exp.Star()), total)],
        from_=exp.From(this=table.copy()),
        where=exp.Where(this=conjoin(kept)) if kept else None,
        group=exp.Group(expressions=[called(stored.unit)]),
    )  # fmt: skip
    count.replace(exp.Coalesce(this=called(total, table=name), expressions=[exp.Literal.number(0)]))
    on = equal(name, stored.unit, first.alias_or_name, other.unit)
    select.set("joins", [exp.Join(this=subquery(inner_, name), side="LEFT", on=on)])
    select.set("group", None)
    return True


def _of(column: exp.Expr, table: exp.Expr, spot: Spot) -> bool:
    """Whether a column is one of a stored table of FROM."""
    if column.args.get("table"):
        return str(column.args["table"].name).lower() == str(table.alias_or_name).lower()
    alone = exp.Select(expressions=[exp.Star()], from_=exp.From(this=table.copy()))
    return isinstance(column, exp.Column) and meaning(column, alone, spot.facts) is not None


def _links(part: exp.Expr, select: exp.Select, spot: Spot) -> bool:
    """Whether a conjunct says that both sides are one person's."""
    sides = list(part.iter_expressions()) if isinstance(part, exp.EQ) else []
    return len(sides) == 2 and all(is_unit(side, select, spot.facts) for side in sides)
