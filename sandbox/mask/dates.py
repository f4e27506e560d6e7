"""Dates: read from what sources hold, made coarser, moved, banded."""

from __future__ import annotations

import datetime as dt

from sandbox.mask.text import as_text, literal, named
from sandbox.nouns.mask import AgeBand

FIRST, LAST = dt.date.min, dt.date.max
OLDEST = 130
"""Ages above this are absurd, years."""
DATE_FORMS = ("%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")
TIME_FORMS = ("%Y%m%d%H%M%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M:%S", *DATE_FORMS)


def date_literal(value: dt.date) -> str:
    """A date as SQL; years have four digits."""
    return f"DATE {literal(value.isoformat())}"


def as_date(sql: str, first: dt.date = FIRST, last: dt.date = LAST) -> str:
    """A date, timestamp or text as DATE; NULL where it is none, or outside [first, last]."""
    forms = ", ".join(literal(form) for form in DATE_FORMS)
    value = f"coalesce(TRY_CAST({sql} AS DATE), TRY_CAST(try_strptime({as_text(sql)}, [{forms}]) AS DATE))"
    return named("d", value, f"CASE WHEN d BETWEEN {date_literal(first)} AND {date_literal(last)} THEN d END")


def as_timestamp(sql: str, first: dt.date = FIRST, last: dt.date = LAST) -> str:
    """A date, timestamp or text as TIMESTAMP; NULL where it is none, or outside [first, last]."""
    forms = ", ".join(literal(form) for form in TIME_FORMS)
    value = f"coalesce(TRY_CAST({sql} AS TIMESTAMP), try_strptime({as_text(sql)}, [{forms}]))"
    low, high = (literal(f"{first.isoformat()} 00:00:00"), literal(f"{last.isoformat()} 23:59:59.999999"))
    return named("d", value, f"CASE WHEN d BETWEEN TIMESTAMP {low} AND TIMESTAMP {high} THEN d END")


def shifted(sql: str, days_sql: str, days: int, *, timestamp: bool) -> str:
    """A date moved by a number of days; dates too near the ends of the calendar become NULL."""
    margin = dt.timedelta(days=days)
    if timestamp:
        return f"({as_timestamp(sql, FIRST + margin, LAST - margin)} + to_days({days_sql}))"
    return f"({as_date(sql, FIRST + margin, LAST - margin)} + {days_sql})"


def truncated(sql: str, unit: str) -> str:
    """The first day of the date's week, month, quarter or year."""
    return f"TRY_CAST(date_trunc({literal(unit)}, {as_date(sql)}) AS DATE)"


def age_bands(mask: AgeBand) -> tuple[str, ...]:
    """Labels of all bands, youngest first: the mask's domain.

    >>> age_bands(AgeBand(width=30, top=65))
    ('0-29', '30-59', '60-64', '65+')
    """
    starts = range(0, mask.top, mask.width)
    bands = [(start, min(start + mask.width, mask.top) - 1) for start in starts]
    labels = [str(low) if low == high else f"{low}-{high}" for low, high in bands]
    return (*labels, f"{mask.top}+")


def age_band(sql: str, mask: AgeBand, load_date: dt.date) -> str:
    """The band of the age in full years on the reference date.

    Born after the reference date but not after the load: age 0. Born in the future, or more than 130 years
    ago: NULL. Bands are compared as ranges of dates of birth, so a leap day costs nothing.
    """
    reference = dt.date.fromisoformat(mask.on) if mask.on else load_date.replace(month=1, day=1)
    born = as_date(sql, _years_before(reference, OLDEST + 1) + dt.timedelta(days=1), load_date)
    *bands, eldest = age_bands(mask)
    ends = [min(start + mask.width, mask.top) for start in range(0, mask.top, mask.width)]
    branches = [
        f"WHEN b > {date_literal(_years_before(reference, end))} THEN {literal(label)}"
        for end, label in zip(ends, bands, strict=True)
    ]
    return named("b", born, f"CASE {' '.join(branches)} WHEN b IS NOT NULL THEN {literal(eldest)} END")


def _years_before(day: dt.date, years: int) -> dt.date:
    """The same day so many years earlier; 29 February becomes 28 February."""
    year = max(day.year - years, FIRST.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)
