"""The source that the audit asks about: identical public parts, every other one with one person more.

Even parts are a dataset D, odd parts its neighbour D' with one person added, who stands as far out as the
bounds let her. Noise of different parts is independent, so one question gives thousands of samples of both.

``visits`` packs all her rows into one part: the worst case of every sum and count of rows. ``calls`` spreads
them over the parts of a block: the worst case of a count of people, and of keys that nobody else has.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

ROWS = 4
"""Rows of ``visits`` that one person may have."""
BROUGHT = 3 * ROWS
"""Rows that the added person brings; a load that keeps more than ``ROWS`` shows at once."""
SPREAD = 2
"""Rows of ``calls`` that one person may have, and parts of a block."""
BASE = 20
"""People in every part: enough that the floor of one person withholds next to none."""
MIDDLE, TOP, OUTSIDE = 5.0, 10.0, 1000.0

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
      part: {{class: other, domain: [{parts}], use: [group, filter]}}
      amount: {{class: sensitive, bounds: [0, 10], use: [aggregate]}}
      wide: {{class: sensitive, bounds: [0, 1000], use: [aggregate]}}
      side: {{class: sensitive, type: integer, bounds: [0, 1], use: [aggregate]}}
  calls:
    source: {{connector: parquet, path: calls.parquet}}
    unit: id_card
    max_rows_per_unit: {spread}
    columns:
      id_card: {{class: direct, mask: drop}}
      part: {{class: other, domain: [{parts}], use: [group, filter]}}
      tag: {{class: other, use: [group]}}
privacy:
  epsilon: 1000
  delta: 0.099
  per_job: {{epsilon: 3.0, delta: 0.049}}
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
    pyarrow.parquet.write_table(_visits(parts), folder / "visits.parquet")
    pyarrow.parquet.write_table(_calls(parts), folder / "calls.parquet")
    policy = folder / "audit.yaml"
    names = ", ".join(f"p{part}" for part in range(parts))
    policy.write_text(_POLICY.format(rows=ROWS, spread=SPREAD, parts=names), encoding="utf-8")
    return policy


def _visits(parts: int) -> pa.Table:
    rows = []
    for part in range(parts):
        for person in range(BASE):  # half of them on either side: the median hangs on one row
            rows.append((f"P{part}-{person}", f"p{part}", MIDDLE, MIDDLE, person % 2))
        for row in range(BROUGHT * (part % 2)):
            rows.append((f"P{part}-{BASE}", f"p{part}", TOP, OUTSIDE - row, 1))
    return _table(("id_card", "part", "amount", "wide", "side"), rows)


def _calls(parts: int) -> pa.Table:
    rows = []
    for part in range(parts):
        for person in range(BASE):
            rows.append((f"P{part}-{person}", f"p{part}", "common"))
        block = part // SPREAD
        if block % 2:
            rows.append((f"B{block}", f"p{part}", f"t{part}"))
    return _table(("id_card", "part", "tag"), rows)


def _table(names: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> pa.Table:
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})
