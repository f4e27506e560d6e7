"""A number as an integer count of steps, clamped to public bounds: what exact sums are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.aggregates.registry import label_of
from sandbox.plan.boundary import Boundary
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.arithmetic import number
from sandbox.plan.scalars.choice import clamped
from sandbox.plan.types import Range, Value, derive

LIMIT = 2**62
"""Exact totals are clamped to ±2⁶² before they become 64-bit integers."""
TRUTH = Range(Fraction(0), Fraction(1))
"""Bounds of a condition that is summed."""
LARGEST_STEPS = 2**50
"""Largest bound in steps: a DOUBLE still holds every whole number up to it."""


@dataclass(frozen=True)
class Steps:
    """A number in steps of ``quantum``: integers from ``lo`` to ``hi``, or NULL."""

    item: str
    """Non-NULL exactly for the rows that are summed."""
    total: str
    """HUGEINT, the sum over a group; NULL for no rows."""
    lo: int
    hi: int
    quantum: Fraction
    integral: bool


def argument(node: exp.Expr, boundary: Boundary, what: str, rewrite: str = "") -> Value:
    """The argument of a sum: a number with public bounds, its columns noted as used."""
    rows = boundary.rows
    value = translate(node, rows)
    value = counted(value) if value.kind is Kind.BOOLEAN else number(node, rows, what)
    rows.use(value.reads, Use.AGGREGATE, node)
    rows.use(value.tests, Use.FILTER, node)
    if value.range.closed is None:
        text = label_of(node)
        rows.problems.stop(
            "bounds_missing", node, what=text, help=rewrite or f"{what}(clamp({text}, 0, 100))"
        )
    return value


def counted(value: Value) -> Value:
    """A condition as 1 where it is true and 0 where it is false: its average is a proportion."""
    made = derive(f"CAST({value.sql} AS BIGINT)", Kind.INTEGER, t.BIGINT, value, range=TRUTH)
    return replace(made, integral=True)


def steps(value: Value, node: exp.Expr, boundary: Boundary) -> Steps:
    """A bounded number in steps; exact for stored decimals and whole numbers, rounded for computed ones."""
    lo, hi = value.range.ends
    if value.exact:
        made = _stored(value, lo, hi, value.scale)
    else:
        scale = 0 if value.integral else places(max(abs(lo), abs(hi)))
        made = _computed(value, lo, hi, scale)
    if max(abs(made.lo), abs(made.hi)) > LARGEST_STEPS:
        boundary.rows.problems.stop("bounds_too_wide", node, what=label_of(node))
    return made


def places(largest: Fraction) -> int:
    """Decimal places so that the bound has about 8 significant digits, and never under 2.

    >>> places(Fraction(20000)), places(Fraction(1))
    (3, 8)
    """
    return 8 if largest <= 1 else max(2, 8 - len(str(int(largest))))


def _stored(value: Value, lo: Fraction, hi: Fraction, scale: int) -> Steps:
    """Sums of stored decimals and whole numbers are exact and as fast as any.

    The clamp is rendered unless the load (for a plain column) or a clamp just rendered enforces these bounds.
    """
    low, high = math.floor(lo * 10**scale), math.ceil(hi * 10**scale)
    grid = Range(Fraction(low, 10**scale), Fraction(high, 10**scale))
    bounded = value if value.enforced == value.range else clamped(value, grid)
    total = f"CAST(sum({bounded.sql}) * {10**scale} AS HUGEINT)"
    return Steps(bounded.sql, total, low, high, Fraction(1, 10**scale), not scale)


def _computed(value: Value, lo: Fraction, hi: Fraction, scale: int) -> Steps:
    """A DOUBLE in steps: NaN and infinities dropped, clamped in whole steps, then rounded to one of them."""
    low, high = math.floor(lo * 10**scale), math.ceil(hi * 10**scale)
    x = t.as_double(value)
    y = f"({x} * {t.double_sql(10**scale)})"
    a, b = t.double_sql(low), t.double_sql(high)
    item = (
        f"CASE WHEN isfinite({x}) THEN CAST(CASE WHEN {y} < {a} THEN {a} WHEN {y} > {b} THEN {b} "
        f"ELSE round({y}) END AS BIGINT) END"
    )
    total = f"CAST(sum({item}) AS HUGEINT)"
    return Steps(item, total, low, high, Fraction(1, 10**scale), not scale)


def total_sql(huge: str) -> str:
    """A HUGEINT total as a BIGINT that is never NULL; the clamp is 1-Lipschitz and keeps the cast total."""
    return f"CAST(greatest(least(coalesce({huge}, 0), {LIMIT}), -{LIMIT}) AS BIGINT)"
