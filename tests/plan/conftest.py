"""What the planner's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.plan.database import connect


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect()
    yield made
    made.close()
