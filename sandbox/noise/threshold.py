"""Discovered keys: what a threshold on the noisy unit count leaks, as a proven upper bound.

A group that only one unit opens has exact count 1. It is released iff its noisy count reaches the integer
τ, that is iff the noise reaches τ − 1. With T(t) = P[Z ≥ t] and at most L0 such groups, whose noise is
independent::

    δ ≤ 1 − (1 − T(τ − 1))^L0 ≤ L0 · T(τ − 1)

    T(t) = Σ_{k ≥ t} exp(−k²/2σ²) / Σ_{k ∈ ℤ} exp(−k²/2σ²)        discrete Gaussian

Everything is computed in decimal arithmetic of 60 digits with the rounding turned so that δ can only grow:
numerators up, denominators down. Error of the result, relative and always upwards: at most 2·10⁻¹⁶, nearly
all of it the last step to a float, where the series is summed to its end (10⁻³⁰ of it, the rest
bounded by a geometric series), that is for σ² / τ up to some 70. Wider noise ends after ``_TERMS`` terms with
the same bound on the rest, which is then loose by less than a factor 1 + (σ / (τ − 1))².

(OpenDP 0.16's own ``make_gaussian_threshold`` states the tail of the continuous normal beyond τ − 1, which
leaves out half a step: 0.0013 for σ = 1 and τ = 4, where 0.0046 is true. It is not used.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from functools import lru_cache

_DIGITS = 60
_SLACK = Decimal("1e-50")
"""Relative error granted to each exp and power, whose own error is below 10⁻⁵⁸."""
_TERMS = 5_000
_ROOT_TWO_PI = Decimal("2.506628274631000502415765284811045253006986740609")
"""√(2π), cut off, so a lower bound."""
_THETA_FROM = 4.0
"""σ from which √(2π)·σ stands for the sum over ℤ: below it by less than 10⁻¹³⁰ relative (Poisson)."""
_TAU_LIMIT = 2**60


@lru_cache(maxsize=16384)
def threshold_delta(scale: float, tau: int, l0: int) -> float:
    """Upper bound of the δ of releasing groups whose noisy unit count is ≥ ``tau``.

    Args:
        scale: σ of the noise on the unit count, in units.
        tau: integer threshold, ≥ 2.
        l0: groups one unit can touch, ≥ 1.

    >>> round(threshold_delta(1.0, 4, 1), 6)
    0.004567
    """
    if tau < 2 or l0 < 1:
        raise ValueError("a threshold is at least 2, and a unit touches at least one group")
    if not 0 < scale < math.inf:
        raise ValueError("a scale is positive and finite")
    return _float_up(_any_of(_tail(scale, tau - 1), l0))


def smallest_threshold(scale: float, delta: float, l0: int) -> int:
    """Smallest integer τ ≥ 2 with ``threshold_delta`` ≤ ``delta``, for δ > 0."""
    if not 0 < delta < 1:
        raise ValueError("key discovery needs a δ between 0 and 1")
    low, high = 1, 2
    while threshold_delta(scale, high, l0) > delta:
        low, high = high, high * 2
        if high > _TAU_LIMIT:
            raise ValueError("no threshold fits")
    while high - low > 1:
        middle = (low + high) // 2
        if threshold_delta(scale, middle, l0) <= delta:
            high = middle
        else:
            low = middle
    return high


def _any_of(tail: Decimal, l0: int) -> Decimal:
    """Upper bound of 1 − (1 − tail)^l0."""
    with _rounding(ROUND_CEILING):
        union = tail * l0
    if union < Decimal("1e-20"):
        return union  # the difference to the exact form is below 10⁻²⁰ relative
    with _rounding(ROUND_FLOOR):
        stay = (1 - min(tail, Decimal(1))) ** l0 * (1 - _SLACK)
    with _rounding(ROUND_CEILING):
        return min(union, 1 - stay)


def _tail(scale: float, t: int) -> Decimal:
    """Upper bound of P[Z ≥ t], t ≥ 1."""
    numerator = _series_up(scale, t)
    with _rounding(ROUND_FLOOR):
        if scale >= _THETA_FROM:
            denominator = _ROOT_TWO_PI * Decimal(scale)
        else:
            terms = (_term(scale, k, up=False) for k in range(1, math.ceil(12 * scale) + 2))
            denominator = 1 + 2 * sum(terms, Decimal(0))
    with _rounding(ROUND_CEILING):
        return numerator / denominator


def _series_up(scale: float, t: int) -> Decimal:
    """Upper bound of Σ_{k ≥ t} exp(−k²/2σ²).

    Each term is the one before times r_k = exp(−(2k+1)/2σ²), and r_{k+1} = r_k · exp(−1/σ²); the ratios fall,
    so after the last term x_K the rest is at most x_K · r_K / (1 − r_K).
    """
    with _rounding(ROUND_CEILING):
        variance = Decimal(scale) * Decimal(scale)
        shrink = _exp(-(1 / variance), up=True)
        ratio = _exp(-(Decimal(2 * t + 1) / (2 * variance)), up=True)
        term = _term(scale, t, up=True)
        total = term
        for _ in range(_TERMS):
            term *= ratio
            ratio *= shrink
            total += term
            if term < total * Decimal("1e-30"):
                break
    with _rounding(ROUND_FLOOR):
        room = 1 - min(ratio, Decimal(1) - _SLACK)
    with _rounding(ROUND_CEILING):
        return total + term * ratio / room


def _term(scale: float, k: int, *, up: bool) -> Decimal:
    return _exp(-(Decimal(k * k) / (2 * Decimal(scale) * Decimal(scale))), up=up)


def _exp(exponent: Decimal, *, up: bool) -> Decimal:
    """e^exponent, moved outwards past every error made on the way to ``exponent``.

    A relative error of 10⁻⁵⁹ in an exponent of size x is one of x·10⁻⁵⁹ in the result; exponents beyond 10⁷
    would underflow long before that matters.
    """
    if exponent < -2_000_000:
        return Decimal("1e-800000") if up else Decimal(0)
    return exponent.exp() * (1 + _SLACK if up else 1 - _SLACK)


@contextmanager
def _rounding(mode: str) -> Iterator[None]:
    with localcontext(Context(prec=_DIGITS, rounding=mode, Emin=-999_999_999, Emax=999_999_999)):
        yield


def _float_up(value: Decimal) -> float:
    near = float(value)
    return near if Decimal(near) >= value else math.nextafter(near, math.inf)
