"""EXISTS, IN and scalar subqueries in WHERE.

Over protected tables they look at the rows of the very unit whose row is judged: the unit conjunct is ours,
and the statement must say so too. Over public tables they are conditions or values like any other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from sqlglot import exp

from sandbox.nouns.policy import Use
from sandbox.plan.above.free import Free
from sandbox.plan.above.returned import one_value, reads_units
from sandbox.plan.clauses import aggregates, where
from sandbox.plan.names import Scope
from sandbox.plan.relations.conjuncts import Pair, conjuncts, pair_of
from sandbox.plan.relations.correlated import keyed
from sandbox.plan.relations.join import padded
from sandbox.plan.relations.public import equated, matches
from sandbox.plan.relations.scan import Relation
from sandbox.plan.relations.semi import compared
from sandbox.plan.relations.sizes import check_size
from sandbox.plan.relations.source import relation_of
from sandbox.plan.relations.units import on_unit
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.logic import truth
from sandbox.plan.scalars.unify import unify
from sandbox.plan.types import Value, derive

_CLAUSES = ("group", "having", "qualify", "order", "limit", "offset", "distinct", "with_")


def subquery(node: exp.Expr, rows: Rows) -> Value:
    """``EXISTS (…)``, ``x IN (SELECT …)``, or a scalar subquery over public tables.

    Raises:
        Stopped: it stands outside WHERE, groups or limits its rows, or looks at other units' rows.
    """
    select = _simple(node, _select(node))
    if isinstance(node, exp.Subquery) and reads_units(select, rows):
        return one_value(node, rows)
    if not rows.scope.subqueries or not isinstance(select, exp.Select):
        _stop(node, rows)
    if any(select.args.get(clause) for clause in _CLAUSES):
        _stop(select, rows)
    scope = Scope(rows.scope.facts, rows.problems, outer=rows.scope, made=rows.scope.made)
    inner = rows.inside(scope)
    relation = relation_of(select, inner)
    if relation.padded:
        padded(select, rows.problems)
    if relation.unit and not rows.scope.unit:
        rows.problems.stop("subquery_other_units", node)
    scope.bound = relation.bound or _matches(node, select, inner, rows, relation)
    check_size(rows.scope.rows * scope.bound, node, rows.problems)
    form = _exists if isinstance(node, exp.Exists) else _in if isinstance(node, exp.In) else _scalar
    value = form(node, select, inner, rows, relation)
    if rows.reading.noisy and not rows.scope.unit:
        work = compared(rows.scope.size, relation.size, keyed=keyed(select, rows))
        rows.statement.joined.note(f"{id(node)}", work, node)
    rows.scope.reads |= relation.tables | scope.reads
    return value


def _matches(node: exp.Expr, select: exp.Select, inner: Rows, rows: Rows, relation: Relation) -> int:
    """Public rows that a subquery looks at for one row around; 1 where it does not depend on that row."""
    own = replace(inner.scope, outer=None)
    around = [
        part for part in select.walk(prune=_table)
        if isinstance(part, exp.Column) and rows.scope.names(part) and not own.names(part)
    ]  # fmt: skip
    if not around:
        return 1
    asked = select.args.get("where")
    pairs = [pair_of(part, inner) for part in conjuncts(asked.this if asked is not None else None)]
    if isinstance(node, exp.In):
        pairs.append(_pair(node, select, inner, rows))
    outside = Relation("", 0, tuple(rows.scope.scans), rows.scope.unit or "public")
    keys = [two for pair in pairs for _, two in equated(pair, outside, relation)]
    return matches(relation, keys)


def _table(part: exp.Expr) -> bool:
    """Whether it is a subquery of FROM, which sees no row around."""
    return isinstance(part, exp.Subquery) and isinstance(part.parent, exp.From | exp.Join)


def _pair(node: exp.In, select: exp.Select, inner: Rows, rows: Rows) -> Pair | None:
    """``x IN (SELECT y …)`` as an equality of columns."""
    item = select.expressions[0]
    item = item.this if isinstance(item, exp.Alias) else item
    if not isinstance(node.this, exp.Column) or not isinstance(item, exp.Column):
        return None
    return rows.scope.column(node.this), inner.scope.column(item), node


def _stop(node: exp.Expr, rows: Rows) -> NoReturn:
    rows.problems.stop("subquery_not_supported", node)


def _select(node: exp.Expr) -> exp.Expr:
    found: exp.Expr = node.args["query"] if isinstance(node, exp.In) else node.this
    return found.this if isinstance(found, exp.Subquery) else found


def _simple(node: exp.Expr, query: exp.Expr) -> exp.Expr:
    """EXISTS and IN do not see what is written twice; groups, and a first few, stand in a FROM of their own.

    The tree is changed, so that a second look finds it simple.
    """
    if isinstance(node, exp.Subquery):
        return query
    if isinstance(query, exp.Select) and not (query.args.get("limit") or query.args.get("offset")):
        query.set("distinct", None)
        query.set("order", None)
    for part in _united(query):
        part.set("distinct", False)
    grouped = not isinstance(query, exp.Select) or any(query.args.get(clause) for clause in _CLAUSES)
    if not isinstance(node, exp.In) or not grouped:
        return query
    first = query
    while not isinstance(first, exp.Select):
        first = first.this
    if len(first.expressions) != 1:
        return query
    (item,) = first.expressions
    if not isinstance(item, exp.Alias) and not isinstance(item, exp.Column):
        item.replace(item := exp.alias_(item.copy(), "value", quoted=True))
    name = exp.TableAlias(this=exp.to_identifier("grouped"))
    made = exp.Select(
        expressions=[exp.column(str(item.alias_or_name), table="grouped", quoted=True)],
        from_=exp.From(this=exp.Subquery(this=query.copy(), alias=name)),
    )
    node.set("query", exp.Subquery(this=made))
    return made


def _united(query: exp.Expr) -> list[exp.Expr]:
    """Every UNION of a chain of nothing else: what is equal in it counts once anyway."""
    parts = [query]
    found: list[exp.Expr] = []
    while parts:
        part = parts.pop()
        part = part.this if isinstance(part, exp.Subquery) else part
        if isinstance(part, exp.SetOperation) and not isinstance(part, exp.Union):
            return []
        if isinstance(part, exp.Union):
            found.append(part)
            parts += [part.this, part.expression]
    return found


def _exists(node: exp.Expr, select: exp.Select, inner: Rows, rows: Rows, relation: Relation) -> Value:
    for item in select.expressions:
        if item.find(exp.AggFunc):
            _stop(item, rows)  # a row of aggregates always exists
        for column in item.find_all(exp.Column):
            inner.scope.column(column)
    return truth(f"(EXISTS (SELECT 1 FROM {relation.sql}{_where(node, select, inner, rows, relation)}))")


def _in(node: exp.Expr, select: exp.Select, inner: Rows, rows: Rows, relation: Relation) -> Value:
    """NULLs count as SQL says: NOT IN is never true beside a NULL."""
    if len(select.expressions) != 1 or aggregates(select):
        _stop(select, rows)
    item = select.expressions[0]
    item = item.this if isinstance(item, exp.Alias) else item
    one = rows.scope.column(node.this) if isinstance(node.this, exp.Column) else translate(node.this, rows)
    two = inner.scope.column(item) if isinstance(item, exp.Column) else translate(item, inner)
    if one.unit or two.unit:
        # A unit that is never NULL is the unit of the whole row: joins made them one.
        if not (one.unit and two.unit) or one.nullable or two.nullable:
            rows.problems.stop("unit_misused", node, name=one.unit or two.unit)
        kept = _where(node, select, inner, rows, relation, (one, two, node))
        return truth(f"(EXISTS (SELECT 1 FROM {relation.sql}{kept}))")
    _, _, _, (left, right) = unify([one, two], [node.this, item], rows)
    joins = Use.JOIN if two.reads | two.tests else Use.FILTER  # released values are like a list of constants
    rows.use((one.reads | one.tests), joins, node)
    inner.use((two.reads | two.tests), Use.JOIN, item)
    kept = _where(node, select, inner, rows, relation, (one, two, node))
    made = truth(f"({left.sql} IN (SELECT {right.sql} FROM {relation.sql}{kept}))", one, two)
    return replace(made, reads=frozenset(), tests=frozenset())


def _where(
    node: exp.Expr, select: exp.Select, inner: Rows, rows: Rows, relation: Relation, pair: Pair | None = None
) -> str:
    """The filter of a subquery; over protected tables with the unit conjunct first."""
    if not relation.unit:
        return where(select, inner)
    asked = select.args.get("where")
    parts = conjuncts(asked.this if asked is not None else None)
    outside = Relation("", rows.scope.bound, tuple(rows.scope.scans), rows.scope.unit)
    with inner.nested():
        found, _ = on_unit(outside, relation, parts, node, inner, pair, Use.FILTER)
    return f" WHERE {' AND '.join(found)}"


def _scalar(node: exp.Expr, select: exp.Select, inner: Rows, rows: Rows, relation: Relation) -> Value:
    """One aggregate over public rows: exactly one value, whatever they are."""
    if relation.unit:
        rows.problems.stop("subquery_other_units", node)
    if len(select.expressions) != 1 or not select.expressions[0].find(exp.AggFunc):
        _stop(select, rows)
    item = select.expressions[0]
    alone = inner.inside(replace(inner.scope, outer=None))  # an outer column would be aggregated outside
    value = translate(item.this if isinstance(item, exp.Alias) else item, Free(alone, rows.problems, ()))
    sql = f"(SELECT {value.sql} FROM {relation.sql}{where(select, inner)})"
    made = derive(sql, value.kind, value.storage, value, range=value.range)
    return replace(made, scale=value.scale, integral=value.integral, nullable=True)
