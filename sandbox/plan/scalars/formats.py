"""Dates as text: STRFTIME with a constant format, DAYNAME, MONTHNAME.

Of bounded days the texts are declared keys, so they are written here too, and must be the engine's own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.dates import days_of, moment
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.types import Value, derive

LONGEST = 60
"""Characters of a format."""
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PARTS: dict[str, Callable[[dt.date], str]] = {
    "Y": lambda day: f"{day.year:04d}", "y": lambda day: f"{day.year % 100:02d}",
    "m": lambda day: f"{day.month:02d}", "d": lambda day: f"{day.day:02d}",
    "j": lambda day: f"{day.timetuple().tm_yday:03d}", "V": lambda day: f"{day.isocalendar()[1]:02d}",
    "G": lambda day: f"{day.isocalendar()[0]:04d}", "u": lambda day: str(day.isoweekday()),
    "w": lambda day: str(day.isoweekday() % 7), "B": lambda day: MONTHS[day.month - 1],
    "b": lambda day: MONTHS[day.month - 1][:3], "A": lambda day: DAYS[day.weekday()],
    "a": lambda day: DAYS[day.weekday()][:3], "%": lambda _day: "%",
}  # fmt: skip
"""Letter after ``%`` → its text, of dates."""
TIMES = frozenset("HMSIp")
"""Letters that times have besides."""


@scalar(exp.TimeToStr)
def _format(node: exp.TimeToStr, env: Environment) -> Value:
    value = moment(node.this, env, "strftime")
    given = translate(node.args["format"], env).constant
    known = PARTS.keys() | (TIMES if value.kind is Kind.TIMESTAMP else set())
    if not isinstance(given, str) or not _sound(given, known):
        env.problems.stop("constant_needed", node, what="strftime", example="strftime(d, '%Y-%m')")
    timed = TIMES & set(_letters(given))
    return _shown(
        f"strftime({value.sql}, {t.text_sql(given)})", value, None if timed else lambda d: _written(given, d)
    )


def _letters(text: str) -> list[str]:
    return [part[0] for part in text.replace("%%", "").split("%")[1:] if part]


def _sound(text: str, known: set[str] | frozenset[str]) -> bool:
    """Whether every % is followed by a letter that is known."""
    places = iter(range(len(text)))
    for place in places:
        if text[place] == "%" and text[place + 1 : place + 2] not in known:
            return False
        if text[place] == "%":
            next(places)
    return 0 < len(text) <= LONGEST and text.isprintable()


def _written(text: str, day: dt.date) -> str:
    """A date in a format.

    >>> _written("%Y-%m (%a) 100%%", dt.date(2025, 3, 1))
    '2025-03 (Sat) 100%'
    """
    found, place = "", 0
    while place < len(text):
        part = PARTS[text[place + 1]](day) if text[place] == "%" else text[place]
        place += 2 if text[place] == "%" else 1
        found += part
    return found


@scalar(exp.Dayname, exp.Monthname)
def _name(node: exp.Expr, env: Environment) -> Value:
    value = moment(node.this, env, node.key)
    day = isinstance(node, exp.Dayname)
    made = _shown(
        f"{node.key}({value.sql})", value,
        (lambda d: DAYS[d.weekday()]) if day else (lambda d: MONTHS[d.month - 1]),
    )  # fmt: skip
    return made if made.domain is not None else replace(made, domain=DAYS if day else MONTHS)


def _shown(sql: str, value: Value, written: Callable[[dt.date], str] | None) -> Value:
    """A text of a date; NULL for an infinite one, which has no text of this kind."""
    made = derive(f"(CASE WHEN isfinite({value.sql}) THEN {sql} END)", Kind.TEXT, t.VARCHAR, value)
    days = days_of(value)
    domain = tuple(sorted({written(day) for day in days})) if days and written is not None else None
    return replace(made, nullable=True, domain=domain)
