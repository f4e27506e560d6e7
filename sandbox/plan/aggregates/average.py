"""AVG(x) as a centred sum and a count; the ratio is post-processing.

With mid on the grid, S' = Σ(x − mid) moves by at most m · (hi − lo)/2 for one unit, instead of m · max|x| for
a plain sum. It is computed exactly, in integers, as Σx − mid · n. The average is mid + S'/n, inside [lo, hi].
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.aggregates.registry import aggregate, label_of, released
from sandbox.plan.aggregates.steps import TRUTH, Moved, Steps, argument, finest, half, steps, total_sql
from sandbox.plan.boundary import Boundary
from sandbox.plan.types import Range, Value


@aggregate(exp.Avg)
def average(node: exp.Avg, boundary: Boundary) -> Value:
    """NULL where the released count is under 1."""
    value = argument(node.this, boundary, "AVG")
    made = on_grid(value, node.this, boundary, half)
    mid = (made.lo + made.hi) // 2
    total, number = centred_sum(made, label_of(node.this), node, boundary)
    lo, hi = made.lo * made.quantum, made.hi * made.quantum
    return _ratio(total, number, mid * made.quantum, Range(lo, hi))


def on_grid(value: Value, node: exp.Expr, boundary: Boundary, moved: Moved | None = None) -> Steps:
    """A number in the steps that its average is taken in; ``moved`` as in ``steps``."""
    return halves(value) if _truth(value) else steps(value, node, boundary, moved)


def known_grid(value: Value, boundary: Boundary) -> Steps | None:
    """The steps that an average over rows of many units would be taken in, if there are any."""
    return halves(value) if _truth(value) else finest(value, boundary, half)


def _truth(value: Value) -> bool:
    return value.integral and value.range == TRUTH


def centred_sum(made: Steps, text: str, node: exp.Expr, boundary: Boundary) -> tuple[str, str]:
    """Names of the two measures of an average: Σ(x − mid) and the count of what is known."""
    mid = (made.lo + made.hi) // 2
    count = f"count({made.item})"
    huge = f"(coalesce({made.total}, 0) - CAST({mid} AS HUGEINT) * {count})"
    step = half(made.lo, made.hi)  # the middle is rounded down: the lower end is no further
    label = f"SUM({text} - {float(mid * made.quantum):g})"
    total = boundary.summed(total_sql(huge), label, step, made.quantum, node)
    return total, boundary.counted(count, f"COUNT({text})")


def halves(value: Value) -> Steps:
    """A proportion in steps of one half, so that its middle is on the grid: a row moves it by 1/2."""
    lo, hi = t.double_sql(0), t.double_sql(1)
    x = t.as_double(value)
    item = f"CASE WHEN isfinite({x}) THEN CAST(round(2e0 * greatest(least({x}, {hi}), {lo})) AS BIGINT) END"
    return Steps(item, f"CAST(sum({item}) AS HUGEINT)", 0, 2, Fraction(1, 2), integral=False)


def _ratio(total: str, number: str, mid: Fraction, bounds: Range) -> Value:
    lo, hi = bounds.ends
    ratio = f'"{total}" / "{number}" + {t.double_sql(mid)}'
    clamped = f"least(greatest({ratio}, {t.double_sql(lo)}), {t.double_sql(hi)})"
    one = Expression(Op.LITERAL, Fraction(1))
    count = Expression(Op.MAX, args=(Expression(Op.MEASURE, number), one))
    quotient = Expression(Op.DIV, args=(Expression(Op.MEASURE, total), count))
    tree = Expression(Op.ADD, args=(quotient, Expression(Op.LITERAL, mid)))
    made = replace(released(total, integral=False), expression=tree, range=bounds)
    return replace(made, kind=Kind.NUMBER, sql=f'(CASE WHEN "{number}" >= 1 THEN {clamped} END)')
