"""Two clinics that differ in one person: her rows are in one of them, and they are as awkward as rows can be.

What the other people bring is the same in both. Whatever a developer sees beside noise must be the same, too.
"""

from __future__ import annotations

import datetime as dt
import random
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from sandbox.errors import SandboxError
from sandbox.local import LocalSandbox
from sandbox.nouns.release import Preview

PEOPLE = 120
"""Ordinary people of each clinic."""
ROWS = 8
"""Most rows of one person in a table; she has as many."""
HER = "her"
CITIES = ("郑州市", "开封市", "洛阳市")

POLICY = """\
version: 1
dataset: clinic
unit_type: person
key: {env: SANDBOX_AUDIT_KEY}
tables:
  visits:
    source: {connector: parquet, path: visits.parquet}
    unit: id_card
    max_rows_per_unit: 8
    columns:
      id_card:    {class: direct, mask: drop}
      name:       {class: direct, mask: drop}
      city:       {class: quasi, domain: [郑州市, 开封市, 洛阳市], use: [group, filter, join, aggregate]}
      sex:        {class: quasi, domain: [F, M], use: [group, filter, join, aggregate]}
      amount:     {class: sensitive, type: number, bounds: [0, 20000], use: [aggregate, filter, group]}
      weight:     {class: sensitive, type: number, use: [aggregate, filter, group]}
      days:       {class: other, type: integer, bounds: [0, 30], use: [group, filter, aggregate]}
      code:       {class: other, type: integer, use: [group, filter, aggregate]}
      visited_on: {class: quasi, type: date, bounds: [2025-01-01, 2025-12-31],
                   use: [group, filter, aggregate]}
      day:        {class: quasi, type: date, use: [group, filter, join, aggregate]}
      seen_at:    {class: quasi, type: timestamp, use: [group, filter, join, aggregate]}
      urgent:     {class: other, type: boolean, use: [group, filter, aggregate]}
      hospital:   {class: other, use: [group, filter, join, aggregate]}
      diagnosis:  {class: sensitive, use: [group, filter]}
  drugs:
    source: {connector: parquet, path: drugs.parquet}
    unit: person
    max_rows_per_unit: 8
    columns:
      person: {class: direct, mask: drop}
      drug:   {class: other, domain: [A, B], use: [group, filter, join, aggregate]}
      price:  {class: sensitive, type: number, bounds: [0, 100], use: [group, filter, aggregate]}
      city:   {class: quasi, domain: [郑州市, 开封市, 洛阳市], use: [group, filter, join, aggregate]}
  hospitals:
    source: {connector: csv, path: hospitals.csv}
    public: true
    columns:
      hospital: {}
      level:    {type: integer, bounds: [1, 3]}
      region:   {domain: [郑州市, 开封市, 洛阳市]}
      beds:     {type: integer, use: [aggregate, group, filter, join]}
privacy:
  epsilon: 1000
  delta: 0.09
  per_job: {epsilon: 3.0, delta: 1.0e-12}
  min_units: 1
"""
VISITS = pa.schema(
    [
        ("id_card", pa.string()), ("name", pa.string()), ("city", pa.string()), ("sex", pa.string()),
        ("amount", pa.float64()), ("weight", pa.float64()), ("days", pa.int64()), ("code", pa.int64()),
        ("visited_on", pa.date32()), ("day", pa.date32()), ("seen_at", pa.timestamp("us")),
        ("urgent", pa.bool_()), ("hospital", pa.string()), ("diagnosis", pa.string()),
    ]
)  # fmt: skip
DRUGS = pa.schema(
    [("person", pa.string()), ("drug", pa.string()), ("price", pa.float64()), ("city", pa.string())]
)
LAST, INFINITE = 2**31 - 2, 2**31 - 1
"""Days after 1970: the last of the engine's calendar, and what it takes for infinity."""
MOMENTS = (2**63 - 2, 2**63 - 1, -(2**63) + 2, 0, 253402300799999999, -62135596800000000, None, 1)
HERS: dict[str, tuple[Any, ...]] = {
    "amount": (float("inf"), float("nan"), -0.0, 5e-324, 1e308, -float("inf"), None, 0.0),
    "weight": (float("nan"), float("inf"), -float("inf"), 1.7e308, -1.7e308, 5e-324, -0.0, None),
    "days": (2**63 - 1, -(2**63), 0, None, 30, 31, -1, 1),
    "code": (2**63 - 1, -(2**63), 0, None, 2**62, -1, 1, -(2**63) + 1),
    "day": (LAST, -LAST, INFINITE, -INFINITE, 0, None, 2932896, -719162),
    "seen_at": MOMENTS,
    "hospital": ("", "\0", "infinity", "5881580-07-10", "'(['--", "9" * 400, "a" * 20_000, "\\%_𝕏" * 50),
    "diagnosis": ("only she", "only she", "", None, "only she", "%", "\\", "'"),
}
"""Her cells, row by row."""


@dataclass(frozen=True)
class Twins:
    """Both clinics, loaded."""

    with_her: LocalSandbox
    without: LocalSandbox

    def seen(self, sql: str, **options: Any) -> tuple[object, object]:
        """What a developer of each clinic sees of a question, noise aside."""
        return shown(self.with_her, sql, **options), shown(self.without, sql, **options)


def shown(box: LocalSandbox, sql: str, **options: Any) -> object:
    """Answered or not, code and words, price, columns, and the rows' keys where they are declared."""
    try:
        answer = box.query(sql, **options)
    except SandboxError as error:
        parts = (error, *getattr(error, "others", ()))
        return [(type(each).__name__, each.code, str(each), getattr(each, "position", "")) for each in parts]
    if isinstance(answer, Preview):
        return repr(answer)
    keys = [place for place, column in enumerate(answer.columns) if not column.measured]
    rows = [tuple(row[place] for place in keys) for row in answer.rows()]
    return answer.columns, answer.cost, rows


@contextmanager
def opened(folder: Path) -> Iterator[Twins]:
    """Write, load and open both clinics in a folder."""
    with ExitStack() as stack:
        boxes = [
            stack.enter_context(
                LocalSandbox.open(
                    write(folder / name, her=her), home=folder / name / "home", key=secrets.token_bytes(32)
                )
            )
            for name, her in (("with", True), ("without", False))
        ]
        yield Twins(*boxes)


def write(folder: Path, *, her: bool) -> Path:
    """The sources of one clinic and their policy; returns the policy's path."""
    folder.mkdir(parents=True)
    write_visits(folder / "visits.parquet", her=her)
    dice = random.Random(6)  # noqa: S311  invented people
    drugs = [_drug(f"P{person}", dice) for person in range(PEOPLE)]
    drugs += [_drug(HER, dice) | {"price": float("inf")} for _ in range(ROWS * her)]
    _write(folder / "drugs.parquet", drugs, DRUGS)
    lines = [f"H{place},{place % 3 + 1},{CITIES[place % 3]},{place * 100}" for place in range(5)]
    (folder / "hospitals.csv").write_text("\n".join(["hospital,level,region,beds", *lines, ""]), "utf-8")
    path = folder / "clinic.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def write_visits(path: Path, *, her: bool) -> None:
    """The visits; those of the others are always the same."""
    dice = random.Random(5)  # noqa: S311  invented people
    visits = [_visit(f"P{person}", dice) for person in range(PEOPLE) for _ in range(1 + person % 4)]
    for row in range(ROWS * her):
        visits.append(_visit(HER, dice) | {name: cells[row] for name, cells in HERS.items()})
    _write(path, visits, VISITS)


def _write(path: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Days and moments are made of numbers: Python's calendar ends where the engine's goes on."""
    columns = []
    for field in schema:
        raw = {pa.date32(): pa.int32(), pa.timestamp("us"): pa.int64()}.get(field.type, field.type)
        columns.append(pa.array([row[field.name] for row in rows], type=raw).cast(field.type))
    pyarrow.parquet.write_table(pa.table(columns, schema=schema), path)


def _visit(person: str, dice: random.Random) -> dict[str, Any]:
    day = (dt.date(2025, 1, 1) - dt.date(1970, 1, 1)).days + dice.randrange(365)
    return {
        "id_card": person, "name": f"name of {person}", "city": dice.choice(CITIES), "sex": dice.choice("FM"),
        "amount": dice.uniform(0, 20000), "weight": dice.uniform(-5, 5), "days": dice.randint(0, 30),
        "code": dice.randint(0, 99), "visited_on": day, "day": day, "seen_at": day * 86_400_000_000,
        "urgent": dice.random() < 0.5, "hospital": f"H{dice.randrange(5)}",
        "diagnosis": f"J{dice.randrange(3)}",
    }  # fmt: skip


def _drug(person: str, dice: random.Random) -> dict[str, Any]:
    return {
        "person": person, "drug": dice.choice("AB"), "price": dice.uniform(0, 100),
        "city": dice.choice(CITIES),
    }  # fmt: skip
