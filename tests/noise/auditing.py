"""Black-box lower bounds on privacy loss from samples of two neighbouring inputs.

Samples are cut in half: the event is chosen on the first half, and certified on the second with
Clopper–Pearson bounds, so choosing cannot cheat. With P the probability of the event on one input and Q on
the other, a promise is broken when a bound that it implies is::

    ε-DP:      P ≤ e^ε · Q                              so   ε ≥ ln(P / Q)
    ρ-zCDP:    P ≤ exp(−(√ln(1/Q) − √ρ)²)  for Q ≤ P    so   ρ ≥ (√ln(1/Q) − √ln(1/P))²

(the second by Hölder's inequality from the Rényi bound of every order).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import beta

ALPHA = 1e-9
"""Chance that one audit of a correct mechanism reports more than the truth."""


def lower(successes: int, trials: int, alpha: float = ALPHA) -> float:
    """Clopper–Pearson lower bound of a probability."""
    return 0.0 if successes == 0 else float(beta.ppf(alpha, successes, trials - successes + 1))


def upper(successes: int, trials: int, alpha: float = ALPHA) -> float:
    """Clopper–Pearson upper bound of a probability."""
    return 1.0 if successes == trials else float(beta.ppf(1 - alpha, successes + 1, trials - successes))


def epsilon_lower(first: Sequence[int], second: Sequence[int]) -> float:
    """The ε that a pure mechanism loses at least."""
    return _audit(first, second, lambda p, q: math.log(p / q))


def rho_lower(first: Sequence[int], second: Sequence[int]) -> float:
    """The ρ that a zCDP mechanism loses at least."""

    def loss(p: float, q: float) -> float:
        return max(0.0, math.sqrt(-math.log(q)) - math.sqrt(-math.log(p))) ** 2

    return _audit(first, second, loss)


def _audit(first: Sequence[int], second: Sequence[int], loss: Callable[[float, float], float]) -> float:
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    half = min(len(x), len(y)) // 2
    best = 0.0
    for a, b in ((x, y), (y, x)):
        points = np.unique(np.quantile(np.concatenate([a[:half], b[:half]]), np.linspace(0, 1, 101)))
        events = [(side, point) for side in (1, -1) for point in points]
        side, point = max(events, key=lambda event: _certified(a[:half], b[:half], event, loss, 0.05))
        best = max(best, _certified(a[half:], b[half:], (side, point), loss, ALPHA / 4))
    return best


def _certified(
    a: np.ndarray,
    b: np.ndarray,
    event: tuple[int, float],
    loss: Callable[[float, float], float],
    alpha: float,
) -> float:
    side, point = event
    p = lower(int((side * a >= side * point).sum()), len(a), alpha)
    q = upper(int((side * b >= side * point).sum()), len(b), alpha)
    return loss(p, q) if p > q > 0 else 0.0
