"""Invents identifiers by the standards, valid and nearly so; seeded."""

from __future__ import annotations

import random
from collections.abc import Callable

from sandbox.nouns.china import (
    PLATE_PROVINCES,
    RESIDENT_CHECKS,
    RESIDENT_WEIGHTS,
    USCC_ALPHABET,
    USCC_WEIGHTS,
)

DIGITS = "0123456789"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
Make = Callable[[random.Random], str]


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choices(DIGITS, k=count))


def resident_id(rng: random.Random) -> str:
    region = rng.choice(["410105", "110101", "650102", "810000", "820000", "830000", "911124"])
    day = f"{rng.randrange(1925, 2024)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"
    body = region + day + digits(rng, 3)
    total = sum(int(digit) * weight for digit, weight in zip(body, RESIDENT_WEIGHTS, strict=True))
    return body + RESIDENT_CHECKS[total % 11]


def wrong_resident_id(rng: random.Random) -> str:
    """Right in form; the check character is one off."""
    number = resident_id(rng)
    return number[:17] + RESIDENT_CHECKS[(RESIDENT_CHECKS.index(number[17]) + 1) % 11]


def uscc(rng: random.Random) -> str:
    body = rng.choice(["91", "92", "12", "52"]) + "410105" + "MA" + "".join(rng.choices(USCC_ALPHABET, k=7))
    total = sum(USCC_ALPHABET.index(char) * weight for char, weight in zip(body, USCC_WEIGHTS, strict=True))
    return body + USCC_ALPHABET[-total % 31]


def bank_card(rng: random.Random) -> str:
    length = rng.choice([16, 17, 18, 19])
    body = "62" + digits(rng, length - 3)
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


def mobile(rng: random.Random) -> str:
    return rng.choice(["", "", "+86", "86 ", "0086"]) + "1" + rng.choice("3456789") + digits(rng, 9)


def landline(rng: random.Random) -> str:
    return rng.choice(["010-", "0371-", "021 ", "(0371)"]) + rng.choice("23456789") + digits(rng, 7)


def plate(rng: random.Random) -> str:
    head = rng.choice(PLATE_PROVINCES) + rng.choice(LETTERS)
    return head + rng.choice(
        ["D" + digits(rng, 5), digits(rng, 5), digits(rng, 4) + "挂", digits(rng, 5) + "F"]
    )


def email(rng: random.Random) -> str:
    return "".join(rng.choices("abcxyz0189._", k=6)) + "a@example." + rng.choice(["com", "cn", "org.cn"])


def passport(rng: random.Random) -> str:
    return "护照" + rng.choice(["E", "G", "EA", "EH"]).ljust(2, "1") + digits(rng, 7)


VALID: dict[str, Make] = {
    "CN_RESIDENT_ID": resident_id, "CN_USCC": uscc, "CN_BANK_CARD": bank_card, "CN_MOBILE": mobile,
    "CN_LANDLINE": landline, "CN_PLATE": plate, "EMAIL_ADDRESS": email, "CN_PASSPORT": passport,
    "IP_ADDRESS": lambda rng: f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}",
}  # fmt: skip

HARMLESS: tuple[Make, ...] = (
    lambda rng: "ORD2025" + digits(rng, 12),
    lambda rng: "2025" + digits(rng, 14),
    lambda rng: digits(rng, 25),
    lambda rng: digits(rng, rng.randrange(1, 10)),
    lambda rng: f"{rng.randrange(10**6)}.{rng.randrange(100):02}",
    lambda rng: f"2025-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02} 08:30:15",
    lambda rng: rng.choice("ABCDEFGHIJ") + digits(rng, 2) + "." + digits(rng, 1),
    lambda rng: "H" + digits(rng, 4),
    lambda rng: rng.choice(["高血压", "无异常，随诊", "郑州市金水区", "内科门诊", "blood pressure"]),
    wrong_resident_id,
)
