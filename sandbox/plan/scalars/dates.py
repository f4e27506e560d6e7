"""EXTRACT and date_trunc with constant units. Bounded dates give keys with a public, finite set of values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.cast import in_calendar
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.types import Constant, Range, Value, derive

MAX_DAYS = 40_000
"""Longest span of days whose values are listed."""

PARTS: dict[str, Callable[[dt.date], int]] = {
    "year": lambda day: day.year,
    "quarter": lambda day: (day.month + 2) // 3,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "dow": lambda day: day.isoweekday() % 7,
    "isodow": lambda day: day.isoweekday(),
    "doy": lambda day: day.timetuple().tm_yday,
    "week": lambda day: day.isocalendar()[1],
}
_ALWAYS = {
    "quarter": (1, 4),
    "month": (1, 12),
    "day": (1, 31),
    "dow": (0, 6),
    "isodow": (1, 7),
    "doy": (1, 366),
    "week": (1, 53),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
}
_NAMES = {
    "dayofweek": "dow", "weekday": "dow", "dayofmonth": "day", "dayofweekiso": "isodow",
    "dayofyear": "doy", "weekofyear": "week",
}  # fmt: skip

TRUNCATIONS: dict[str, Callable[[dt.date], dt.date]] = {
    "day": lambda day: day,
    "week": lambda day: day - dt.timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1),
    "year": lambda day: day.replace(month=1, day=1),
}


def moment(node: exp.Expr, env: Environment, what: str) -> Value:
    """A translated node that must be a date or timestamp."""
    value = translate(node, env)
    if value.kind not in (Kind.DATE, Kind.TIMESTAMP):
        found = value.kind.value if value.kind else "NULL"
        env.problems.stop("type_wrong", node, what=what, wanted="a date or timestamp", found=found)
    return value


def listed(days: tuple[dt.date, dt.date] | None) -> list[dt.date] | None:
    """Every day of a span that is short enough to list."""
    if days is None or not 0 <= (days[1] - days[0]).days <= MAX_DAYS:
        return None
    return [days[0] + dt.timedelta(days=count) for count in range((days[1] - days[0]).days + 1)]


def days_of(value: Value) -> list[dt.date] | None:
    """Every day that a date can be, where that is public: its declared values, or a short span."""
    if value.kind is Kind.DATE and value.domain is not None:
        return sorted(day for day in value.domain if isinstance(day, dt.date))
    return listed(value.days)


def part_of(name: str, value: Value, node: exp.Expr, env: Environment) -> Value:
    """``date_part('name', value)``; NULL for an infinite date."""
    name = _NAMES.get(name, name)
    known = name in PARTS or (name in ("hour", "minute", "second") and value.kind is Kind.TIMESTAMP)
    if not known:
        env.problems.stop("function_not_allowed", node, what=f"EXTRACT {name[:30]}")
    made = derive(f"date_part('{name}', {value.sql})", Kind.INTEGER, t.BIGINT, value)
    numbers = _values(name, value)
    found = Range(Fraction(min(numbers)), Fraction(max(numbers))) if numbers else t.OPEN
    domain = tuple(Fraction(number) for number in numbers) if numbers else None
    return replace(made, domain=domain, range=found, integral=True, nullable=True)


def _values(name: str, value: Value) -> list[int]:
    days = days_of(value)
    if days is not None and name in PARTS:
        return sorted({PARTS[name](day) for day in days})
    if name in _ALWAYS:
        lo, hi = _ALWAYS[name]
        return list(range(lo, hi + 1))
    return []


@scalar(exp.Extract)
def _extract(node: exp.Extract, env: Environment) -> Value:
    return part_of(str(node.this.name).lower(), moment(node.expression, env, "EXTRACT"), node, env)


@scalar(
    exp.Year, exp.Month, exp.Day, exp.Quarter, exp.DayOfWeek, exp.Week, exp.WeekOfYear, exp.DayOfYear,
    exp.DayOfWeekIso, exp.DayOfMonth, exp.Hour, exp.Minute, exp.Second,
)  # fmt: skip
def _named_part(node: exp.Expr, env: Environment) -> Value:
    return part_of(node.key, moment(node.this, env, node.key), node, env)


def date_part(node: exp.Anonymous, env: Environment) -> Value:
    """``date_part('month', d)``."""
    arguments = node.expressions
    if len(arguments) != 2 or not isinstance(arguments[0], exp.Literal):
        env.problems.stop("constant_needed", node, what="date_part", example="date_part('month', d)")
    return part_of(str(arguments[0].this).lower(), moment(arguments[1], env, "date_part"), node, env)


@scalar(exp.TimestampTrunc, exp.DateTrunc)
def _truncate(node: exp.Expr, env: Environment) -> Value:
    value = moment(node.this, env, "date_trunc")
    unit = node.args.get("unit")
    name = str(unit.name if isinstance(unit, exp.Expr) else unit).lower()
    if name not in TRUNCATIONS:
        env.problems.stop("function_not_allowed", node, what=f"date_trunc by {name[:30]}")
    kind = Kind.TIMESTAMP if value.kind is Kind.TIMESTAMP else Kind.DATE
    sql = f"TRY_CAST(date_trunc('{name}', {in_calendar(value.sql, kind)}) AS DATE)"
    made = replace(derive(sql, Kind.DATE, t.DATE, value), nullable=True)
    days = days_of(value)
    if not days:
        return made
    domain: tuple[Constant, ...] = tuple(sorted({first_day(name, day) for day in days}))
    return replace(made, domain=domain, days=(first_day(name, days[0]), days[-1]))


def first_day(name: str, day: dt.date) -> dt.date:
    """First day of the week, month, quarter or year that a day is in."""
    try:
        return TRUNCATIONS[name](day)
    except OverflowError:  # the week before the first day of the calendar
        return dt.date.min
