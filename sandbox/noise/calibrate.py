"""How much noise: from a stage's public sensitivities and a share of ρ to fixed scales. No data here.

For measure i with share ρ_i = ρ · w_i / Σw::

    a number, discrete Gaussian:          σ = Δ₂ / √(2ρ_i)        loss Δ₂² / (2σ²)
    a pick among candidates, noisy max:   pure ε_i = √(2ρ_i)      which is ε_i² / 2-zCDP

The scale is the smallest at which *OpenDP's map* says ≤ ρ_i (found from the formula, then moved up until the
map agrees). Laplace noise of the same ρ_i is wider at any norms: its b = Δ₁ / √(2ρ_i) is no smaller than σ,
since Δ₂ ≤ Δ₁, and its 95 % half-width is ln 20 · b, the Gaussian's 1.96 · σ; so is its threshold for
δ < 10⁻².
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from sandbox.errors import Refused
from sandbox.noise.primitives import SCALE_LIMIT, rho_spent, root_up, round_down
from sandbox.noise.threshold import smallest_threshold, threshold_delta
from sandbox.nouns.plan import Calibrated, Measure, Mechanism, Stage
from sandbox.nouns.spend import DELTA_UNIT, RHO_UNIT, Sensitivity, Spend


def calibrate(stage: Stage, rho: float, delta: float, *, min_units: int) -> tuple[Calibrated, ...]:
    """Fix the noise of every measure of a stage so that the whole costs at most ``rho`` and ``delta``.

    Args:
        stage: what will be measured.
        rho: loss the stage may have, > 0.
        delta: δ of key discovery the stage may have, ≥ 0; unused for declared keys.
        min_units: floor on shown unit counts; a threshold is never below it.

    Returns:
        One per measure, in order. Their ``price`` is at most ``Spend.cap(rho, delta)``.

    Raises:
        Refused: ``noise_too_large``, when ρ is so small that the noise would not fit the numbers.
    """
    if not 0 < rho < math.inf:
        raise ValueError("ρ is finite and positive")
    if not stage.measures:
        raise ValueError("a stage measures something")
    total = sum(measure.weight for measure in stage.measures)
    room = Spend.cap(rho, delta)
    whole = Fraction(room.rho, RHO_UNIT)  # whole units, so that the price, rounded up, still fits the cap
    shares = [round_down(whole * measure.weight / total) for measure in stage.measures]
    calibrated = tuple(_calibrated(m, share) for m, share in zip(stage.measures, shares, strict=True))
    if stage.discovered:
        tail = round_down(Fraction(room.delta, DELTA_UNIT))
        calibrated = tuple(_with_threshold(item, stage, tail, min_units) for item in calibrated)
    if not price(calibrated).within(room):
        raise AssertionError("the noise costs more than it may")
    return calibrated


def price(calibrated: Iterable[Calibrated]) -> Spend:
    """What OpenDP's maps and the threshold bounds say the noise costs, rounded up."""
    items = tuple(calibrated)
    rho = sum((Fraction(item.rho) for item in items), Fraction(0))
    return Spend.price(rho, sum((Fraction(item.delta) for item in items), Fraction(0)))


def _calibrated(measure: Measure, rho: float) -> Calibrated:
    found = gaussian if measure.choice is None else noisy_max
    mechanism, scale = found(measure.sensitivity, rho)
    return Calibrated(measure, mechanism, scale, rho_spent(mechanism, scale, measure.sensitivity))


@lru_cache(maxsize=4096)
def gaussian(sensitivity: Sensitivity, rho: float) -> tuple[Mechanism, float]:
    """Smallest σ for a number."""
    start = root_up(sensitivity.l2_squared) / _root(sensitivity.l1, rho)
    return Mechanism.GAUSSIAN, _smallest_scale(Mechanism.GAUSSIAN, start, sensitivity, rho)


@lru_cache(maxsize=4096)
def noisy_max(sensitivity: Sensitivity, rho: float) -> tuple[Mechanism, float]:
    """Smallest scale for picking a candidate: pure ε = 2Δ∞ / scale, which is ε² / 2-zCDP."""
    change = 2 * sensitivity.linf
    start = change / _root(change, rho)
    return Mechanism.NOISY_MAX, _smallest_scale(Mechanism.NOISY_MAX, start, sensitivity, rho)


def _root(change: int, rho: float) -> float:
    """√(2ρ), the pure ε that costs ρ, where noise for ``change`` at this ε leaves room in 64 bits."""
    root = math.sqrt(2 * rho)
    if change > SCALE_LIMIT / 2 * root:  # half, so that the search upwards stays inside
        raise Refused(
            "noise_too_large",
            "the privacy budget given to this query is too small for what one person can change in it",
            hint="ask for a larger epsilon, narrower bounds or fewer aggregates",
        )
    return root


def _smallest_scale(mechanism: Mechanism, start: float, sensitivity: Sensitivity, rho: float) -> float:
    """Move the formula's scale up, by steps that double, until OpenDP's map, which rounds up, fits."""
    scale, step = start, math.ulp(start)
    while rho_spent(mechanism, scale, sensitivity) > rho:
        scale += step
        step *= 2
    return scale


def _with_threshold(item: Calibrated, stage: Stage, delta: float, min_units: int) -> Calibrated:
    """Give the unit measure its threshold; other measures stay as they are."""
    if item.measure.name != stage.unit_measure:
        return item
    sensitivity = item.measure.sensitivity
    if item.measure.choice is not None or sensitivity.linf != 1 or sensitivity.l1 > sensitivity.l0:
        raise ValueError("a threshold counts distinct units: one unit changes each group by at most 1")
    needed = _threshold(item.scale, delta, sensitivity.l0)
    tau = max(needed, min_units)
    spent = threshold_delta(item.scale, tau, sensitivity.l0)
    return replace(item, threshold=tau, delta=spent)


_threshold = lru_cache(maxsize=4096)(smallest_threshold)
