"""The source that the audit asks about: identical public parts, every other one with one person more.

Each part is a pair's half: even parts are the source D, odd parts the source D' with one person added, who
stands as far out as she can. Noise of different parts is independent, so one question gives thousands of
samples of both.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

ROWS = 4
"""Rows that one person may have; the one who differs brings more."""
BASE = 6
"""People in every part."""
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
      tag: {{class: other, use: [group]}}
      amount: {{class: sensitive, bounds: [0, 10], use: [aggregate]}}
      wide: {{class: sensitive, bounds: [0, 1000], use: [aggregate]}}
privacy:
  epsilon: 1000
  delta: 0.09
  per_job: {{epsilon: 4.0, delta: 0.002}}
  min_units: 1
"""


def write(folder: Path, parts: int) -> Path:
    """Write source and policy into a folder.

    Args:
        folder: where to.
        parts: number of parts, even.

    Returns:
        Path of the policy.
    """
    ids, where, tags, amounts, wides = [], [], [], [], []
    for part in range(parts):
        for person in range(BASE + part % 2):
            extra = person == BASE
            for _ in range(ROWS + 2 if extra else 1):
                ids.append(f"P{part}-{person}")
                where.append(f"p{part}")
                tags.append(f"t{part}" if extra else "common")
                amounts.append(TOP if extra else MIDDLE)
                wides.append(OUTSIDE if extra else MIDDLE)
    table = pa.table({"id_card": ids, "part": where, "tag": tags, "amount": amounts, "wide": wides})
    pyarrow.parquet.write_table(table, folder / "visits.parquet")
    policy = folder / "audit.yaml"
    names = ", ".join(f"p{part}" for part in range(parts))
    policy.write_text(_POLICY.format(rows=ROWS, parts=names), encoding="utf-8")
    return policy
