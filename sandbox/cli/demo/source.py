"""The demo's source: a province's outpatient claims, invented and seeded.

Three files as a health office would hand them over: ``visits.parquet``, ``persons.parquet`` and
``hospitals.csv`` in GB 18030. Identity numbers are well-formed (GB 11643 check digit) and fit sex and birth
date; activity per person is skewed, so that contribution bounds have something to cut. One million visits of
120 000 people take a few seconds.
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.cli.demo import facts
from sandbox.cli.demo.people import FIRST_DAY, People, build_people

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    Ints = np.ndarray[tuple[int], np.dtype[np.int64]]
    Reals = np.ndarray[tuple[int], np.dtype[np.float64]]

DAYS = 365
ENCODING = "gb18030"


@dataclass(frozen=True)
class DemoSource:
    """What was written."""

    folder: Path
    """Holds the three files."""
    visits: int
    people: int
    hospitals: int


@dataclass(frozen=True)
class Hospital:
    """One invented hospital."""

    code: str
    name: str
    level: str
    city: int
    """Index into ``facts.CITIES``."""
    weight: float
    """Visits relative to the other hospitals of the city."""


def generate(folder: Path, *, visits: int = 1_000_000, people: int = 120_000, seed: int = 2025) -> DemoSource:
    """Write the three files into ``folder``, which is made if need be.

    Args:
        folder: where ``visits.parquet``, ``persons.parquet`` and ``hospitals.csv`` go (replaced).
        visits: rows of the visits, at least 1.
        people: rows of the persons, at least 1.
        seed: the same seed and sizes give the same rows.

    Raises:
        ValueError: a size below 1.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as parquet

    if visits < 1 or people < 1:
        raise ValueError("the demo needs at least one visit and one person")
    random = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    hospitals = build_hospitals()
    residents = build_people(random, people)
    write_hospitals(folder / "hospitals.csv", hospitals)
    persons = pa.table({
        "id_card": residents.id_card,
        "sex": residents.sex,
        "birth_date": residents.birth_date,
        "region": residents.region,
    })  # fmt: skip
    parquet.write_table(persons, folder / "persons.parquet")
    parquet.write_table(_visits(random, visits, residents, hospitals), folder / "visits.parquet")
    return DemoSource(folder, visits, people, len(hospitals))


def build_hospitals() -> tuple[Hospital, ...]:
    """Every hospital: some tertiary, more secondary, many community centres in each city."""
    hospitals = []
    for index, city in enumerate(facts.CITIES):
        size = max(1, round(city.people / 200))
        streets = [f"{city.name}{street}社区卫生服务中心" for street in facts.STREETS.split()]
        named = [
            (f"{city.name}{name}", "三级", 9.0) for name in ("中心医院", "第一人民医院", "中医院")[: size + 1]
        ]
        named += [
            (f"{city.name}第{'二三四五六七八'[i]}人民医院", "二级", 3.0) for i in range(min(size + 1, 7))
        ]
        named += [(name, "一级", 1.0) for name in streets[: 2 * size + 2]]
        for number, (name, level, weight) in enumerate(named, 1):
            hospitals.append(Hospital(f"H{city.code}{number:03d}", name, level, index, weight))
    return tuple(hospitals)


def write_hospitals(path: Path, hospitals: tuple[Hospital, ...]) -> None:
    """Write the public table as CSV in GB 18030, the encoding such lists still come in."""
    with path.open("w", encoding=ENCODING, newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["hospital_code", "hospital_name", "level", "city"])
        rows.writerows(
            [[place.code, place.name, place.level, facts.CITIES[place.city].name] for place in hospitals]
        )


def _visits(
    random: np.random.Generator, count: int, people: People, hospitals: tuple[Hospital, ...]
) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    person = _draw(random, people.activity, count)
    department = _departments(random, people.age[person], people.male[person])
    day, code = _days_and_codes(random, department)
    order = np.argsort(day, kind="stable")
    person, department, day, code = person[order], department[order], day[order], code[order]
    hospital = _hospital_of(random, people.city[person], hospitals)
    who = pa.array(person)
    codes = sorted({text for item in facts.DEPARTMENTS for text in item.codes.split()})
    names = pa.array([item.name for item in facts.DEPARTMENTS])
    insurance = np.where(random.random(count) < 0.02, 2, people.insurance[person])
    supplies = np.array([1, 3, 5, 7, 14, 30])
    table: pa.Table = pa.table({
        "id_card": people.id_card.take(who),
        "name": people.name.take(who),
        "mobile": people.mobile.take(who),
        "visited_on": pa.array(np.datetime64(FIRST_DAY) + day, pa.date32()),
        "hospital_code": pa.array([place.code for place in hospitals]).take(pa.array(hospital)),
        "department": names.take(pa.array(department)),
        "diagnosis": pa.array(codes).take(pa.array(code)),
        "insurance": pa.array(["职工医保", "居民医保", "自费"]).take(pa.array(insurance)),
        "amount": pa.array(_amounts(random, department, hospital, hospitals, people.age[person])),
        "days": pa.array(random.choice(supplies, count, p=[0.24, 0.25, 0.18, 0.19, 0.09, 0.05]), pa.int32()),
        "note": _notes(random, people, person),
    })  # fmt: skip
    return table


def _draw(random: np.random.Generator, weights: Reals, count: int) -> Ints:
    """``count`` indices, each with a chance in proportion to its weight."""
    import numpy as np

    edges = np.cumsum(weights)
    picks: Ints = np.minimum(np.searchsorted(edges, random.random(count) * edges[-1]), len(weights) - 1)
    return picks


def _departments(random: np.random.Generator, age: Ints, male: Ints) -> Ints:
    import numpy as np

    chosen = np.zeros(len(age), dtype=np.int64)
    stage = np.digitize(age, [15, 55])
    for index in range(3):
        for sex in (0, 1):
            weights = np.array([[item.child, item.adult, item.old][index] for item in facts.DEPARTMENTS])
            if sex:
                weights[[item.name for item in facts.DEPARTMENTS].index("妇产科")] = 0
            here = (stage == index) & (male == sex)
            chosen[here] = _draw(random, weights, int(here.sum()))
    return chosen


def _days_and_codes(random: np.random.Generator, department: Ints) -> tuple[Ints, Ints]:
    """Day of the year (0 is 1 January) and diagnosis of each visit: seasons, weeks, holidays; Zipf codes."""
    import numpy as np

    calendar = np.array([facts.WEEKDAYS[(FIRST_DAY.weekday() + day) % 7] for day in range(DAYS)])
    for first, length, factor in facts.HOLIDAYS:
        start = (dt.date.fromisoformat(first) - FIRST_DAY).days
        calendar[start : start + length] *= factor
    season = np.cos(2 * np.pi * (np.arange(DAYS) - 14) / DAYS)
    places = {code: index for index, code in enumerate(
        sorted({text for item in facts.DEPARTMENTS for text in item.codes.split()})
    )}  # fmt: skip
    day, code = np.zeros(len(department), dtype=np.int64), np.zeros(len(department), dtype=np.int64)
    for index, item in enumerate(facts.DEPARTMENTS):
        here = department == index
        count = int(here.sum())
        day[here] = _draw(random, calendar * (1 + item.winter * season), count)
        own = np.array([places[text] for text in item.codes.split()])
        code[here] = own[_draw(random, 1 / np.arange(1, len(own) + 1), count)]
    return day, code


def _hospital_of(random: np.random.Generator, city: Ints, hospitals: tuple[Hospital, ...]) -> Ints:
    """A hospital at home, or now and then one in the capital."""
    import numpy as np

    where = np.where(random.random(len(city)) < 0.07, 0, city)
    weights = np.array([place.weight for place in hospitals])
    location = np.array([place.city for place in hospitals])
    chosen = np.zeros(len(city), dtype=np.int64)
    for index in range(len(facts.CITIES)):
        here = where == index
        own = np.flatnonzero(location == index)
        chosen[here] = own[_draw(random, weights[own], int(here.sum()))]
    return chosen


def _amounts(
    random: np.random.Generator, department: Ints, hospital: Ints, hospitals: tuple[Hospital, ...], age: Ints
) -> Reals:
    """CNY, two decimals: log-normal around the department's median; dearer in large hospitals and old age."""
    import numpy as np

    levels = {"三级": 1.35, "二级": 1.0, "一级": 0.6}
    price = np.array([item.price for item in facts.DEPARTMENTS])[department]
    level = np.array([levels[place.level] for place in hospitals])[hospital]
    amounts: Reals = np.round(price * level * (1 + age / 250) * random.lognormal(0.0, 0.7, len(age)), 2)
    return amounts


def _notes(random: np.random.Generator, people: People, person: Ints) -> pa.Array:
    """Free text; about three in a hundred hold a mobile number or a name, a third are empty."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as compute

    kind = random.random(len(person))
    plain = random.integers(0, len(facts.NOTES), len(person))
    notes = pa.array(facts.NOTES).take(pa.array(plain, mask=kind < 0.33))
    slips = np.flatnonzero(kind > 0.97)
    who = pa.array(person[slips])
    found = zip(
        people.name.take(who).to_pylist(),
        people.mobile.take(who).to_pylist(),
        kind[slips].tolist(),
        strict=True,
    )
    texts = [_slip(name, mobile, int(draw * 1e6)) for name, mobile, draw in found]
    mask = np.zeros(len(person), dtype=bool)
    mask[slips] = True
    return compute.replace_with_mask(notes, pa.array(mask), pa.array(texts, pa.string()))


def _slip(name: str, mobile: str, draw: int) -> str:
    """A note that says more than it should."""
    templates = facts.NOTES_WITH_MOBILE if draw % 2 else facts.NOTES_WITH_NAME
    return templates[draw // 2 % len(templates)].format(name=name, mobile=mobile)
