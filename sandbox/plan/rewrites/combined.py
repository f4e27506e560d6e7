"""Sets of people: INTERSECT, EXCEPT and UNION."""

from __future__ import annotations

from sqlglot import exp

from sandbox.nouns.plan import Facts
from sandbox.plan.relations.conjuncts import conjuncts
from sandbox.plan.rewrites.finding import (
    NoRewrite,
    Spot,
    called,
    conjoin,
    fresh,
    inner_of,
    quoted,
    subquery,
    table_of,
)
from sandbox.plan.rewrites.people import CLAUSES, equal, is_unit


def counted(spot: Spot) -> None:
    """People of several SELECTs combined, at the end of a statement: how many they are."""
    whole = spot.top.this
    if not isinstance(whole, exp.SetOperation):
        return
    sides = [side for node in whole.find_all(exp.SetOperation) for side in (node.this, node.expression)]
    if not all(isinstance(one, exp.SetOperation) or _people(one, spot.facts) for one in sides):
        raise NoRewrite
    count = exp.alias_(exp.Count(this=exp.Star()), fresh("people", spot.top))
    for clause in ("order", "limit", "offset"):
        whole.set(clause, None)
    made = exp.Select(expressions=[count])
    made.set("from_", exp.From(this=subquery(whole.copy(), fresh("united", spot.top))))
    whole.replace(made)


def exists(spot: Spot) -> None:
    """INTERSECT and EXCEPT of people: EXISTS and NOT EXISTS. UNION: UNION ALL, each once."""
    node = spot.above(exp.SetOperation)
    while node is not None and isinstance(node.parent, exp.SetOperation):
        node = node.parent
    if not isinstance(node, exp.SetOperation) or node is spot.top.this:
        raise NoRewrite
    if isinstance(node, exp.Union):
        node.replace(_each_once(node, spot))
        return
    left, right = node.this, node.expression
    if not _people(left, spot.facts) or not _people(right, spot.facts):
        raise NoRewrite
    node.replace(_exists(left, right, spot, negated=isinstance(node, exp.Except)))


def _each_once(node: exp.Union, spot: Spot) -> exp.Expr:
    made = node.copy()
    for part in made.find_all(exp.Union):
        part.set("distinct", False)
    first = made.this
    while isinstance(first, (exp.SetOperation, exp.Subquery)):
        first = first.this
    names = [str(item.alias_or_name) for item in first.expressions]
    if not all(names):
        raise NoRewrite
    outer = exp.Select(expressions=[called(name) for name in names], distinct=exp.Distinct())
    outer.set("from_", exp.From(this=subquery(made, fresh("united", spot.top))))
    return outer


def _people(query: exp.Expr, facts: Facts) -> bool:
    """Whether a SELECT shows the person alone, over one stored table and without other clauses."""
    if not isinstance(query, exp.Select) or any(query.args.get(one) for one in (*CLAUSES, "joins")):
        return False
    source = query.args.get("from_")
    stored = source is not None and table_of(source.this, facts) is not None
    return stored and len(query.expressions) == 1 and is_unit(inner_of(query.expressions[0]), query, facts)


def _exists(left: exp.Select, right: exp.Select, spot: Spot, *, negated: bool) -> exp.Expr:
    """The left people who have, or have not, a row on the right; each once."""
    outer, other = left.copy(), right.copy()
    one = _aliased(outer, fresh("a", spot.top))
    two = _aliased(other, fresh("b", spot.top))
    mine, theirs = inner_of(outer.expressions[0]).name, inner_of(other.expressions[0]).name
    added = equal(two, theirs, one, mine)
    asked = other.args.get("where")
    other.set("where", exp.Where(this=conjoin([added, *conjuncts(asked.this if asked else None)])))
    other.set("expressions", [exp.Literal.number(1)])
    found: exp.Expr = exp.Exists(this=other)
    found = exp.Not(this=found) if negated else found
    kept = outer.args.get("where")
    outer.set("where", exp.Where(this=conjoin([*conjuncts(kept.this if kept else None), found])))
    outer.set("group", exp.Group(expressions=[inner_of(outer.expressions[0]).copy()]))
    return outer


def _aliased(select: exp.Select, alias: str) -> str:
    """A name for the one table of FROM by which its columns, and no others, are called."""
    source = select.args["from_"].this
    before = str(source.alias_or_name).lower()
    source.set("alias", exp.TableAlias(this=quoted(alias)))
    for column in select.find_all(exp.Column):
        inside = column.find_ancestor(exp.Select) is select
        if (inside and not column.table) or str(column.table).lower() == before:
            column.set("table", quoted(alias))
    return alias
