"""The budget of one statement over its boundaries."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import noise
from sandbox.measuring import calibrate
from sandbox.nouns.spend import Spend
from sandbox.plan import plan
from tests.plan.world import FACTS

PARTS = (
    "SELECT COUNT(*) AS n FROM visits",
    "SELECT AVG(amount) AS n FROM visits WHERE urgent",
    "SELECT MAX(n) AS n FROM (SELECT hospital, COUNT(*) AS n FROM visits GROUP BY hospital) v",
    "SELECT SUM(n) AS n FROM (SELECT city, SUM(price) AS n FROM drugs GROUP BY city) v",
    "SELECT COUNT(*) AS n FROM (SELECT code, COUNT(*) AS n FROM visits GROUP BY code) v",
)


@settings(max_examples=60, deadline=None)
@given(
    parts=st.lists(st.sampled_from(PARTS), min_size=1, max_size=6),
    rho=st.floats(1e-9, 10.0),
    delta=st.floats(1e-15, 1e-5),
)
def test_all_boundaries_together_never_cost_more_than_the_job_may(
    parts: list[str], rho: float, delta: float
) -> None:
    made = plan(" UNION ALL ".join(parts), FACTS)
    found, price = calibrate(made, rho, delta, min_units=10)
    assert price.within(Spend.cap(rho, delta))
    assert sum(Fraction(item.rho) for stage in found for item in stage) <= Fraction(rho)
    assert sum(Fraction(item.delta) for stage in found for item in stage) <= Fraction(delta)


def test_everything_asked_for_gets_the_same_share_in_whichever_boundary_it_stands() -> None:
    made = plan(
        "SELECT (SELECT COUNT(*) FROM drugs) / (SELECT SUM(amount) FROM visits WHERE urgent) AS r", FACTS
    )
    found, _ = calibrate(made, 0.1, 0.0, min_units=10)
    assert [stage[0].rho for stage in found] == pytest.approx([0.05, 0.05])


def test_delta_is_split_over_boundaries_with_discovered_keys_alone() -> None:
    one = plan(PARTS[2], FACTS)
    both = plan(f"{PARTS[2]} UNION ALL {PARTS[0]}", FACTS)
    alone, beside = (calibrate(made, 0.1, 1e-8, min_units=2) for made in (one, both))
    assert 0.5e-8 < alone[1].delta / 10**18 <= 1e-8
    assert 0.5e-8 < beside[1].delta / 10**18 <= 1e-8


def test_noise_that_costs_more_than_the_job_may_is_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan(PARTS[0], FACTS)
    for dearer in (Spend(10**11 + 1), Spend(0, 1)):
        monkeypatch.setattr(noise, "price", lambda _stage, dearer=dearer: dearer)
        with pytest.raises(AssertionError, match="charge more"):
            calibrate(made, 0.1, 0.0, min_units=10)
    monkeypatch.setattr(noise, "price", lambda _stage: Spend(10**11))
    assert calibrate(made, 0.1, 0.0, min_units=10)[1] == Spend(10**11)


@pytest.mark.parametrize(("rho", "delta"), [(-0.1, 0.0), (0.1, -1e-9)])
def test_a_job_has_no_negative_amounts(rho: float, delta: float) -> None:
    with pytest.raises(ValueError, match="never negative"):
        calibrate(plan(PARTS[0], FACTS), rho, delta, min_units=10)
