"""A stored column as a typed value: its type in the workspace, and what the policy makes public of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from sandbox.nouns.mask import DateTrunc
from sandbox.nouns.policy import Column
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.dates import first_day, listed
from sandbox.plan.types import Range, Value


def stored(sql: str, column: Column, ref: t.ColumnRef) -> Value:
    """A stored column: its type in the workspace and its public facts, as the policy declares them."""
    base = {"column": ref, "reads": frozenset({ref})}
    bounds = _range(column)
    days = _days(column)
    kind = column.type
    if column.domain is not None and kind is Kind.TEXT:
        return Value(sql, kind, t.ENUM, domain=tuple(dict.fromkeys(column.domain)), **base)  # type: ignore[arg-type]
    if column.domain is not None:  # an ENUM of texts that are read as the declared type
        return _typed_domain(sql, column, ref)
    if kind is Kind.NUMBER and column.scale is not None:
        return Value(sql, kind, t.DECIMAL, scale=column.scale, range=bounds, enforced=bounds, **base)  # type: ignore[arg-type]
    if kind is Kind.INTEGER:
        enforced = bounds if bounds.closed else None
        return Value(
            sql, kind, t.BIGINT, range=bounds, enforced=enforced, integral=True,
            domain=_small_integers(bounds), **base,  # type: ignore[arg-type]
        )  # fmt: skip
    storage = {
        Kind.NUMBER: t.DOUBLE, Kind.DATE: t.DATE, Kind.TIMESTAMP: t.TIMESTAMP, Kind.BOOLEAN: t.BOOLEAN,
    }.get(kind, t.VARCHAR)  # fmt: skip
    domain = (False, True) if kind is Kind.BOOLEAN else _truncated(column)
    return Value(sql, kind, storage, days=days, domain=domain, **base)  # type: ignore[arg-type]


def _range(column: Column) -> Range:
    if column.bounds is None:
        return t.OPEN
    lo, hi = column.bounds
    if not isinstance(lo, Decimal) or not isinstance(hi, Decimal):
        return t.OPEN
    return Range(Fraction(lo), Fraction(hi))


def _days(column: Column) -> tuple[dt.date, dt.date] | None:
    if column.bounds is None:
        return None
    lo, hi = column.bounds
    return (lo, hi) if isinstance(lo, dt.date) and isinstance(hi, dt.date) else None


def _truncated(column: Column) -> tuple[t.Constant, ...] | None:
    """Days that a date column masked by truncation can hold: first days, and the bounds it is clamped to."""
    if column.type is not Kind.DATE or not isinstance(column.mask, DateTrunc):
        return None
    days = listed(_days(column))
    if days is None:
        return None
    first = {first_day(column.mask.unit, day) for day in days}
    return tuple(sorted({day for day in first if days[0] <= day <= days[-1]} | {days[0], days[-1]}))


def _small_integers(bounds: Range, limit: int = 1000) -> tuple[t.Constant, ...] | None:
    """All whole numbers of short bounds."""
    if bounds.closed is None or bounds.closed[1] - bounds.closed[0] >= limit:
        return None
    lo, hi = bounds.closed
    return tuple(Fraction(number) for number in range(-int(-lo // 1), int(hi // 1) + 1))


def _typed_domain(sql: str, column: Column, ref: t.ColumnRef) -> Value:
    from sandbox.plan.scalars.literals import parse_constant

    storage = {
        Kind.INTEGER: t.BIGINT, Kind.NUMBER: t.DOUBLE, Kind.DATE: t.DATE, Kind.TIMESTAMP: t.TIMESTAMP,
    }.get(column.type, t.BOOLEAN)  # fmt: skip
    parsed = [parse_constant(text, column.type) for text in column.domain or ()]
    values = tuple(dict.fromkeys(value for value in parsed if value is not None))
    numbers = [value for value in values if isinstance(value, Fraction)]
    return Value(
        f"TRY_CAST(CAST({sql} AS VARCHAR) AS {storage})", column.type, storage,
        domain=values, range=Range(min(numbers), max(numbers)) if numbers else t.OPEN,
        integral=column.type is Kind.INTEGER, column=ref, reads=frozenset({ref}),
    )  # fmt: skip
