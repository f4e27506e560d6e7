"""Bounds too wide for a number's own steps: coarser ones, as sound as any, and far finer than the noise."""

from __future__ import annotations

import math
from fractions import Fraction

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.errors import Refused
from sandbox.nouns.plan import Plan
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import plan
from sandbox.plan.boundary import LARGEST_CHANGE
from tests.plan.database import answer, exact, fill
from tests.plan.world import VISITS, facts

ROWS = 4
LARGEST = 2**63 - 1
STATISTICS = ["SUM({})", "AVG({})", "VAR_POP({})", "STDDEV_POP({})", "REGR_SLOPE({}, days)"]
NUMBERS = st.one_of(
    st.integers(-LARGEST, LARGEST), st.sampled_from([-LARGEST, LARGEST, 0, 1, 2**53 + 1, -(10**18)])
)


def made(items: str, rows: int = ROWS) -> Plan:
    return plan(f"SELECT {items} AS x FROM visits", facts(row_bounds={"visits": rows}))


def quanta(items: str, rows: int = ROWS) -> set[Fraction]:
    """Steps of all that is measured but counts."""
    (stage,) = made(items, rows).stages
    return {each.quantum for each in stage.measures if not each.label.startswith("COUNT")}


@pytest.mark.parametrize(
    ("text", "rows", "quantum"),
    [
        (f"SUM(clamp(code, 0, {2**50}))", 8, 1),
        (f"SUM(clamp(code, 0, {2**50}))", 9, 10),
        (f"SUM(clamp(code, 0, {2**50 + 1}))", 1, 10),
        (f"AVG(clamp(code, 0, {2**50}))", 16, 1),
        (f"AVG(clamp(code, 0, {2**50}))", 17, 10),
        (f"AVG(clamp(code, {-(10**18)}, {10**18}))", 8, 1000),
        ("SUM(clamp(weight, 0, 1e30))", 8, 10**15),
        ("SUM(clamp(weight, 0, 8e12))", 8, Fraction(1, 100)),
        ("SUM(clamp(weight, 0, 9e13))", 8, Fraction(1, 10)),
        ("SUM(amount * 1e10)", 8, Fraction(1, 1)),
    ],
)
def test_steps_are_the_finest_in_which_sums_add_up_exactly(text: str, rows: int, quantum: Fraction) -> None:
    assert quanta(text, rows) == {quantum}
    (stage,) = made(text, rows).stages
    assert all(each.sensitivity.l1 <= LARGEST_CHANGE for each in stage.measures)


def test_the_sum_of_coarser_steps_is_a_number_that_no_column_of_integers_could_hold() -> None:
    assert made(f"SUM(clamp(code, 0, {2**50}))").post.columns[0].type is Kind.INTEGER
    assert made(f"SUM(clamp(code, 0, {2**52}))").post.columns[0].type is Kind.NUMBER


@pytest.mark.parametrize("text", ["VAR_POP({})", "STDDEV({})", "VAR_SAMP({})", "CORR({}, days)"])
@pytest.mark.parametrize("high", [2**51, 10**18, "1e30"])
def test_a_spread_over_wide_bounds_is_answered(text: str, high: object) -> None:
    assert made(text.format(f"clamp(code, 0, {high})")).stages


def test_bounds_that_are_narrow_and_far_from_0_have_no_such_steps() -> None:
    for text in ("AVG({})", "VAR_POP({})"):
        with pytest.raises(Refused) as caught:
            made(text.format(f"clamp(code, {2**50}, {2**50 + 2})"))
        assert caught.value.code == "bounds_too_wide"
    with pytest.raises(Refused) as caught:
        made("SUM(days)", 2**53)
    assert caught.value.code == "bounds_too_wide"


def test_sums_over_the_rows_of_one_unit_keep_their_steps() -> None:
    inner = f"SELECT id_card, SUM(clamp(code, 0, {2**50 + 1})) AS s FROM visits GROUP BY id_card"
    with pytest.raises(Refused) as caught:
        plan(f"SELECT COUNT(*) FROM ({inner}) AS t WHERE s > 5", facts())
    assert caught.value.code == "bounds_too_wide"


BOUNDS = st.tuples(NUMBERS, NUMBERS).map(sorted).filter(lambda ends: ends[1] - ends[0] > 2**51)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.sampled_from(STATISTICS),
    ends=BOUNDS,
    others=st.lists(NUMBERS, max_size=4),
    own=st.one_of(st.lists(NUMBERS, min_size=1, max_size=6), NUMBERS.map(lambda one: [one] * 6)),
)
def test_one_unit_moves_no_measure_by_more_than_declared(
    con: duckdb.DuckDBPyConnection, text: str, ends: list[int], others: list[int], own: list[int]
) -> None:
    """More rows and larger values than the bounds allow are kept: only what is rendered enforces them."""
    (stage,) = made(text.format(f"clamp(code, {ends[0]}, {ends[1]})")).stages
    assert all(each.quantum > 1 for each in stage.measures if each.label.startswith("SUM(C"))
    rows = [{"id_card": n, "code": code, "days": 30} for n, code in enumerate(others)]
    fill(con, VISITS, rows, 6)
    (before,) = exact(con, stage)
    fill(
        con, VISITS, [*rows, *({"id_card": 9, "code": code, "days": n * 6} for n, code in enumerate(own))], 6
    )
    (after,) = exact(con, stage)
    for each in stage.measures:
        assert abs(int(str(after[each.name])) - int(str(before[each.name]))) <= each.sensitivity.linf


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(ends=BOUNDS, values=st.lists(NUMBERS, min_size=1, max_size=4))
def test_without_noise_coarser_steps_are_nearer_than_any_noise(
    con: duckdb.DuckDBPyConnection, ends: list[int], values: list[int]
) -> None:
    low, high = ends
    number = f"clamp(code, {low}, {high})"
    fill(con, VISITS, [{"id_card": n, "code": value} for n, value in enumerate(values)], ROWS)
    kept = [min(max(value, low), high) for value in values]
    mean = Fraction(sum(kept), len(kept))
    variance = sum((Fraction(value) - mean) ** 2 for value in kept) / len(kept)

    def found(items: str) -> float:
        ((value,),) = answer(con, made(items))
        return float(str(value))

    width, most = high - low, max(abs(low), abs(high))
    assert math.isclose(found(f"SUM({number})"), sum(kept), rel_tol=1e-12, abs_tol=1e-12 * most)
    assert math.isclose(found(f"AVG({number})"), mean, rel_tol=1e-12, abs_tol=1e-12 * most)
    assert abs(found(f"STDDEV_POP({number})") - math.sqrt(variance)) <= 1e-3 * width
    assert abs(found(f"VAR_POP({number})") - variance) <= 1e-6 * width**2
