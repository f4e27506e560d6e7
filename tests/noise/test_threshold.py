"""The δ of discovered keys is an upper bound, and hardly more."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from sandbox.noise import calibrate, measure, smallest_threshold, threshold_delta
from sandbox.nouns.plan import Calibrated, Mechanism
from tests.noise.stages import discovered, table, units


def rational_exp(x: Fraction) -> tuple[Fraction, Fraction]:
    """e^−x for 0 ≤ x, between two rationals (alternating series on x / 2^k, squared back)."""
    halvings = max(0, math.ceil(math.log2(max(float(x), 1))) + 4)
    y = x / 2**halvings
    low, high, term = Fraction(1), Fraction(1), Fraction(1)
    for n in range(1, 40):
        term = term * y / n
        low, high = (high - term, high) if n % 2 else (low, low + term)
    for _ in range(halvings):
        low, high = shorten(low * low, up=False), shorten(high * high, up=True)
    return low, high


def shorten(value: Fraction, *, up: bool) -> Fraction:
    scaled = value * 10**80
    return Fraction(math.ceil(scaled) if up else math.floor(scaled), 10**80)


def exact_tail(scale: float, t: int) -> tuple[Fraction, Fraction]:
    """P[Z ≥ t] between two rationals, by adding up the whole distribution."""
    doubled = 2 * Fraction(scale) ** 2
    weights = [rational_exp(Fraction(z * z) / doubled) for z in range(math.ceil(14 * scale) + t)]
    low_all = 2 * sum(w[0] for w in weights) - weights[0][1]
    high_all = 2 * sum(w[1] for w in weights) - weights[0][0]
    rest = Fraction(1, 10**18)
    return sum(w[0] for w in weights[t:]) / (high_all + rest), (
        sum(w[1] for w in weights[t:]) + rest
    ) / low_all


@pytest.mark.parametrize(
    ("scale", "tau", "l0"), [(0.5, 2, 1), (1.0, 6, 1), (1.75, 2, 9), (2.5, 9, 3), (5.0, 12, 64)]
)
def test_the_bound_is_above_the_exact_probability_and_tight(scale: float, tau: int, l0: int) -> None:
    low, high = exact_tail(scale, tau - 1)
    stated = Fraction(threshold_delta(scale, tau, l0))
    assert stated >= l0 * low >= 1 - (1 - low) ** l0
    assert stated <= l0 * high * (1 + Fraction(1, 10**9))


@settings(max_examples=12, deadline=None)
@given(st.floats(0.2, 60.0) | st.floats(60.0, 2.0**54), st.floats(1e-18, 0.3), st.integers(1, 2000))
def test_the_threshold_is_the_smallest_that_keeps_its_delta(scale: float, delta: float, l0: int) -> None:
    tau = smallest_threshold(scale, delta, l0)
    assert tau >= 2
    assert threshold_delta(scale, tau, l0) <= delta
    assert tau == 2 or threshold_delta(scale, tau - 1, l0) > delta


@settings(max_examples=20, deadline=None)
@given(st.floats(30.0, 4000.0) | st.floats(4000.0, 1e15), st.floats(3.0, 9.0))
def test_wide_gaussian_tails_agree_with_the_normal_distribution(scale: float, deviations: float) -> None:
    tau = round(scale * deviations)
    normal = 0.5 * math.erfc((tau - 1.5) / (scale * math.sqrt(2)))  # midpoint rule, above by (t/σ²)²/24
    assert normal * 0.99 < threshold_delta(scale, tau, 1) < normal * 1.12


@pytest.mark.parametrize(("scale", "delta"), [(1.0, 0.01), (2.0, 0.003), (3.0, 0.02)])
def test_groups_of_one_unit_appear_as_often_as_stated(scale: float, delta: float) -> None:
    groups, one = 15_000, units()
    tau = smallest_threshold(scale, delta, 1)
    noise = (Calibrated(one, Mechanism.GAUSSIAN, scale, 0.1, tau, delta),)
    shown = len(measure(discovered(one), noise, table([1] * groups)))
    stated = threshold_delta(scale, tau, 1)
    assert min(binom.cdf(shown, groups, stated), binom.sf(shown - 1, groups, stated)) > 1e-9


def test_the_librarys_own_threshold_states_too_little_and_ours_does_not() -> None:
    import opendp.prelude as dp

    dp.enable_features("contrib")
    domain = dp.map_domain(dp.atom_domain(T=str), dp.atom_domain(T="i64"))
    metric = dp.l02inf_distance(dp.absolute_distance(T="i64"))
    theirs = dp.m.make_gaussian_threshold(domain, metric, scale=2.0, threshold=4)
    claimed = theirs.map((1, 1, 1))[1]
    groups = 8_000
    shown = len(theirs({str(i): 1 for i in range(groups)}))
    assert binom.sf(shown - 1, groups, claimed) < 1e-6
    assert binom.sf(shown - 1, groups, threshold_delta(2.0, 4, 1)) > 1e-9


def test_calibration_never_goes_below_min_units() -> None:
    for floor in (2, 10, 5000):
        (noise,) = calibrate(discovered(units(4)), 0.1, 1e-8, min_units=floor)
        assert noise.threshold is not None
        assert noise.threshold >= floor
        assert noise.delta <= 1e-8


@pytest.mark.parametrize(("tau", "l0"), [(1, 1), (0, 1), (2, 0)])
def test_thresholds_that_prove_nothing_are_not_stated(tau: int, l0: int) -> None:
    with pytest.raises(ValueError, match="threshold"):
        threshold_delta(1.0, tau, l0)


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nextafter(2.0**54, math.inf), math.inf, math.nan])
def test_a_scale_that_is_no_scale_has_no_threshold(scale: float) -> None:
    with pytest.raises(ValueError, match="scale"):
        threshold_delta(scale, 6, 1)


@pytest.mark.parametrize("delta", [0.0, -1e-9, 1.0, math.nan])
def test_a_delta_that_is_no_chance_has_no_threshold(delta: float) -> None:
    with pytest.raises(ValueError, match="δ"):
        smallest_threshold(1.0, delta, 1)


def test_a_threshold_stays_far_inside_sixty_four_bits() -> None:
    """The widest noise, the most groups, the smallest δ that a float can hold."""
    assert 2**59 < smallest_threshold(2.0**54, 5e-324, 2**63) < 2**60


@pytest.mark.parametrize(("scale", "tau"), [(0.2, 12), (1.0, 2**40), (1e-9, 2), (2.0**54, 2**61)])
def test_a_chance_too_small_for_a_float_is_not_stated_as_none(scale: float, tau: int) -> None:
    assert 0 < threshold_delta(scale, tau, 1) < 1e-300


@pytest.mark.parametrize("tau", range(2, 10))
def test_a_delta_that_is_met_exactly_is_met(tau: int) -> None:
    assert smallest_threshold(1.5, threshold_delta(1.5, tau, 2), 2) == tau
