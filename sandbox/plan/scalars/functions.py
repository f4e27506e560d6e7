"""ABS, FLOOR, CEIL, ROUND, and the functions the parser has no class for."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.arithmetic import number
from sandbox.plan.scalars.choice import clamp
from sandbox.plan.scalars.dates import date_part
from sandbox.plan.scalars.moments import date_sub
from sandbox.plan.scalars.registry import Environment, Translator, scalar
from sandbox.plan.types import Range, Value, as_double, derive

_NAMED: dict[str, Translator] = {
    "clamp": clamp, "date_part": date_part,  # type: ignore[dict-item]
    "date_sub": date_sub, "datesub": date_sub,  # type: ignore[dict-item]
}  # fmt: skip


@scalar(exp.Anonymous)
def _named(node: exp.Anonymous, env: Environment) -> Value:
    function = _NAMED.get(str(node.this).lower())
    if function is None:
        env.problems.stop("function_not_allowed", node, what=str(node.this)[:60])
    return function(node, env)


@scalar(exp.Abs)
def _abs(node: exp.Abs, env: Environment) -> Value:
    value = number(node.this, env, "abs")
    made = derive(f"abs({as_double(value)})", value.kind, t.DOUBLE, value, range=_absolute(value.range))
    return replace(made, integral=value.integral)


def _absolute(found: Range) -> Range:
    if found.closed is None:
        return Range(Fraction(0), None)
    lo, hi = found.closed
    least = Fraction(0) if lo <= 0 <= hi else min(abs(lo), abs(hi))
    return Range(least, max(abs(lo), abs(hi)))


@scalar(exp.Floor, exp.Ceil)
def _whole(node: exp.Expr, env: Environment) -> Value:
    value = number(node.this, env, node.key)
    name, closest = ("floor", math.floor) if isinstance(node, exp.Floor) else ("ceil", math.ceil)
    found = value.range
    lo = None if found.lo is None else Fraction(closest(found.lo))
    hi = None if found.hi is None else Fraction(closest(found.hi))
    made = derive(f"{name}({as_double(value)})", Kind.INTEGER, t.DOUBLE, value, range=Range(lo, hi))
    return replace(made, integral=True)


@scalar(exp.Round)
def _round(node: exp.Round, env: Environment) -> Value:
    value = number(node.this, env, "round")
    given = node.args.get("decimals")
    places = number(given, env, "round").constant if given is not None else Fraction(0)
    if not isinstance(places, Fraction) or places.denominator != 1 or abs(places) > 12:
        env.problems.stop("constant_needed", node, what="round", example="round(x, 2)")
    half = Fraction(1, 2) / Fraction(10) ** int(places)
    lo = None if value.range.lo is None else value.range.lo - half
    hi = None if value.range.hi is None else value.range.hi + half
    sql = f"round({as_double(value)}, {int(places)})"
    made = derive(sql, Kind.INTEGER if places <= 0 else Kind.NUMBER, t.DOUBLE, value, range=Range(lo, hi))
    return replace(made, integral=places <= 0)
