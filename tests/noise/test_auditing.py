"""The black-box audit passes correct noise and catches planted mistakes.

Sound noise fails with probability ≤ 1e-9 a test (``ALPHA``). What 12 000 samples a side certify, as mean and
standard deviation of 60 simulated audits: noise of ρ 1, 0.46 ± 0.02; halved, 1.80 ± 0.03. So each
bound below is missed by ten deviations or more.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sandbox.audit.bounds import at_least, loss_at_least, rho_of
from sandbox.noise import calibrate, measure, primitives
from sandbox.nouns.plan import Calibrated, Mechanism
from tests.noise.stages import discovered, grid, table, units

CELLS = 12_000
ALPHA = 1e-9
"""Chance that one audit of a correct mechanism reports more than the truth."""
REAL_DRAW = primitives.draw


def samples(noise: Calibrated, value: int) -> tuple[int, ...]:
    """The released count of one group, many times."""
    stage = grid(CELLS, units())
    return measure(stage, (noise,), table([value] * CELLS)).values[0]


def halved(mechanism: Mechanism, scale: float, values: Sequence[int]) -> list[int]:
    return REAL_DRAW(mechanism, scale / 2, values)


def rho_lost(noise: Calibrated) -> float:
    return loss_at_least(samples(noise, 100), samples(noise, 101), rho_of, ALPHA)


def test_correct_gaussian_noise_loses_no_more_than_it_says() -> None:
    (noise,) = calibrate(grid(2, units()), 1.0, 0.0, min_units=1)
    assert 0.2 < rho_lost(noise) <= noise.rho


def test_halved_gaussian_noise_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    (noise,) = calibrate(grid(2, units()), 1.0, 0.0, min_units=1)
    monkeypatch.setattr(primitives, "draw", halved)
    assert rho_lost(noise) > noise.rho


def shown(noise: Calibrated) -> float:
    """Lower bound of the chance that a group which one person opened is released."""
    groups = len(measure(discovered(units()), (noise,), table([1] * CELLS)))
    return at_least(groups, CELLS, ALPHA)


def noise_with_threshold() -> Calibrated:
    (noise,) = calibrate(discovered(units()), 0.5, 0.01, min_units=1)
    return noise


def test_a_correct_threshold_opens_groups_no_more_often_than_its_delta() -> None:
    noise = noise_with_threshold()
    assert noise.delta <= 0.01
    assert shown(noise) <= noise.delta


def test_a_threshold_off_by_one_is_caught() -> None:
    noise = noise_with_threshold()
    assert noise.threshold is not None
    lax = Calibrated(noise.measure, noise.mechanism, noise.scale, noise.rho, noise.threshold - 1, noise.delta)
    assert shown(lax) > noise.delta
