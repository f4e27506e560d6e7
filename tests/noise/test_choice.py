"""Picks among public candidates: scores, their price, and the odds of the draw itself."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.noise import ExactTableInvalid, calibrate, measure, price, primitives
from sandbox.noise.choice import pick, scores
from sandbox.nouns.plan import Calibrated, Choice, KeyColumn, Measure, Mechanism, Stage
from sandbox.nouns.policy import ColumnType
from sandbox.nouns.spend import Sensitivity, Spend
from tests.noise.stages import rows as summed

RANKS = st.integers(1, 100).flatmap(lambda b: st.tuples(st.integers(0, b), st.just(b)))
COUNTS = st.lists(st.integers(0, 50), min_size=1, max_size=8)


def picking(rows: int = 1, count: int = 3, rank: tuple[int, int] | None = (1, 2)) -> Measure:
    choice = Choice(0, count, rank)
    return Measure("m0", "MEDIAN(x)", Sensitivity.rows(rows, choice.step), Fraction(1), choice=choice)


def stage(*measures: Measure) -> Stage:
    return Stage("SELECT 1", (), measures, None, discovered=False)


PAIRS = pa.list_(pa.struct([("key", pa.int64()), ("value", pa.uint64())]))


def histogram(*groups: list[tuple[int | None, int | None]]) -> pa.Table:
    rows = [[{"key": key, "value": value} for key, value in pairs] for pairs in groups]
    return pa.table({"m0": pa.array(rows, PAIRS)})


@settings(deadline=None)
@given(COUNTS, st.data(), st.one_of(st.none(), RANKS))
def test_a_row_moves_no_score_by_more_than_a_step(
    counts: list[int], data: st.DataObject, rank: tuple[int, int] | None
) -> None:
    choice = Choice(0, len(counts), rank)
    place = data.draw(st.integers(0, len(counts) - 1))
    more = dict(enumerate(counts))
    before = scores(choice, more)
    more[place] += 1
    assert max(abs(a - b) for a, b in zip(before, scores(choice, more), strict=True)) <= choice.step


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_without_noise_the_median_is_a_value_that_halves_the_rows(values: list[int]) -> None:
    found = scores(Choice(0, 10, (1, 2)), Counter(values))
    best = found.index(max(found))
    assert 2 * sum(value < best for value in values) <= len(values)
    assert 2 * sum(value > best for value in values) <= len(values)


@pytest.mark.parametrize("rho", [1e-4, 0.02, 3.0])
@pytest.mark.parametrize("rows", [1, 64])
def test_a_pick_costs_what_it_may_and_hardly_less(rho: float, rows: int) -> None:
    noise = calibrate(stage(picking(rows, rank=(99, 100))), rho, 0.0, min_units=10)
    assert noise[0].mechanism is Mechanism.NOISY_MAX
    assert price(noise).within(Spend.cap(rho))
    assert price(noise).rho >= Spend.cap(rho).rho * (1 - 1e-9) - 1


def test_the_price_is_that_of_the_exponential_mechanism() -> None:
    """ε = 2Δ / scale: the figure is the textbook's, not only OpenDP's word."""
    assert primitives.rho_spent(Mechanism.NOISY_MAX, 8.0, Sensitivity.rows(2)) == pytest.approx(0.5**2 / 2)


def test_no_outcome_of_neighbours_is_likelier_than_the_price_allows() -> None:
    """The worst pair of a pick: one candidate gains Δ, the other loses it. Odds are counted, not believed.

    With ε = 2 a pick of the first has odds p and q on the two sides, p ≤ e²·q and 1 − q ≤ e²·(1 − p); it is
    permute-and-flip, for which both sides come close. A wrong scale by 1.5 would show at e³.
    """
    draws, scale = 20_000, 1.0
    counts = [sum(primitives.pick(scale, score) == 0 for _ in range(draws)) for score in ([2, 0], [1, 1])]
    p, q = (count / draws for count in counts)
    slack = 6 * math.sqrt(0.25 / draws)
    assert p - slack <= math.e**2 * (q + slack)
    assert 1 - q - slack <= math.e**2 * (1 - p + slack)
    assert q == pytest.approx(0.5, abs=slack)
    assert p == pytest.approx(1 - math.exp(-2) / 2, abs=slack)


def test_each_group_is_picked_from_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = []
    monkeypatch.setattr(primitives, "pick", lambda _scale, found: seen.append(list(found)) or 1)
    key = KeyColumn("k0", "city", ColumnType.TEXT, ("a", "b"))
    made = Stage("SELECT 1", (key,), (picking(),), None, discovered=False)
    noise = calibrate(made, 0.1, 0.0, min_units=10)
    exact = histogram([(0, 3), (2, 1)], []).add_column(0, "k0", [["a", "b"]])
    assert measure(made, noise, exact).values == ((1, 1),)
    assert seen == [[0, -2, -2], [0, 0, 0]]


@pytest.mark.parametrize(
    ("kind", "bad"),
    [
        ("choices", histogram([(3, 1)])),
        ("choices", histogram([(-1, 1)])),
        ("choices", histogram([(1, 1), (1, 2)])),
        ("choices", histogram([(None, 1)])),
        ("choices", histogram([(1, None)])),
        ("schema", pa.table({"m0": pa.array([[5]], pa.list_(pa.int64()))})),
        ("schema", pa.table({"m0": pa.array([5], pa.int64())})),
        ("null", pa.table({"m0": pa.array([None], PAIRS)})),
    ],
)
def test_a_histogram_of_another_shape_is_refused(kind: str, bad: pa.Table) -> None:
    made = stage(picking())
    with pytest.raises(ExactTableInvalid) as caught:
        measure(made, calibrate(made, 0.1, 0.0, min_units=10), bad)
    assert caught.value.kind == kind


def test_huge_counts_do_not_wrap_around() -> None:
    made = stage(picking(rank=(1, 1000)))
    noise = (Calibrated(made.measures[0], Mechanism.NOISY_MAX, 2.0**40, 0.1),)
    assert measure(made, noise, histogram([(0, 2**64 - 1), (2, 2**64 - 1)])).values[0][0] in (0, 1, 2)


def test_scores_end_at_the_clamp_and_not_before() -> None:
    """Under the clamp a score is its count: a largest one there would hide who has most."""
    edge = primitives.EXACT_LIMIT
    assert scores(Choice(0, 3, None), {0: 4, 1: edge, 2: edge + 5}) == [4, edge, edge]
    assert scores(Choice(0, 3, (1, 2)), {0: 4, 1: edge, 2: edge}) == [-edge, 0, -4]


def test_a_number_is_not_picked() -> None:
    number = calibrate(stage(summed(8)), 0.1, 0.0, min_units=10)[0]
    with pytest.raises(ValueError, match="picked"):
        pick(number, {0: 1})
