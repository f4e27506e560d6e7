"""Discovered keys: what a threshold on the noisy unit count leaks, as a proven upper bound.

A group that only one unit opens has exact count 1. It is released iff its noisy count reaches the integer
τ, that is iff the noise reaches τ − 1. With T(t) = P[Z ≥ t] and at most L0 such groups::

    δ ≤ L0 · T(τ − 1)

    T(t) = Σ_{k ≥ t} exp(−k²/2σ²) / Σ_{k ∈ ℤ} exp(−k²/2σ²)        discrete Gaussian

(Since the noise of the groups is independent, 1 − (1 − T)^L0 holds too: smaller by less than δ/2 of itself,
which is nothing for the δ of a job.)

Everything is computed in decimal arithmetic of 100 digits. All its errors together stay below 10⁻³⁰ of the
result: the scale is at most 2⁵⁴, so the smallest difference taken, 1 − r of two neighbouring terms, keeps
more than 60 of them. At the end the result is moved up by ``_SLACK`` of itself and by one float, which also
lifts what underflows: at most 2·10⁻¹⁵ too much, where the series is summed to its end (the rest, 10⁻³⁰ of it,
is bounded by a geometric series), that is for σ² / τ up to some 70. Wider noise ends after ``_TERMS`` terms
with the same bound on the rest, which is then loose by less than a factor 1 + (σ / (τ − 1))².

(OpenDP 0.16's own ``make_gaussian_threshold`` states the tail of the continuous normal beyond τ − 1, which
leaves out half a step: 0.0013 for σ = 1 and τ = 4, where 0.0046 is true. It is not used.)
"""

from __future__ import annotations

import math
from bisect import bisect_left
from decimal import Context, Decimal, localcontext
from functools import lru_cache

from sandbox.noise.primitives import SCALE_LIMIT

_DIGITS = 100
_SLACK = Decimal("1e-15")
_TERMS = 5_000
_ROOT_TWO_PI = Decimal("2.506628274631000502415765284811045253006986740609938316629923576")
"""√(2π)."""
_THETA_FROM = 4.0
"""σ from which √(2π)·σ stands for the sum over ℤ: below it by less than 10⁻¹³⁰ relative (Poisson)."""
_TAUS = range(2, 2**60)
"""No scale's noise reaches beyond with a probability that a float can tell from 0."""


@lru_cache(maxsize=16384)
def threshold_delta(scale: float, tau: int, l0: int) -> float:
    """Upper bound of the δ of releasing groups whose noisy unit count is ≥ ``tau``.

    Args:
        scale: σ of the noise on the unit count, in units; at most ``SCALE_LIMIT``.
        tau: integer threshold, ≥ 2.
        l0: groups one unit can touch, ≥ 1.

    >>> round(threshold_delta(1.0, 4, 1), 6)
    0.004567
    """
    if tau < 2 or l0 < 1:
        raise ValueError("a threshold is at least 2, and a unit touches at least one group")
    if not 0 < scale <= SCALE_LIMIT:
        raise ValueError("a scale is positive and leaves room in i64")
    with localcontext(Context(prec=_DIGITS)):
        whole = _ROOT_TWO_PI * Decimal(scale) if scale >= _THETA_FROM else 1 + 2 * _series(scale, 1)
        delta = l0 * _series(scale, tau - 1) / whole
        return math.nextafter(float(delta * (1 + _SLACK)), math.inf)


def smallest_threshold(scale: float, delta: float, l0: int) -> int:
    """Smallest integer τ ≥ 2 with ``threshold_delta`` ≤ ``delta``, for δ > 0."""
    if not 0 < delta < 1:
        raise ValueError("key discovery needs a δ between 0 and 1")
    return _TAUS[bisect_left(_TAUS, True, key=lambda tau: threshold_delta(scale, tau, l0) <= delta)]


def _series(scale: float, t: int) -> Decimal:
    """Σ_{k ≥ t} exp(−k²/2σ²), t ≥ 1, or more, by the bound on its rest alone.

    Each term is the one before times r_k = exp(−(2k+1)/2σ²), and r_{k+1} = r_k · exp(−1/σ²); the ratios fall,
    so after the last term x_K the rest is at most x_K · r_K / (1 − r_K).
    """
    doubled = 2 * Decimal(scale) ** 2
    total = term = (-(t**2) / doubled).exp()
    ratio = (-(2 * t + 1) / doubled).exp()
    shrink = (-2 / doubled).exp()
    for _ in range(_TERMS):
        term *= ratio
        ratio *= shrink
        total += term
        if term <= total * Decimal("1e-30"):
            break
    return total + term * ratio / (1 - ratio)
