"""COUNT(*), COUNT(x) and COUNT(DISTINCT unit)."""

from __future__ import annotations

from sqlglot import exp

from sandbox.nouns.policy import Use
from sandbox.plan.aggregates.registry import aggregate, label_of, released
from sandbox.plan.boundary import Boundary
from sandbox.plan.scalars import translate
from sandbox.plan.types import Value


@aggregate(exp.Count)
def count(node: exp.Count, boundary: Boundary) -> Value:
    """A count of rows, of non-NULL values, or of distinct units."""
    argument = node.this
    if isinstance(argument, exp.Star):
        return released(boundary.counted("count(*)", "COUNT(*)"), integral=True)
    if isinstance(argument, exp.Distinct):
        return _distinct(node, argument, boundary)
    rows = boundary.rows
    value = translate(argument, rows)
    if value.constant is not None:
        return released(boundary.counted("count(*)", "COUNT(*)"), integral=True)
    rows.use(value.reads, Use.AGGREGATE, argument)
    rows.use(value.tests, Use.FILTER, argument)
    return released(boundary.counted(f"count({value.sql})", label_of(node)), integral=True)


def _distinct(node: exp.Count, distinct: exp.Distinct, boundary: Boundary) -> Value:
    """Only the unit can be counted distinct: its own column, nothing computed from it."""
    rows = boundary.rows
    parts = distinct.expressions
    part = parts[0] if len(parts) == 1 else distinct
    while isinstance(part, exp.Paren):
        part = part.this
    value = rows.scope.column(part) if isinstance(part, exp.Column) else None
    if value is None or not value.unit:
        units = [scan.table.unit for scan in rows.scope.scans if scan.table.unit]
        column = part.name if isinstance(part, exp.Column) else "x"
        rows.problems.stop("distinct_of_unit_only", node, unit=units[0] if units else "unit", column=column)
    return released(boundary.units(value.sql, label_of(node)), integral=True)
