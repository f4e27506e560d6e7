"""Storing a masked value: declared type, domain and bounds as total SQL.

A value that is malformed or outside its domain becomes NULL; one outside its bounds is clamped. Types never
follow from rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from sandbox.errors import LoadFailed
from sandbox.mask.dates import as_date, as_timestamp, date_literal
from sandbox.mask.text import as_text, enum, literal, named, trimmed
from sandbox.nouns.policy import Column, ColumnType

DIGITS = 18
"""Digits of the DECIMAL that holds a bounded number: 64 bits."""
LONGEST_TEXT = 500
"""Signs that are kept of a protected text without a domain."""
TRUE_WORDS = ("是", "有", "Y", "y", "真")
FALSE_WORDS = ("否", "无", "N", "n", "假")


@dataclass(frozen=True)
class Stored:
    """How a masked value is stored."""

    sql_type: str
    value: str
    """SQL of the stored value."""
    unclamped: str | None = None
    """SQL of the value before its bounds, where it has bounds: what differs was clamped."""


def stored(column: Column, masked: str) -> Stored:
    """The stored form of ``masked``, the SQL of a column's masked value."""
    typed = _TYPES[column.type](column, masked)
    if column.domain is not None:
        typed = _within_domain(column, typed)
    if isinstance(column.bounds, tuple) and isinstance(column.bounds[0], dt.date):
        return _clamped_dates(column, typed)
    return typed


def cut(form: Stored) -> Stored:
    """A text of at most ``LONGEST_TEXT`` signs: how long one unit's texts are must not decide what a question
    costs, or whether its answer comes in time."""
    if form.sql_type != "VARCHAR":
        return form
    return Stored(form.sql_type, f"left({form.value}, {LONGEST_TEXT})", form.value)


def _text(_column: Column, masked: str) -> Stored:
    return Stored("VARCHAR", as_text(masked))


def _boolean(_column: Column, masked: str) -> Stored:
    words = " ".join(
        f"WHEN t IN ({', '.join(literal(word) for word in words)}) THEN {outcome}"
        for words, outcome in ((TRUE_WORDS, "true"), (FALSE_WORDS, "false"))
    )
    return Stored(
        "BOOLEAN", named("t", trimmed(as_text(masked)), f"CASE {words} ELSE TRY_CAST(t AS BOOLEAN) END")
    )


def _date(_column: Column, masked: str) -> Stored:
    return Stored("DATE", as_date(masked))


def _timestamp(_column: Column, masked: str) -> Stored:
    return Stored("TIMESTAMP", as_timestamp(masked))


def _integer(column: Column, masked: str) -> Stored:
    return _numeric(column, masked, "BIGINT", 0)


def _number(column: Column, masked: str) -> Stored:
    if column.scale is None:
        double = f"TRY_CAST({masked} AS DOUBLE)"
        return Stored("DOUBLE", f"CASE WHEN isfinite({double}) THEN {double} END")
    return _numeric(column, masked, f"DECIMAL({DIGITS},{column.scale})", column.scale)


def _numeric(column: Column, masked: str, sql_type: str, scale: int) -> Stored:
    """An exact number; too large for its type, or infinite, it still clamps to the nearer bound."""
    exact = f"TRY_CAST({masked} AS {sql_type})"
    if column.bounds is None:
        return Stored(sql_type, exact)
    low, high = (f"{bound}::{sql_type}" for bound in _grid_bounds(column, scale))
    double = f"TRY_CAST({masked} AS DOUBLE)"
    value = (
        f"CASE WHEN {exact} < {low} THEN {low} WHEN {exact} > {high} THEN {high} "
        f"WHEN {exact} IS NOT NULL THEN {exact} WHEN isnan({double}) THEN NULL "
        f"WHEN {double} < {low} THEN {low} WHEN {double} > {high} THEN {high} END"
    )
    return Stored(sql_type, value, exact)


def _grid_bounds(column: Column, scale: int) -> tuple[Decimal, Decimal]:
    """The bounds on the grid of the stored type, rounded inward."""
    assert column.bounds is not None
    lo, hi = column.bounds
    if not isinstance(lo, Decimal) or not isinstance(hi, Decimal):
        raise _bounds_error(column, "are dates, but its type is a number")
    if max(abs(lo), abs(hi)) >= Decimal(10) ** (DIGITS - scale):
        raise _bounds_error(column, f"do not fit {DIGITS} digits with {scale} decimal places")
    step = Decimal(1).scaleb(-scale)
    low = lo.quantize(step, ROUND_CEILING) + 0  # adding 0 turns −0 into 0
    high = hi.quantize(step, ROUND_FLOOR) + 0
    if low > high:
        raise _bounds_error(column, f"hold no value of {scale} decimal places")
    return low, high


def _clamped_dates(column: Column, typed: Stored) -> Stored:
    """Dates and times clamped to the first and last day; a time on the last day becomes its midnight, so
    that the bound holds exactly however it is read."""
    if typed.sql_type not in ("DATE", "TIMESTAMP"):
        raise _bounds_error(column, "are dates, but its type is not")
    assert column.bounds is not None
    low, high = (date_literal(bound) for bound in column.bounds if isinstance(bound, dt.date))
    clamped = f"CASE WHEN c < {low} THEN {low} WHEN c > {high} THEN {high} ELSE c END"
    value = named("c", typed.value, clamped)
    return Stored(typed.sql_type, f"CAST({value} AS {typed.sql_type})", typed.value)


def _within_domain(column: Column, typed: Stored) -> Stored:
    """Text becomes an ENUM of the declared values; other types keep theirs. What is not declared is NULL."""
    assert column.domain is not None
    if column.type is ColumnType.TEXT:
        kind = enum(column.domain)
        exact, padded = f"TRY_CAST(e AS {kind})", f"TRY_CAST({trimmed('e')} AS {kind})"
        return Stored(kind, named("e", typed.value, f"coalesce({exact}, {padded})"))
    listed = ", ".join(f"TRY_CAST({literal(value)} AS {typed.sql_type})" for value in column.domain)
    return Stored(
        typed.sql_type, named("e", typed.value, f"CASE WHEN e IN ({listed}) THEN e END"), typed.unclamped
    )


def _bounds_error(column: Column, what: str) -> LoadFailed:
    return LoadFailed(
        "bounds_invalid",
        f"the bounds of column {column.name} {what}",
        hint="declare bounds that fit the column's type in the policy",
    )


_TYPES: dict[ColumnType, Callable[[Column, str], Stored]] = {
    ColumnType.TEXT: _text,
    ColumnType.INTEGER: _integer,
    ColumnType.NUMBER: _number,
    ColumnType.DATE: _date,
    ColumnType.TIMESTAMP: _timestamp,
    ColumnType.BOOLEAN: _boolean,
}
