"""Scales are the smallest that OpenDP's own map allows, and the whole never costs more than its share."""

from __future__ import annotations

import importlib
import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import Refused
from sandbox.noise import calibrate, half_width, price, threshold_delta
from sandbox.noise.primitives import rho_spent
from sandbox.nouns.noise import quantile_steps
from sandbox.nouns.plan import Choice, Measure, Mechanism, Stage
from sandbox.nouns.spend import Sensitivity, Spend
from tests.noise.stages import discovered, grid, rows, units

MODULE = importlib.import_module("sandbox.noise.calibrate")  # its name in the package is the function


@st.composite
def sensitivities(draw: st.DrawFn) -> Sensitivity:
    linf = draw(st.integers(1, 10**9))
    groups = draw(st.integers(1, 1000))
    l1 = linf * draw(st.integers(1, groups))
    least, most = max(linf * linf, -(-l1 * l1 // groups)), l1 * linf
    return Sensitivity(groups, l1, draw(st.integers(min(least, most), most)), linf)


@st.composite
def measures(draw: st.DrawFn) -> tuple[Measure, ...]:
    count = draw(st.integers(1, 5))
    return tuple(
        Measure(f"m{i}", "x", draw(sensitivities()), Fraction(1, 100), draw(st.integers(1, 9)))
        for i in range(count)
    )


@settings(max_examples=60, deadline=None)
@given(measures(), st.floats(1e-9, 50.0))
def test_the_maps_add_up_to_no_more_than_rho_and_waste_nothing(
    parts: tuple[Measure, ...], rho: float
) -> None:
    noise = calibrate(grid(3, *parts), rho, 0.0, min_units=1)
    spent = sum(
        (Fraction(rho_spent(each.mechanism, each.scale, each.measure.sensitivity)) for each in noise),
        Fraction(0),
    )
    assert spent <= Fraction(rho)
    assert spent >= Fraction(rho) * (1 - Fraction(1, 10**12)) - Fraction(1, 10**12)
    assert all(each.scale > 0 for each in noise)
    assert price(noise).within(Spend.cap(rho))


@settings(max_examples=40, deadline=None)
@given(sensitivities(), st.floats(1e-9, 50.0))
def test_noise_is_never_below_what_the_formula_demands(sensitivity: Sensitivity, rho: float) -> None:
    (each,) = calibrate(grid(2, Measure("m0", "x", sensitivity, Fraction(1))), rho, 0.0, min_units=1)
    size = math.sqrt(sensitivity.l2_squared) if each.mechanism is Mechanism.GAUSSIAN else sensitivity.l1
    assert each.scale >= size / math.sqrt(2 * rho) * (1 - 1e-12)


@pytest.mark.parametrize(
    ("measure", "scale"),
    [
        (Measure("m0", "x", Sensitivity.groups(4), Fraction(1)), 8.0),
        (Measure("m0", "x", Sensitivity.rows(1), Fraction(1), choice=Choice(0, 3, None)), 8.0),
    ],
)
def test_a_scale_at_which_the_map_says_what_may_be_spent_is_large_enough(
    measure: Measure, scale: float
) -> None:
    """ρ = 1/32 is 2² / (2 · 8²) of a Gaussian, and (2 / 8)² / 2 of a pick."""
    (each,) = calibrate(grid(2, measure), 1 / 32, 0.0, min_units=1)
    assert (each.scale, each.rho) == (scale, 1 / 32)


def test_weights_share_rho() -> None:
    light, heavy = rows(8, "m0"), replace(rows(8, "m1"), weight=3)
    first, second = calibrate(grid(2, light, heavy), 0.4, 0.0, min_units=1)
    assert math.isclose(second.rho, 3 * first.rho, rel_tol=1e-9)


def test_the_price_rounds_up_what_the_maps_say() -> None:
    noise = calibrate(discovered(units(4), rows(64, "m1")), 0.0229, 1e-10, min_units=10)
    assert all(it.rho == rho_spent(it.mechanism, it.scale, it.measure.sensitivity) for it in noise)
    whole = price(noise)
    assert Fraction(whole.rho, 10**12) >= sum(Fraction(each.rho) for each in noise)
    assert whole.within(Spend.price(0.0229, 1e-10))
    assert whole.delta > 0


def test_a_job_as_large_as_the_cap_fits_the_cap() -> None:
    for rho, delta in ((0.022937446688664823, 1e-10), (4.634275779992034, 3.3e-11), (1 / 3, 1e-13)):
        noise = calibrate(discovered(units(4), rows(64, "m1")), rho, delta, min_units=10)
        assert price(noise).within(Spend.cap(rho, delta))
        thirds = [calibrate(grid(2, units(), rows(8, "m1")), rho / 3, 0.0, min_units=1) for _ in range(3)]
        assert sum((price(part) for part in thirds), Spend(0)).within(Spend.cap(rho))


@pytest.mark.parametrize("units_of_rho", [3330665735594, 3512304536707])
def test_a_share_is_never_rounded_above_what_the_stage_may_cost(units_of_rho: int) -> None:
    """For these a share rounded up would be reached to the last bit, and cost one unit more than there is."""
    room = Spend(units_of_rho)
    for bound in (1, 8, 64):
        noise = calibrate(grid(2, rows(bound)), units_of_rho / 10**12, 0.0, min_units=1)
        assert price(noise).within(room)


def test_a_stage_without_measures_has_no_noise() -> None:
    with pytest.raises(ValueError, match="measures"):
        calibrate(Stage("SELECT 1", (), (), None, discovered=False), 0.1, 0.0, min_units=1)


def test_declared_keys_cost_no_delta() -> None:
    assert price(calibrate(grid(18, units(18), rows(64, "m1")), 0.01, 0.0, min_units=10)).delta == 0


def test_a_number_gets_the_noise_with_the_narrower_interval() -> None:
    """Laplace noise of the same ρ: P[|Z| > h] = 2·a^(h+1) / (1 + a), a = exp(−1/b)."""
    for sensitivity in (Sensitivity.rows(64), Sensitivity.groups(30), Sensitivity(4, 8, 16, 2)):
        (each,) = calibrate(grid(2, Measure("m0", "x", sensitivity, Fraction(1))), 0.02, 0.0, min_units=1)
        b = sensitivity.l1 / math.sqrt(0.04)
        laplace = math.ceil(b * math.log(2 / ((1 + math.exp(-1 / b)) * 0.05)) - 1)
        gaussian = quantile_steps(math.sqrt(sensitivity.l2_squared / 0.04))
        assert half_width(each) <= min(laplace, gaussian + 1)


def test_a_budget_too_small_for_the_numbers_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        calibrate(grid(2, rows(100_000, step=2**50)), 1e-12, 0.0, min_units=1)
    assert caught.value.code == "noise_too_large"


@pytest.mark.parametrize("rho", [0.0, -1.0, math.inf, math.nan])
def test_no_rho_no_noise(rho: float) -> None:
    with pytest.raises(ValueError, match="ρ"):
        calibrate(grid(2, units()), rho, 0.0, min_units=1)


def test_the_smallest_rho_still_gives_finite_noise() -> None:
    (each,) = calibrate(grid(2, units()), 1.5e-12, 0.0, min_units=1)
    assert 7e5 < each.scale < 7.2e5


def test_a_threshold_refuses_counts_of_rows() -> None:
    with pytest.raises(ValueError, match="distinct units"):
        calibrate(discovered(rows(64)), 0.1, 1e-8, min_units=10)


def test_a_threshold_refuses_a_pick() -> None:
    with pytest.raises(ValueError, match="distinct units"):
        calibrate(discovered(replace(units(), choice=Choice(0, 3, None))), 0.1, 1e-8, min_units=10)


def test_discovered_keys_without_delta_are_not_calibrated() -> None:
    with pytest.raises(ValueError, match="δ"):
        calibrate(discovered(units(4)), 0.1, 0.0, min_units=10)


@pytest.mark.parametrize("scale", [0.3, 1.0, 7.7, 63.0, 65.0, 1e6])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_quantiles_are_the_smallest_integers_that_hold(scale: float, confidence: float) -> None:
    h = quantile_steps(scale, confidence)
    slack = 0.002 if scale > 60 else 1e-9
    assert inside(scale, h) >= confidence - slack
    assert h == 0 or inside(scale, h - 1) < confidence + slack


def inside(scale: float, h: int) -> float:
    """P[|Z| ≤ h], by another road than the one under test."""
    if scale > 1000:
        return math.erf((h + 0.5) / scale / math.sqrt(2))
    weights = [math.exp(-(z * z) / (2 * scale * scale)) for z in range(-2000, 2001)]
    return math.fsum(weights[2000 - h : 2001 + h]) / math.fsum(weights)


def test_a_scale_that_would_not_fit_is_refused_and_the_largest_that_does_is_not() -> None:
    """With ρ = 1/2 the scale is the norm itself, and half of the largest scale is 2⁵³."""
    (each,) = calibrate(grid(2, rows(1, step=2**53)), 0.5, 0.0, min_units=1)
    assert each.scale == pytest.approx(2.0**53)
    for norms in (
        Sensitivity.rows(1, 2**53 + 1),
        Sensitivity.rows(1, 2**54),
        Sensitivity.capped(4, 2**54, 2**52),
    ):
        with pytest.raises(Refused):
            calibrate(grid(2, Measure("m0", "x", norms, Fraction(1))), 0.5, 0.0, min_units=1)
    with pytest.raises(Refused):
        calibrate(grid(2, rows(1, step=2**50)), 5e-7, 0.0, min_units=1)


def test_noise_that_costs_more_than_its_room_is_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "gaussian", lambda _norms, _rho: (Mechanism.GAUSSIAN, 1.0))
    with pytest.raises(AssertionError, match="costs more"):
        calibrate(grid(2, units()), 0.1, 0.0, min_units=1)


@pytest.mark.parametrize("stage", [grid(2, units()), discovered(units(4))])
def test_a_negative_delta_is_no_amount(stage: Stage) -> None:
    with pytest.raises(ValueError, match="never negative"):
        calibrate(stage, 0.1, -1e-9, min_units=1)


@pytest.mark.parametrize("norms", [Sensitivity(2, 5, 5, 1), Sensitivity(4, 4, 8, 2)])
def test_a_threshold_refuses_whatever_counts_a_unit_twice_in_a_group(norms: Sensitivity) -> None:
    with pytest.raises(ValueError, match="distinct units"):
        calibrate(discovered(Measure("m0", "x", norms, Fraction(1))), 0.1, 1e-8, min_units=2)


def test_a_threshold_reckons_with_every_group_that_a_unit_can_open() -> None:
    (each,) = calibrate(
        discovered(Measure("m0", "x", Sensitivity(40, 2, 2, 1), Fraction(1))), 0.1, 1e-8, min_units=2
    )
    assert each.threshold is not None
    assert each.delta == threshold_delta(each.scale, each.threshold, 40) <= 1e-8


def test_a_pick_is_not_noisier_than_its_own_norm_asks_for() -> None:
    (each,) = calibrate(
        grid(2, Measure("m0", "x", Sensitivity(4, 8, 16, 2), Fraction(1), choice=Choice(0, 3, (1, 2)))),
        0.1, 0.0, min_units=1,
    )  # fmt: skip
    assert each.scale == pytest.approx(2 * 2 / math.sqrt(0.2))
