"""ε becomes ρ by one function, rounded against the developer."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import dp_accounting
import pytest
from dp_accounting.pld import PLDAccountant
from dp_accounting.rdp import RdpAccountant
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.noise import convert, epsilon_of, primitives, rho_of
from sandbox.nouns.spend import Spend

HALF = Decimal("5e-7")


@pytest.mark.parametrize("delta", ["0.3", "5e-7", "1e-30"])
def test_nothing_spent_is_no_epsilon(delta: str) -> None:
    assert epsilon_of(0.0, Decimal(delta)) == 0


@pytest.mark.parametrize("rho", [400.0, math.nextafter(400.0, 500.0), 1e4, 1e6, 1e9])
def test_beyond_the_range_of_the_profile_the_closed_form_stands_in_and_no_sooner(rho: float) -> None:
    """OpenDP's conversion is tighter by more than a thousandth; the closed form never shows too little."""
    with localcontext() as context:
        context.prec = 40
        closed = Decimal(rho) + 2 * (Decimal(rho) * -HALF.ln()).sqrt()
        assert (closed <= Decimal(epsilon_of(rho, HALF))) == (rho > 400)
        assert Decimal(epsilon_of(rho, HALF)) <= closed * (1 + Decimal("1.5e-12"))


@pytest.mark.parametrize(
    ("epsilon", "jobs", "times"), [("1", 202, 4.7), ("0.5", 744, 9.0), ("0.25", 2757, 17.2)]
)
def test_a_cap_of_twenty_pays_for_the_promised_number_of_jobs(epsilon: str, jobs: int, times: float) -> None:
    cap = Spend.cap(rho_of(Decimal(20), HALF))
    rho = rho_of(Decimal(epsilon), HALF)
    assert cap.rho // Spend.price(rho).rho == jobs
    assert math.isclose(1 / math.sqrt(2 * rho), times, rel_tol=0.01)


def test_the_cap_of_twenty_is_rho_four_point_sixty_three() -> None:
    assert 4.63 <= rho_of(Decimal(20), HALF) < 4.64


def test_epsilon_grows_with_rho_where_the_closed_form_takes_over() -> None:
    values = [epsilon_of(rho, HALF) for rho in (0.0, 1e-12, 1.0, 399.0, 401.0, 1e6)]
    assert values == sorted(values)
    assert values[0] == 0
    assert epsilon_of(rho_of(Decimal(5000), HALF), HALF) <= 5000


@pytest.mark.parametrize("epsilon", ["0", "-1", "NaN", "Infinity", "0.00009", "1e-9", "1e-400"])
def test_an_epsilon_that_is_no_amount_is_not_converted(epsilon: str) -> None:
    with pytest.raises(ValueError, match="ε"):
        rho_of(Decimal(epsilon), HALF)


@pytest.mark.parametrize("delta", ["0", "1", "-1e-9", "NaN"])
def test_a_delta_outside_zero_and_one_is_not_converted(delta: str) -> None:
    with pytest.raises(ValueError, match="δ"):
        rho_of(Decimal(1), Decimal(delta))


@pytest.mark.parametrize("rho", [-1e-9, math.inf, math.nan])
def test_a_loss_that_is_none_has_no_epsilon(rho: float) -> None:
    with pytest.raises(ValueError, match="ρ is finite"):
        epsilon_of(rho, Decimal("1e-6"))


@settings(max_examples=10, deadline=None)
@given(st.decimals("0.0001", "60", places=4), st.sampled_from(["5e-7", "1e-5", "1e-12"]))
def test_rho_never_costs_more_than_the_epsilon_asked_and_is_the_largest(epsilon: Decimal, delta: str) -> None:
    rho = rho_of(epsilon, Decimal(delta))
    assert epsilon_of(rho, Decimal(delta)) <= epsilon
    assert epsilon_of(rho * (1 + 1.2e-10), Decimal(delta)) > epsilon


@pytest.mark.parametrize("epsilon", ["0.3"])
def test_a_delta_of_some_tenths_allows_more_rho_than_epsilon(epsilon: str) -> None:
    """So the search has to look beyond it."""
    rho = rho_of(Decimal(epsilon), Decimal("0.9"))
    assert rho > float(epsilon)
    assert epsilon_of(rho, Decimal("0.9")) <= Decimal(epsilon) < epsilon_of(rho * 1.001, Decimal("0.9"))


@pytest.mark.parametrize("delta", ["0.1", "0.2", "0.7", "5e-7", "1e-5", "3e-11"])
@pytest.mark.parametrize("rho", [0.3, 500.0])
def test_a_conversion_is_made_at_no_more_than_the_delta_that_was_granted(
    delta: str, rho: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    monkeypatch.setattr(primitives, "epsilon_by_profile", lambda _rho, at: seen.append(at) or 1.0)
    monkeypatch.setattr(convert, "_closed_form", lambda _rho, at: seen.append(at) or 1.0)
    epsilon_of.__wrapped__(rho, Decimal(delta))
    (at,) = seen
    assert Decimal(at) <= Decimal(delta) < Decimal(math.nextafter(at, 1.0))


def test_two_hundred_and_two_jobs_of_one_stay_under_the_cap_by_a_second_accountant() -> None:
    rho = rho_of(Decimal(1), HALF)
    event = dp_accounting.GaussianDpEvent(1 / math.sqrt(2 * rho))
    whole = RdpAccountant().compose(dp_accounting.SelfComposedDpEvent(event, 202))
    assert whole.get_epsilon(float(HALF)) <= 20


@pytest.mark.parametrize("rho", [0.001, 0.0229, 0.5, 4.634])
def test_the_shown_epsilon_agrees_with_a_second_accountant(rho: float) -> None:
    event = dp_accounting.GaussianDpEvent(1 / math.sqrt(2 * rho))
    ours = epsilon_of(rho, HALF)
    tight = PLDAccountant().compose(event).get_epsilon(float(HALF))
    renyi = RdpAccountant(orders=[1 + x / 20 for x in range(1, 4000)]).compose(event).get_epsilon(float(HALF))
    assert ours >= tight * (1 - 1e-6)
    assert abs(ours - renyi) <= 0.01 * renyi
