"""Bounds of probabilities and of losses against closed forms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.audit.bounds import at_least, at_most, epsilon_of, loss_at_least, rho_of

chances = st.floats(0.001, 0.999)


def tail(successes: int, trials: int, p: float) -> float:
    return sum(math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(successes, trials + 1))


@given(st.integers(1, 60), st.data())
def test_the_lower_bound_makes_so_many_successes_as_rare_as_alpha(trials: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(1, trials))
    assert tail(successes, trials, at_least(successes, trials, 1e-3)) == pytest.approx(1e-3, rel=1e-6)


def test_nothing_seen_and_everything_seen_have_the_bounds_of_the_power_of_alpha() -> None:
    assert at_least(0, 100, 1e-8) == 0
    assert at_most(100, 100, 1e-8) == 1
    assert at_most(0, 100, 1e-8) == pytest.approx(1 - 1e-8 ** (1 / 100))


@given(chances, st.floats(0.1, 2.0))
def test_an_event_of_two_gaussians_never_proves_more_than_their_rho(p: float, shift: float) -> None:
    from statistics import NormalDist

    normal = NormalDist()
    q = normal.cdf(normal.inv_cdf(p) - shift)
    if 0 < q < p:
        assert rho_of(p, q) <= shift**2 / 2 * (1 + 1e-9)


@given(chances, chances)
def test_randomized_response_of_epsilon_loses_at_most_half_its_square(p: float, q: float) -> None:
    if q < p:
        epsilon = max(epsilon_of(p, q), epsilon_of(1 - q, 1 - p))
        assert rho_of(p, q) <= epsilon**2 / 2 + 1e-12


def test_equal_samples_prove_nothing() -> None:
    same = [float(each % 7) for each in range(4_000)]
    assert loss_at_least(same, same, rho_of, 1e-8) == 0


def test_an_event_that_is_no_surprise_to_a_quarter_of_the_samples_is_chosen_and_proves_something() -> None:
    """Coins of 0.5 and 0.33, spread evenly: the 750 of the choice prove nothing with this confidence."""
    first = [float(place % 2) for place in range(3_000)]
    second = [float(place % 3 == 0) for place in range(3_000)]
    assert 0.05 < loss_at_least(first, second, epsilon_of, 1e-8) < math.log(0.5 / 0.33)
