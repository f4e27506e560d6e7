"""The operators: one function a mask, one table that knows them all. 脱敏算子.

A function gets the source column as SQL and what it may know about the table, and returns SQL for the masked
value; storing it (type, domain, bounds) is ``stored``'s business. A new operator is a model in
``sandbox.nouns.mask``, a function here, and a line in ``RENDERERS``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.errors import LoadFailed
from sandbox.mask import dates, keyed, unit
from sandbox.mask.hierarchy import hierarchy
from sandbox.mask.region import region
from sandbox.mask.text import as_text, half_width, literal, named, normalised
from sandbox.nouns import mask as masks
from sandbox.nouns.china import SUSPECTS
from sandbox.nouns.policy import Column, ColumnType

STARS = "****"
"""What stands for the hidden middle: its length is hidden too."""


@dataclass(frozen=True)
class Context:
    """What an operator may know: public facts, and the digest of the row's own unit."""

    column: Column
    load_date: dt.date
    folder: str
    """Folder of the policy file."""
    unit_digest: str | None
    """SQL of the unit's keyed hash; None in a public table."""


def keep(sql: str, _mask: masks.Keep, _context: Context) -> str:
    """The value as it is."""
    return sql


def constant(_sql: str, mask: masks.Constant, _context: Context) -> str:
    """One public text, whatever the value, NULL included."""
    return literal(mask.value)


def pseudonym(sql: str, mask: masks.Pseudonym, _context: Context) -> str:
    """32 hexadecimal characters of HMAC, separated by domain."""
    return f"left({keyed.digest(keyed.scope('pseudonym', mask.domain), normalised(sql))}, 32)"


def partial(sql: str, mask: masks.Partial, _context: Context) -> str:
    """The first and last characters around four asterisks; NULL unless at least one character is hidden."""
    last = f"right(t, {mask.last})" if mask.last else "''"
    shown = f"left(t, {mask.first}) || {literal(STARS)} || {last}"
    return named("t", as_text(sql), f"CASE WHEN length(t) > {mask.first + mask.last} THEN {shown} END")


def age_band(sql: str, mask: masks.AgeBand, context: Context) -> str:
    """The age band of a date of birth."""
    return dates.age_band(sql, mask, context.load_date)


def date_trunc(sql: str, mask: masks.DateTrunc, _context: Context) -> str:
    """The first day of the period."""
    return dates.truncated(sql, mask.unit)


def date_shift(sql: str, mask: masks.DateShift, context: Context) -> str:
    """The date moved by the unit's secret number of days."""
    if context.unit_digest is None:
        raise LoadFailed(
            "mask_needs_unit",
            f"column {context.column.name} shifts dates per unit, but its table is public",
            hint="use date_trunc, or name the table's unit",
        )
    moved = unit.shift_days(context.unit_digest, mask.days)
    return dates.shifted(sql, moved, mask.days, timestamp=context.column.type is ColumnType.TIMESTAMP)


def region_part(sql: str, mask: masks.Region, context: Context) -> str:
    """The province, city or county."""
    return region(sql, mask, context.column.domain)


def ancestor(sql: str, mask: masks.Hierarchy, context: Context) -> str:
    """The ancestor of a code."""
    return hierarchy(sql, mask, context.folder)


def scan(sql: str, mask: masks.Scan, _context: Context) -> str:
    """Free text with everything that looks like a number of a person replaced.

    Patterns are those of the recognizers without checksum: rather too much than too little. Names in free
    text are not found; the policy's check says so.
    """
    text = half_width(as_text(sql))
    if mask.on_hit == "null":
        hit = " OR ".join(f"regexp_matches(t, {literal(pattern)})" for pattern in SUSPECTS.values())
        return named("t", text, f"CASE WHEN NOT ({hit}) THEN t END")
    for entity, pattern in SUSPECTS.items():
        token = f"<{entity}>" if mask.on_hit == "token" else "***"
        text = f"regexp_replace({text}, {literal(pattern)}, {literal(token)}, 'g')"
    return text


RENDERERS: dict[type[masks.Operator], Callable[[str, Any, Context], str]] = {
    masks.Keep: keep,
    masks.Constant: constant,
    masks.Pseudonym: pseudonym,
    masks.Partial: partial,
    masks.AgeBand: age_band,
    masks.DateTrunc: date_trunc,
    masks.DateShift: date_shift,
    masks.Region: region_part,
    masks.Hierarchy: ancestor,
    masks.Scan: scan,
}
"""Every operator that stores something; ``drop`` stores nothing."""


def render(sql: str, context: Context) -> str:
    """The masked value of a source column as SQL."""
    mask = context.column.mask
    return RENDERERS[type(mask)](sql, mask, context)
