"""+ - * / % and the minus sign, computed in DOUBLE: no overflow raises, a zero divisor gives NULL.

Ranges follow interval arithmetic in exact fractions; they are bounds to clamp to, never a proof that a clamp
is idle.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.types import Constant, Range, Value, as_double, derive

_SIGNS: dict[type[exp.Expr], str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%",
}  # fmt: skip
_LARGEST = 10**40
"""Bounds beyond this are as good as none."""


def number(node: exp.Expr, env: Environment, what: str) -> Value:
    """A translated node that must be a number (or NULL)."""
    return _numeric(translate(node, env), node, env, what)


def _numeric(value: Value, node: exp.Expr, env: Environment, what: str) -> Value:
    if not value.numeric:
        env.problems.stop("type_wrong", node, what=what, wanted="a number", found=str(value.kind))
    return value


@scalar(*_SIGNS)
def _binary(node: exp.Expr, env: Environment) -> Value:
    """Each side is translated once: twice a level would be 2ⁿ times for n operators in a row."""
    from sandbox.plan.scalars.moments import by_days, by_interval

    sign, one, two = _SIGNS[type(node)], node.this, node.args["expression"]
    if sign in "+-" and (moved := by_interval(node, env)) is not None:
        return moved
    left, right = translate(one, env), translate(two, env)
    if sign in "+-" and (moved := by_days(node, left, right, env)) is not None:
        return moved
    left, right = _numeric(left, one, env, sign), _numeric(right, two, env, sign)
    folded = _folded(sign, left.constant, right.constant)
    if folded is not None:
        return folded
    divides = sign in "/%"
    divisor = f"NULLIF({as_double(right)}, 0e0)" if divides else as_double(right)
    whole = not divides and all(side.integral for side in (left, right))
    kind = Kind.INTEGER if whole else Kind.NUMBER
    sql = f"({as_double(left)} {sign} {divisor})"
    if sign == "%" and not _short(left, right):
        sql = f"mod({as_double(left)}, {divisor})"
    found = _sane(_ranges(sign, left.range, right.range))
    made = derive(sql, kind, t.DOUBLE, left, right, range=found)
    return replace(
        made, integral=whole, nullable=made.nullable or divides, expression=_expression(sign, left, right)
    )


def _short(left: Value, right: Value) -> bool:
    """Whether a remainder takes few steps. The engine makes one for each binary digit of the quotient: at
    most 64 of whole numbers and decimals by what is no fraction, 2 000 of any numbers. (The former is written
    with a sign, the latter as a function, so that ``work`` tells them apart.)"""
    known = isinstance(right.constant, Fraction) and abs(right.constant) >= 1
    return left.exact and (known or right.storage == t.BIGINT)


def divided(left: Value, right: Value) -> Value:
    """A quotient of numbers; NULL where the divisor is 0."""
    sql = f"({as_double(left)} / NULLIF({as_double(right)}, 0e0))"
    found = _sane(_ranges("/", left.range, right.range))
    made = derive(sql, Kind.NUMBER, t.DOUBLE, left, right, range=found)
    return replace(made, nullable=True, expression=_expression("/", left, right))


def _folded(sign: str, left: Constant | None, right: Constant | None) -> Value | None:
    """Literals joined by + - *, computed exactly: ``0.06 + 0.01`` is 0.07, as a column's decimals are; in
    DOUBLE it is a little less. None where there is nothing to fold, or the result is no sane number."""
    if not (isinstance(left, Fraction) and isinstance(right, Fraction)) or sign not in "+-*":
        return None
    found = left + right if sign == "+" else left - right if sign == "-" else left * right
    if abs(found) >= _LARGEST or found.denominator >= _LARGEST:
        return None
    whole = found.denominator == 1 and abs(found) <= t.INT64
    return t.literal(found, Kind.INTEGER if whole else Kind.NUMBER)


@scalar(exp.Neg)
def _negative(node: exp.Neg, env: Environment) -> Value:
    value = number(node.this, env, "-")
    if isinstance(value.constant, Fraction):
        return t.literal(-value.constant, value.kind)
    flipped = _ranges("-", Range(Fraction(0), Fraction(0)), value.range)
    made = derive(f"(- {as_double(value)})", value.kind, t.DOUBLE, value, range=flipped)
    zero = t.literal(Fraction(0), Kind.INTEGER)
    return replace(made, integral=value.integral, expression=_expression("-", zero, value))


def expression_of(value: Value) -> Expression:
    """What error bars may know of a value."""
    if value.expression is not None:
        return value.expression
    if isinstance(value.constant, Fraction):
        return Expression(Op.LITERAL, value.constant)
    return Expression(Op.OPAQUE)


def _expression(sign: str, left: Value, right: Value) -> Expression | None:
    if not (left.measured or right.measured) or sign == "%":
        return None
    return Expression(Op(sign), args=(expression_of(left), expression_of(right)))


def _sane(found: Range) -> Range:
    lo = found.lo if found.lo is not None and abs(found.lo) < _LARGEST else None
    hi = found.hi if found.hi is not None and abs(found.hi) < _LARGEST else None
    return Range(lo, hi)


def _ranges(sign: str, a: Range, b: Range) -> Range:
    if sign == "+":
        return Range(_plus(a.lo, b.lo), _plus(a.hi, b.hi))
    if sign == "-":
        return Range(_plus(a.lo, _minus(b.hi)), _plus(a.hi, _minus(b.lo)))
    if sign == "%":  # the remainder is never larger than the dividend, and takes its sign
        return (
            t.OPEN
            if a.closed is None
            else Range(min(a.closed[0], Fraction(0)), max(a.closed[1], Fraction(0)))
        )
    if a.closed is None or b.closed is None:
        return t.OPEN
    if sign == "/":
        if b.closed[0] <= 0 <= b.closed[1]:
            return t.OPEN
        b = Range(1 / b.closed[1], 1 / b.closed[0])
    corners = [x * y for x in a.closed for y in b.closed or ()]
    return Range(min(corners), max(corners))


def _plus(a: Fraction | None, b: Fraction | None) -> Fraction | None:
    return None if a is None or b is None else a + b


def _minus(a: Fraction | None) -> Fraction | None:
    return None if a is None else -a
