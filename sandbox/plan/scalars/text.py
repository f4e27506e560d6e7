"""LOWER, UPPER, LENGTH and SUBSTR: text functions whose output never outgrows their input."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.types import Range, Value, as_text, derive

MAX_PLACE = 1_000_000


def text(node: exp.Expr, env: Environment, what: str) -> Value:
    """A translated node that must be a text."""
    value = translate(node, env)
    if value.kind not in (Kind.TEXT, None):
        env.problems.stop("type_wrong", node, what=what, wanted="a text", found=str(value.kind))
    return value


@scalar(exp.Lower, exp.Upper)
def _case(node: exp.Expr, env: Environment) -> Value:
    value = text(node.this, env, node.key)
    return derive(f"{node.key}({as_text(value)})", Kind.TEXT, t.VARCHAR, value)


@scalar(exp.Length)
def _length(node: exp.Length, env: Environment) -> Value:
    value = text(node.this, env, "length")
    made = derive(f"length({as_text(value)})", Kind.INTEGER, t.BIGINT, value, range=Range(Fraction(0), None))
    return replace(made, integral=True)


@scalar(exp.Substring)
def _substring(node: exp.Substring, env: Environment) -> Value:
    value = text(node.this, env, "substr")
    start = _place(node.args.get("start"), node, env)
    length = node.args.get("length")
    numbers = [start] + ([_place(length, node, env)] if length is not None else [])
    sql = f"substr({as_text(value)}, {', '.join(map(str, numbers))})"
    return derive(sql, Kind.TEXT, t.VARCHAR, value)


def _place(node: exp.Expr | None, whole: exp.Expr, env: Environment) -> int:
    value = translate(node, env).constant if node is not None else None
    if not isinstance(value, Fraction) or value.denominator != 1 or not 0 <= value <= MAX_PLACE:
        env.problems.stop("constant_needed", whole, what="substr", example="substr(x, 1, 2)")
    return int(value)
