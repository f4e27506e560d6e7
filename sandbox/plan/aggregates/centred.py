"""Numbers as small integers around the middle of their bounds: what squares and products are made of.

With h = (hi − lo)/2 in steps, a centred number lies in [−h, h], its square in [0, h²], and the square less
h²/2 in [−h²/2, h²/2]: one row moves the exact sums by at most h, h²/2 and, for a product, hx · hy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op
from sandbox.plan import types as t
from sandbox.plan.aggregates.registry import label_of
from sandbox.plan.aggregates.steps import COARSER, COARSEST, LARGEST_STEPS, in_steps, places, total_sql
from sandbox.plan.boundary import LARGEST_CHANGE, Boundary
from sandbox.plan.scalars.registry import MAX_RENDERED
from sandbox.plan.types import Value


@dataclass(frozen=True)
class Centred:
    """A bounded number less its middle: integers from −``half`` to ``half``, or NULL."""

    item: str
    half: int
    quantum: Fraction
    mid: Fraction
    """The middle, in natural units."""
    text: str
    """As a person reads it, the middle taken off."""

    @property
    def reach(self) -> Fraction:
        """Largest distance from the middle, in natural units."""
        return self.half * self.quantum


def centred(value: Value, node: exp.Expr, boundary: Boundary) -> Centred:
    """The finest decimal grid on which the squares of m rows still add up exactly.

    Raises:
        Stopped: the bounds are too wide, or the expression too long.
    """
    lo, hi = value.range.ends
    scale = value.scale if value.storage == t.DECIMAL else places(max(abs(lo), abs(hi)))
    factor, low, high = _finest(lo, hi, 0 if value.integral else scale, boundary.relation.bound)
    if not factor:
        boundary.rows.problems.stop("bounds_too_wide", node, what=label_of(node))
    return _centred(value, node, boundary, factor, (low, high))


def _finest(lo: Fraction, hi: Fraction, finest: int, rows: int) -> tuple[Fraction, int, int]:
    """The grid of most decimal places, at most ``finest``, that fits; factor 0 when none is fine enough."""
    for scale in range(finest, finest - COARSER, -1):
        factor, low, high = _grid(lo, hi, scale)
        half = (high - low) // 2
        fits = max(abs(low), abs(high)) <= LARGEST_STEPS and rows * max(1, half * half) <= LARGEST_CHANGE
        if fits and (scale == finest or half >= COARSEST):
            return factor, low, high
    return Fraction(0), 0, 0


def _grid(lo: Fraction, hi: Fraction, scale: int) -> tuple[Fraction, int, int]:
    """Steps per unit and both bounds in steps; half steps where the middle would fall between two."""
    factor = Fraction(10) ** scale
    low, high = math.floor(lo * factor), math.ceil(hi * factor)
    if (low + high) % 2:
        factor, low, high = factor * 2, low * 2, high * 2
    return factor, low, high


def _centred(
    value: Value, node: exp.Expr, boundary: Boundary, factor: Fraction, ends: tuple[int, int]
) -> Centred:
    """NaN and infinities dropped, clamped in whole steps, rounded to one of them, the middle taken off."""
    low, high = ends
    middle = (low + high) // 2
    item = f"{in_steps(value, factor, low, high)} - CAST({middle} AS BIGINT)"
    if len(item) > MAX_RENDERED:
        boundary.rows.problems.stop("statement_too_deep", node)
    mid = middle / factor
    text = f"{label_of(node)} - {float(mid):g}"
    return Centred(f"({item})", (high - low) // 2, 1 / factor, mid, text)


@dataclass(frozen=True)
class Total:
    """A released sum or mean: SQL over released values, and what error bars know of it."""

    sql: str
    tree: Expression


def literal(value: Fraction) -> Expression:
    """A constant for error bars."""
    return Expression(Op.LITERAL, value)


def measured(name: str) -> Total:
    """A released measure."""
    return Total(f'"{name}"', Expression(Op.MEASURE, name))


def total(item: str, part: Centred, boundary: Boundary, node: exp.Expr) -> Total:
    """The sum of a centred number; ``item`` is it, or NULL for rows that the statistic leaves out."""
    exact = total_sql(f"CAST(sum({item}) AS HUGEINT)")
    name = boundary.summed(exact, f"SUM({part.text})", part.half, part.quantum, node)
    return measured(name)


def squares(item: str, part: Centred, boundary: Boundary, node: exp.Expr) -> tuple[Total, Fraction]:
    """The sum of squares less h²/2 each, and what was taken off each square."""
    square = part.half * part.half
    off = square // 2
    huge = f"(coalesce(CAST(sum({item} * {item}) AS HUGEINT), 0) - CAST({off} AS HUGEINT) * count({item}))"
    taken = off * part.quantum**2
    label = f"SUM(({part.text})² - {float(taken):g})" if taken else f"SUM(({part.text})²)"
    return measured(boundary.summed(total_sql(huge), label, square - off, part.quantum**2, node)), taken
