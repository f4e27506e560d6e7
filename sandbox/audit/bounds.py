"""Certified lower bounds on privacy loss, from samples of two neighbouring inputs.

An event is chosen on the first quarter of the samples and certified on the rest by Clopper–Pearson bounds,
so that choosing cannot cheat. The choice asks for the same confidence: a laxer one prefers rare events that
luck put there, which prove nothing afterwards. It counts each sample of its quarter three times, which
makes as many as will certify: a quarter alone proves no frequent event, and a choice among zeros is none.

With P ≥ Q the probabilities of the event on the two inputs, pure ε-DP implies ε ≥ ln(P/Q), and ρ-zCDP, by
data processing of every Rényi divergence, ρ ≥ D_α(P‖Q)/α of the two coins (Bun & Steinke 2016, Def. 1.1).
Both grow with P and fall with Q, so bounds of P and Q bound them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

POINTS = 60
"""Thresholds that are tried on each side."""
ORDERS = tuple(1 + 2.0**power for power in range(-3, 6))
"""Rényi orders α that are tried; each alone is a bound."""

Loss = Callable[[float, float], float]
"""Loss that an event of probabilities P > Q > 0 proves."""


def at_least(successes: int, trials: int, alpha: float) -> float:
    """Clopper–Pearson lower bound of a probability; wrong with probability ≤ ``alpha``.

    >>> round(at_least(10, 10, 0.05), 3)
    0.741
    """
    if successes == 0:
        return 0.0
    if successes == trials:
        return float(alpha ** (1 / trials))
    low, high = 0.0, successes / trials
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _tail(successes, trials, middle) < alpha else (low, middle)
    return low


def at_most(successes: int, trials: int, alpha: float) -> float:
    """Clopper–Pearson upper bound of a probability; wrong with probability ≤ ``alpha``."""
    return 1.0 - at_least(trials - successes, trials, alpha)


def rho_of(p: float, q: float) -> float:
    """The ρ of zCDP that P and Q prove: the largest D_α/α.

    >>> round(rho_of(0.84, 0.16), 2)
    1.13
    """
    return max([_divergence(p, q, 1.0), *(_divergence(p, q, order) for order in ORDERS)])


def epsilon_of(p: float, q: float) -> float:
    """The pure ε that P and Q prove.

    >>> epsilon_of(0.5, 0.5)
    0.0
    """
    return math.log(p / q)


def loss_at_least(first: Sequence[float], second: Sequence[float], loss: Loss, alpha: float) -> float:
    """The loss of the mechanism behind the samples, at least, in either direction.

    Args:
        first: independent outputs on one input.
        second: independent outputs on its neighbour.
        loss: ``rho_of`` or ``epsilon_of``.
        alpha: chance that the bound is above the truth.
    """
    cut = min(len(first), len(second)) // 4
    best = 0.0
    for a, b in ((first, second), (second, first)):
        pool = sorted([*a[:cut], *b[:cut]])
        points = {pool[place * (len(pool) - 1) // POINTS] for place in range(POINTS + 1)}
        events = [(side, point) for side in (1, -1) for point in sorted(points)]
        times = (min(len(a), len(b)) - cut) // max(cut, 1)
        event = max(events, key=lambda each: _proved(a[:cut], b[:cut], each, loss, alpha / 4, times))
        best = max(best, _proved(a[cut:], b[cut:], event, loss, alpha / 4))
    return best


def _proved(
    a: Sequence[float], b: Sequence[float], event: tuple[int, float], loss: Loss, alpha: float, times: int = 1
) -> float:
    """The loss that an event proves if each sample had been seen so many times."""
    side, point = event
    p = at_least(times * sum(side * each >= side * point for each in a), times * len(a), alpha)
    q = at_most(times * sum(side * each >= side * point for each in b), times * len(b), alpha)
    return loss(p, q) if 0 < q < p < 1 else 0.0


def _divergence(p: float, q: float, order: float) -> float:
    """D_α/α of two coins; the Kullback–Leibler divergence at α = 1."""
    heads, tails = math.log(p / q), math.log((1 - p) / (1 - q))
    if order == 1:
        return p * heads + (1 - p) * tails
    # ln(p·(p/q)^(α−1) + …), the larger term taken out: both powers may leave the range of a float.
    one, other = math.log(p) + (order - 1) * heads, math.log1p(-p) + (order - 1) * tails
    high = max(one, other)
    total = high + math.log(math.exp(one - high) + math.exp(other - high))
    return total / (order - 1) / order


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
