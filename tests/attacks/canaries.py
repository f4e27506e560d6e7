"""Canaries: a source whose every protected cell is planted, and the search for any form of them in bytes."""

from __future__ import annotations

import base64
import datetime as dt
import io
import math
import random
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet

from tests.plan.world import CITIES

PEOPLE = 60
STEMS = ("金丝雀身份qzJw", "金丝雀姓名kWvx", "金丝雀备注pZqy", "金丝雀病名vQxj", "KANARIENzifferXQ")
"""Each cell of a text column begins with its column's: identity, name, note, rare diagnosis, phone."""
CENTS = "086753098624"
"""The decimals of every amount."""
LARGE = 76543210987.25
"""A number far outside of any bound."""
CODE = 8264519037465182736
"""An integer that no generator of tests writes."""
DAY = dt.date(1987, 3, 19)
MOMENT = dt.datetime(1987, 3, 19, 4, 37, 51)

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
      note:       {class: text, mask: drop}
      city:       {class: quasi, domain: [郑州市, 开封市, 洛阳市], use: [group, filter, aggregate]}
      sex:        {class: quasi, domain: [F, M], use: [group, filter, aggregate]}
      visited_on: {class: quasi, mask: {date_trunc: {unit: month}}, bounds: [2025-01-01, 2025-12-31],
                   use: [group, filter, aggregate]}
      seen_at:    {class: quasi, type: timestamp, use: [group, filter, aggregate]}
      hospital:   {class: other, use: [group, filter, join, aggregate]}
      urgent:     {class: other, type: boolean, use: [group, filter, aggregate]}
      days:       {class: other, type: integer, bounds: [0, 30], use: [group, filter, aggregate]}
      code:       {class: other, type: integer, use: [group, filter, aggregate]}
      diagnosis:  {class: sensitive, use: [group, filter]}
      amount:     {class: sensitive, type: number, bounds: [0, 20000], use: [aggregate, filter, group]}
      weight:     {class: sensitive, type: number, use: [aggregate, filter, group]}
  drugs:
    source: {connector: parquet, path: drugs.parquet}
    unit: person
    max_rows_per_unit: 8
    columns:
      person: {class: direct, mask: drop}
      drug:   {class: other, domain: [A, B], use: [group, filter, aggregate]}
      price:  {class: sensitive, type: number, bounds: [0, 100], use: [group, filter, aggregate]}
      city:   {class: quasi, domain: [郑州市, 开封市, 洛阳市], use: [group, filter, aggregate]}
  hospitals:
    source: {connector: csv, path: hospitals.csv}
    public: true
privacy:
  epsilon: 1000
  delta: 1.0e-6
  per_job: {epsilon: 1.0}
"""
_ALL = "group filter aggregate"
_USES = {
    "visits": {
        "city": _ALL, "sex": _ALL, "visited_on": _ALL, "seen_at": _ALL, "urgent": _ALL, "days": _ALL,
        "code": _ALL, "hospital": _ALL + " join", "diagnosis": "group filter", "amount": _ALL, "weight": _ALL,
    },
    "drugs": {"drug": _ALL, "price": _ALL, "city": _ALL},
}  # fmt: skip
GRANTED = {table: {name: uses.split() for name, uses in columns.items()} for table, columns in _USES.items()}
"""Everything that the policy gives to anybody."""


def planted(folder: Path) -> Path:
    """Write the sources and their policy; returns the policy's path."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(11)
    visits, drugs = [], []
    for person in range(PEOPLE):
        for visit in range(2):
            visits.append(_visit(person, visit, rng))
            drugs.append(
                {"person": f"{STEMS[0]}{person:03d}", "drug": "AB"[visit], "city": rng.choice(CITIES),
                 "price": float(f"{person}.{CENTS}")}
            )  # fmt: skip
    pa.parquet.write_table(pa.Table.from_pylist(visits), folder / "visits.parquet")
    pa.parquet.write_table(pa.Table.from_pylist(drugs), folder / "drugs.parquet")
    lines = [f"H{i},{i % 3 + 1},{CITIES[i % 3]},{i * 100}" for i in range(5)]
    (folder / "hospitals.csv").write_text("\n".join(["hospital,level,region,beds", *lines, ""]), "utf-8")
    path = folder / "clinic.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def _visit(person: int, visit: int, rng: random.Random) -> dict[str, Any]:
    rare = person % 4 == 0
    return {
        "id_card": f"{STEMS[0]}{person:03d}", "name": f"{STEMS[1]}{person:03d}",
        "note": f"{STEMS[2]}{person:03d}", "mobile": f"{STEMS[4]}{person:03d}",
        "diagnosis": f"{STEMS[3]}{person:03d}" if rare else f"J{person % 2}",
        "city": rng.choice(CITIES), "sex": rng.choice("FM"), "hospital": f"H{rng.randint(0, 4)}",
        "urgent": rng.random() < 0.5, "days": rng.randint(0, 30),
        "visited_on": DAY if rare else dt.date(2025, rng.randint(1, 12), rng.randint(1, 28)),
        "seen_at": MOMENT + dt.timedelta(microseconds=person * 2 + visit), "code": CODE - person,
        "amount": float(f"{person * 3 + visit}.{CENTS}"), "weight": LARGE if person == 0 else float(person),
    }  # fmt: skip


def _texts() -> list[str]:
    """Canaries as the text that a person or a program would write."""
    whole = int(LARGE)
    numbers = [
        CENTS,
        str(whole),
        f"{whole:,}",
        f"{LARGE / 1e10:.10f}",
        f"{LARGE * 100:.0f}",
        str(CODE)[:15],
        f"{CODE:x}"[:13],
    ]
    # Nothing shorter than ten signs: noise and hashes must not come upon it in a million answers.
    days = [DAY.isoformat(), f"{DAY:%Y/%m/%d}", f"{DAY:%d.%m.%Y}", str(MOMENT).replace(" ", "T")]
    return [*STEMS, *(stem[:5] for stem in STEMS[:4]), *numbers, *days, f"dt.date({DAY.year}, {DAY.month}"]


def _forms(text: str) -> list[bytes]:
    """One text in the codes that carry text."""
    plain = text.encode()
    forms = [plain, text.encode("utf-16-le"), text.encode("utf-16-be"), text.encode("gb18030"), plain[::-1]]
    forms += [quote(text).encode(), ascii(text)[1:-1].encode()]
    forms.append(text.encode("ascii", "xmlcharrefreplace"))
    if len(plain) > 7:
        forms.append(plain.hex().encode())
    if len(plain) > 11:
        # Each of the three places in a group of base64, without signs shared with neighbours.
        for shift in range(3):
            code = base64.b64encode(b"\0" * shift + plain)[math.ceil(shift * 8 / 6) : -4]
            forms += [code, code.replace(b"+", b"-").replace(b"/", b"_")]
    return forms


def _binary() -> list[bytes]:
    """Numbers as columnar formats store them."""
    amounts = [float(f"{whole}.{CENTS}") for whole in range(PEOPLE * 3 + 2)]
    micros = int(MOMENT.replace(tzinfo=dt.UTC).timestamp()) * 10**6
    day = int(dt.datetime(DAY.year, DAY.month, DAY.day, tzinfo=dt.UTC).timestamp()) * 10**6
    whole = [*(CODE - person for person in range(PEOPLE)), micros, day, micros * 1000, day * 1000]
    found = [struct.pack(order + "d", value) for value in [*amounts, LARGE] for order in "<>"]
    return found + [struct.pack(order + "q", value) for value in whole for order in "<>"]


FORMS = tuple({form.lower() for text in _texts() for form in _forms(text)})
EXACT = tuple({form for text in _texts() for form in _forms(text)})
BINARY = tuple(_binary())
"""Checked in answers that are not text."""


@dataclass(frozen=True)
class Finding:
    """A canary and where it was seen."""

    place: str
    form: bytes


def found(data: bytes, place: str) -> list[Finding]:
    """Every canary in ``data``, in any of its forms; columnar formats are also read."""
    lower = data.lower()
    seen = [form for form in FORMS if form in lower] + [form for form in EXACT if form in data]
    if b"\0" in data:
        seen += [form for form in BINARY if form in data]
    for read in (_parquet, _arrow):
        text = read(data)
        seen += [form for form in FORMS if form in text]
    return [Finding(place, form) for form in seen]


def _parquet(data: bytes) -> bytes:
    if not data.startswith(b"PAR1"):
        return b""
    return repr(pa.parquet.read_table(io.BytesIO(data)).to_pydict()).lower().encode()


def _arrow(data: bytes) -> bytes:
    if not data.startswith(b"\xff\xff\xff\xff"):
        return b""
    return repr(pa.ipc.open_stream(data).read_all().to_pydict()).lower().encode()
