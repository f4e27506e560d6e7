"""Quantiles: which one is picked and what its score moves by, the candidates, the one nearest to a row."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.nouns.plan import Choice, Plan
from sandbox.nouns.policy import ColumnType, Use
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from sandbox.plan.aggregates.quantile import Grid, grid_of
from tests.plan.database import exact, fill
from tests.plan.refusing import codes
from tests.plan.test_bounds import priced
from tests.plan.world import FACTS, POLICY, VISITS, facts


def made(aggregate: str) -> Plan:
    return plan(f"SELECT {aggregate} FROM visits", FACTS)


def picked(aggregate: str) -> Choice:
    choice = made(aggregate).stages[0].measures[0].choice
    assert choice is not None
    return choice


@pytest.mark.parametrize(
    ("aggregate", "rank"),
    [
        ("MEDIAN(days)", (1, 2)),
        ("MIN(days)", (1, 100)),
        ("MAX(days)", (99, 100)),
        ("QUANTILE_CONT(days, 0.3)", (3, 10)),
        ("QUANTILE_DISC(days, 0.75)", (3, 4)),
        ("QUANTILE(days, 0.125)", (1, 8)),
        ("APPROX_QUANTILE(days, 0.3)", (3, 10)),
        ("QUANTILE_CONT(days, 0.999)", (99, 100)),
        ("QUANTILE_CONT(days, 0.987)", (987, 1000)),
        ("QUANTILE_CONT(days, 0)", (1, 100)),
        ("QUANTILE_CONT(days, 1)", (99, 100)),
        ("PERCENTILE_CONT(0.3) WITHIN GROUP (ORDER BY days)", (3, 10)),
        ("PERCENTILE_DISC(0.3) WITHIN GROUP (ORDER BY days DESC)", (7, 10)),
    ],
)
def test_one_row_moves_a_score_by_the_larger_share_of_the_rank(aggregate: str, rank: tuple[int, int]) -> None:
    found = made(aggregate)
    (measure,) = found.stages[0].measures
    assert measure.choice == Choice(0, 31, rank)
    assert measure.sensitivity == Sensitivity.rows(64, max(rank[0], rank[1] - rank[0]))
    moved = aggregate.startswith(("MIN", "MAX")) or any(text in aggregate for text in ("0.999", " 0)", " 1)"))
    told = any(f"the quantile {rank[0] / rank[1]:g}" in note for note in found.notes)
    assert told == moved  # what is asked and what is answered differ: a person is told


@pytest.mark.parametrize("given", ["1.001", "-0.1", "0.1234", "'a'", "days", "NULL"])
def test_a_rank_is_a_constant_from_0_to_1_of_three_places(given: str) -> None:
    with pytest.raises(Refused) as caught:
        made(f"QUANTILE_CONT(amount, {given})")
    assert caught.value.code in ("constant_needed", "type_wrong")
    with pytest.raises(Refused):
        made("QUANTILE_CONT(amount)")


@pytest.mark.parametrize(
    ("low", "high", "finest", "most", "grid"),
    [
        (0, 1, None, 20, Grid(0, 11, Fraction(1, 10))),
        (0, 1, None, 21, Grid(0, 21, Fraction(1, 20))),
        (0, 30, 1, 31, Grid(0, 31, Fraction(1))),
        (0, 30, 1, 30, Grid(0, 16, Fraction(2))),
        (-7.5, 2.5, None, 20, Grid(-7, 10, Fraction(1))),
        (-2.5, 2.5, 0.5, 100, Grid(-5, 11, Fraction(1, 2))),
        (1, 10**9, 1, 2001, Grid(1, 2000, Fraction(500_000))),
        (0.25, 0.5, 1, 10, Grid(5, 6, Fraction(1, 20))),
        (3, 3, None, 20, Grid(1, 1, Fraction(3))),
        (-3, -3, None, 20, Grid(-1, 1, Fraction(3))),
        (0, 0, 1, 20, Grid(0, 1, Fraction(1))),
    ],
)
def test_candidates_lie_within_the_bounds_and_are_as_many_as_fit(
    low: float, high: float, finest: float | None, most: int, grid: Grid
) -> None:
    found = grid_of(Fraction(low), Fraction(high), None if finest is None else Fraction(finest), most)
    assert found == grid
    assert low <= grid.first * grid.quantum <= (grid.first + grid.count - 1) * grid.quantum <= high


@pytest.mark.parametrize(
    ("value", "quantum", "first", "count"),
    [
        ("amount", 10, 0, 2001),
        ("days", 1, 0, 31),
        ("clamp(code, -7, 5)", 1, -7, 13),
        ("floor(clamp(weight, -7.5, 5.5))", 1, -8, 14),
        ("clamp(weight, -2, 2)", Fraction(1, 500), -1000, 2001),
        ("clamp(code, 0, 4000)", 2, 0, 2001),
        ("visited_on", 1, dt.date(2025, 1, 1).toordinal() - dt.date(1970, 1, 1).toordinal(), 365),
    ],
)
def test_whole_numbers_and_days_are_their_own_candidates_where_they_are_few(
    value: str, quantum: Fraction, first: int, count: int
) -> None:
    found = made(f"MEDIAN({value})")
    (measure,) = found.stages[0].measures
    assert measure.quantum == quantum
    assert measure.choice == Choice(first, count, (1, 2))
    assert any(f"one of {count} values, {float(quantum):g} apart" in note for note in found.notes)
    kinds = {
        "visited_on": ColumnType.DATE,
        "amount": ColumnType.NUMBER,
        "clamp(weight, -2, 2)": ColumnType.NUMBER,
    }
    assert found.post.columns[0].type is kinds.get(value, ColumnType.INTEGER)


@pytest.mark.parametrize(
    ("low", "high", "quantum", "count"),
    [("99990", "100000", Fraction(1, 100), 1001), ("99900", "100000", Fraction(1, 20), 2001)],
)
def test_stored_decimals_are_their_own_candidates_where_they_are_few(
    low: str, high: str, quantum: Fraction, count: int
) -> None:
    known, _ = priced(low, high)
    (measure,) = plan("SELECT MEDIAN(price) FROM drugs", known).stages[0].measures
    assert (measure.quantum, measure.choice) == (quantum, Choice(int(int(low) / quantum), count, (1, 2)))


def test_what_is_picked_lies_within_the_bounds_of_its_values_later_on() -> None:
    sql = "SELECT SUM(days - (SELECT MEDIAN(clamp(code, -7, 5)) FROM visits)) FROM visits"
    stages = plan(sql, FACTS).stages
    assert stages[-1].measures[0].sensitivity.linf * stages[-1].measures[0].quantum == 64 * (30 + 7)
    sql = sql.replace("-7, 5", "-5, 70")
    stages = plan(sql, FACTS).stages
    assert stages[-1].measures[0].sensitivity.linf * stages[-1].measures[0].quantum == 64 * 70


def histogram(con: duckdb.DuckDBPyConnection, aggregate: str, **column: object) -> dict[int, int]:
    """How many rows each candidate is the nearest of."""
    ((name, values),) = column.items()
    assert isinstance(values, list)
    fill(con, VISITS, [{"id_card": n, name: value} for n, value in enumerate(values)], 1)
    (row,) = exact(con, made(aggregate).stages[0])
    found = row["m0"]
    assert isinstance(found, list)
    return {int(str(pair["key"])): int(str(pair["value"])) for pair in found}


def test_each_row_counts_for_the_candidate_nearest_to_it_and_none_beyond_the_ends(
    con: duckdb.DuckDBPyConnection,
) -> None:
    beyond = [-1e300, 1e300, math.inf, -math.inf, math.nan, None]
    between = [0.0041, 0.0049, -0.0059, 2.0, -2.0]
    found = histogram(con, "MEDIAN(clamp(weight, -2, 2))", weight=beyond + between)
    assert found == {-1000: 3, 1000: 4, 2: 2, -3: 1}
    assert histogram(con, "MIN(clamp(code, -7, 5))", code=[-(2**62), 2**62, -7, 5, 0, None]) == {
        -7: 2,
        5: 2,
        0: 1,
    }
    # a load has kept more than the policy says: candidates are what the policy says all the same
    assert histogram(con, "MAX(days)", days=[-5, 0, 29, 31, 2**40]) == {0: 2, 29: 1, 30: 2}


@pytest.mark.parametrize(
    "bounds",
    [
        "code, 9223372036854775000, 9223372036854775807",
        "code, 9007199254740993, 9007199254741003",
        f"code, {2**50 - 10}, {2**50 + 1}",
        f"code, {-(2**50) - 1}, {10 - 2**50}",
        "weight, 1000000000000000000000000000000, 1000000000000000000000000000001",
    ],
)
def test_candidates_that_no_row_could_be_found_among_are_refused(bounds: str) -> None:
    """A row's candidate is found as a DOUBLE: beyond, the job failed if, and only if, there was a row."""
    assert codes(f"SELECT MEDIAN(clamp({bounds})) FROM visits") == {"bounds_too_wide"}


@pytest.mark.parametrize(("low", "high"), [(2**50 - 10, 2**50), (-(2**50), 10 - 2**50)])
def test_every_value_near_the_largest_candidate_is_one_of_them(
    con: duckdb.DuckDBPyConnection, low: int, high: int
) -> None:
    values = [*range(low - 2, high + 3), 2**63 - 1, -(2**63)]
    found = histogram(con, f"MEDIAN(clamp(code, {low}, {high}))", code=values)
    inside = dict.fromkeys(range(low + 1, high), 1)
    assert found == {low: 4, **inside, high: 4}


def test_a_day_is_one_within_the_public_ones(con: duckdb.DuckDBPyConnection) -> None:
    new_year = (dt.date(2025, 1, 1) - dt.date(1970, 1, 1)).days
    days = [dt.date(2025, 1, 1), dt.date(2024, 1, 1), dt.date(2025, 1, 3), dt.date(2026, 7, 1), None]
    expected = {new_year: 2, new_year + 2: 1, new_year + 364: 1}
    assert histogram(con, "MEDIAN(visited_on)", visited_on=days) == expected
    con.execute("INSERT INTO workspace.visits (_unit, _rank, visited_on) VALUES (9, 0, 'infinity')")
    (row,) = exact(con, made("MEDIAN(visited_on)").stages[0])
    assert {pair["key"]: pair["value"] for pair in row["m0"]} == expected  # type: ignore[attr-defined]
    shown = con.execute(
        made("MEDIAN(visited_on)").post.sql.replace(
            'FROM "released"', f'FROM (SELECT {new_year} m0, 0 _cell) "released"'
        )
    )
    assert shown.fetchall()[0][0] == dt.date(2025, 1, 1)


def test_a_date_without_bounds_has_no_quantile_and_one_with_them_is_a_use_of_it() -> None:
    with pytest.raises(Refused) as caught:
        made("MEDIAN(CAST(seen_at AS DATE))")
    assert caught.value.code == "bounds_missing"
    text = "MEDIAN(CASE WHEN code > 1 THEN visited_on END)"
    assert made(text).uses["visits"] == {"code": {Use.FILTER}, "visited_on": {Use.AGGREGATE}}
    assert made("MEDIAN(CASE WHEN code > 1 THEN days END)").uses["visits"]["days"] == {Use.AGGREGATE}


@pytest.mark.parametrize("value", ["amount", "visited_on"])
def test_a_pick_has_no_error_bar(value: str) -> None:
    (column,) = made(f"MEDIAN({value})").post.columns
    assert picked(f"MEDIAN({value})").count
    assert "OPAQUE" in repr(column)


def test_a_whole_number_between_two_is_no_whole_number() -> None:
    """Bounds without a whole number between them have candidates that are none."""
    bounds = {"bounds": (Decimal("0.25"), Decimal("0.5"))}
    columns = tuple(c.model_copy(update=bounds) if c.name == "code" else c for c in VISITS.columns)
    visits = VISITS.model_copy(update={"columns": columns})
    known = facts(POLICY.model_copy(update={"tables": (visits, *POLICY.tables[1:])}))
    assert plan("SELECT MEDIAN(code) FROM visits", known).post.columns[0].type is ColumnType.NUMBER
