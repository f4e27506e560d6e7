"""Amounts of loss and norms of change: exact, rounded against the developer, and never contradictory."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.nouns.spend import DELTA_UNIT, RHO_UNIT, Sensitivity, Spend

SMALL = st.integers(1, 5)


def test_the_units_are_those_that_the_ledger_keeps() -> None:
    assert (RHO_UNIT, DELTA_UNIT) == (10**12, 10**18)
    assert Spend.price(1) == Spend.cap(1) == Spend(10**12, 0)
    assert Spend.price(1, 1) == Spend.cap(1, 1) == Spend(10**12, 10**18)


@settings(deadline=None)
@given(st.fractions(0, 100), st.fractions(0, 1))
def test_a_price_is_the_next_amount_above_and_a_cap_the_next_below(rho: Fraction, delta: Fraction) -> None:
    price, cap = Spend.price(rho, delta), Spend.cap(rho, delta)
    for real, unit, above, below in (
        (rho, RHO_UNIT, price.rho, cap.rho),
        (delta, DELTA_UNIT, price.delta, cap.delta),
    ):
        assert above - 1 < real * unit <= above
        assert below <= real * unit < below + 1


def test_both_amounts_must_fit_a_cap() -> None:
    cap = Spend(5, 7)
    assert Spend(5, 7).within(cap)
    assert not Spend(6, 7).within(cap)
    assert not Spend(5, 8).within(cap)


def test_amounts_add_each_for_itself() -> None:
    assert Spend(1, 20) + Spend(300, 4000) == Spend(301, 4020)
    assert Spend(1) == Spend(1, 0)


@pytest.mark.parametrize(("rho", "delta"), [(-1, 0), (0, -1), (-1, 5), (5, -1)])
def test_nothing_is_spent_backwards(rho: int, delta: int) -> None:
    with pytest.raises(ValueError, match="never negative"):
        Spend(rho, delta)


def test_spending_nothing_is_an_amount() -> None:
    assert Spend(0, 0) == Spend(0)


@pytest.mark.parametrize(
    ("l0", "l1", "l2_squared", "linf"),
    [(0, 1, 1, 1), (1, 1, 1, 0), (1, 1, 1, 2), (1, 2, 3, 2), (3, 3, 10, 1), (0, 0, 0, 0), (1, -2, 1, 1)],
)
def test_norms_that_no_change_can_have_are_refused(l0: int, l1: int, l2_squared: int, linf: int) -> None:
    with pytest.raises(ValueError, match="contradict"):
        Sensitivity(l0, l1, l2_squared, linf)


@pytest.mark.parametrize("norms", [(1, 1, 1, 1), (1, 2, 4, 2), (2, 2, 2, 1), (4, 10, 36, 4), (3, 3, 9, 1)])
def test_norms_that_a_change_can_have_are_taken(norms: tuple[int, int, int, int]) -> None:
    assert Sensitivity(*norms).l2_squared == norms[2]


def test_under_a_row_bound_alone_every_norm_is_the_whole() -> None:
    assert Sensitivity.rows(6, 7) == Sensitivity(l0=6, l1=42, l2_squared=42 * 42, linf=42)
    assert Sensitivity.rows(6) == Sensitivity(l0=6, l1=6, l2_squared=36, linf=6)


def test_a_count_of_units_moves_each_group_by_one() -> None:
    assert Sensitivity.groups(6) == Sensitivity(l0=6, l1=6, l2_squared=6, linf=1)


@settings(deadline=None)
@given(SMALL, SMALL, SMALL)
def test_capped_changes_are_the_worst_of_all_that_keep_the_caps(groups: int, total: int, most: int) -> None:
    """By trying every vector of changes: none is larger in any norm, and one reaches each."""
    vectors = [[]]  # type: list[list[int]]
    for _ in range(groups):
        vectors = [[*v, x] for v in vectors for x in range(min(most, total - sum(v)) + 1)]
    found = Sensitivity.capped(groups, total, most)
    assert found.l0 == groups
    assert found.l1 == max(sum(v) for v in vectors)
    assert found.l2_squared == max(sum(x * x for x in v) for v in vectors)
    assert found.linf == max(max(v) for v in vectors)
