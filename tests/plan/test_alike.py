"""Random statements without noise, within their bounds: the answer is plain DuckDB's."""

from __future__ import annotations

import datetime as dt
import math
import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.plan import plan
from tests.plan.database import answer, beside, connect, fill, macros
from tests.plan.queries import Queries, both
from tests.plan.test_golden import HOSPITAL_ROWS, drugs, visits
from tests.plan.world import DRUGS, FACTS, HOSPITALS, VISITS

SECONDS = float(os.environ.get("SANDBOX_TEST_SECONDS", "20"))
FEWEST = 100
"""Statements that are asked however slow the machine is: most of them are answered, or there is no search."""
NEAR = 1e-4
Cell = str | float | bool | None


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace, and the same rows under the names that a developer uses, texts as texts."""
    made, chance = connect(), random.Random(3)
    for table, rows, bound in (
        (VISITS, [{**row, "weight": None} for row in visits(chance)], 64),
        (DRUGS, list(drugs(chance)), 8), (HOSPITALS, HOSPITAL_ROWS, 0),
    ):  # fmt: skip
        fill(made, table, rows, bound)
        beside(made, table, rows)
        for column in table.columns:
            if column.domain is not None:
                made.execute(f"ALTER TABLE {table.name} ALTER {column.name} TYPE VARCHAR")
    macros(made)
    yield made
    made.close()


def test_without_noise_random_statements_are_answered_as_by_plain_duckdb(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Refused ones say nothing here; what is answered otherwise fails the run, with the statement."""
    seed, ends, seen = secrets.randbits(64), time.monotonic() + SECONDS, Counter[str]()
    while time.monotonic() < ends or seen.total() < FEWEST:
        sql = Queries(f"{seed}/{seen.total()}").statement()
        asked, plainly = both(sql)
        try:
            theirs = con.execute(plainly).fetchall()
        except duckdb.Error:
            seen["not DuckDB's"] += 1
            continue
        try:
            made = plan(asked, FACTS)
        except Refused:
            seen["refused"] += 1
            continue
        assert alike(answer(con, made), theirs), asked
        seen["alike"] += 1
    assert seen["alike"] > seen.total() / 2, seen


def alike(ours: list[tuple[object, ...]], theirs: list[tuple[object, ...]]) -> bool:
    """The same rows in whatever order, numbers within ``NEAR``, relatively or not."""
    if len(ours) != len(theirs):
        return False
    one, two = (sorted(([cell(each) for each in row] for row in rows), key=rough) for rows in (ours, theirs))
    pairs = [pair for a, b in zip(one, two, strict=True) for pair in zip(a, b, strict=True)]
    return all(
        math.isclose(a, b, rel_tol=NEAR, abs_tol=NEAR)
        if isinstance(a, float) and isinstance(b, float)
        else a == b
        for a, b in pairs
    )


def cell(value: object) -> Cell:
    """A cell for comparing; DuckDB has NaN where one row has no spread."""
    if isinstance(value, dt.date):
        return value.isoformat()[:10]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    assert isinstance(value, (int, float, Decimal))
    return None if math.isnan(value) else float(value)


def rough(row: list[Cell]) -> str:
    """A row as text that rounding hardly changes: keys and counts first, as they are exact."""
    near = [round(each, 3) + 0.0 if isinstance(each, float) else each for each in row]
    exact = [None if isinstance(each, float) and not each.is_integer() else (each,) for each in near]
    numbers = [each for each in near if isinstance(each, float)]
    return repr((exact, [f"{each:.2g}" for each in numbers], numbers))
