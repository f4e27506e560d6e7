"""width_bucket: public keys that every row falls into, computed alike here and in the engine."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.nouns.plan import KeyColumn
from sandbox.plan import plan
from tests.plan.database import connect, exact
from tests.plan.test_sensitivity import WORST_VISIT, facts, load

KNOWN = facts([])


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect()
    load(made, [], [])
    yield made
    made.close()


def key(item: str) -> KeyColumn:
    return plan(f"SELECT {item} AS b, COUNT(*) FROM visits GROUP BY b", KNOWN).stages[0].keys[0]


@pytest.mark.parametrize(
    ("item", "values"),
    [
        ("width_bucket(days, 0, 30, 3)", (1, 2, 3, 4, None)),
        ("width_bucket(days, -5, 40, 3)", (1, 2, 3, None)),
        ("width_bucket(days, 10, 20, 2)", (0, 1, 2, 3, None)),
        ("width_bucket(weight, 10, 20, 2)", (0, 1, 2, 3, None)),
        ("width_bucket(days, [0, 7, 14])", (1, 2, 3, None)),
        ("width_bucket(days, [7, 14, 99])", (0, 1, 2, None)),
    ],
)
def test_buckets_that_no_value_can_reach_are_no_cells(item: str, values: tuple[object, ...]) -> None:
    assert key(item).domain == values


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    lo=st.floats(-30, 30).map(lambda x: round(x, 2)),
    width=st.floats(0.1, 60).map(lambda x: round(x, 2)),
    count=st.integers(1, 12),
    days=st.lists(st.integers(0, 30), min_size=1, max_size=3),
)
def test_every_row_falls_into_a_declared_bucket(
    con: duckdb.DuckDBPyConnection, lo: float, width: float, count: int, days: list[int]
) -> None:
    """Beside a discovered key a value out of the declared ones would end the job: a bit about one row."""
    item = f"width_bucket(days, {lo}, {round(lo + width, 2)}, {count})"
    (stage,) = plan(f"SELECT {item} AS b, code, COUNT(*) FROM visits GROUP BY b, code", KNOWN).stages
    load(con, [[{**WORST_VISIT, "days": day} for day in days]], [[]])
    assert {row["k0"] for row in exact(con, stage)} <= set(stage.keys[0].domain or ())
