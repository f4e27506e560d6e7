"""What the planner's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.plan.database import Row, beside, connect, fill
from tests.plan.world import CITIES, DRUGS, HOSPITALS, VISITS


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect()
    yield made
    made.close()


@pytest.fixture(scope="module")
def twice() -> Iterator[duckdb.DuckDBPyConnection]:
    """A workspace, and beside it the same rows as tables of the statement's own names."""
    made = connect()
    blank: Row = dict.fromkeys(column.name for column in VISITS.columns)
    visits = [
        {
            **blank, "id_card": n % 4, "city": [*CITIES, None][n % 4], "sex": "FM"[n % 2],
            "days": n, "code": n % 3, "weight": (n % 5 - 2) / 4,
        }
        for n in range(9)
    ]  # fmt: skip
    drugs: list[Row] = [
        {"person": n % 3, "city": [*CITIES[:2], None][n % 3 - n // 5], "drug": "AB"[n % 2], "price": n / 2}
        for n in range(6)
    ]
    hospitals: list[Row] = [
        {"hospital": str(n), "level": 1 + n, "region": CITIES[n], "beds": n} for n in range(2)
    ]
    for table, rows in ((VISITS, visits), (DRUGS, drugs), (HOSPITALS, hospitals)):
        fill(made, table, rows, 64)
        beside(made, table, rows)
    made.execute("CREATE MACRO clamp(x, lo, hi) AS CASE WHEN x < lo THEN lo WHEN x > hi THEN hi ELSE x END")
    yield made
    made.close()
