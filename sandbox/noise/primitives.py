"""OpenDP behind a few functions: three mechanisms on vectors of i64, their privacy maps, one conversion.

Only the modules that are needed are imported, and only on first use (half a second). Feature flag
``contrib`` alone: ``honest-but-curious`` and ``floating-point`` stay off. Randomness is the operating
system's, asked for at every draw, so a forked process never repeats its parent's noise.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sandbox.nouns.plan import Mechanism
from sandbox.nouns.spend import Sensitivity

EXACT_LIMIT = 2**62
"""Exact values lie within ± this before noise."""
SCALE_LIMIT = 2.0**54
"""Largest scale: noise then leaves the room between 2⁶² and the edge of i64 with probability < 10⁻⁷⁹."""


@lru_cache(maxsize=1)
def _domains() -> dict[str, Any]:
    """Import OpenDP once and build what every mechanism shares."""
    from opendp import combinators, domains, measurements, measures, metrics
    from opendp.mod import enable_features

    enable_features("contrib")
    atom = domains.atom_domain(T="i64")
    vector = domains.vector_domain(atom)
    pure = measures.max_divergence()

    def noisy_max(domain: Any, metric: Any, scale: float) -> Any:
        return measurements.make_noisy_max(domain, metric, pure, scale=scale)

    unit_gaussian = measurements.make_gaussian(atom, metrics.absolute_distance(T=float), scale=1.0)
    return {
        Mechanism.GAUSSIAN: (measurements.make_gaussian, vector, metrics.l2_distance(T=float)),
        Mechanism.NOISY_MAX: (noisy_max, vector, metrics.linf_distance(T="i64")),
        "conversion": combinators.make_zCDP_to_approxDP(unit_gaussian),
    }


def warm() -> threading.Thread:
    """Import OpenDP and build the shared parts in a background thread, which is returned.

    The process waits for it at its end: cut off amid an import it would take the import lock with it, and
    OpenDP's objects import when they are collected.
    """
    thread = threading.Thread(target=_domains, name="noise-warm")
    thread.start()
    return thread


@lru_cache(maxsize=1024)
def mechanism_of(mechanism: Mechanism, scale: float) -> Any:
    """OpenDP's measurement on vectors of i64 with this scale, built once."""
    if not 0 < scale <= SCALE_LIMIT:
        raise ValueError("a scale is positive and leaves room in i64")
    make, domain, metric = _domains()[mechanism]
    return make(domain, metric, scale=scale)


def rho_spent(mechanism: Mechanism, scale: float, sensitivity: Sensitivity) -> float:
    """Loss ρ by OpenDP's own map, rounded up; pure ε counts as ε²/2 (Bun & Steinke 2016, Prop. 1.4)."""
    if mechanism is Mechanism.GAUSSIAN:
        return float(mechanism_of(mechanism, scale).map(root_up(sensitivity.l2_squared)))
    epsilon = Fraction(mechanism_of(mechanism, scale).map(sensitivity.linf))
    return round_up(epsilon**2 / 2)


def draw(mechanism: Mechanism, scale: float, values: Sequence[int]) -> list[int]:
    """Add fresh noise to a whole vector: one invocation, one draw per cell."""
    noisy = mechanism_of(mechanism, scale)(list(values))
    return [int(value) for value in noisy]


def pick(scale: float, scores: Sequence[int]) -> int:
    """Place of the highest score after fresh noise on each: one invocation."""
    return int(mechanism_of(Mechanism.NOISY_MAX, scale)(list(scores)))


def epsilon_by_profile(rho: float, delta: float) -> float:
    """ε of a ρ-zCDP release at ``delta``, by OpenDP's conversion, for any ρ up to some hundreds.

    The release is stood for by a Gaussian of scale 1 at the distance d = √(2ρ), rounded up: its map is at
    least ρ, and the conversion knows nothing else of it.
    """
    conversion = _domains()["conversion"]
    distance = root_up(2 * Fraction(rho))
    return float(conversion.map(distance).epsilon(delta))


def root_up(square: int | Fraction) -> float:
    """√ as a float that is not below the real root.

    >>> root_up(4), Fraction(root_up(2)) ** 2 >= 2
    (2.0, True)
    """
    root = math.sqrt(square)
    while Fraction(root) ** 2 < square:
        root = math.nextafter(root, math.inf)
    return root


def round_up(value: Fraction) -> float:
    """The float next to ``value`` that is not below it."""
    near = float(value)
    return near if Fraction(near) >= value else math.nextafter(near, math.inf)


def round_down(value: Fraction) -> float:
    """The float next to ``value`` that is not above it."""
    near = float(value)
    return near if Fraction(near) <= value else math.nextafter(near, -math.inf)
