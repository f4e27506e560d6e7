"""Text functions of bounded cost, whose output is at most some constant times as long as their input."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.logic import truth
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.types import Range, Value, as_text, derive

MAX_PLACE = 1_000_000
MAX_CONSTANT = 200
"""Characters of a constant that is looked for or put in."""
MAX_GROWTH = 64
"""Largest factor by which a text is longer than the longest that it is made of."""


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
    start, length = node.args.get("start"), node.args.get("length")
    numbers = [_place(start, node, env, lowest=-MAX_PLACE)]  # counted from the end
    numbers += [_place(length, node, env)] if length is not None else []
    sql = f"substr({as_text(value)}, {', '.join(map(str, numbers))})"
    return derive(sql, Kind.TEXT, t.VARCHAR, value)


def _place(node: exp.Expr | None, whole: exp.Expr, env: Environment, lowest: int = 0) -> int:
    value = translate(node, env).constant if node is not None else None
    if not isinstance(value, Fraction) or value.denominator != 1 or not lowest <= value <= MAX_PLACE:
        env.problems.stop("constant_needed", whole, what="substr", example="substr(x, 1, 2)")
    return int(value)


def _constant(node: exp.Expr | None, whole: exp.Expr, env: Environment, example: str) -> str:
    found = translate(node, env).constant if node is not None else None
    if not isinstance(found, str) or len(found) > MAX_CONSTANT:
        env.problems.stop("constant_needed", whole, what=whole.key, example=example)
    return found


@scalar(exp.Trim)
def _trim(node: exp.Trim, env: Environment) -> Value:
    value = text(node.this, env, "trim")
    side = str(node.args.get("position") or "").upper()
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(side, "trim")
    given = node.args.get("expression")
    signs = "" if given is None else ", " + t.text_sql(_constant(given, node, env, "trim(x, ' ')"))
    return derive(f"{name}({as_text(value)}{signs})", Kind.TEXT, t.VARCHAR, value)


@scalar(exp.Left, exp.Right)
def _end(node: exp.Expr, env: Environment) -> Value:
    value, count = text(node.this, env, node.key), _place(node.args.get("expression"), node, env)
    return derive(f"{node.key}({as_text(value)}, {count})", Kind.TEXT, t.VARCHAR, value)


@scalar(exp.Replace)
def _replace(node: exp.Replace, env: Environment) -> Value:
    """Constant texts. What stands instead may be longer, as far as the whole stays bounded."""
    value = text(node.this, env, "replace")
    old = _constant(node.args.get("expression"), node, env, "replace(x, 'a', 'b')")
    new = _constant(node.args.get("replacement"), node, env, "replace(x, 'a', 'b')")
    factor = max(1, -(-len(new.encode()) // max(1, len(old.encode()))))
    sql = f"replace({as_text(value)}, {t.text_sql(old)}, {t.text_sql(new)})"
    return grown(derive(sql, Kind.TEXT, t.VARCHAR, value), value.growth * factor, node, env)


@scalar(exp.Concat, exp.DPipe)
def _concat(node: exp.Expr, env: Environment) -> Value:
    """``a || b`` is NULL beside a NULL; ``concat(a, b)`` leaves NULLs out."""
    piped = isinstance(node, exp.DPipe)
    parts = [node.this, node.args["expression"]] if piped else node.expressions
    values = [text(part, env, "concat") for part in parts]
    texts = ["CAST(NULL AS VARCHAR)" if value.null else as_text(value) for value in values]
    sql = f"({' || '.join(texts)})" if piped else f"concat({', '.join(texts)})"
    made = derive(sql, Kind.TEXT, t.VARCHAR, *values)
    made = replace(made, nullable=made.nullable and piped)
    return grown(made, sum(value.growth for value in values), node, env)


@scalar(exp.ConcatWs)
def _joined(node: exp.ConcatWs, env: Environment) -> Value:
    """``concat_ws(', ', a, b)``: what is NULL is left out."""
    first, *parts = node.expressions
    between = _constant(first, node, env, "concat_ws('-', a, b)")
    values = [text(part, env, "concat_ws") for part in parts]
    if not values:
        env.problems.stop(
            "argument_count", node, what="concat_ws", wanted="2 or more", example="concat_ws('-', a)"
        )
    texts = ["CAST(NULL AS VARCHAR)" if value.null else as_text(value) for value in values]
    made = derive(f"concat_ws({t.text_sql(between)}, {', '.join(texts)})", Kind.TEXT, t.VARCHAR, *values)
    return grown(replace(made, nullable=False), sum(value.growth for value in values), node, env)


@scalar(exp.SplitPart)
def _split(node: exp.SplitPart, env: Environment) -> Value:
    """``split_part(x, '.', 1)``."""
    value = text(node.this, env, "split_part")
    between = _constant(node.args.get("delimiter"), node, env, "split_part(x, '.', 1)")
    place = _place(node.args.get("part_index"), node, env)
    sql = f"split_part({as_text(value)}, {t.text_sql(between)}, {place})"
    return derive(sql, Kind.TEXT, t.VARCHAR, value)


def grown(value: Value, growth: int, node: exp.Expr, env: Environment) -> Value:
    """A text that is up to so many times as long as the longest stored one."""
    if growth > MAX_GROWTH:
        env.problems.stop("text_too_long", node, limit=MAX_GROWTH)
    return replace(value, growth=growth)


@scalar(exp.StrPosition)
def _position(node: exp.StrPosition, env: Environment) -> Value:
    value = text(node.this, env, "strpos")
    if node.args.get("position") is not None or node.args.get("occurrence") is not None:
        env.problems.stop("argument_count", node, what="strpos", wanted=2, example="strpos(x, 'a')")
    part = _constant(node.args.get("substr"), node, env, "strpos(x, 'a')")
    sql = f"strpos({as_text(value)}, {t.text_sql(part)})"
    made = derive(sql, Kind.INTEGER, t.BIGINT, value, range=Range(Fraction(0), None))
    return replace(made, integral=True)


@scalar(exp.Contains, exp.StartsWith, exp.EndsWith)
def _holds(node: exp.Expr, env: Environment) -> Value:
    name = {"contains": "contains", "startswith": "starts_with"}.get(node.key, "ends_with")
    value = text(node.this, env, name)
    part = _constant(node.args.get("expression"), node, env, f"{name}(x, 'a')")
    return truth(f"{name}({as_text(value)}, {t.text_sql(part)})", value)
