"""SUM(x): integers of steps within public bounds. Over no rows the released sum is near 0, not NULL."""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.aggregates.registry import aggregate, label_of, released
from sandbox.plan.aggregates.steps import argument, outer, steps, total_sql
from sandbox.plan.boundary import Boundary
from sandbox.plan.types import Value


@aggregate(exp.Sum)
def sum_(node: exp.Sum, boundary: Boundary) -> Value:
    """One unit changes a sum by at most m · max(|lo|, |hi|) steps."""
    value = argument(node.this, boundary, "SUM")
    made = steps(value, node.this, boundary, outer)
    step = outer(made.lo, made.hi)
    name = boundary.summed(total_sql(made.total), label_of(node), step, made.quantum, node)
    return released(name, made.integral)
