"""A source of any size: visits with Chinese names, identity numbers, skewed activity. All synthetic."""

from __future__ import annotations

from pathlib import Path

import duckdb

CITIES = (
    *("郑州市", "开封市", "洛阳市", "平顶山市", "安阳市", "鹤壁市", "新乡市", "焦作市", "濮阳市"),
    *("许昌市", "漯河市", "三门峡市", "南阳市", "商丘市", "信阳市", "周口市", "驻马店市", "济源市"),
)

POLICY = """\
version: 1
dataset: bench
unit_type: person
key: {{env: SANDBOX_BENCH_KEY}}
tables:
  visits:
    source: {{connector: parquet, path: visits.parquet}}
    unit: id_card
    max_rows_per_unit: 64
    columns:
      id_card:    {{class: direct, mask: drop}}
      name:       {{class: direct, mask: drop}}
      mobile:     {{class: direct, mask: {{pseudonym: {{domain: mobile}}}}}}
      birth_date: {{class: quasi, mask: {{age_band: {{width: 5, top: 90}}}}, use: [group, filter]}}
      region:     {{class: quasi, domain: [{cities}], use: [group, filter]}}
      visited_on: {{class: quasi, mask: {{date_trunc: {{unit: month}}}}, bounds: [2025-01-01, 2025-12-31],
                   use: [group, filter]}}
      diagnosis:  {{class: sensitive, use: [group, filter]}}
      hospital:   {{class: other, use: [group, filter]}}
      amount:     {{class: sensitive, bounds: [0, 20000], use: [aggregate, filter]}}
privacy:
  epsilon: 1000
  delta: 1.0e-6
  per_job: {{epsilon: 1.0}}
"""


def write(folder: Path, rows: int, people: int) -> Path:
    """Write ``visits.parquet`` and ``policy.yaml`` into ``folder``; returns the policy's path."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "visits.parquet"
    if not source.exists():
        cities = ", ".join(f"'{city}'" for city in CITIES)
        with duckdb.connect(config={"threads": "2"}) as database:
            database.execute(
                f"""
                COPY (
                  SELECT '4101' || lpad((10 + p % 90)::VARCHAR, 2, '0')
                           || '19' || lpad((40 + p % 60)::VARCHAR, 2, '0')
                           || '0' || (1 + p % 9) || (10 + p % 18)
                           || lpad((p % 10000)::VARCHAR, 4, '0') AS id_card,
                         '王' || chr((19968 + p % 5000)::INT) || chr((19968 + (p * 7) % 5000)::INT) AS name,
                         '13' || lpad((p * 31 % 1000000000)::VARCHAR, 9, '0') AS mobile,
                         DATE '1940-01-01' + (p % 29000)::INT AS birth_date,
                         [{cities}][(1 + CASE WHEN r % 8 = 0 THEN r % 18 ELSE p % 18 END)::INT] AS region,
                         DATE '2025-01-01' + (r % 365)::INT AS visited_on,
                         'J' || lpad((r % 40)::VARCHAR, 2, '0') AS diagnosis,
                         'H' || lpad((r * 7 % 300)::VARCHAR, 4, '0') AS hospital,
                         round(exp(4.6 + 1.1 * ((r % 1000) / 250.0 - 2)), 2) AS amount
                  FROM (SELECT hash(i) % 1000003 AS r,
                               ((hash(i + 1) % 1000000) / 1000000.0 * (hash(i + 2) % 1000000) / 1000000.0
                                * {people})::BIGINT AS p
                        FROM range({rows}) t(i))
                ) TO '{source}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 500000)
                """
            )
    policy = folder / "policy.yaml"
    policy.write_text(POLICY.format(cities=", ".join(CITIES)), encoding="utf-8")
    return policy
