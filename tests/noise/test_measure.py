"""One draw per measure, and a table from the jail is not believed."""

from __future__ import annotations

import datetime as dt
import importlib
import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import pyarrow as pa
import pytest

from sandbox.noise import ExactTableInvalid, calibrate, measure, primitives
from sandbox.noise.measure import plain_key
from sandbox.nouns.plan import Calibrated, KeyColumn, Mechanism, Stage
from sandbox.nouns.policy import ColumnType
from tests.noise.stages import discovered, grid, rows, table, units

Draws = list[tuple[Mechanism, float, list[int]]]


@pytest.fixture
def draws(monkeypatch: pytest.MonkeyPatch) -> Draws:
    """Every invocation of a primitive, with what it was given; answers are exact."""
    seen: Draws = []

    def exact(mechanism: Mechanism, scale: float, values: Sequence[int]) -> list[int]:
        seen.append((mechanism, scale, list(values)))
        return list(values)

    monkeypatch.setattr(primitives, "draw", exact)
    return seen


def noise_of(stage: Stage) -> tuple[Calibrated, ...]:
    return calibrate(stage, 0.05, 1e-8, min_units=10)


def test_every_cell_of_a_declared_grid_gets_its_own_noise() -> None:
    stage = grid(400, units(), rows(64, "m1"))
    noisy = measure(stage, noise_of(stage), table([0] * 400, [0] * 400))
    assert len(noisy.keys) == 400
    assert all(len(set(vector)) > 10 for vector in noisy.values)
    assert noisy.values[0] != noisy.values[1]


def test_a_measure_is_drawn_once_as_one_vector(draws: Draws) -> None:
    stage = grid(3, units(), rows(64, "m1"), rows(64, "m2", step=100))
    noise = noise_of(stage)
    noisy = measure(stage, noise, table([1, 2, 3], [4, 5, 6], [7, 8, 9]))
    assert [vector for _, _, vector in draws] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert [(m, s) for m, s, _ in draws] == [(each.mechanism, each.scale) for each in noise]
    assert noisy.keys == (("c0",), ("c1",), ("c2",))


def test_discovered_groups_below_the_threshold_vanish_and_their_sums_are_never_drawn(draws: Draws) -> None:
    stage = discovered(units(4), rows(64, "m1"))
    noise = noise_of(stage)
    tau = noise[0].threshold
    assert tau is not None
    noisy = measure(stage, noise, table([tau - 1, tau, tau + 1], [10, 20, 30]))
    assert [vector for _, _, vector in draws] == [[tau - 1, tau, tau + 1], [20, 30]]
    assert noisy.keys == (("c1",), ("c2",))
    assert noisy.values == ((tau, tau + 1), (20, 30))


def test_a_group_without_a_unit_is_no_group(draws: Draws) -> None:
    stage = discovered(units(4), rows(64, "m1"))
    measure(stage, noise_of(stage), table([0, 10**6, -5], [1, 2, 3]))
    assert draws[0][2] == [10**6]


def test_exact_values_are_clamped_before_noise(draws: Draws) -> None:
    stage = grid(2, units())
    measure(stage, noise_of(stage), table([2**63 - 1, -(2**63)]))
    assert draws[0][2] == [2**62, -(2**62)]


def test_noise_never_wraps_around() -> None:
    stage = grid(200, rows(1))
    noise = (replace(noise_of(stage)[0], scale=2.0**54),)
    high = measure(stage, noise, table([2**62] * 200)).values[0]
    low = measure(stage, noise, table([-(2**62)] * 200)).values[0]
    assert min(high) > 0 > max(low)


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("schema", {"k0": ["c0", "c1"]}),
        ("schema", {"m0": pa.array([1, 2], pa.int64()), "k0": ["c0", "c1"]}),
        ("schema", {"k0": ["c0", "c1"], "m0": pa.array([1, 2], pa.float64())}),
        ("schema", {"k0": ["c0", "c1"], "m0": pa.array([1, 2], pa.int32())}),
        (
            "schema",
            {"k0": ["c0", "c1"], "m0": pa.array([1, 2], pa.int64()), "m1": pa.array([1, 2], pa.int64())},
        ),
        ("null", {"k0": ["c0", "c1"], "m0": pa.array([1, None], pa.int64())}),
        ("rows", {"k0": ["c0"], "m0": pa.array([1], pa.int64())}),
        ("rows", {"k0": ["c0", "c1", "c1"], "m0": pa.array([1, 2, 3], pa.int64())}),
        ("keys", {"k0": ["c0", "c0"], "m0": pa.array([1, 2], pa.int64())}),
        ("keys", {"k0": ["c0", "张三"], "m0": pa.array([1, 2], pa.int64())}),
    ],
)
def test_a_table_of_another_shape_is_refused_before_any_draw(
    kind: str, bad: dict[str, object], draws: Draws
) -> None:
    stage = grid(2, units())
    with pytest.raises(ExactTableInvalid) as caught:
        measure(stage, noise_of(stage), pa.table(bad))
    assert caught.value.kind == kind
    assert "张三" not in str(caught.value)
    assert not draws


def test_discovered_groups_may_not_repeat(draws: Draws) -> None:
    stage = discovered(units(4))
    exact = pa.table({"k0": ["a", "a"], "m0": pa.array([90, 90], pa.int64())})
    with pytest.raises(ExactTableInvalid):
        measure(stage, noise_of(stage), exact)
    assert not draws


def test_declared_values_are_recognised_however_they_are_written() -> None:
    numbers = KeyColumn("k0", "x", ColumnType.NUMBER, ("1.50", "2", None))
    stage = Stage("SELECT 1", (numbers,), (units(),), "m0", discovered=False)
    exact = pa.table({"k0": pa.array([1.5, None, 2.0]), "m0": pa.array([1, 2, 3], pa.int64())})
    assert measure(stage, noise_of(stage), exact).keys == ((1.5,), (None,), (2.0,))


def test_noise_of_another_stage_is_refused() -> None:
    stage = grid(2, units())
    with pytest.raises(ValueError, match="another stage"):
        measure(stage, noise_of(grid(2, rows(64))), table([1, 2]))


def test_results_are_integers_in_steps() -> None:
    stage = grid(50, rows(64, "m0", step=2_000_000, quantum=Fraction(1, 100)))
    (vector,) = measure(stage, noise_of(stage), table([10**9] * 50)).values
    assert all(type(value) is int for value in vector)


def test_a_group_of_one_unit_is_a_group(draws: Draws) -> None:
    stage = discovered(units(4))
    measure(stage, noise_of(stage), table([1, 0, 2]))
    assert draws[0][2] == [1, 2]


def test_more_discovered_groups_than_the_limit_are_refused(
    draws: Draws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("sandbox.noise.measure"), "DISCOVERED_LIMIT", 3)
    stage = discovered(units(4))
    measure(stage, noise_of(stage), table([50] * 3))
    with pytest.raises(ExactTableInvalid) as caught:
        measure(stage, noise_of(stage), table([50] * 4))
    assert caught.value.kind == "rows"
    declared = grid(4, units())
    assert len(measure(declared, noise_of(declared), table([50] * 4))) == 4


def test_discovered_keys_need_a_threshold_on_units(draws: Draws) -> None:
    stage = discovered(units(4))
    noise = noise_of(stage)
    for bare, given_ in (
        (replace(stage, unit_measure=None), noise),
        (stage, tuple(replace(each, threshold=None) for each in noise)),
    ):
        with pytest.raises(ValueError, match="threshold"):
            measure(bare, given_, table([50]))
    assert not draws


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        (ColumnType.BOOLEAN, (True, "true", "TRUE", "1", 1)),
        (ColumnType.BOOLEAN, (False, "false", "0", 0)),
        (ColumnType.DATE, (dt.date(2024, 1, 2), "2024-01-02")),
        (ColumnType.TIMESTAMP, (dt.datetime(2024, 1, 2, 3, 4), "2024-01-02 03:04:00", "2024-01-02T03:04")),
        (ColumnType.INTEGER, (7, "7", "7.0", 7.0)),
        (ColumnType.NUMBER, (math.inf, float("1e999"))),
        (ColumnType.NUMBER, (math.nan, float("-nan"))),
    ],
)
def test_a_key_has_one_spelling(kind: ColumnType, spellings: tuple[object, ...]) -> None:
    key = KeyColumn("k0", "x", kind, None)
    assert len({plain_key(value, key) for value in spellings}) == 1


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (ColumnType.BOOLEAN, (True, False, None)),
        (ColumnType.NUMBER, (1.5, -1.5, math.inf, -math.inf, math.nan, None)),
        (ColumnType.TEXT, ("7", "7.0", "true", "", None)),
    ],
)
def test_two_keys_never_share_a_spelling(kind: ColumnType, values: tuple[object, ...]) -> None:
    key = KeyColumn("k0", "x", kind, None)
    assert len({plain_key(value, key) for value in values}) == len(values)


def test_a_key_that_is_no_number_is_not_said() -> None:
    with pytest.raises(ExactTableInvalid) as caught:
        plain_key("张三", KeyColumn("k0", "x", ColumnType.NUMBER, None))
    assert str(caught.value) == caught.value.kind == "keys"
