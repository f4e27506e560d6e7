"""The source that the audit asks about: identical public parts, every other one with one person more.

Even parts are a dataset D, odd parts its neighbour D' with one person added, who stands as far out as the
bounds let her. Noise of different parts is independent, so one question gives thousands of samples of both.

``visits`` packs all her rows into one part: the worst case of every sum, count and choice. ``once`` does so
with one row a person: a bound that is enforced one too high doubles what she changes. ``calls`` spreads her
over the parts of a block: the worst case of a count of people, of a subquery with one row a person and group,
and of keys that nobody else has. ``copies`` is public, with several rows a key: the worst case of a join.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

ROWS = 4
"""Rows of ``visits`` that one person may have."""
BROUGHT = 3
"""Times the bound is what the added person brings; a load that keeps more than the bound shows at once."""
SPREAD = 2
"""Rows of ``calls`` that one person may have, and parts of a block."""
COPIES = 3
"""Rows of ``copies`` with the same key."""
BASE = 20
"""People in every part: enough that the floor of one person withholds next to none."""
MIDDLE, TOP, OUTSIDE = 5.0, 10.0, 1000.0
APART = (1.0, 9.0)
"""Numbers of the people of ``once``: a spread far from the least and the largest that there can be."""

_POLICY = """\
version: 1
dataset: audit
unit_type: person
key: {{env: SANDBOX_AUDIT_KEY}}
tables:
  visits:
    source: {{connector: parquet, path: visits.parquet}}
    unit: id_card
    max_rows_per_unit: {rows}
    columns:
      id_card: {{class: direct, mask: drop}}
      part: {{class: other, domain: [{parts}], use: [group, filter, join]}}
      amount: {{class: sensitive, bounds: [0, 10], use: [aggregate]}}
      wide: {{class: sensitive, bounds: [0, 1000], use: [aggregate]}}
      half: {{class: sensitive, type: integer, bounds: [0, 1], use: [aggregate]}}
      tenth: {{class: sensitive, type: integer, bounds: [0, 1], use: [aggregate]}}
      none: {{class: sensitive, type: integer, bounds: [0, 1], use: [aggregate]}}
      every: {{class: sensitive, type: integer, bounds: [0, 1], use: [aggregate]}}
      kind: {{class: other, domain: [a, b], use: [group, aggregate]}}
  once:
    source: {{connector: parquet, path: once.parquet}}
    unit: id_card
    max_rows_per_unit: 1
    columns:
      id_card: {{class: direct, mask: drop}}
      part: {{class: other, domain: [{parts}], use: [group, filter, join]}}
      place: {{class: other, domain: [{parts}], use: [group, filter]}}
      code: {{class: other, use: [group, filter, join]}}
      amount: {{class: sensitive, bounds: [0, 10], use: [aggregate]}}
      other: {{class: sensitive, bounds: [0, 10], use: [aggregate]}}
  calls:
    source: {{connector: parquet, path: calls.parquet}}
    unit: id_card
    max_rows_per_unit: {spread}
    columns:
      id_card: {{class: direct, mask: drop}}
      part: {{class: other, domain: [{parts}], use: [group, filter]}}
      amount: {{class: sensitive, bounds: [0, 10], use: [aggregate]}}
      tag: {{class: other, use: [group]}}
  copies:
    source: {{connector: parquet, path: copies.parquet}}
    public: true
privacy:
  epsilon: 1000
  delta: 0.099
  per_job: {{epsilon: 3.4, delta: 0.049}}
  min_units: 1
"""


def write(folder: Path, parts: int) -> Path:
    """Write source and policy into a folder.

    Args:
        folder: where to.
        parts: number of parts, a multiple of four.

    Returns:
        Path of the policy.
    """
    tables = {
        "visits": (("id_card", "part", "amount", "wide", "half", "tenth", "none", "every", "kind"), _visits),
        "once": (("id_card", "part", "place", "code", "amount", "other"), _once),
        "calls": (("id_card", "part", "amount", "tag"), _calls),
    }
    for name, (columns, rows) in tables.items():
        pyarrow.parquet.write_table(_table(columns, list(rows(parts))), folder / f"{name}.parquet")
    copies = [(f"p{part}", copy) for part in range(parts) for copy in range(COPIES)]
    pyarrow.parquet.write_table(_table(("part", "copy"), copies), folder / "copies.parquet")
    policy = folder / "audit.yaml"
    names = ", ".join(f"p{part}" for part in range(parts))
    policy.write_text(_POLICY.format(rows=ROWS, spread=SPREAD, parts=names), encoding="utf-8")
    return policy


def _visits(parts: int) -> Iterator[tuple[object, ...]]:
    """Base rows balance the scores of ``half`` at the median and of ``tenth`` at the rank 0.9."""
    for part in range(parts):
        name = f"p{part}"
        for person in range(BASE):
            half, tenth = person % 2, int(person % 10 == 0)
            yield f"P{part}-{person}", name, MIDDLE, MIDDLE, half, tenth, 0, 1, "ab"[half]
        for row in range(BROUGHT * ROWS * (part % 2)):
            yield f"P{part}-{BASE}", name, TOP, OUTSIDE - row, 1, 1, 1, 0, "b"


def _once(parts: int) -> Iterator[tuple[object, ...]]:
    """The two numbers of the base are uncorrelated: all four pairs of ``APART``, equally often."""
    for part in range(parts):
        name = f"p{part}"
        for person in range(BASE):
            yield f"P{part}-{person}", name, name, name, APART[person % 2], APART[person // 2 % 2]
        for _ in range(BROUGHT * (part % 2)):
            yield f"P{part}-{BASE}", name, name, name, TOP, TOP


def _calls(parts: int) -> Iterator[tuple[object, ...]]:
    for part in range(parts):
        for person in range(BASE):
            yield f"P{part}-{person}", f"p{part}", MIDDLE, "common"
        block = part // SPREAD
        if block % 2:
            yield f"B{block}", f"p{part}", TOP, f"t{part}"


def _table(names: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})
