"""Certified lower bounds on privacy loss, from samples of two neighbouring inputs.

The samples are cut in half: an event is chosen on the first half and certified on the second by
Clopper–Pearson bounds, so that choosing cannot cheat. With P and Q the probabilities of the event on the two
inputs, ρ-zCDP implies, by Hölder's inequality from the Rényi bound of every order::

    P ≤ exp(−(√ln(1/Q) − √ρ)²)  for Q ≤ P    so    ρ ≥ (√ln(1/Q) − √ln(1/P))²
"""

from __future__ import annotations

import math
from collections.abc import Sequence

CHOOSING = 0.05
"""Confidence parameter while choosing an event; it certifies nothing."""
POINTS = 60
"""Thresholds that are tried on each side."""


def at_least(successes: int, trials: int, alpha: float) -> float:
    """Clopper–Pearson lower bound of a probability; wrong with probability ≤ ``alpha``.

    >>> round(at_least(10, 10, 0.05), 3)
    0.741
    """
    if successes == 0:
        return 0.0
    low, high = 0.0, successes / trials
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(successes, trials, middle) < alpha else (low, middle)
    return low


def at_most(successes: int, trials: int, alpha: float) -> float:
    """Clopper–Pearson upper bound of a probability; wrong with probability ≤ ``alpha``."""
    return 1.0 - at_least(trials - successes, trials, alpha)


def rho_at_least(first: Sequence[float], second: Sequence[float], alpha: float) -> float:
    """The ρ that the mechanism behind the samples loses at least, in either direction.

    Args:
        first: independent outputs on one input.
        second: independent outputs on its neighbour.
        alpha: chance that the bound is above the truth.
    """
    half = min(len(first), len(second)) // 2
    best = 0.0
    for a, b in ((first, second), (second, first)):
        pool = sorted([*a[:half], *b[:half]])
        points = {pool[place * (len(pool) - 1) // POINTS] for place in range(POINTS + 1)}
        events = [(side, point) for side in (1, -1) for point in sorted(points)]
        event = max(events, key=lambda each: _loss(a[:half], b[:half], each, CHOOSING))
        best = max(best, _loss(a[half:], b[half:], event, alpha / 4))
    return best


def _loss(a: Sequence[float], b: Sequence[float], event: tuple[int, float], alpha: float) -> float:
    side, point = event
    p = at_least(sum(side * each >= side * point for each in a), len(a), alpha)
    q = at_most(sum(side * each >= side * point for each in b), len(b), alpha)
    if not 0 < q < p:
        return 0.0
    return (math.sqrt(-math.log(q)) - math.sqrt(-math.log(p))) ** 2


def _tail(successes: int, trials: int, p: float) -> float:
    """P[Binomial(trials, p) ≥ successes], for p ≤ successes / trials: terms fall, so it stops early."""
    if p <= 0:
        return 0.0
    log_term = (
        math.lgamma(trials + 1) - math.lgamma(successes + 1) - math.lgamma(trials - successes + 1)
        + successes * math.log(p) + (trials - successes) * math.log1p(-p)
    )  # fmt: skip
    term = total = math.exp(log_term)
    for count in range(successes, trials):
        term *= (trials - count) / (count + 1) * p / (1 - p)
        total += term
        if term <= total * 1e-15:
            break
    return total
