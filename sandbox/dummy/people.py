"""Invented units and the source of every choice: a keyed hash of the policy's own hash. 虚构的隐私单元."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from sandbox.nouns.china import PROVINCES

PEOPLE = 1000
"""Invented units of a dataset: a public constant, whatever the real number is."""
TODAY = dt.date(2025, 1, 1)
"""Day that invented ages are told from, where a mask names none."""
OLDEST = 95
"""Age of the eldest, years."""


@dataclass(frozen=True)
class Draws:
    """Numbers that look random and are the same for the same policy, in whatever order they are drawn."""

    seed: bytes
    """At most 64 bytes; the policy's hash."""

    def share(self, *names: object) -> float:
        """A number in [0, 1) that belongs to these names.

        >>> Draws(b"x").share("visits", 3) == Draws(b"x").share("visits", 3)
        True
        """
        text = "\x1f".join(map(str, names)).encode()
        return int.from_bytes(hashlib.blake2b(text, key=self.seed, digest_size=6).digest()) / 2**48

    def digits(self, *names: object) -> str:
        """32 hexadecimal digits that belong to these names: what a pseudonym looks like."""
        text = "\x1f".join(map(str, names)).encode()
        return hashlib.blake2b(text, key=self.seed, digest_size=16).hexdigest()


@dataclass(frozen=True)
class Person:
    """One invented unit: what is the same in all its rows."""

    number: int
    born: dt.date
    county: str
    """Six digits in the form of GB/T 2260; its province exists, the rest is made up."""

    def age(self, on: dt.date) -> int:
        """Full years on a day; 0 before birth."""
        before = (on.month, on.day) < (self.born.month, self.born.day)
        return max(0, on.year - self.born.year - before)


def people(draws: Draws) -> list[Person]:
    """The invented units of a dataset."""
    provinces = sorted(PROVINCES)[:31]  # the 31 whose residents carry resident numbers
    found = []
    for number in range(PEOPLE):
        days = int(draws.share("born", number) * OLDEST * 365.25)
        province = provinces[int(draws.share("province", number) * len(provinces))]
        city = 1 + int(draws.share("city", number) * 9)
        county = 1 + int(draws.share("county", number) * 9)
        found.append(
            Person(number, TODAY - dt.timedelta(days=days), f"{province}{city:02d}{county:02d}")
        )  # fmt: skip
    return found
