"""The black-box audit passes correct noise and catches planted mistakes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sandbox.noise import calibrate, measure, primitives
from sandbox.nouns.plan import Calibrated, Mechanism
from tests.noise.auditing import epsilon_lower, lower, rho_lower
from tests.noise.stages import discovered, grid, table, units

CELLS = 12_000
REAL_DRAW = primitives.draw


def samples(noise: Calibrated, value: int) -> tuple[int, ...]:
    """The released count of one group, many times."""
    stage = grid(CELLS, units())
    return measure(stage, (noise,), table([value] * CELLS)).values[0]


def halved(mechanism: Mechanism, scale: float, values: Sequence[int]) -> list[int]:
    return REAL_DRAW(mechanism, scale / 2, values)


def laplace(epsilon: float) -> Calibrated:
    return Calibrated(units(), Mechanism.LAPLACE, 1 / epsilon, epsilon**2 / 2)


def test_correct_gaussian_noise_loses_no_more_than_it_says() -> None:
    (noise,) = calibrate(grid(2, units()), 1.0, 0.0, min_units=1)
    found = rho_lower(samples(noise, 100), samples(noise, 101))
    assert 0.2 < found <= noise.rho


def test_halved_gaussian_noise_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    (noise,) = calibrate(grid(2, units()), 1.0, 0.0, min_units=1)
    monkeypatch.setattr(primitives, "draw", halved)
    assert rho_lower(samples(noise, 100), samples(noise, 101)) > noise.rho


def test_correct_laplace_noise_loses_no_more_than_it_says() -> None:
    assert 0.5 < epsilon_lower(samples(laplace(1.0), 100), samples(laplace(1.0), 101)) <= 1.0


def test_halved_laplace_noise_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primitives, "draw", halved)
    assert epsilon_lower(samples(laplace(1.0), 100), samples(laplace(1.0), 101)) > 1.0


def shown(noise: Calibrated) -> float:
    """Lower bound of the chance that a group which one person opened is released."""
    groups = len(measure(discovered(units()), (noise,), table([1] * CELLS)))
    return lower(groups, CELLS)


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
