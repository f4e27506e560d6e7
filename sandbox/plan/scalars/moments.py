"""Arithmetic of dates and times: intervals, days between, ``date_diff``; NULL outside the years 1 to 9999."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.cast import in_calendar
from sandbox.plan.scalars.dates import moment
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.types import Range, Value, derive

MOST = 1_000_000
"""Largest number in an interval."""
MONTHS = {"month": 1, "quarter": 3, "year": 12}
SECONDS = {"day": 86_400, "week": 604_800, "hour": 3_600, "minute": 60, "second": 1}
COARSE = ("day", "week", *MONTHS)
"""Units that keep a date a date."""

PLACES: dict[str, Callable[[dt.date], int]] = {
    "day": lambda day: day.toordinal(),
    "week": lambda day: (day.toordinal() - 1) // 7,
    "month": lambda day: day.year * 12 + day.month,
    "quarter": lambda day: day.year * 4 + (day.month - 1) // 3,
    "year": lambda day: day.year,
}
"""Unit of ``date_diff`` → number of the period that a day is in; it never falls as days go on."""


Moment = TypeVar("Moment", dt.date, dt.datetime)


def _timed(day: dt.date, *, late: bool = False) -> dt.datetime:
    """The first moment of a day, or its last."""
    if isinstance(day, dt.datetime):
        return day
    return dt.datetime.combine(day, dt.time.max if late else dt.time())


def by_interval(node: exp.Expr, env: Environment) -> Value | None:
    """``d + INTERVAL …``, ``d - INTERVAL …``; None for other sums."""
    left, right = node.this, node.args["expression"]
    back = isinstance(node, exp.Sub)
    if isinstance(right, exp.Interval):
        return _moved(moment(left, env, "INTERVAL"), right, back, env)
    if isinstance(left, exp.Interval) and not back:
        return _moved(moment(right, env, "INTERVAL"), left, back, env)
    return None


def by_days(node: exp.Expr, one: Value, two: Value, env: Environment) -> Value | None:
    """``d + 3``, ``d - 3`` or ``d - e`` of translated sides; None for other sums."""
    left, right = node.this, node.args["expression"]
    back = isinstance(node, exp.Sub)
    kinds = (one.kind, two.kind)
    if back and kinds == (Kind.DATE, Kind.DATE):
        return _between("day", two, one)
    if Kind.DATE in kinds and Kind.INTEGER in kinds and (one.kind is Kind.DATE or not back):
        day, count, at = (one, two, right) if one.kind is Kind.DATE else (two, one, left)
        number = count.constant
        if not isinstance(number, Fraction):
            env.problems.stop("constant_needed", at, what="a date and a number", example="d + 7")
        return _plus(day, -int(number) if back else int(number), "day", at, env)
    if {Kind.DATE, Kind.TIMESTAMP} & set(kinds):
        env.problems.stop(
            "type_wrong", node, what="arithmetic of dates", wanted="an INTERVAL, or date_diff('day', a, b)",
            found=" and ".join(str(kind.value if kind else "NULL") for kind in kinds),
        )  # fmt: skip
    return None


@scalar(exp.DateAdd)
def _date_add(node: exp.DateAdd, env: Environment) -> Value:
    if not isinstance(node.expression, exp.Interval):
        env.problems.stop("constant_needed", node, what="date_add", example="date_add(d, INTERVAL 1 DAY)")
    return _moved(moment(node.this, env, "date_add"), node.expression, False, env)


def _moved(value: Value, interval: exp.Interval, back: bool, env: Environment) -> Value:
    amount, unit = interval.this, interval.args.get("unit")
    name = str(unit.name if unit is not None else "").lower().removesuffix("s")
    found = translate(amount, env).constant if amount is not None else None
    number = _whole(found)
    if number is None or name not in {**MONTHS, **SECONDS}:
        env.problems.stop("constant_needed", interval, what="INTERVAL", example="INTERVAL 3 MONTH")
    return _plus(value, -number if back else number, name, interval, env)


def _whole(found: t.Constant | None) -> int | None:
    if isinstance(found, str):
        text = found.strip()
        found = Fraction(int(text)) if text.lstrip("-").isdecimal() and len(text) < 12 else None
    return int(found) if isinstance(found, Fraction) and found.denominator == 1 else None


def _plus(value: Value, number: int, unit: str, node: exp.Expr, env: Environment) -> Value:
    if abs(number) > MOST:
        env.problems.stop("constant_needed", node, what="INTERVAL", example=f"up to {MOST}")
    kind = value.kind if unit in COARSE else Kind.TIMESTAMP
    assert kind is not None
    storage = t.DATE if kind is Kind.DATE else t.TIMESTAMP
    if isinstance(value.constant, dt.date):
        moved = _move(_timed(value.constant) if kind is Kind.TIMESTAMP else value.constant, number, unit)
        return (
            t.literal(moved, kind) if moved is not None else Value(f"CAST(NULL AS {storage})", kind, storage)
        )
    inside = _inside(value, number, unit)
    if inside is None:
        return Value(f"CAST(NULL AS {storage})", kind, storage)
    moved_sql = f"CAST({value.sql} + INTERVAL '{number}' {unit} AS {storage})"
    sql = in_calendar(f"(CASE WHEN {inside} THEN {moved_sql} END)", kind)
    days = None
    if value.days is not None:
        first, last = value.days
        late = value.kind is Kind.TIMESTAMP and value.column is None  # a load leaves midnight of the last day
        ends = [
            _move(_timed(first) if kind is Kind.TIMESTAMP else first, number, unit),
            _move(_timed(last, late=late) if kind is Kind.TIMESTAMP else last, number, unit),
        ]
        days = (_day(ends[0]) or dt.date.min, _day(ends[1]) or dt.date.max) if any(ends) else None
    return replace(
        derive(sql, kind, storage, value), nullable=True, days=days,
        domain=_moved_each(value, number, unit) if kind is Kind.DATE else None,
    )  # fmt: skip


def _moved_each(value: Value, number: int, unit: str) -> tuple[t.Constant, ...] | None:
    """Public days, moved; a day that leaves the calendar is NULL."""
    if value.kind is not Kind.DATE or value.domain is None:
        return None
    days = [day for day in value.domain if isinstance(day, dt.date)]
    return tuple(sorted({moved for day in days if (moved := _move(day, number, unit)) is not None}))


def _inside(value: Value, number: int, unit: str) -> str | None:
    """The condition that a value, and the value moved, is in the years 1 to 9999; None: none is.

    TRY would catch what the engine raises beyond them, but holds no window function and no aggregate.
    """
    first, last = dt.datetime.min, dt.datetime.max
    low, high = (first, _move(last, -number, unit)) if number > 0 else (_move(first, -number, unit), last)
    if low is None or high is None:
        return None
    if value.kind is Kind.DATE:
        return f"{value.sql} BETWEEN DATE '{low.date().isoformat()}' AND DATE '{high.date().isoformat()}'"
    return (
        f"{value.sql} BETWEEN TIMESTAMP '{low.isoformat(sep=' ')}' AND TIMESTAMP '{high.isoformat(sep=' ')}'"
    )


def _day(moment: dt.date | None) -> dt.date | None:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _move(start: Moment, number: int, unit: str) -> Moment | None:
    """A date or time moved, a day of the month at most to the last there is; None beyond the calendar."""
    try:
        if unit in MONTHS:
            months = start.year * 12 + start.month - 1 + number * MONTHS[unit]
            year, month = divmod(months, 12)
            last = calendar.monthrange(year, month + 1)[1]
            return start.replace(year=year, month=month + 1, day=min(start.day, last))
        return start + dt.timedelta(seconds=number * SECONDS[unit])
    except (OverflowError, ValueError, calendar.IllegalMonthError):
        return None


@scalar(exp.DateDiff)
def _date_diff(node: exp.DateDiff, env: Environment) -> Value:
    """``date_diff('month', a, b)``: how many times a new month begins between them."""
    unit = node.args.get("unit")
    name = str(unit.name if unit is not None else "").lower()
    if name not in {*PLACES, "hour", "minute", "second"}:
        env.problems.stop("constant_needed", node, what="date_diff", example="date_diff('day', a, b)")
    one, two = moment(node.expression, env, "date_diff"), moment(node.this, env, "date_diff")
    return _between(name, one, two)


def date_sub(node: exp.Anonymous, env: Environment) -> Value:
    """``date_sub('month', a, b)``: how many whole months lie between them."""
    given = node.expressions
    name = str(given[0].this).lower() if given and isinstance(given[0], exp.Literal) else ""
    if len(given) != 3 or name not in {*PLACES, "hour", "minute", "second"}:
        env.problems.stop("constant_needed", node, what="date_sub", example="date_sub('month', a, b)")
    one, two = (moment(part, env, "date_sub") for part in given[1:])
    return _between(name, one, two, "date_sub")


def _between(unit: str, one: Value, two: Value, function: str = "date_diff") -> Value:
    """Whole periods between are never more, in size, than how many begin between."""
    found = t.OPEN
    if one.days is not None and two.days is not None and unit in PLACES:
        place = PLACES[unit]
        found = Range(
            Fraction(place(two.days[0]) - place(one.days[1])),
            Fraction(place(two.days[1]) - place(one.days[0])),
        )
        if function == "date_sub" and found.closed is not None:
            found = found.hull(Range(Fraction(0), Fraction(0)))
    both = f"{_inside(one, 0, 'day')} AND {_inside(two, 0, 'day')}"
    sql = f"(CASE WHEN {both} THEN CAST({function}('{unit}', {one.sql}, {two.sql}) AS BIGINT) END)"
    made = derive(sql, Kind.INTEGER, t.BIGINT, one, two, range=found)
    return replace(made, nullable=True, integral=True)
