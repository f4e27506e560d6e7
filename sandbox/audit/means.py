"""Certified lower bounds on ρ from samples of several numbers each, by means instead of one event.

For any bounded g (Donsker & Varadhan 1983) and any two distributions,

    D₁(P‖Q) ≥ E_P[g] − ln E_Q[e^g],

and ρ-zCDP has D_α ≤ α·ρ for all α > 1, so D₁ ≤ ρ. With g the logarithm of the ratio of the two densities it
is an equality, and for Gaussian noise D₁ = ρ: unlike an event, which loses a third, it can see all that was
charged. g is fitted on the first quarter of the samples, as if the noise were Gaussian; it need not be, a
bad fit only sees less. On the rest both means are bounded by bets (Waudby-Smith & Ramdas 2024): for x in
[0, 1] and a stake 0 < λ ≤ 1 fixed beforehand, Π(1 + λ(xᵢ − m)) has mean ≤ 1 where E x ≤ m, so it reaches 1/α
with probability ≤ α (Markov), and every m at which it does is refuted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

Sample = Sequence[float] | None
"""As many numbers as the others have; None where something was withheld."""
SLOPES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of the fitted ratio that are tried: less of it has a smaller bound, and a surer one."""
EDGES = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
"""Sizes to which g is clipped that are tried."""

Array = Any
"""A numpy array of floats: numpy comes with the first audit, not with the import."""
Told = tuple[Array, Array]
"""Scores of samples of the one side and of the other."""


def mean_at_least(values: Sequence[float], spread: float, alpha: float) -> float:
    """Lower bound of the mean of independent values in [0, 1]; wrong with probability ≤ ``alpha``.

    Args:
        values: what was seen.
        spread: their standard deviation, from other samples: it sets the stake and cannot make it wrong.
        alpha: chance of a bound above the mean.

    >>> round(mean_at_least([1.0] * 100, 0.0, 0.05), 3)
    0.97
    """
    import numpy as np

    seen = np.asarray(values, dtype=float)
    wealth, stake = math.log(1 / alpha), _stake(spread, len(seen), alpha)
    low, high = 0.0, 1.0
    for _ in range(30):
        mean = (low + high) / 2
        low, high = (mean, high) if _won(seen, stake, mean) >= wealth else (low, mean)
    return low


def rho_at_least(first: Sequence[Sample], second: Sequence[Sample], alpha: float) -> float:
    """The ρ of the mechanism behind the samples, at least, in either direction.

    Args:
        first: independent outputs on one input.
        second: independent outputs on its neighbour.
        alpha: chance that the bound is above the truth.
    """
    cut = min(len(first), len(second)) // 4
    width = max((len(each) for each in (*first, *second) if each is not None), default=0)
    one, two = (_rows(side, width) for side in (first, second))
    best = 0.0
    for a, b in ((one, two), (two, one)):
        scores = _scores(a[:cut], b[:cut], a), _scores(a[:cut], b[:cut], b)
        told, rest = (scores[0][:cut], scores[1][:cut]), (scores[0][cut:], scores[1][cut:])
        pairs = {_expected(told, *pair, len(rest[0]), alpha / 4): pair for pair in product(SLOPES, EDGES)}
        best = max(best, _certified(told, rest, *pairs[max(pairs)], alpha / 4))
    return best


def _rows(samples: Sequence[Sample], width: int) -> Array:
    """A sample a row; one that was withheld is NaN throughout."""
    import numpy as np

    nothing = (math.nan,) * width
    return np.array([nothing if each is None else each for each in samples], dtype=float)


def _scores(a: Array, b: Array, samples: Array) -> Array:
    """ln of the ratio of two Gaussian densities, with independent numbers of equal variance: linear.

    A number of means μ₁ and μ₂ adds (x − (μ₁ + μ₂)/2)·(μ₁ − μ₂)/σ². −∞ for a sample that was withheld.
    """
    import numpy as np

    one, two = (side[~np.isnan(side).any(axis=1)] for side in (a, b))
    if not len(one) or not len(two):
        return np.where(np.isnan(samples).any(axis=1), -math.inf, 0.0)
    variance = (one.var(axis=0) + two.var(axis=0)) / 2
    weight = (one.mean(axis=0) - two.mean(axis=0)) / np.maximum(variance, 1e-9)
    scores = ((samples - (one.mean(axis=0) + two.mean(axis=0)) / 2) * weight).sum(axis=1)
    return np.where(np.isnan(scores), -math.inf, scores)


def _expected(told: Told, slope: float, edge: float, count: int, alpha: float) -> float:
    """About what a fit will certify on ``count`` samples; it chooses and proves nothing."""
    one, two = (float(x.mean()) - _short(x, count, alpha) for x in _scaled(told, slope, edge))
    return _loss(one, two, edge)


def _certified(told: Told, rest: Told, slope: float, edge: float, alpha: float) -> float:
    """E_P[g] from below less ln E_Q[e^g] from above, each wrong with probability ≤ ``alpha``."""
    spreads = [float(x.std()) for x in _scaled(told, slope, edge)]
    after = zip(_scaled(rest, slope, edge), spreads, strict=True)
    one, two = (mean_at_least(x, spread, alpha) for x, spread in after)
    return _loss(one, two, edge)


def _scaled(scores: Told, slope: float, edge: float) -> Told:
    """g over P and −e^g over Q, both moved and scaled to [0, 1]."""
    import numpy as np

    first, second = (np.clip(slope * each, -edge, edge) for each in scores)
    return (first + edge) / (2 * edge), 1 - np.exp(second - edge)


def _loss(one: float, two: float, edge: float) -> float:
    """The two means, scaled back."""
    return one * 2 * edge - edge - math.log(1 - two) - edge if two < 1 else 0.0


def _stake(spread: float, count: int, alpha: float) -> float:
    """The stake that wins fastest: √(2 ln(1/α) / n) / σ, to second order."""
    return min(1.0, math.sqrt(2 * math.log(1 / alpha) / count) / max(spread, 1e-3))


def _short(values: Array, count: int, alpha: float) -> float:
    """How far below the mean its bound will be, to second order: ln(1/α)/(nλ) + λσ²/2."""
    spread = float(values.std())
    stake = _stake(spread, count, alpha)
    return math.log(1 / alpha) / (count * stake) + stake * spread**2 / 2


def _won(values: Array, stake: float, mean: float) -> float:
    """ln Π(1 + λ(x − m)); −∞ once all is lost."""
    import numpy as np

    factors = 1 + stake * (values - mean)
    return float(np.log(factors).sum()) if factors.min() > 0 else -math.inf
