"""COUNT(*), COUNT(x); COUNT(DISTINCT …) is next door."""

from __future__ import annotations

from sqlglot import exp

from sandbox.nouns.policy import Use
from sandbox.plan.aggregates.distinct import distinct
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
        return distinct(node, boundary)
    rows = boundary.rows
    value = translate(argument, rows)
    if value.constant is not None:
        return released(boundary.counted("count(*)", "COUNT(*)"), integral=True)
    rows.use(value.reads, Use.AGGREGATE, argument)
    rows.use(value.tests, Use.FILTER, argument)
    return released(boundary.counted(f"count({value.sql})", label_of(node)), integral=True)
