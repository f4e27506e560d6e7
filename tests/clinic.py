"""A small clinic: sources and a policy that tests write, vary and break."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

CITIES = ("郑州市", "开封市", "洛阳市")

POLICY = """\
version: 1
dataset: clinic
unit_type: person
key: {env: SANDBOX_TEST_KEY}
tables:
  visits:
    source: {connector: parquet, path: visits.parquet}
    unit: id_card
    max_rows_per_unit: 8
    columns:
      id_card:    {class: direct, mask: drop}
      name:       {class: direct, mask: drop}
      mobile:     {class: direct, mask: {pseudonym: {domain: mobile}}}
      city:       {class: quasi, domain: [郑州市, 开封市, 洛阳市], use: [group, filter]}
      visited_on: {class: quasi, mask: {date_trunc: {unit: month}}, bounds: [2025-01-01, 2025-12-31],
                   use: [group, filter]}
      hospital:   {class: other, use: [group, filter, join]}
      diagnosis:  {class: sensitive, use: [group, filter]}
      amount:     {class: sensitive, bounds: [0, 1000], use: [aggregate, filter, group]}
      free:       {class: sensitive, type: number, use: [aggregate, filter]}
  persons:
    source: {connector: parquet, path: persons.parquet}
    unit: id_card
    max_rows_per_unit: 1
    columns:
      id_card: {class: direct, mask: drop}
      sex:     {class: quasi, domain: [男, 女], use: [group, filter]}
      age:     {class: quasi, type: integer, bounds: [0, 120], use: [group, filter, aggregate]}
  hospitals:
    source: {connector: csv, path: hospitals.csv}
    public: true
privacy:
  epsilon: 20
  delta: 1.0e-6
  per_job: {epsilon: 1.0}
"""

VISITS = pa.schema(
    [
        ("id_card", pa.string()), ("name", pa.string()), ("mobile", pa.string()), ("city", pa.string()),
        ("visited_on", pa.date32()), ("hospital", pa.string()), ("diagnosis", pa.string()),
        ("amount", pa.float64()), ("free", pa.float64()),
    ]
)  # fmt: skip
PERSONS = pa.schema([("id_card", pa.string()), ("sex", pa.string()), ("age", pa.int64())])


def visits(people: int, each: int, rng: random.Random) -> list[dict[str, Any]]:
    """``people`` persons with 1 … ``each`` visits."""
    return [
        {
            "id_card": f"P{person:06d}", "name": f"张{person}", "mobile": f"138{person:08d}",
            "city": rng.choice(CITIES), "visited_on": dt.date(2025, rng.randint(1, 12), rng.randint(1, 28)),
            "hospital": f"H{rng.randint(0, 4)}", "diagnosis": f"J0{rng.randint(0, 9)}",
            "amount": round(rng.uniform(0, 1000), 2), "free": rng.uniform(-5, 5),
        }
        for person in range(people)
        for _ in range(rng.randint(1, each))
    ]  # fmt: skip


def persons(people: int, rng: random.Random) -> list[dict[str, Any]]:
    """One row a person."""
    return [
        {"id_card": f"P{person:06d}", "sex": rng.choice("男女"), "age": rng.randint(0, 99)}
        for person in range(people)
    ]


def write(
    folder: Path,
    *,
    visit_rows: Sequence[Mapping[str, Any]],
    person_rows: Sequence[Mapping[str, Any]],
    policy: str = POLICY,
    hospitals: int = 5,
) -> Path:
    """Write the three sources and the policy into ``folder``; returns the policy's path."""
    folder.mkdir(parents=True, exist_ok=True)
    pa.parquet.write_table(pa.Table.from_pylist(list(visit_rows), schema=VISITS), folder / "visits.parquet")
    pa.parquet.write_table(
        pa.Table.from_pylist(list(person_rows), schema=PERSONS), folder / "persons.parquet"
    )
    lines = ["hospital,level"] + [f"H{i},{'三级' if i % 2 else '二级'}" for i in range(hospitals)]
    (folder / "hospitals.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    path = folder / "clinic.yaml"
    path.write_text(policy, encoding="utf-8")
    return path


def small(folder: Path, *, people: int = 400, each: int = 6, policy: str = POLICY) -> Path:
    """A clinic of ``people`` persons; contents vary by nothing but the arguments."""
    rng = random.Random(7)
    return write(
        folder, visit_rows=visits(people, each, rng), person_rows=persons(people, rng), policy=policy
    )
