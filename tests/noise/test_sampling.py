"""Noise has the distribution it is charged for, cell by cell, and is never the same twice.

Distances between empirical and exact distribution functions are judged by the Dvoretzky–Kiefer–Wolfowitz
inequality with Massart's constant, which holds for every distribution and sample size:
P[sup|F_n − F| > t] ≤ 2·exp(−2nt²).
"""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

from sandbox.noise.primitives import draw
from sandbox.nouns.plan import Mechanism

DRAWS = 20_000
LIMIT = math.sqrt(math.log(2 / 1e-9) / (2 * DRAWS))


def weights(scale: float, reach: int) -> np.ndarray:
    z = np.arange(-reach, reach + 1)
    raw = np.exp(-(z**2) / (2 * scale**2))
    return np.asarray(raw / raw.sum())


def distance(sample: np.ndarray, exact: np.ndarray) -> float:
    reach = len(exact) // 2
    counts = np.bincount(np.clip(sample, -reach, reach) + reach, minlength=len(exact))
    return float(np.abs(np.cumsum(counts) / len(sample) - np.cumsum(exact)).max())


@pytest.mark.parametrize("scale", [0.4, 1.0, 3.3, 40.0])
def test_noise_follows_its_distribution(scale: float) -> None:
    exact = weights(scale, math.ceil(30 * scale) + 5)
    sample = np.array(draw(Mechanism.GAUSSIAN, scale, [7] * DRAWS)) - 7
    assert distance(sample, exact) < LIMIT
    wrong = weights(scale / 2, math.ceil(30 * scale) + 5)
    assert distance(sample, wrong) > LIMIT


def test_cells_of_one_vector_have_independent_noise() -> None:
    exact = weights(3.0, 60)
    sample = np.array(draw(Mechanism.GAUSSIAN, 3.0, [0] * (2 * DRAWS)))
    assert distance(sample[::2] - sample[1::2], np.convolve(exact, exact)) < LIMIT


def test_two_children_of_one_parent_draw_different_noise() -> None:
    parent = draw(Mechanism.GAUSSIAN, 1e14, [0] * 16)
    seen = [parent, child_draw(), child_draw(), draw(Mechanism.GAUSSIAN, 1e14, [0] * 16)]
    values = [value for vector in seen for value in vector]
    assert len(set(values)) == len(values)


def child_draw() -> list[int]:
    """One vector of noise from a forked child that inherits all of our state."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, " ".join(map(str, draw(Mechanism.GAUSSIAN, 1e14, [0] * 16))).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        values = [int(text) for text in stream.read().split()]
    os.waitpid(child, 0)
    assert len(values) == 16
    return values
