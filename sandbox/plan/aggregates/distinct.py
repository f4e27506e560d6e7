"""COUNT(DISTINCT unit), and COUNT(DISTINCT x) of anything else.

A value counts once however many units have it, so one unit can still be the only one with each of its values.
With at most m rows of a unit and G groups that it can touch, one unit moves the counts

    of units    by 1 in each of G groups
    of values   by m in all, and in one group by no more than there are public values

Values of rows beyond the row bound are not seen: the answer is low by what only such rows have. Where one
value a unit is enough, a subquery that keeps one (``MIN(x) … GROUP BY unit``) lowers m to 1.
"""

from __future__ import annotations

from sqlglot import exp

from sandbox.nouns.policy import Use
from sandbox.nouns.spend import Sensitivity
from sandbox.plan.aggregates.registry import label_of, released
from sandbox.plan.boundary import Boundary, number_key
from sandbox.plan.refusals import Problems
from sandbox.plan.scalars import translate
from sandbox.plan.types import Value


def distinct(node: exp.Count, boundary: Boundary) -> Value:
    """A count of distinct units, or of distinct values."""
    part = only(node, boundary.rows.problems)
    unit = unit_of(part, boundary)
    if unit is not None:
        return released(boundary.units(unit.sql, label_of(node)), integral=True)
    return _values(node, part, boundary)


def only(node: exp.Count, problems: Problems) -> exp.Expr:
    """What is counted distinctly."""
    parts: list[exp.Expr] = node.this.expressions
    if len(parts) != 1:
        problems.stop("argument_count", node, what="COUNT(DISTINCT)", wanted=1, example="COUNT(DISTINCT x)")
    return parts[0]


def unit_of(part: exp.Expr, boundary: Boundary) -> Value | None:
    """The unit, where its own column is what is counted distinctly."""
    while isinstance(part, exp.Paren):
        part = part.this
    value = boundary.rows.scope.column(part) if isinstance(part, exp.Column) else None
    return value if value is not None and value.unit else None


def _values(node: exp.Count, part: exp.Expr, boundary: Boundary) -> Value:
    rows, most = boundary.rows, boundary.relation.bound
    value = translate(part, rows)
    if value.null:
        rows.problems.stop("type_wrong", part, what="COUNT(DISTINCT)", wanted="a value", found="NULL")
    rows.use_as_groups(value.reads, part)
    rows.use(value.tests, Use.FILTER, part)
    exact, cell = f"count(DISTINCT {number_key(value) if value.numeric else value.sql})", most
    if value.domain is not None:
        cell = max(1, len(value.domain))
        exact = f"least({exact}, {cell})"  # 1-Lipschitz: the bound holds whatever the rows hold
    label = label_of(node)
    if most > 1:
        boundary.note(f"{label}: of the bounded rows; one value a unit, by MIN in a subquery, has less noise")
    name = boundary.measure(exact, label, Sensitivity.capped(boundary.groups, most, cell))
    return released(name, integral=True)
