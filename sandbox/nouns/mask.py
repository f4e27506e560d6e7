"""Masks: what happens to a column before it is stored. 脱敏.

Each model is one operator with its options; ``sandbox.mask`` turns it into SQL. In YAML a mask is its name
(``mask: drop``) or its name with options (``mask: {partial: {first: 3, last: 4}}``).
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Operator(BaseModel):
    """Base of all masks."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Keep(Operator):
    """The value as it is."""

    op: Literal["keep"] = "keep"


class Drop(Operator):
    """The column is not stored."""

    op: Literal["drop"] = "drop"


class Constant(Operator):
    """Every value becomes one public text."""

    op: Literal["constant"] = "constant"
    value: str = ""


class Pseudonym(Operator):
    """A keyed hash (HMAC) of the normalised value: equal values stay equal within ``domain``. 假名化."""

    op: Literal["pseudonym"] = "pseudonym"
    domain: str = Field(min_length=1)
    """Name space: columns of one domain share pseudonyms, so they can be joined."""


class Partial(Operator):
    """Keeps the first and last characters; the middle becomes asterisks. Short values vanish whole."""

    op: Literal["partial"] = "partial"
    first: int = Field(default=0, ge=0, le=32)
    last: int = Field(default=0, ge=0, le=32)


class AgeBand(Operator):
    """A birth date becomes an age band such as ``30-34`` or ``90+``."""

    op: Literal["age_band"] = "age_band"
    width: int = Field(default=5, ge=1, le=50)
    """Years in a band."""
    top: int = Field(default=90, ge=1, le=130)
    """Ages from here on share one band."""
    on: str = ""
    """Public reference date (ISO); empty: 1 January of the year of ``as_of`` of the load."""


class DateTrunc(Operator):
    """A date becomes the first day of its month, quarter or year."""

    op: Literal["date_trunc"] = "date_trunc"
    unit: Literal["week", "month", "quarter", "year"] = "month"


class DateShift(Operator):
    """All dates of one unit move by the same secret number of days, at most ``days`` either way."""

    op: Literal["date_shift"] = "date_shift"
    per: Literal["unit"] = "unit"
    days: int = Field(ge=1, le=3650)


class Region(Operator):
    """An administrative code (GB/T 2260) or address becomes its province or city."""

    op: Literal["region"] = "region"
    level: Literal["province", "city", "county"] = "city"


class Hierarchy(Operator):
    """A code becomes its ancestor by a public table: CSV with the columns value, level 1, level 2 …"""

    op: Literal["hierarchy"] = "hierarchy"
    file: str = Field(min_length=1)
    level: int = Field(default=1, ge=1, le=16)


class Scan(Operator):
    """Free text in which found personal data becomes a token such as ``<CN_MOBILE>``."""

    op: Literal["scan"] = "scan"
    on_hit: Literal["token", "redact", "null"] = "token"


Mask = (
    Keep | Drop | Constant | Pseudonym | Partial | AgeBand | DateTrunc | DateShift | Region | Hierarchy | Scan
)
OPERATORS: dict[str, type[Operator]] = {
    model.model_fields["op"].default: model
    for model in (
        Keep,
        Drop,
        Constant,
        Pseudonym,
        Partial,
        AgeBand,
        DateTrunc,
        DateShift,
        Region,
        Hierarchy,
        Scan,
    )
}
"""Every operator by its YAML name."""
