"""One invented cell: in the form that the column's mask, domain, bounds and type give the stored one.

The first rule that fits decides: domain, mask, bounds, type. Names of columns are public and tell a format
where nothing else does (a partly hidden mobile number looks like one).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sandbox.dummy.people import TODAY, Draws, Person
from sandbox.mask.dates import age_bands
from sandbox.mask.hierarchy import read_hierarchy
from sandbox.mask.operators import STARS
from sandbox.nouns import mask as masks
from sandbox.nouns.china import PROVINCES, RESIDENT_CHECKS, RESIDENT_WEIGHTS
from sandbox.nouns.policy import Column, ColumnType
from sandbox.nouns.release import Cell

FIRST, LAST = dt.date(2024, 1, 1), dt.date(2025, 12, 31)
"""Days of a date column without bounds."""
BIRTH = re.compile(r"birth|born|dob|出生|生日", re.IGNORECASE)
AGE = re.compile(r"(^|_)age(_|$)|年龄", re.IGNORECASE)
IDENTITY = re.compile(r"身份证|证件|id_?card|id_?no|sfz", re.IGNORECASE)
MOBILE = re.compile(r"手机|电话|mobile|phone", re.IGNORECASE)
PERSON_NAME = re.compile(r"姓名|名字|(^|_)name", re.IGNORECASE)
DIAGNOSIS = re.compile(r"diag|诊断|icd|疾病", re.IGNORECASE)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
ICD10 = ("I10", "E11", "J06", "K29", "M54", "J20", "I25", "N39", "H10", "L20", "R51", "K04", "J45", "E78")
SENTENCES = (
    "复诊，一般情况可。", "联系电话 <CN_MOBILE>，已告知注意事项。", "建议两周后复查。", "患者自述好转。",
    "Follow-up in two weeks.", "家属证件 <CN_RESIDENT_ID> 已核对。",
)  # fmt: skip
"""Free text after its scan: tokens stand where personal data stood."""


KEY = "key"
"""First name of the cells of a key: equal for equal rest, and unlike all others."""


@dataclass(frozen=True)
class Place:
    """Where a cell stands, and what it may be made of."""

    column: Column
    person: Person
    draws: Draws
    names: tuple[object, ...]
    """What its draws belong to: cells of the same names are the same."""
    folder: str
    """The policy's folder, for public hierarchy files."""

    @property
    def share(self) -> float:
        """The cell's own number in [0, 1)."""
        return self.draws.share(*self.names)


def cell(place: Place) -> Cell:
    """An invented value of the stored column."""
    column = place.column
    if column.domain is not None:
        return _of_domain(place, column.domain)
    if column.type in (ColumnType.DATE, ColumnType.TIMESTAMP):
        return _moment(place)
    if isinstance(column.mask, masks.AgeBand):
        return _band(place, column.mask)
    if column.type is ColumnType.TEXT:
        return _text(place)
    if column.type is ColumnType.BOOLEAN:
        return place.share < 0.5
    return _number(place)


def typed(text: str, kind: ColumnType) -> Cell:
    """A declared or public value under its type; None where it is none.

    >>> typed("3", ColumnType.INTEGER), typed("2025-01-31", ColumnType.DATE)
    (3, datetime.date(2025, 1, 31))
    """
    try:
        match kind:
            case ColumnType.INTEGER:
                return int(text)
            case ColumnType.NUMBER:
                number = float(text)
                return number if number - number == 0 else None
            case ColumnType.DATE:
                return dt.date.fromisoformat(text[:10])
            case ColumnType.TIMESTAMP:
                return dt.datetime.fromisoformat(text)
            case ColumnType.BOOLEAN:
                return {"true": True, "false": False}.get(text.lower())
            case _:
                return text
    except ValueError:
        return None


def pick(share: float, values: Sequence[str]) -> str:
    """The value at a share of a list."""
    return values[int(share * len(values))]


def _of_domain(place: Place, domain: tuple[str, ...]) -> Cell:
    """A declared value; an age band is the person's own where the domain has it."""
    if isinstance(place.column.mask, masks.AgeBand):
        band = _band(place, place.column.mask)
        if band in domain:
            return band
    return typed(pick(place.share, domain), place.column.type)


def _band(place: Place, mask: masks.AgeBand) -> str:
    on = dt.date.fromisoformat(mask.on) if mask.on else TODAY
    age = place.person.age(on)
    return age_bands(mask)[min(age, mask.top) // mask.width if age < mask.top else -1]


def _moment(place: Place) -> Cell:
    column = place.column
    low, high = FIRST, LAST
    if column.bounds is not None and isinstance(column.bounds[0], dt.date):
        low, high = column.bounds[0], column.bounds[1]
    day = low + dt.timedelta(days=int(place.share * ((high - low).days + 1)))
    if BIRTH.search(column.name) and not isinstance(column.mask, masks.DateShift):
        day = min(max(place.person.born, low), high) if column.bounds else place.person.born
    if isinstance(column.mask, masks.DateTrunc):
        day = max(_truncated(day, column.mask.unit), low)
    if column.type is ColumnType.DATE:
        return day
    minutes = 0 if day == high else 8 * 60 + int(place.draws.share(*place.names, "minute") * 600)
    return dt.datetime(day.year, day.month, day.day) + dt.timedelta(minutes=minutes)


def _truncated(day: dt.date, unit: str) -> dt.date:
    match unit:
        case "week":
            return day - dt.timedelta(days=day.weekday())
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case "year":
            return day.replace(month=1, day=1)
    return day.replace(day=1)


def _number(place: Place) -> Cell:
    """Skewed to the low end, as amounts and counts are; on the grid of the stored type."""
    column, share = place.column, place.share**2
    integer = column.type is ColumnType.INTEGER
    if column.bounds is None or isinstance(column.bounds[0], dt.date):
        if place.names[0] == KEY:
            return int(place.share * 10**9)
        return int(share * 20) if integer else round(share * 100, 2)
    low, high = Decimal(str(column.bounds[0])), Decimal(str(column.bounds[1]))
    if integer and AGE.search(column.name):
        return int(min(max(Decimal(place.person.age(TODAY)), low), high))
    value = low + (high - low) * Decimal(str(round(share, 9)))
    if integer:
        return int(min(max(value.to_integral_value(), low), high))
    return min(max(value.quantize(Decimal(1).scaleb(-(column.scale or 2))), low), high)


def _text(place: Place) -> Cell:
    mask, name = place.column.mask, place.column.name
    match mask:
        case masks.Constant():
            return mask.value
        case masks.Pseudonym():
            return place.draws.digits("pseudonym", mask.domain, *place.names)
        case masks.Partial():
            text = _original(place)
            hides = len(text) > mask.first + mask.last
            return f"{text[: mask.first]}{STARS}{text[len(text) - mask.last :]}" if hides else None
        case masks.Region():
            return _region(place.person.county, mask.level)
        case masks.Hierarchy():
            ancestors = dict.fromkeys(read_hierarchy(Path(place.folder) / mask.file, mask.level).values())
            return pick(place.share, list(ancestors))
        case masks.Scan():
            return pick(place.share, SENTENCES)
    if IDENTITY.search(name) or MOBILE.search(name):
        return place.draws.digits(name, *place.names)
    if DIAGNOSIS.search(name):
        return pick(place.share, ICD10)
    if place.names[0] == KEY:
        return f"K{int(place.share * 10**9):09d}"
    return f"{name}-{1 + int(place.share * 20):02d}"


def _region(county: str, level: str) -> str:
    """A code cut to its level, as the mask leaves it.

    >>> _region("410203", "city"), _region("410203", "province")
    ('410200', '410000')
    """
    return county[: {"province": 2, "city": 4, "county": 6}[level]].ljust(6, "0")


def _original(place: Place) -> str:
    """What a partly hidden value may have been: in its format, and never a number that anybody can have."""
    name, person = place.column.name, place.person
    if IDENTITY.search(name):
        body = f"{person.county}{person.born:%Y%m%d}{int(place.share * 1000):03d}"
        total = sum(int(digit) * weight for digit, weight in zip(body, RESIDENT_WEIGHTS, strict=True))
        return body + RESIDENT_CHECKS[(total + 1) % 11]  # the neighbour of the check digit: valid for nobody
    if MOBILE.search(name):
        return f"138{int(place.share * 10**8):08d}"
    if PERSON_NAME.search(name):
        return pick(place.share, SURNAMES) + "某某"
    if re.search(r"addr|地址|住址", name, re.IGNORECASE):
        return f"{PROVINCES[person.county[:2]]}某市某区某路{1 + int(place.share * 200)}号"
    return f"{int(place.share * 10**12):012d}"
