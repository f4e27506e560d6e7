"""A number as an integer count of steps, clamped to public bounds: what exact sums are made of.

Steps are those that a number is stored in, or 10⁻ᵖ for computed ones (``places``). Where that makes bounds of
more than 2⁵⁰ steps, or sums that one unit moves by more than 2⁵³, what is measured takes the finest steps of
10, 100 … times that which do not, as long as a row moves it by 256 of them. A row is then rounded by half a
step at most: with m rows of a unit, m · 10 · 2⁻⁵⁴ of what it moves, where noise is more than all of m moves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.aggregates.registry import label_of
from sandbox.plan.boundary import LARGEST_CHANGE, Boundary
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
COARSEST = 256
"""Fewest steps that a row moves a sum by when they had to be made coarser to add up exactly."""
COARSER = 60
"""Powers of ten by which they may be."""
SMALLEST = 60
"""Zeros behind the point that a bound may begin with."""
Moved = Callable[[int, int], int]
"""Both bounds in steps → how far one row moves what is measured."""


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


def steps(value: Value, node: exp.Expr, boundary: Boundary, moved: Moved | None = None) -> Steps:
    """A bounded number in steps; exact for stored decimals and whole numbers, rounded for computed ones.

    Args:
        value: the number.
        node: where it stands.
        boundary: where it is added up.
        moved: what is measured of it; None for sums over rows of one unit, which keep their steps.

    Raises:
        Stopped: its bounds are too wide.
    """
    made = finest(value, boundary, moved)
    if made is None:
        boundary.rows.problems.stop("bounds_too_wide", node, what=label_of(node))
    return made


def finest(value: Value, boundary: Boundary, moved: Moved | None) -> Steps | None:
    """The number in its own steps, or in the finest coarser ones that add up exactly; None where none do."""
    lo, hi = value.range.ends
    if value.exact:
        scale, made = value.scale, _stored(value, lo, hi, value.scale)
    else:
        scale = 0 if value.integral else places(max(abs(lo), abs(hi)))
        made = _computed(value, lo, hi, scale)
    if _fits(made, boundary, moved):
        return made
    if moved is None:
        return None
    for coarser in range(scale - 1, scale - COARSER, -1):
        made = _computed(value, lo, hi, coarser)
        if _fits(made, boundary, moved):
            return made if moved(made.lo, made.hi) >= COARSEST else None
    return None


def _fits(made: Steps, boundary: Boundary, moved: Moved | None) -> bool:
    """Whether a DOUBLE holds both bounds, and one unit moves what is measured by no more than it may."""
    if max(abs(made.lo), abs(made.hi)) > LARGEST_STEPS:
        return False
    return moved is None or boundary.relation.bound * moved(made.lo, made.hi) <= LARGEST_CHANGE


def outer(lo: int, hi: int) -> int:
    """How far a row moves a sum: as far as the further bound is from 0."""
    return max(abs(lo), abs(hi))


def half(lo: int, hi: int) -> int:
    """How far a row moves a sum of distances from the middle, rounded down: as far as the upper bound is."""
    return hi - (lo + hi) // 2


def places(largest: Fraction) -> int:
    """Decimal places so that the bound has about 8 significant digits, and never under 2.

    >>> places(Fraction(20000)), places(Fraction(1)), places(Fraction(3, 10**9))
    (3, 8, 16)
    """
    if largest > 1:
        return max(2, 8 - len(str(int(largest))))
    return next((8 + zeros for zeros in range(SMALLEST) if largest * 10 ** (zeros + 1) > 1), 8)


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
    factor = Fraction(10) ** scale
    low, high = math.floor(lo * factor), math.ceil(hi * factor)
    item = in_steps(value, factor, low, high)
    total = f"CAST(sum({item}) AS HUGEINT)"
    return Steps(item, total, low, high, 1 / factor, not scale)


def in_steps(value: Value, factor: Fraction, low: int, high: int) -> str:
    """A number in whole steps, ``factor`` to one, from ``low`` to ``high``, as BIGINT; NULL if not finite."""
    x = t.as_double(value)
    y = f"({x} * {t.double_sql(factor)})"
    a, b = t.double_sql(low), t.double_sql(high)
    return (
        f"CASE WHEN isfinite({x}) THEN CAST(CASE WHEN {y} < {a} THEN {a} WHEN {y} > {b} THEN {b} "
        f"ELSE round({y}) END AS BIGINT) END"
    )


def total_sql(huge: str) -> str:
    """A HUGEINT total as a BIGINT that is never NULL; the clamp is 1-Lipschitz and keeps the cast total."""
    return f"CAST(greatest(least(coalesce({huge}, 0), {LIMIT}), -{LIMIT}) AS BIGINT)"
