"""Bounds by means stay under what Gaussian noise loses, and come near it.

Samples are quantiles, spread as evenly as a sample can be: no chance is in them, so a bound can be compared
with the closed form, which an honest one stays below.
"""

from __future__ import annotations

from statistics import NormalDist

import pytest

from sandbox.audit.means import mean_at_least, rho_at_least

COUNT = 4_000


def even(mean: float) -> list[tuple[float, ...]]:
    """Quantiles of a Gaussian, in an order that makes each quarter an even sample too."""
    normal = NormalDist(mean)
    places = [(place * 1_597) % COUNT for place in range(COUNT)]  # 1 597 has no divisor in common with 4 000
    return [(normal.inv_cdf((place + 0.5) / COUNT),) for place in places]


@pytest.mark.parametrize("shift", [0.5, 1.0, 1.42, 2.0])
def test_a_shift_of_gaussian_noise_is_seen_and_never_overstated(shift: float) -> None:
    bound = rho_at_least(even(0.0), even(shift), 1e-8)
    assert 0 < bound < shift**2 / 2


def test_two_thirds_less_a_little_of_a_charge_of_one_are_certified() -> None:
    assert rho_at_least(even(0.0), even(2**0.5), 1e-8) > 0.55


def test_equal_samples_prove_nothing() -> None:
    assert rho_at_least(even(0.0), even(0.0), 1e-8) == 0


def test_what_is_withheld_on_one_side_alone_is_seen() -> None:
    withheld = [sample if place % 2 else None for place, sample in enumerate(even(0.0))]
    assert rho_at_least(even(0.0), withheld, 1e-8) > 0.1


def test_an_answer_that_gives_the_person_away_proves_more_than_any_charge_here() -> None:
    assert rho_at_least([(0.0,)] * COUNT, [(1.0,)] * COUNT, 1e-8) > 3


@pytest.mark.parametrize(("spread", "least"), [(0.0, 0.0), (0.1, 0.0), (0.5, 0.35), (10.0, 0.0)])
def test_a_mean_of_coins_stays_above_its_bound_whatever_was_guessed(spread: float, least: float) -> None:
    coins = [float(place % 2) for place in range(1_000)]
    assert least <= mean_at_least(coins, spread, 1e-8) < 0.5
