"""The privacy unit: its normalised identifier, its pseudonym, and its secret number of days."""

from __future__ import annotations

import datetime as dt

from sandbox.mask.keyed import digest, scope
from sandbox.mask.text import identifier, literal, named, normalised
from sandbox.nouns.china import (
    RESIDENT_CHECKS,
    RESIDENT_REGIONS,
    RESIDENT_WEIGHTS,
    USCC_ALPHABET,
    USCC_KINDS,
    USCC_WEIGHTS,
)
from sandbox.nouns.policy import Table


def unit_text(table: Table, load_date: dt.date) -> str:
    """The normalised identifier of a row's unit; NULL where it is missing or malformed."""
    assert table.unit is not None
    text = normalised(identifier(table.unit))
    if table.unit_format == "text":
        return text
    rule = _resident(load_date) if table.unit_format == "resident_id" else _uscc()
    return named("u", text, f"CASE WHEN {rule} THEN u END")


def unit_digest(table: Table, unit_type: str, load_date: dt.date) -> str:
    """HMAC of the unit, hexadecimal: the first half is its pseudonym, the second feeds its date shift."""
    return digest(scope("unit", unit_type), unit_text(table, load_date))


def reference(table: str, key: str, column: str) -> str:
    """The pseudonym of a key of ``table`` as a column holds it: equal where the normalised keys are equal."""
    return pseudonym(digest(scope("reference", table, key), normalised(identifier(column))))


def owner(table: Table) -> str:
    """The pseudonym of the row that a row refers to, through which it finds its unit."""
    assert table.via is not None
    return reference(table.via.table, table.via.key, table.via.column)


def owner_present(table: Table, load_date: dt.date) -> str:
    """Whether a row names its unit, or the row through which it finds it."""
    text = unit_text(table, load_date) if table.via is None else normalised(identifier(table.via.column))
    return f"({text}) IS NOT NULL"


def pseudonym(hex_digest: str) -> str:
    """The first 128 bits of a digest as an unsigned integer."""
    return f"('0x' || left({hex_digest}, 32))::UHUGEINT"


def shift_days(hex_digest: str, days: int) -> str:
    """A whole number of days, uniform in [−days, days], the same for all dates of the unit.

    Bits 128–191 of the digest modulo 2·days + 1: independent of the pseudonym, and off uniform by less than
    2⁻⁵⁰. Costs no second HMAC.
    """
    return f"((('0x' || substr({hex_digest}, 33, 16))::UBIGINT % {2 * days + 1})::INTEGER - {days})"


def _resident(load_date: dt.date) -> str:
    """GB 11643-1999: form, region, a date of birth that has been, and the MOD 11-2 check character.

    Foreigners' permanent residence cards (since 2023) begin with 9 and share the check.
    """
    regions = ", ".join(literal(code) for code in RESIDENT_REGIONS)
    number = "left(u, 17)::UBIGINT"
    total = " + ".join(
        f"({number} // {10 ** (16 - place)} % 10) * {weight}" for place, weight in enumerate(RESIDENT_WEIGHTS)
    )
    return (
        "CASE WHEN NOT regexp_full_match(u, '[1-9][0-9]{16}[0-9X]') THEN false "
        f"WHEN left(u, 1) <> '9' AND left(u, 2) NOT IN ({regions}) THEN false "
        f"WHEN try_strptime(substr(u, 7, 8), '%Y%m%d') BETWEEN TIMESTAMP '1880-01-01' AND "
        f"TIMESTAMP {literal(load_date.isoformat())} "
        f"THEN substr({literal(RESIDENT_CHECKS)}, 1 + (({total}) % 11)::INTEGER, 1) = right(u, 1) "
        "ELSE false END"
    )


def _uscc() -> str:
    """GB 32100-2015: form, department and kind, and the modulus-31 check character."""
    kinds = ", ".join(literal(first + second) for first, all_of in USCC_KINDS.items() for second in all_of)
    alphabet = literal(USCC_ALPHABET)
    total = " + ".join(
        f"(strpos({alphabet}, substr(u, {place + 1}, 1)) - 1) * {weight}"
        for place, weight in enumerate(USCC_WEIGHTS)
    )
    return (
        "CASE WHEN NOT regexp_full_match(u, '[0-9A-Y]{2}[0-9]{6}[0-9A-HJ-NP-RTUW-Y]{10}') THEN false "
        f"WHEN left(u, 2) NOT IN ({kinds}) THEN false "
        f"ELSE substr({alphabet}, 1 + ((31 - ({total}) % 31) % 31)::INTEGER, 1) = right(u, 1) END"
    )
