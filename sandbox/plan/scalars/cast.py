"""CAST and TRY_CAST, both rendered as TRY_CAST: what does not convert becomes NULL and raises nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.literals import retype
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.types import Range, Value, derive

_TYPE = exp.DataType.Type
TARGETS = {
    _TYPE.VARCHAR: (Kind.TEXT, t.VARCHAR), _TYPE.TEXT: (Kind.TEXT, t.VARCHAR),
    _TYPE.TINYINT: (Kind.INTEGER, t.BIGINT), _TYPE.SMALLINT: (Kind.INTEGER, t.BIGINT),
    _TYPE.INT: (Kind.INTEGER, t.BIGINT), _TYPE.BIGINT: (Kind.INTEGER, t.BIGINT),
    _TYPE.FLOAT: (Kind.NUMBER, t.DOUBLE), _TYPE.DOUBLE: (Kind.NUMBER, t.DOUBLE),
    _TYPE.DECIMAL: (Kind.NUMBER, t.DOUBLE),
    _TYPE.DATE: (Kind.DATE, t.DATE), _TYPE.BOOLEAN: (Kind.BOOLEAN, t.BOOLEAN),
    _TYPE.TIMESTAMP: (Kind.TIMESTAMP, t.TIMESTAMP), _TYPE.TIMESTAMPNTZ: (Kind.TIMESTAMP, t.TIMESTAMP),
}  # fmt: skip
"""Type as written → our type and the storage it is computed in."""
LONGEST, STORED = 38, 18
"""Digits of a DECIMAL, and of a stored one."""


@scalar(exp.Cast, exp.TryCast)
def _cast(node: exp.Cast, env: Environment) -> Value:
    target = TARGETS.get(node.to.this)
    if target is None or any(isinstance(part, exp.DataType) for part in node.to.expressions):
        env.problems.stop("construct_not_supported", node, what="a cast to this type")
    kind, storage = target
    value = translate(node.this, env)
    text = isinstance(value.constant, str)
    if text:
        value = retype(value, kind, node.this, env)
    if value.null:
        return Value(f"CAST(NULL AS {storage})", kind, storage)
    if node.to.this is _TYPE.DECIMAL and value.kind in (Kind.INTEGER, Kind.NUMBER, Kind.TEXT):
        return _decimal(value, node, env)
    if kind is Kind.INTEGER and isinstance(value.constant, Fraction):
        return _whole(value.constant)
    if text or value.kind is kind:
        return value
    sources = (Kind.INTEGER, Kind.NUMBER)
    days = {Kind.DATE, Kind.TIMESTAMP}
    possible = kind is Kind.TEXT or value.kind is Kind.TEXT or {kind, value.kind} <= days
    if not possible and not (kind in sources and value.kind in (*sources, Kind.BOOLEAN)):
        env.problems.stop(
            "type_mismatch", node, left=value.kind.value if value.kind else "NULL", right=kind.value
        )
    whole = value.kind is Kind.INTEGER and value.storage == t.DOUBLE and kind is Kind.TEXT
    plain = f"TRY_CAST({value.sql} AS BIGINT)" if whole else t.as_text(value)  # 12, not 12.0
    sql = f"TRY_CAST({plain} AS {storage})"
    if kind in days and value.kind is Kind.TEXT:
        sql = in_calendar(sql, kind)
    made = derive(sql, kind, storage, value, range=_widened(value.range))
    made = replace(made, nullable=True, integral=kind is Kind.INTEGER, days=value.days)
    if value.kind is Kind.BOOLEAN and kind is not Kind.TEXT:
        found = Range(Fraction(0), Fraction(1))
        if value.column is None:  # 1 or 0 by a condition, as CASE would have it
            return replace(made, range=found, reads=frozenset(), tests=made.reads | made.tests)
        return replace(made, range=found)
    return made


def _decimal(value: Value, node: exp.Cast, env: Environment) -> Value:
    """A number of so many digits, some of them decimal places, as DOUBLE; NULL where it has more digits."""
    digits, places = _size(node, env)
    step = Fraction(1, 10**places)
    if isinstance(value.constant, Fraction):
        found = _nearest(value.constant / step) * step
        if abs(found) >= 10 ** (digits - places):
            return Value("CAST(NULL AS DOUBLE)", Kind.NUMBER, t.DOUBLE)
        return t.literal(found, Kind.NUMBER)
    if value.storage == t.DECIMAL and value.scale <= places and digits - places >= STORED - value.scale:
        return value
    sql = f"CAST(TRY_CAST({t.as_text(value)} AS DECIMAL({digits},{places})) AS DOUBLE)"
    found_range = _widened(value.range, step)
    return replace(derive(sql, Kind.NUMBER, t.DOUBLE, value, range=found_range), nullable=True)


def _size(node: exp.Cast, env: Environment) -> tuple[int, int]:
    """Digits and decimal places of a DECIMAL; without any, those that the engine takes."""
    given = [str(part.this) for part in node.to.expressions] or ["18", "3"]
    if not all(text.isdecimal() and len(text) < 3 for text in given) or len(given) > 2:
        env.problems.stop("construct_not_supported", node, what="a cast to this type")
    digits, places = int(given[0]), int(given[1]) if len(given) > 1 else 0
    if not 0 <= places <= digits <= LONGEST or not digits:
        env.problems.stop("construct_not_supported", node, what="a cast to this type")
    return digits, places


def _whole(found: Fraction) -> Value:
    """A constant as a whole number; NULL where it is too large."""
    number = Fraction(_nearest(found))
    if t.bigint_sql(number) is None:
        return Value("CAST(NULL AS BIGINT)", Kind.INTEGER, t.BIGINT)
    return t.literal(number, Kind.INTEGER)


def _nearest(found: Fraction) -> int:
    """The nearest whole number; of two, the one further from 0, as the engine rounds decimals."""
    size = math.floor(abs(found) + Fraction(1, 2))
    return size if found >= 0 else -size


def in_calendar(sql: str, kind: Kind) -> str:
    """A moment read from text, or NULL outside the years 1 to 9999.

    The engine reads texts such as ``infinity`` and the year 5 877 642, on which its own date functions raise.
    """
    low, high = "0001-01-01", "9999-12-31"
    if kind is Kind.TIMESTAMP:
        low, high = f"{low} 00:00:00", f"{high} 23:59:59.999999"
    word = kind.value.upper()
    return f"(CASE WHEN {sql} BETWEEN {word} '{low}' AND {word} '{high}' THEN {sql} END)"


def _widened(found: Range, step: Fraction = Fraction(1)) -> Range:
    """Whole steps around a range: a cast may round either way."""
    lo = None if found.lo is None else math.floor(found.lo / step) * step
    hi = None if found.hi is None else math.ceil(found.hi / step) * step
    return Range(lo, hi)
