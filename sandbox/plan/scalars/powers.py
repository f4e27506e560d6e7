"""SQRT, LN, EXP and POWER, total: NULL outside their domain; what overflows is infinite and dropped."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.arithmetic import expression_of, number
from sandbox.plan.scalars.registry import Environment, scalar
from sandbox.plan.types import Range, Value, as_double, derive

_GRID = 10**6
"""Computed bounds are rounded outward to millionths."""
_LARGEST_EXPONENT = 8
_LARGEST_LOGARITHM = 80


@scalar(exp.Sqrt)
def _sqrt(node: exp.Sqrt, env: Environment) -> Value:
    value = number(node.this, env, "sqrt")
    x = as_double(value)
    low, high = value.range.lo, value.range.hi
    lo = Fraction(math.isqrt(max(0, math.floor(low * _GRID**2))), _GRID) if low is not None else Fraction(0)
    hi = None if high is None else Fraction(math.isqrt(max(0, math.ceil(high * _GRID**2))) + 1, _GRID)
    sql = f"(CASE WHEN {x} >= 0e0 THEN sqrt({x}) END)"
    made = derive(sql, Kind.NUMBER, t.DOUBLE, value, range=Range(lo, hi))
    tree = Expression(Op.SQRT, args=(expression_of(value),)) if value.measured else None
    return replace(made, nullable=True, expression=tree)


@scalar(exp.Ln)
def _ln(node: exp.Ln, env: Environment) -> Value:
    value = number(node.this, env, "ln")
    x = as_double(value)
    low, high = value.range.lo, value.range.hi
    lo = outward(math.log(low), -1) if low is not None and low > 0 else None
    hi = outward(math.log(high), 1) if high is not None and high > 0 else None
    sql = f"(CASE WHEN {x} > 0e0 THEN ln({x}) END)"
    return replace(derive(sql, Kind.NUMBER, t.DOUBLE, value, range=Range(lo, hi)), nullable=True)


@scalar(exp.Exp)
def _exp(node: exp.Exp, env: Environment) -> Value:
    value = number(node.this, env, "exp")
    high = value.range.hi
    hi = outward(math.exp(high), 1) if high is not None and high <= _LARGEST_LOGARITHM else None
    sql = f"exp({as_double(value)})"
    return derive(sql, Kind.NUMBER, t.DOUBLE, value, range=Range(Fraction(0), hi))


@scalar(exp.Pow)
def _power(node: exp.Pow, env: Environment) -> Value:
    """A constant exponent; bounds follow for small whole ones."""
    value = number(node.this, env, "power")
    exponent = number(node.args["expression"], env, "power").constant
    if not isinstance(exponent, Fraction):
        env.problems.stop("constant_needed", node, what="power", example="power(x, 2)")
    found = t.OPEN
    if exponent.denominator == 1 and 0 <= exponent <= _LARGEST_EXPONENT and value.range.closed is not None:
        lo, hi = value.range.closed
        ends = [lo ** int(exponent), hi ** int(exponent)] + ([Fraction(0)] if lo < 0 < hi else [])
        found = Range(min(ends), max(ends))
    sql = f"pow({as_double(value)}, {t.double_sql(exponent)})"
    return derive(sql, Kind.NUMBER, t.DOUBLE, value, range=found)


def outward(value: float, way: int) -> Fraction:
    """A computed bound moved by far more than its rounding error."""
    size = Fraction(abs(value)) / 10**9 + Fraction(1, _GRID)
    return Fraction(value) + way * size
