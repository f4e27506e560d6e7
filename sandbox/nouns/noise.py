"""Noisy tables, and how wide integer noise is: formulas only, no draw happens here.

The discrete Gaussian is symmetric on the integers::

    P[Z = z] ∝ exp(−z² / (2σ²))        summed, or the normal quantile for large σ

Source: Canonne, Kamath, Steinke 2020 (arXiv:2004.00010). Figures here are shown to people; no privacy
guarantee rests on them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.nouns.plan import Calibrated

_SUMMED_BELOW = 64.0
"""σ under which the Gaussian quantile is summed; above, the normal quantile is right to the integer ± 1."""


@dataclass(frozen=True)
class Noisy:
    """One stage, measured: what may leave the noise station."""

    keys: tuple[tuple[object, ...], ...]
    """Group keys, one tuple per row, in the order of ``Stage.keys``."""
    values: tuple[tuple[int, ...], ...]
    """One vector per measure, in the order of ``Stage.measures``, in integer steps, as long as ``keys``."""

    def __post_init__(self) -> None:
        if any(len(vector) != len(self.keys) for vector in self.values):
            raise ValueError("every measure has one value per row")

    def __len__(self) -> int:
        return len(self.keys)


@lru_cache(maxsize=4096)
def quantile_steps(scale: float, confidence: float = 0.95) -> int:
    """Smallest integer h ≥ 0 with P[|Z| ≤ h] ≥ ``confidence``, in integer steps.

    >>> quantile_steps(10.0)
    20
    """
    if not 0 < confidence < 1:
        raise ValueError("confidence lies strictly between 0 and 1")
    if not 0 < scale < math.inf:
        raise ValueError("a scale is positive and finite")
    if scale >= _SUMMED_BELOW:
        return math.ceil(NormalDist(0, scale).inv_cdf((1 + confidence) / 2) - 0.5)
    return _gaussian_quantile(scale, confidence)


def _gaussian_quantile(scale: float, confidence: float) -> int:
    weights = [math.exp(-(z**2) / (2 * scale**2)) for z in range(math.ceil(40 * scale) + 1)]
    total = 2 * math.fsum(weights) - weights[0]
    inside = weights[0]
    for h, weight in enumerate(weights[1:], start=1):
        if inside >= confidence * total:
            return h - 1
        inside += 2 * weight
    return len(weights) - 1


def half_width(calibrated: Calibrated, confidence: float = 0.95) -> float:
    """Half-width of the interval around one noisy cell that holds the exact one, in natural units."""
    steps = quantile_steps(calibrated.scale, confidence)
    return float(steps * calibrated.measure.quantum)
