"""The type of a masked column, by fixed public rules; rows are never looked at.

In this order: what the mask yields; what ``type`` says; ISO dates as bounds are a date, numbers as bounds a
number; a domain of ``true`` and ``false`` is a boolean; all else is text. Bounds and domains must fit it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Protocol

from sandbox.nouns.mask import Drop, Operator
from sandbox.nouns.policy import Column, ColumnType
from sandbox.policy.mistakes import Path, did_you_mean, quote

KEYS = ("type", "domain", "bounds")
"""Column keys that this module reads."""
DIGITS = 18
"""A bounded number is stored as DECIMAL(18, scale)."""
MAX_DOMAIN = 100_000
"""Most values a domain may list; every one is a cell with its own noise."""

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
INTEGER = re.compile(r"[+-]?\d+", re.ASCII)

OF_MASK: dict[str, ColumnType] = {
    "age_band": ColumnType.TEXT,
    "pseudonym": ColumnType.TEXT,
    "partial": ColumnType.TEXT,
    "region": ColumnType.TEXT,
    "hierarchy": ColumnType.TEXT,
    "scan": ColumnType.TEXT,
    "constant": ColumnType.TEXT,
    "date_trunc": ColumnType.DATE,
    "date_shift": ColumnType.DATE,
}

Bound = Decimal | dt.date


class Say(Protocol):
    """Notes a mistake of the column: where in it, code, reason, fix."""

    def __call__(self, where: Path, code: str, reason: str, fix: str, /) -> None:
        """Note it."""


@dataclass(frozen=True)
class Declared:
    """What a column's ``type``, ``domain`` and ``bounds`` come to."""

    type: ColumnType
    domain: tuple[str, ...] | None = None
    bounds: tuple[Bound, Bound] | None = None


def declare(raw: Mapping[str, object], mask: Operator, say: Say) -> Declared | None:
    """Type, domain and bounds of one column, or None with every mistake noted."""
    wanted = _explicit(raw.get("type"), say) if "type" in raw else None
    if "type" in raw and wanted is None:
        return None
    if isinstance(mask, Drop):
        return _of_dropped(raw, say)
    if "domain" in raw and "bounds" in raw:
        say(("bounds",), "domain_and_bounds", "a column has a domain or bounds, not both", "remove one")
        return None
    name = str(getattr(mask, "op", ""))
    made = OF_MASK.get(name)
    if made is not None and wanted is not None and made is not wanted:
        say(
            ("type",),
            "type_contradicts_mask",
            f"the mask {name} makes {made.value}",
            f"write `type: {made.value}`, or remove it",
        )
        return None
    kind = made or wanted
    if "bounds" in raw:
        return _bounded(raw["bounds"], kind, say)
    if "domain" in raw:
        return _listed(raw["domain"], kind, say)
    return Declared(kind or ColumnType.TEXT)


def parse_date(text: str) -> dt.date | None:
    """An ISO date ``2025-01-31``, or None."""
    try:
        return dt.date.fromisoformat(text) if ISO_DATE.fullmatch(text) else None
    except ValueError:
        return None


def parse_number(text: str) -> Decimal | None:
    """A finite decimal number in ASCII digits, or None."""
    try:
        return Decimal(text) if NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def _explicit(given: object, say: Say) -> ColumnType | None:
    known = [kind.value for kind in ColumnType]
    if isinstance(given, str) and given in known:
        return ColumnType(given)
    word = given if isinstance(given, str) else ""
    say(("type",), "value_unknown", f"{quote(word)} is not a type", did_you_mean(word, known))
    return None


def _of_dropped(raw: Mapping[str, object], say: Say) -> Declared | None:
    for key in KEYS:
        if key in raw:
            say(
                (key,),
                "dropped_described",
                f"a dropped column has no {key}",
                f"remove {key}, or choose another mask",
            )
            return None
    return Declared(ColumnType.TEXT)


def _bounded(given: object, kind: ColumnType | None, say: Say) -> Declared | None:
    if not (isinstance(given, list) and len(given) == 2 and all(isinstance(end, str) for end in given)):
        say(("bounds",), "bounds_shape", "bounds are two values", "write `bounds: [lowest, highest]`")
        return None
    if kind in (ColumnType.TEXT, ColumnType.BOOLEAN):
        say(
            ("bounds",),
            "bounds_on_text",
            f"a {kind.value} column has no bounds",
            "remove them, or list a domain",
        )
        return None
    if kind is None:
        dates = any(re.match(r"\d{4}-", end) for end in given)
        kind = ColumnType.DATE if dates else ColumnType.NUMBER
    ends = [_end(end, kind, ("bounds", place), say) for place, end in enumerate(given)]
    low, high = ends
    if low is None or high is None:
        return None
    if low > high:  # type: ignore[operator]  # both ends were read under one type
        say(
            ("bounds",),
            "bounds_order",
            "the lower bound is above the upper",
            f"write `bounds: [{given[1]}, {given[0]}]`",
        )
        return None
    declared = Declared(kind, None, (low, high))
    return declared if _fits(declared, say) else None


def _end(text: str, kind: ColumnType, where: Path, say: Say) -> Bound | None:
    if kind in (ColumnType.DATE, ColumnType.TIMESTAMP):
        day = parse_date(text)
        if day is None:
            say(where, "bad_date", f"{quote(text)} is not a date", "write a day that exists, as 2025-01-31")
        return day
    if text.strip("+-.").lower() in ("nan", "inf", "infinity"):
        say(
            where,
            "not_finite",
            f"{quote(text)} is not a finite number",
            "write the widest value that makes sense",
        )
        return None
    number = parse_number(text)
    if number is None:
        say(where, "not_number", f"{quote(text)} is not a number", "write a number such as 0 or 20000")
        return None
    if number.adjusted() >= DIGITS and number != 0:
        say(where, "bounds_size", f"{quote(text)} has more than {DIGITS} digits", "write tighter bounds")
        return None
    if kind is ColumnType.INTEGER and number != number.to_integral_value():
        say(
            where,
            "not_integer",
            f"{quote(text)} is not an integer",
            "write a whole number, or `type: number`",
        )
        return None
    return number


def _fits(declared: Declared, say: Say) -> bool:
    """Bounds of a number stand exactly on the grid of its storage, DECIMAL(18, scale)."""
    scale = Column(name="column", type=declared.type, bounds=declared.bounds).scale
    if scale is None:
        return True
    for place, end in enumerate(declared.bounds or ()):
        assert isinstance(end, Decimal)
        if end != 0 and end.adjusted() + 1 + scale > DIGITS:
            say(
                ("bounds", place),
                "bounds_size",
                f"with {scale} decimals this needs more than {DIGITS} digits",
                "write tighter bounds",
            )
            return False
        if end != 0 and (-end.normalize().as_tuple().exponent > scale):  # type: ignore[operator]  # finite: an int
            say(
                ("bounds", place),
                "bounds_scale",
                f"values here are stored with {scale} decimals",
                f"write at most {scale} decimals",
            )
            return False
    return True


def _listed(given: object, kind: ColumnType | None, say: Say) -> Declared | None:
    if not isinstance(given, list) or not all(isinstance(value, str) for value in given):
        say(("domain",), "shape_wrong", "a domain is a list of values", "write `domain: [a, b, c]`")
        return None
    if not given:
        say(
            ("domain",),
            "domain_empty",
            "the domain lists no value",
            "list values, or remove it to discover keys",
        )
        return None
    if len(given) > MAX_DOMAIN:
        say(
            ("domain",),
            "domain_size",
            f"the domain lists more than {MAX_DOMAIN} values",
            "remove it to discover keys",
        )
        return None
    if kind is None and set(given) <= {"true", "false"}:
        kind = ColumnType.BOOLEAN
    kind = kind or ColumnType.TEXT
    seen: set[object] = set()
    good = True
    for place, value in enumerate(given):
        key = _value(value, kind)
        if key is None:
            say(
                ("domain", place),
                "domain_type",
                f"{quote(value)} is not of type {kind.value}",
                "correct the value, or the type",
            )
            good = False
        elif key in seen:
            say(("domain", place), "domain_duplicate", f"{quote(value)} is listed twice", "keep one")
            good = False
        seen.add(key)
    return Declared(kind, tuple(given)) if good else None


def _value(text: str, kind: ColumnType) -> object:
    """A domain value under its type, None when it is not one."""
    if kind is ColumnType.TEXT:
        return text
    if kind is ColumnType.BOOLEAN:
        return text if text in ("true", "false") else None
    if kind is ColumnType.DATE:
        return parse_date(text)
    if kind is ColumnType.INTEGER:
        return int(text) if INTEGER.fullmatch(text) and len(text) <= DIGITS else None
    if kind is ColumnType.NUMBER:
        return parse_number(text)
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None
