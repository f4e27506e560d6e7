"""EXISTS and IN beside groups and above released rows: whether released or public rows have a match.

They look at what is public by then, and run as they are written once everything is measured. Whether there
is a row of some person is never looked at: the exact answer would tell of that person, and a noisy count over
0 tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Use
from sandbox.plan.above.lookups import Looking, around
from sandbox.plan.above.query import Query, recalled
from sandbox.plan.above.reading import back_name
from sandbox.plan.above.returned import give_back
from sandbox.plan.clauses import aggregates
from sandbox.plan.names import Scope
from sandbox.plan.relations.conjuncts import alike, conjuncts
from sandbox.plan.relations.correlated import equality, outer_columns
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.compare import compare
from sandbox.plan.scalars.logic import truth
from sandbox.plan.scalars.unify import unify
from sandbox.plan.types import Value, literal

_ONE_BY_ONE = ("group", "having", "qualify", "limit", "offset")
"""Clauses that look at all rows of a subquery, so that it is not the same for one row around."""
Pairs = Sequence[tuple[exp.Expr, exp.Column]]
"""Expressions over rows of the subquery, each with the column around that it equals."""


def match(node: exp.Exists | exp.In, env: Looking) -> Value:
    """``EXISTS (…)`` or ``x IN (SELECT …)`` over released or public rows, as SQL has it with NULLs.

    The subquery may name columns around by equalities.

    Raises:
        Stopped: it looks at rows of units, or depends on the row around by more than equalities.
    """
    known = env.rows.statement.matches
    if id(node) not in known:
        known[id(node)] = node, _match(node, env)
    return known[id(node)][1]


def _match(node: exp.Exists | exp.In, env: Looking) -> Value:
    rows = env.rows
    found: exp.Expr = node.args["query"] if isinstance(node, exp.In) else node.this
    while isinstance(found, exp.Subquery):
        found = found.this
    outside = outer_columns(found, rows)
    select, pairs = _apart(node, found, outside, rows) if outside else (_simple(node, found, rows), ())
    source = _source(select, node, rows)
    beside = [around(column, env) for _, column in pairs]
    if any(value.null for value in beside):
        return literal(False, Kind.BOOLEAN)
    query = _released(select, rows, source)
    place = _given(query, env, node)
    shown = [recalled(item, f'v."c{number}"', {}) for number, item in enumerate(query.items)]
    wanted = len(pairs) + isinstance(node, exp.In)
    if isinstance(node, exp.In) and len(shown) != wanted:
        rows.problems.stop("subquery_of_one_value", node)
    keys = shown[wanted - len(pairs) : wanted]
    on = [_equal(key, one, column, rows) for key, one, (_, column) in zip(keys, beside, pairs, strict=True)]
    table = f'"{place}" AS v' + (f" WHERE {' AND '.join(on)}" if on else "")
    if isinstance(node, exp.Exists):
        return _value(f"(EXISTS (SELECT 1 FROM {table}))", query, *beside)
    left = translate(node.this, env)
    _, _, _, (one, two) = unify([left, shown[0]], [node.this, node], rows)
    return _value(f"({one.sql} IN (SELECT {two.sql} FROM {table}))", query, left, *beside)


def _simple(node: exp.Expr, query: exp.Expr, rows: Rows) -> exp.Expr:
    """EXISTS looks at no item, and at no order."""
    made = query.copy()
    if isinstance(node, exp.In) or not isinstance(made, exp.Select) or made.args.get("group"):
        return made
    if aggregates(made):
        if not made.args.get("having"):
            rows.problems.stop("subquery_not_supported", node)  # a row of aggregates always exists
    elif not made.args.get("offset"):
        made.set("order", None)
        made.set("expressions", [exp.alias_(exp.true(), "a0")])
    return made


def _apart(node: exp.Expr, query: exp.Expr, outside: list[exp.Column], rows: Rows) -> tuple[exp.Expr, Pairs]:
    """A subquery for all rows around at once: what it shows, then what equals a column around."""
    if not isinstance(query, exp.Select) or aggregates(query):
        _depends(outside[0], rows)
    if any(query.args.get(clause) for clause in _ONE_BY_ONE):
        _depends(outside[0], rows)
    asked = query.args.get("where")
    parts = conjuncts(asked.this if asked is not None else None)
    pairs = [pair for part in parts if (pair := equality(part, outside)) is not None]
    kept = [part for part in parts if equality(part, outside) is None]
    for column in outside:
        if all(column is not one for _, one in pairs):
            _depends(column, rows)
    made = query.copy()
    shown = made.expressions if isinstance(node, exp.In) else []
    keys = [exp.alias_(key.copy(), f"k{place}") for place, (key, _) in enumerate(pairs)]
    made.set("expressions", [*shown, *keys])
    made.set("where", exp.Where(this=exp.and_(*kept)) if kept else None)
    made.set("order", None)
    return made, pairs


def _depends(column: exp.Column, rows: Rows) -> NoReturn:
    rows.problems.stop("subquery_of_other_rows", column, name=column.sql())


def _source(select: exp.Expr, node: exp.Expr, rows: Rows) -> tuple[Rows, Relation] | None:
    """FROM of the subquery, which holds no single rows of units; None for a combination of several."""
    from sandbox.plan.relations.source import relation_of  # a FROM has conditions, and they subqueries

    if not isinstance(select, exp.Select):
        return None
    inner = rows.apart(Scope(rows.scope.facts, rows.problems))
    relation = relation_of(select, inner)
    if relation.unit and not select.args.get("group") and not aggregates(select):
        name = next(scan.alias for scan in relation.scans if scan.protected)
        rows.problems.stop("exists_of_rows", node, name=name)
    return inner, relation


def _released(select: exp.Expr, rows: Rows, source: tuple[Rows, Relation] | None) -> Query:
    """The subquery over public rows, or over groups of protected ones, which are measured."""
    from sandbox.plan.above.combined import query_of, query_over

    if source is None or not isinstance(select, exp.Select):
        return query_of(select, rows.apart(Scope(rows.scope.facts, rows.problems)), outermost=False)
    inner, relation = source
    return query_over(select, relation, inner, outermost=False)


def _given(query: Query, env: Looking, node: exp.Expr) -> str:
    """Name of the subquery as a released relation, which the SQL around reads."""
    outer = env.rows.apart(Scope(env.rows.scope.facts, env.problems))
    place = back_name(give_back(query, outer, node))
    env.reading.update(outer.reading)
    env.rows.statement.joined.note(f"{id(node)}", query.size, node)
    return place


def _equal(key: Value, beside: Value, column: exp.Column, rows: Rows) -> str:
    """A condition on rows of the subquery; what a conversion would make equal is refused."""
    if not alike(key, beside):
        _depends(column, rows)
    rows.use(beside.reads | beside.tests, Use.FILTER, column)
    return compare(key, beside, "=", (column, column), rows).sql


def _value(sql: str, query: Query, *sources: Value) -> Value:
    """A condition over released values; exact where all is public."""
    noisy = query.reading.noisy or any(source.measured for source in sources)
    made = truth(sql, *sources)
    return replace(made, measured=noisy, nullable=True)
