"""ε ⇄ ρ: one function each way, cached, always rounded against the developer.

OpenDP's conversion from ρ-zCDP to (ε, δ) is used (it follows Canonne, Kamath, Steinke 2020, §2.3: the best
order α of the Rényi bound). Where it leaves the range of floats the closed form of Bun & Steinke 2016,
Prop. 1.3, ε = ρ + 2·√(ρ·ln(1/δ)), stands in: valid for every ρ and never smaller.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from sandbox.noise import primitives
from sandbox.nouns.job import LEAST_EPSILON

_PROFILE_LIMIT = 400.0
"""ρ up to which OpenDP's profile stays inside the range of floats for every admitted δ."""
_PRECISION = 1e-10
"""Relative width at which the search for ρ ends."""


@lru_cache(maxsize=4096)
def epsilon_of(rho: float, delta: Decimal) -> float:
    """Smallest ε we can show for ρ-zCDP at δ, rounded up.

    Args:
        rho: loss, ≥ 0.
        delta: the δ of the conversion itself, in (0, 1): half of the dataset's δ.
    """
    if not 0 <= rho < math.inf:
        raise ValueError("ρ is finite and not negative")
    tail = _delta_down(delta)
    if rho > _PROFILE_LIMIT:
        return _closed_form(rho, tail) * (1 + 1e-12)
    return primitives.epsilon_by_profile(rho, tail)


@lru_cache(maxsize=4096)
def rho_of(epsilon: Decimal, delta: Decimal) -> float:
    """Largest ρ (within 10⁻¹⁰ of it) whose ε at δ does not exceed ``epsilon``; never above.

    The one door from ε to noise: a job's ε passes here once, and everything else is ρ.

    Args:
        epsilon: what was asked, ≥ ``LEAST_EPSILON``.
        delta: half of the dataset's δ, in (0, 1).
    """
    if not (epsilon.is_finite() and epsilon >= LEAST_EPSILON):
        raise ValueError(f"ε is finite and at least {LEAST_EPSILON}")
    low, high = 0.0, float(epsilon)
    while epsilon_of(high, delta) <= epsilon:
        high *= 2
    while high > low * (1 + _PRECISION):
        middle = (low + high) / 2
        if epsilon_of(middle, delta) <= epsilon:
            low = middle
        else:
            high = middle
    return low


def _delta_down(delta: Decimal) -> float:
    if not (delta.is_finite() and 0 < delta < 1):
        raise ValueError("δ lies strictly between 0 and 1")
    return primitives.round_down(Fraction(delta))


def _closed_form(rho: float, delta: float) -> float:
    return rho + 2 * math.sqrt(rho * math.log(1 / delta))
