"""A world of identical parts, each with one person whose secret an attacker is after.

Everything but the secrets is known to the attacker. Parts share no person, and the noise of each is its own,
so one grouped question is one trial of an attack in every part.
"""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from sandbox.errors import Refused
from sandbox.local import LocalSandbox
from sandbox.nouns.release import Cell, Release

PARTS = 1_000
"""Parts of the world: each is one trial of an attack that guesses."""
SEATS = 32
"""People of a part; a power of two. The person that is attacked sits at 0."""
COMMON = ("east", "north", "south", "west")
"""Group keys that hundreds of people share; the person at seat 0 has one that nobody else has."""

_POLICY = """\
version: 1
dataset: audit
unit_type: person
key: {{env: SANDBOX_AUDIT_KEY}}
tables:
  people:
    source: {{connector: parquet, path: people.parquet}}
    unit: id_card
    max_rows_per_unit: 1
    columns:
      id_card: {{class: direct, mask: drop}}
      part: {{class: other, domain: [{parts}], use: [group, filter]}}
      seat: {{class: quasi, type: integer, bounds: [0, {last}], use: [group, filter, join]}}
      sick: {{class: sensitive, type: integer, bounds: [0, 1], use: [aggregate, filter, group]}}
      amount: {{class: sensitive, type: number, bounds: [0, 10], use: [aggregate, filter]}}
      tag: {{class: other, use: [group, filter, join, aggregate]}}
      shade: {{class: other, domain: [east, north, south, west], use: [group, filter]}}
privacy:
  epsilon: 1000
  delta: 0.099
  per_job: {{epsilon: 3.0, delta: 1.0e-12}}
  min_units: 1
"""


@dataclass(frozen=True)
class Parts:
    """The world, loaded."""

    box: LocalSandbox
    secrets: tuple[tuple[int, ...], ...]
    """Part → seat → ``sick``, 0 or 1: fair coins."""

    def ask(self, sql: str, epsilon: str) -> tuple[list[tuple[float, ...]], float]:
        """Numbers of every part, in order, and what they were charged in ρ."""
        answer = self.box.query(sql, epsilon=epsilon)
        return self.numbers(answer), answer.cost.rho

    def numbers(self, answer: Release) -> list[tuple[float, ...]]:
        """Numbers of every part; what is withheld counts as 0."""
        rows = {part: tuple(map(_number, cells)) for part, *cells in answer.rows()}
        width = len(answer.columns) - 1
        return [rows.get(f"p{part}", (0.0,) * width) for part in range(len(self.secrets))]

    def shows(self, sql: str) -> list[bool]:
        """Whether an answer shows each part's key of seat 0; a refused question shows nothing."""
        try:
            rows = self.box.query(sql, epsilon="1").rows()
        except Refused:
            return [False]
        cells = "\n".join(str(cell).lower() for row in rows for cell in row)
        shown = {int(number) for number in re.findall(r"only (\d+)", cells)}
        return [part in shown for part in range(len(self.secrets))]

    def spent(self) -> int:
        """What the dataset was charged so far, in units of 10⁻¹² ρ."""
        return self.box.ledger.balance("dataset", "audit")[1].rho

    def right(self, guesses: Sequence[bool], seat: int = 0) -> list[bool]:
        """Whether each part's guess of a seat's secret is right."""
        return [guess == bool(bits[seat]) for guess, bits in zip(guesses, self.secrets, strict=True)]


@contextmanager
def opened(folder: Path) -> Iterator[Parts]:
    """Write, load and open the world in a folder."""
    bits = tuple(tuple(secrets.randbelow(2) for _ in range(SEATS)) for _ in range(PARTS))
    policy = _write(folder, bits)
    with LocalSandbox.open(policy, home=folder / "home", key=secrets.token_bytes(32)) as box:
        yield Parts(box, bits)


def _write(folder: Path, bits: tuple[tuple[int, ...], ...]) -> Path:
    """Rows in an order of their own each time, amounts with every binary digit in use."""
    dice = random.SystemRandom()
    rows = [
        (f"P{part}-{seat}", f"p{part}", seat, sick, dice.random() * 10, *[_tag(part, seat)] * 2)
        for part, row in enumerate(bits)
        for seat, sick in enumerate(row)
    ]
    dice.shuffle(rows)
    names = ("id_card", "part", "seat", "sick", "amount", "tag", "shade")
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})
    pyarrow.parquet.write_table(table, folder / "people.parquet")
    policy = folder / "audit.yaml"
    listed = ", ".join(f"p{part}" for part in range(len(bits)))
    policy.write_text(_POLICY.format(parts=listed, last=SEATS - 1), encoding="utf-8")
    return policy


def _tag(part: int, seat: int) -> str:
    return COMMON[(part * 3 + seat * seat) % len(COMMON)] if seat else f"only {part}"


def _number(cell: Cell) -> float:
    return 0.0 if cell is None else float(str(cell))
