"""The demo's residents: identity numbers, names, mobiles, homes, and how often each one sees a doctor."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.cli.demo import facts

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Ints = np.ndarray[tuple[int], np.dtype[np.int64]]
    Reals = np.ndarray[tuple[int], np.dtype[np.float64]]

FIRST_DAY = dt.date(2025, 1, 1)
"""Ages are counted, and visits begin, on this day."""


@dataclass(frozen=True)
class People:
    """The residents, column by column; all arrays have one entry a person."""

    id_card: pa.Array
    name: pa.Array
    mobile: pa.Array
    sex: pa.Array
    birth_date: pa.Array
    region: pa.Array
    insurance: Ints
    city: Ints
    """Where the person lives: index into ``facts.CITIES``."""
    age: Ints
    male: Ints
    activity: Reals
    """Visits relative to other people."""


def check_digit(first17: str) -> str:
    """The check character of a resident identity number (GB 11643-1999, ISO 7064 MOD 11-2).

    >>> check_digit("11010519491231002")
    'X'
    """
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(first17))
    return "10X98765432"[total % 11]


def build_people(random: np.random.Generator, count: int) -> People:
    """Invent ``count`` residents: who they are, where they live, how often they see a doctor."""
    import numpy as np
    import pyarrow as pa

    populations = np.array([city.people for city in facts.CITIES], dtype=np.float64)
    home = random.choice(len(facts.CITIES), count, p=populations / populations.sum())
    moved = (
        random.random(count) < 0.08
    )  # of those who left their birthplace, more than half went to the capital
    away = np.where(random.random(count) < 0.55, 0, random.integers(0, len(facts.CITIES), count))
    city = np.where(moved, away, home)
    bands = np.array(facts.AGE_BANDS)
    band = random.choice(len(bands), count, p=bands / bands.sum())
    born = -(band * 1826 + random.integers(0, 1826, count)) - 1  # days before the year begins
    male = random.integers(0, 2, count)
    cards, births = _identity(random, home, born, male)
    sexes = pa.array(["女", "男"])
    cities = pa.array([place.name for place in facts.CITIES])
    adult = (band >= 4) & (band < 12)
    employee = random.random(count) < np.where(adult, 0.5, 0.18)
    insurance = np.where(random.random(count) < 0.06, 2, np.where(employee, 0, 1))
    activity = random.lognormal(0.0, 0.5, count) * np.array(facts.AGE_ACTIVITY)[band]
    return People(
        id_card=cards,
        name=_names(random, male),
        mobile=_mobiles(random, count),
        sex=sexes.take(pa.array(male)),
        birth_date=births,
        region=cities.take(pa.array(city)),
        insurance=insurance,
        city=city,
        age=np.minimum(-born // 365, 99),
        male=male,
        activity=activity,
    )


def _identity(random: np.random.Generator, home: Ints, born: Ints, male: Ints) -> tuple[pa.Array, pa.Array]:
    """Identity numbers, all different, and the birth dates in them."""
    import pyarrow as pa

    counties = [[city.code + county for county in city.counties.split()] for city in facts.CITIES]
    draws = random.random((len(home), 2))
    seen: set[str] = set()
    cards, births = [], []
    for place, day, sex, (pick, serial) in zip(
        home.tolist(), born.tolist(), male.tolist(), draws.tolist(), strict=True
    ):
        birth = FIRST_DAY + dt.timedelta(days=day)
        prefix = counties[place][int(pick * len(counties[place]))] + birth.strftime("%Y%m%d")
        number = int(serial * 500)
        while (first17 := f"{prefix}{2 * (number % 500) + sex:03d}") in seen:
            number += 1
        seen.add(first17)
        cards.append(first17 + check_digit(first17))
        births.append(birth)
    return pa.array(cards), pa.array(births, pa.date32())


def _names(random: np.random.Generator, male: Ints) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    count = len(male)
    weights = 1 / np.arange(2, len(facts.SURNAMES) + 2)
    surname = np.array(list(facts.SURNAMES))[random.choice(len(weights), count, p=weights / weights.sum())]
    pools = [np.array(list(facts.FEMALE_NAMES)), np.array(list(facts.MALE_NAMES))]
    given = [
        np.where(male == 1, random.choice(pools[1], count), random.choice(pools[0], count)) for _ in "12"
    ]
    second = np.where(random.random(count) < 0.22, "", given[1])
    return pa.array(np.strings.add(np.strings.add(surname, given[0]), second).tolist())


def _mobiles(random: np.random.Generator, count: int) -> pa.Array:
    import pyarrow as pa

    prefixes = facts.MOBILE_PREFIXES.split()
    prefix = random.integers(0, len(prefixes), count).tolist()
    tails = random.integers(0, 10**8, count).tolist()
    return pa.array([f"{prefixes[first]}{tail:08d}" for first, tail in zip(prefix, tails, strict=True)])
