"""MEDIAN, QUANTILE_CONT, QUANTILE_DISC and their spellings, MIN and MAX: a candidate picked by its rank.

The candidates are even steps of 1, 2 or 5 · 10^e between public bounds, or the whole numbers and decimals
themselves where these are few; how many follows from the plan alone. One row moves the score of a candidate
by at most max(a, b − a) for the quantile a/b (``sandbox.noise.choice``). An extreme of data belongs to one
unit, so MIN and MAX are the 1 % and the 99 % quantile, and a plan says so.

Between candidates nothing is interpolated: CONT and DISC have one answer. It has no error bar, because how
far a picked candidate lies from the exact quantile depends on how dense the rows are around it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.plan import Choice, Expression, Op
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.aggregates.registry import aggregate, label_of, released
from sandbox.plan.aggregates.steps import LARGEST_STEPS, argument
from sandbox.plan.boundary import Boundary
from sandbox.plan.refusals import Problems
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.literals import parse_number
from sandbox.plan.types import Range, Value

LOWEST = Fraction(1, 100)
"""The quantile that stands for MIN; 1 less it for MAX."""
FINEST = 1_000
"""Largest denominator of a quantile."""
_EPOCH = "DATE '1970-01-01'"


@dataclass(frozen=True)
class Grid:
    """Candidates ``first``, ``first + 1`` … in steps of ``quantum``."""

    first: int
    count: int
    quantum: Fraction

    @property
    def last(self) -> int:
        """The highest candidate."""
        return self.first + self.count - 1


@aggregate(exp.Median)
def median(node: exp.Median, boundary: Boundary) -> Value:
    """The quantile 1/2."""
    return quantile(node, node.this, Fraction(1, 2), boundary)


@aggregate(exp.PercentileCont, exp.PercentileDisc, exp.Quantile, exp.ApproxQuantile)
def ranked(node: exp.Expr, boundary: Boundary) -> Value:
    """The quantile that its second argument names."""
    given = node.args.get("expression") or node.args.get("quantile")
    return quantile(node, node.this, _alpha(given, node, boundary), boundary)


@aggregate(exp.Min, exp.Max)
def extreme(node: exp.Expr, boundary: Boundary) -> Value:
    """The lowest or highest quantile that noise lets through."""
    alpha = LOWEST if isinstance(node, exp.Min) else 1 - LOWEST
    boundary.note(f"{label_of(node)}: the quantile {float(alpha):g}, because an extreme belongs to one unit")
    return quantile(node, node.this, alpha, boundary)


@aggregate(exp.WithinGroup)
def within(node: exp.WithinGroup, boundary: Boundary) -> Value:
    """``PERCENTILE_CONT(q) WITHIN GROUP (ORDER BY x)``."""
    return ranked(ordered(node, boundary.rows.problems), boundary)


def ordered(node: exp.WithinGroup, problems: Problems) -> exp.Expr:
    """The spelling with two arguments; the same quantile from the other end where x descends."""
    inner, (order, *more) = node.this, node.expression.expressions
    given = inner.this
    known = isinstance(inner, (exp.PercentileCont, exp.PercentileDisc)) and not inner.args.get("expression")
    if more or not known or not isinstance(given, exp.Literal):
        problems.stop("construct_not_supported", node, what=f"{label_of(inner)} WITHIN GROUP")
    rank = parse_number(str(given.this))
    if rank is not None and order.args.get("desc"):
        given = exp.Literal.number(str(1 - Decimal(str(given.this))))
    made: exp.Expr = type(inner)(this=order.this.copy(), expression=given.copy())
    made.parent = node.parent
    return made


def _alpha(given: exp.Expr | None, node: exp.Expr, boundary: Boundary) -> Fraction:
    """A quantile from 0 to 1; both ends move inwards, as MIN and MAX do."""
    found = translate(given, boundary.rows).constant if given is not None else None
    if not isinstance(found, Fraction) or not 0 <= found <= 1 or found.denominator > FINEST:
        example = "a quantile from 0 to 1 with up to 3 decimal places, such as 0.95"
        boundary.rows.problems.stop("constant_needed", node, what=label_of(node), example=example)
    alpha = min(max(found, LOWEST), 1 - LOWEST)
    if alpha != found:
        boundary.note(f"{label_of(node)}: the quantile {float(alpha):g}, as an extreme belongs to one unit")
    return alpha


def quantile(node: exp.Expr, part: exp.Expr, alpha: Fraction, boundary: Boundary) -> Value:
    """The released quantile of a bounded number or date."""
    value = translate(part, boundary.rows)
    dated = value.kind is Kind.DATE
    value = _days(value, part, boundary) if dated else argument(part, boundary, "MEDIAN")
    lo, hi = value.range.ends
    finest = Fraction(1, 10**value.scale) if value.exact or value.integral else None
    grid = grid_of(lo, hi, finest, boundary.candidates)
    if max(abs(grid.first), abs(grid.last)) > LARGEST_STEPS:  # no row's value would be found among them
        boundary.rows.problems.stop("bounds_too_wide", part, what=label_of(part))
    choice = Choice(grid.first, grid.count, (alpha.numerator, alpha.denominator))
    label = label_of(node)
    boundary.note(f"{label}: one of {grid.count} values, {float(grid.quantum):g} apart")
    name = boundary.picked(_nearest(value, grid), label, choice, grid.quantum, node)
    whole = value.integral and grid.quantum.denominator == 1
    made = replace(released(name, whole), range=Range(lo, hi), expression=Expression(Op.OPAQUE))
    if not dated:
        return made
    sql = f'({_EPOCH} + CAST("{name}" AS INTEGER))'
    return replace(made, sql=sql, kind=Kind.DATE, storage=t.DATE, range=t.OPEN)


def _days(value: Value, part: exp.Expr, boundary: Boundary) -> Value:
    """A date as days since 1970, within its public bounds."""
    rows = boundary.rows
    rows.use_as_groups(value.reads, part)
    rows.use(value.tests, Use.FILTER, part)
    if value.days is None:
        text = label_of(part)
        rows.problems.stop("bounds_missing", part, what=text, help=f"year({text})")
    first, last = (Fraction(day.toordinal() - 719_163) for day in value.days)
    sql = f"CASE WHEN isfinite({value.sql}) THEN {value.sql} - {_EPOCH} END"
    return replace(value, sql=f"({sql})", storage=t.BIGINT, range=Range(first, last))


def grid_of(lo: Fraction, hi: Fraction, finest: Fraction | None, most: int) -> Grid:
    """The finest steps of 1, 2 or 5 · 10^e, none under ``finest``, with at most ``most`` of them in [lo, hi].

    >>> grid_of(Fraction(0), Fraction(20000), None, 1000)
    Grid(first=0, count=401, quantum=Fraction(50, 1))
    >>> grid_of(Fraction(0), Fraction(30), Fraction(1), 1000)
    Grid(first=0, count=31, quantum=Fraction(1, 1))
    """
    if lo == hi:
        return Grid((lo > 0) - (lo < 0), 1, abs(lo) or Fraction(1))
    if finest is not None and 1 <= _count(lo, hi, finest) <= most:
        return Grid(math.ceil(lo / finest), _count(lo, hi, finest), finest)
    exponent = math.floor(math.log10((hi - lo) / most)) - 1
    steps = (Fraction(digit) * Fraction(10) ** (exponent + more) for more in range(4) for digit in (1, 2, 5))
    quantum = next(step for step in steps if _count(lo, hi, step) <= most)
    return Grid(math.ceil(lo / quantum), _count(lo, hi, quantum), quantum)


def _count(lo: Fraction, hi: Fraction, step: Fraction) -> int:
    return math.floor(hi / step) - math.ceil(lo / step) + 1


def _nearest(value: Value, grid: Grid) -> str:
    """The candidate nearest to a row's value, clamped to the first and last; NULL for NaN and infinities."""
    x = t.as_double(value)
    low, high = t.double_sql(grid.first), t.double_sql(grid.last)
    y = f"round({x} / {t.double_sql(grid.quantum)})"
    return f"CASE WHEN isfinite({x}) THEN CAST(greatest(least({y}, {high}), {low}) AS BIGINT) END"
