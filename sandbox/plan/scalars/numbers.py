"""LOG, TRUNC, SIGN, CBRT, SIN, COS, PI, ``//`` and ISNAN, total: NULL outside their domain."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.arithmetic import divided, number
from sandbox.plan.scalars.logic import truth
from sandbox.plan.scalars.powers import outward
from sandbox.plan.scalars.registry import Environment, scalar
from sandbox.plan.types import Range, Value, as_double, derive

_BASES: dict[int, tuple[str, Callable[[float], float]]] = {
    2: ("log2", math.log2), 10: ("log10", math.log10),
}  # fmt: skip

NEAR_ONE = 1e-6
"""Logarithm of a base, in size, below which no result has any digits."""


@scalar(exp.Log)
def _log(node: exp.Log, env: Environment) -> Value:
    """``log(x)`` and ``log10(x)``, ``log2(x)``, of other constant bases by way of ``ln``."""
    given = node.args.get("expression")
    base = number(node.this, env, "log").constant if given is not None else Fraction(10)
    value = number(given if given is not None else node.this, env, "log")
    if not isinstance(base, Fraction) or base <= 0 or abs(math.log(base)) < NEAR_ONE:
        env.problems.stop("constant_needed", node, what="log", example="log(2, x)")
    x = as_double(value)
    if base in _BASES:
        name, function = _BASES[int(base)]
        sql = f"{name}({x})"
    else:
        sql, function = f"(ln({x}) / {t.double_sql(Fraction(math.log(base)))})", lambda v: math.log(v, base)
    ends = [bound for bound in (value.range.lo, value.range.hi) if bound is not None and bound > 0]
    known = value.range.lo is not None and value.range.lo > 0 and value.range.hi is not None
    found = t.OPEN
    if known:
        logs = [function(float(end)) for end in ends]
        found = Range(outward(min(logs), -1), outward(max(logs), 1))
    made = derive(f"(CASE WHEN {x} > 0e0 THEN {sql} END)", Kind.NUMBER, t.DOUBLE, value, range=found)
    return replace(made, nullable=True)


@scalar(exp.Trunc)
def _trunc(node: exp.Trunc, env: Environment) -> Value:
    if node.args.get("decimals") is not None:
        env.problems.stop("argument_count", node, what="trunc", wanted=1, example="trunc(x)")
    return _truncated(number(node.this, env, "trunc"))


def _truncated(value: Value) -> Value:
    """Towards zero."""
    lo = None if value.range.lo is None else Fraction(math.trunc(value.range.lo))
    hi = None if value.range.hi is None else Fraction(math.trunc(value.range.hi))
    made = derive(f"trunc({as_double(value)})", Kind.INTEGER, t.DOUBLE, value, range=Range(lo, hi))
    return replace(made, integral=True)


@scalar(exp.IntDiv)
def _quotient(node: exp.IntDiv, env: Environment) -> Value:
    """``a // b``: of whole numbers what is left of the point, of others the quotient, as in DuckDB."""
    left, right = number(node.this, env, "//"), number(node.args["expression"], env, "//")
    made = divided(left, right)
    return _truncated(made) if left.integral and right.integral else made


@scalar(exp.Sign)
def _sign(node: exp.Sign, env: Environment) -> Value:
    value = number(node.this, env, "sign")
    signs = tuple(Fraction(one) for one in (-1, 0, 1))
    made = derive(
        f"CAST(sign({as_double(value)}) AS BIGINT)", Kind.INTEGER, t.BIGINT, value,
        range=Range(signs[0], signs[-1]),
    )  # fmt: skip
    return replace(made, integral=True, domain=signs)


@scalar(exp.Cbrt)
def _cbrt(node: exp.Cbrt, env: Environment) -> Value:
    value = number(node.this, env, "cbrt")
    lo, hi = (
        None if end is None else outward(math.copysign(abs(float(end)) ** (1 / 3), end), way)
        for end, way in ((value.range.lo, -1), (value.range.hi, 1))
    )
    return derive(f"cbrt({as_double(value)})", Kind.NUMBER, t.DOUBLE, value, range=Range(lo, hi))


@scalar(exp.Sin, exp.Cos)
def _wave(node: exp.Expr, env: Environment) -> Value:
    value = number(node.this, env, node.key)
    x = as_double(value)
    sql = f"(CASE WHEN isfinite({x}) THEN {node.key}({x}) END)"
    found = Range(Fraction(-1), Fraction(1))
    return replace(derive(sql, Kind.NUMBER, t.DOUBLE, value, range=found), nullable=True)


@scalar(exp.Pi)
def _pi(_node: exp.Pi, _env: Environment) -> Value:
    return t.literal(Fraction(math.pi), Kind.NUMBER)


@scalar(exp.IsNan)
def _is_nan(node: exp.IsNan, env: Environment) -> Value:
    value = number(node.this, env, "isnan")
    return truth(f"isnan({as_double(value)})", value)
