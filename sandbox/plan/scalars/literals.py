"""Literals, and how a text literal is read as the type of what it is compared with."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.registry import Environment, scalar
from sandbox.plan.types import Constant, Value

EXAMPLES = {
    Kind.INTEGER: "a whole number such as 42",
    Kind.NUMBER: "a number such as 3.5",
    Kind.DATE: "a date such as DATE '2025-01-31'",
    Kind.TIMESTAMP: "a time such as TIMESTAMP '2025-01-31 08:00:00'",
    Kind.BOOLEAN: "TRUE or FALSE",
    Kind.TEXT: "a text such as 'A'",
}


@scalar(exp.Literal)
def _literal(node: exp.Literal, env: Environment) -> Value:
    if node.is_string:
        text = str(node.this)
        return t.literal(text, Kind.TEXT)
    number = parse_number(str(node.this))
    if number is None:
        env.problems.stop(
            "literal_invalid", node, value=node.this, type="number", example=EXAMPLES[Kind.NUMBER]
        )
    whole = number.denominator == 1 and abs(number) <= t.INT64
    return t.literal(number, Kind.INTEGER if whole else Kind.NUMBER)


@scalar(exp.Boolean)
def _boolean(node: exp.Boolean, _env: Environment) -> Value:
    return t.literal(bool(node.this), Kind.BOOLEAN)


@scalar(exp.Null)
def _null(_node: exp.Null, _env: Environment) -> Value:
    return t.literal(None, None)


def parse_number(text: str) -> Fraction | None:
    """A number of sane size, exactly; None when it is none."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or len(number.as_tuple().digits) > 40 or abs(number.adjusted()) > 60:
        return None
    return Fraction(number)


def parse_constant(text: str, kind: Kind) -> Constant | None:
    """A text read as a type; None when it does not parse.

    >>> parse_constant("2025-02-30", Kind.DATE) is None
    True
    """
    if kind is Kind.TEXT:
        return text
    if kind is Kind.BOOLEAN:
        return {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}.get(text.lower())
    if kind in (Kind.INTEGER, Kind.NUMBER):
        number = parse_number(text)
        if number is not None and kind is Kind.INTEGER and number.denominator != 1:
            return None
        return number
    try:
        if kind is Kind.DATE:
            return dt.date.fromisoformat(text.strip())
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return None if moment.tzinfo is not None else moment


def retype(value: Value, kind: Kind, node: exp.Expr, env: Environment) -> Value:
    """A text literal as a literal of ``kind``; any other value unchanged."""
    if not isinstance(value.constant, str) or value.kind is not Kind.TEXT or kind is Kind.TEXT:
        return value
    wanted = Kind.NUMBER if kind is Kind.INTEGER else kind
    parsed = parse_constant(value.constant, wanted)
    if parsed is None:
        env.problems.stop(
            "literal_invalid", node, value=repr(value.constant[:60]), type=kind.value, example=EXAMPLES[kind]
        )
    if isinstance(parsed, Fraction):
        kind = Kind.INTEGER if parsed.denominator == 1 and abs(parsed) <= t.INT64 else Kind.NUMBER
    return t.literal(parsed, kind)
