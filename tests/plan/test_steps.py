"""Numbers in steps: both ends, what lies between them, and how wide they may be."""

from __future__ import annotations

import math
from fractions import Fraction

import duckdb
import pytest

from sandbox.plan import plan
from tests.plan.database import exact, fill
from tests.plan.world import FACTS, VISITS


@pytest.mark.parametrize(
    ("value", "low", "high", "places", "furthest"),
    [
        ("clamp(weight, -0.123456789, 0.1)", -0.123456789, 0.1, 8, 12345679),
        ("clamp(weight, -0.1, 0.123456789)", -0.1, 0.123456789, 8, 12345679),
        ("clamp(weight, -20000, 1)", -20000, 1, 3, 20_000_000),
        ("clamp(weight, -1, 20000)", -1, 20000, 3, 20_000_000),
        ("clamp(weight, -0.5, 7.25)", -0.5, 7.25, 7, 72_500_000),
        ("floor(clamp(weight, -5, 9))", -5, 9, 0, 9),
        ("clamp(weight, 0, 0.0000000025)", 0, 0.0000000025, 16, 25_000_000),
    ],
)
def test_a_computed_number_has_both_ends_of_its_bounds_and_every_step_between(
    con: duckdb.DuckDBPyConnection, value: str, low: float, high: float, places: int, furthest: int
) -> None:
    (stage,) = plan(f"SELECT SUM({value}) FROM visits", FACTS).stages
    (measure,) = stage.measures
    assert measure.quantum == Fraction(1, 10**places)
    assert measure.sensitivity.linf == 64 * furthest
    for weight in (-1e300, 1e300, low, high, 0.125, -0.125, 0.0, (low + high) / 3):
        fill(con, VISITS, [{"id_card": 0, "weight": weight}], 1)
        kept = min(max(weight if places else math.floor(weight), low), high)
        assert exact(con, stage)[0]["m0"] == round(kept * 10**places)


def test_what_is_always_0_has_steps_too() -> None:
    (stage,) = plan("SELECT SUM(clamp(weight, 0, 0)) FROM visits", FACTS).stages
    assert stage.measures[0].quantum == Fraction(1, 10**8)
