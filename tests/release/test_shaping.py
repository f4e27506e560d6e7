"""Floors hide small cells, and values come out in natural units."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sandbox.noise import calibrate
from sandbox.nouns.noise import Noisy
from sandbox.nouns.plan import Calibrated, Measure, Mechanism, Stage
from sandbox.nouns.spend import Sensitivity
from sandbox.release import shape
from tests.release.answers import MEASURES, stage


def noise_of(part: Stage) -> tuple[Calibrated, ...]:
    return calibrate(part, 0.5, 1e-8, min_units=10)


def test_a_declared_cell_below_the_floor_stays_and_shows_nothing() -> None:
    part = stage(3)
    noisy = Noisy((("a",), ("b",), ("c",)), ((9, 10, -3), (111, 222, 333)))
    table = shape(part, noisy, noise_of(part), min_units=10)
    assert table.to_pylist() == [
        {"k0": "a", "m0": None, "m1": None, "_cell": 0},
        {"k0": "b", "m0": 10.0, "m1": 2.22, "_cell": 1},
        {"k0": "c", "m0": None, "m1": None, "_cell": 2},
    ]


def test_a_discovered_group_below_the_floor_vanishes() -> None:
    part = stage(0, discovered=True)
    noise = noise_of(part)
    tau = noise[0].threshold
    assert tau is not None
    noisy = Noisy((("a",), ("b",)), ((tau + 90, tau), (1, 2)))
    table = shape(part, noisy, noise, min_units=tau + 50)
    assert table.column("k0").to_pylist() == ["a"]
    assert table.column("_cell").to_pylist() == [0]


def test_floor_and_threshold_combine_by_the_larger() -> None:
    part = stage(0, discovered=True)
    noise = noise_of(part)
    tau = noise[0].threshold
    assert tau is not None
    noisy = Noisy((("a",),), ((tau - 1,), (1,)))
    assert shape(part, noisy, noise, min_units=2).num_rows == 0


def test_a_statement_without_group_by_has_no_floor() -> None:
    total = Measure("m0", "COUNT(*)", Sensitivity.rows(8), Fraction(1))
    part = Stage("SELECT 1", (), (total,), None, discovered=False)
    noise = (Calibrated(total, Mechanism.GAUSSIAN, 5.0, 0.1),)
    table = shape(part, Noisy(((),), ((-4,),)), noise, min_units=10)
    assert table.to_pylist() == [{"m0": -4.0, "_cell": 0}]


def test_every_measure_must_be_measured() -> None:
    part = stage(1)
    with pytest.raises(ValueError, match="measured"):
        shape(part, Noisy((), ()), (), min_units=10)


def test_hiding_depends_on_the_noisy_count_alone() -> None:
    part = stage(1)
    noise = noise_of(part)
    for sums in (0, 10**12, -(10**12)):
        noisy = Noisy((("a",),), ((9,), (sums,)))
        table = shape(part, noisy, noise, min_units=10)
        assert table.column("m1").to_pylist() == [None]
    assert MEASURES[0].name == part.unit_measure
