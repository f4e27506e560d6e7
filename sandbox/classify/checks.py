"""Check digits and calendars of Chinese identifiers. Each takes half-width text, separators allowed."""

from __future__ import annotations

import datetime as dt
import re

from sandbox.nouns.china import (
    RESIDENT_CHECKS,
    RESIDENT_REGIONS,
    RESIDENT_WEIGHTS,
    USCC_ALPHABET,
    USCC_KINDS,
    USCC_WEIGHTS,
)

EARLIEST_BIRTH = dt.date(1880, 1, 1)
_RESIDENT = re.compile(r"[1-9][0-9]{16}[0-9X]")
_USCC = re.compile(rf"[0-9A-Y]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}")
_SEPARATORS = str.maketrans("", "", " -·•()+")


def compact(text: str) -> str:
    """Without separators, upper case."""
    return text.translate(_SEPARATORS).upper()


def resident_id(text: str) -> bool:
    """GB 11643-1999: region, a date of birth that has been, ISO 7064 MOD 11-2.

    Foreigners' permanent residence cards (2023) begin with 9 and share the check; 83 is a residence permit
    for people of Taiwan.

    >>> resident_id("11010519491231002X"), resident_id("110105194912310021")
    (True, False)
    """
    number = compact(text)
    if not _RESIDENT.fullmatch(number) or (number[0] != "9" and number[:2] not in RESIDENT_REGIONS):
        return False
    try:
        born = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    if not EARLIEST_BIRTH <= born <= dt.datetime.now(dt.UTC).date():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], RESIDENT_WEIGHTS, strict=True))
    return RESIDENT_CHECKS[total % 11] == number[17]


def uscc(text: str) -> bool:
    """GB 32100-2015: department and kind, region digits, modulus 31.

    >>> uscc("91350100M000100Y43")
    True
    """
    code = compact(text)
    if not _USCC.fullmatch(code) or code[1] not in USCC_KINDS.get(code[0], ""):
        return False
    total = sum(
        USCC_ALPHABET.index(char) * weight for char, weight in zip(code[:17], USCC_WEIGHTS, strict=True)
    )
    return USCC_ALPHABET[-total % 31] == code[17]


def luhn(text: str) -> bool:
    """ISO/IEC 7812-1: 13 to 19 digits, not all equal, Luhn's check digit.

    >>> luhn("6222 0212 0010 0000 007"), luhn("6222021200100000008")
    (False, False)
    """
    number = compact(text)
    if not (number.isascii() and number.isdigit() and 13 <= len(number) <= 19) or len(set(number)) == 1:
        return False
    digits = [int(digit) for digit in reversed(number)]
    doubled = sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0


_ISSUERS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("62", (16, 17, 18, 19)), ("60", (16, 19)), ("9558", (19,)), ("4", (13, 16)),
    ("34", (15,)), ("37", (15,)), ("35", (16,)), ("36", (14,)),
    *((str(prefix), (16,)) for prefix in range(51, 56)),
)  # fmt: skip
"""Issuer prefix → lengths its cards have: UnionPay, ICBC, Visa, American Express, JCB, Diners, Mastercard."""


def known_card(text: str) -> bool:
    """A Luhn number whose prefix and length belong to an issuer; one in ten of any digits passes Luhn."""
    number = compact(text)
    return luhn(number) and any(
        number.startswith(prefix) and len(number) in lengths for prefix, lengths in _ISSUERS
    )
