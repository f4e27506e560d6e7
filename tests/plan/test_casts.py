"""Numbers of so many digits, small ones, and times that move: answers are DuckDB's own."""

from __future__ import annotations

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.plan import plan
from tests.plan.database import answer
from tests.plan.refusing import codes
from tests.plan.world import FACTS


def same(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    ours = [[x if x is None else float(x) for x in row] for row in answer(con, plan(sql, FACTS))]  # type: ignore[arg-type]
    plainly = [[x if x is None else float(x) for x in row] for row in con.execute(sql).fetchall()]
    assert sorted(ours, key=str) == [pytest.approx(row) for row in sorted(plainly, key=str)]
    assert ours


@pytest.mark.parametrize(
    "text",
    [
        "CAST(weight AS DECIMAL(10, 1))",
        "CAST(weight AS DECIMAL(10))",
        "CAST(weight / 7 AS DECIMAL)",
        "CAST(weight / 7 AS NUMERIC(4, 3))",
        "TRY_CAST(days * 100 AS DECIMAL(4, 1))",
        "CAST(days AS DECIMAL(10, 2))",
        "CAST(CAST(days AS VARCHAR) || '.25' AS DECIMAL(5, 1))",
        "CAST(days > 3 AS DECIMAL(5, 2))",
        "days + CAST('2.345' AS DECIMAL(10, 2))",
        "days + CAST(-0.25 AS DECIMAL(10, 1))",
        "days + CAST('3.7' AS INTEGER)",
        "days + CAST('-2.5' AS INTEGER)",
        "days + CAST('12' AS DOUBLE)",
        "days + CAST(4.5 AS INTEGER)",
        "days + CAST(-4.5 AS BIGINT)",
        "days + TRY_CAST('12345' AS DECIMAL(4, 1))",
    ],
)
def test_a_cast_to_decimal_rounds_to_its_places(twice: duckdb.DuckDBPyConnection, text: str) -> None:
    """Each value was a group of its own where rounded ones were asked for."""
    same(twice, f"SELECT x, COUNT(*) FROM (SELECT id_card, {text} AS x FROM visits) v GROUP BY x")


def test_a_number_that_is_cast_keeps_its_bounds_rounded_outward(twice: duckdb.DuckDBPyConnection) -> None:
    same(twice, "SELECT SUM(CAST(clamp(weight, -0.26, 0.26) AS DECIMAL(10, 1))) FROM visits")
    text = "clamp(CAST(weight AS DECIMAL(10, 1)), CAST('-0.25' AS DECIMAL(4, 1)), CAST(0.2 AS DECIMAL(4, 1)))"
    same(twice, f"SELECT SUM({text}) FROM visits")


@pytest.mark.parametrize(
    ("size", "kept"), [("18, 3", True), ("20, 4", True), ("17, 3", False), ("18, 4", False), ("20, 2", False)]
)
def test_a_stored_decimal_that_fits_stays_one(size: str, kept: bool) -> None:
    """Sums of it are exact, and its load's bounds are enforced."""
    (stage,) = plan(f"SELECT SUM(CAST(amount AS DECIMAL({size}))) FROM visits", FACTS).stages
    assert ("TRY_CAST" not in stage.exact_sql) == kept


@pytest.mark.parametrize("size", ["0", "39", "4, 5", "4, 2, 1", "4, -1"])
def test_digits_that_no_decimal_has_are_refused(size: str) -> None:
    sql = f"SELECT COUNT(CAST(weight AS DECIMAL({size}))) FROM visits"
    assert codes(sql) <= {"construct_not_supported", "syntax"}


def test_a_text_that_is_no_number_is_refused_as_before() -> None:
    with pytest.raises(Refused, match="literal_invalid"):
        plan("SELECT COUNT(CAST('a' AS DECIMAL(4, 1))) FROM visits", FACTS)


@pytest.mark.parametrize("text", ["SUM(days / 1e12)", "AVG(days / 1e12)", "SUM(clamp(weight, 0, 0.5) / 1e9)"])
def test_small_numbers_add_up_as_large_ones_do(twice: duckdb.DuckDBPyConnection, text: str) -> None:
    """All of them were rounded to 0: steps were 10⁻⁸ at the finest."""
    (row,) = answer(twice, plan(f"SELECT {text} FROM visits", FACTS))
    (plainly,) = twice.execute(f"SELECT {text} FROM visits").fetchall()
    assert row == pytest.approx(plainly, rel=1e-6, abs=0)


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("CAST(visited_on AS TIMESTAMP) + INTERVAL 23 HOUR + INTERVAL 23 HOUR", {2025, 2026}),
        ("coalesce(CAST(visited_on AS TIMESTAMP), TIMESTAMP '2025-12-31 23:00:00') + INTERVAL 2 HOUR",
         {2025, 2026}),
        ("CAST(visited_on AS TIMESTAMP) - INTERVAL 23 HOUR", {2024, 2025}),
        ("visited_on + INTERVAL 23 HOUR", {2025}),
    ],
)  # fmt: skip
def test_times_late_on_the_last_day_may_move_into_the_next(text: str, years: set[int]) -> None:
    """Their group was none of the public ones, and its rows were left out."""
    (stage,) = plan(f"SELECT year({text}) AS y, COUNT(*) FROM visits GROUP BY y", FACTS).stages
    assert {year for year in stage.keys[0].domain or () if year is not None} == years
