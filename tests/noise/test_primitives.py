"""Rounding goes one way, scales stay in their room, and the maps read the norm that is theirs."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.noise import primitives
from sandbox.noise.primitives import mechanism_of, rho_spent, root_up, round_down, round_up
from sandbox.nouns.plan import Mechanism
from sandbox.nouns.spend import Sensitivity

REALS = st.fractions(0, 10**6)
NORMS = Sensitivity(l0=4, l1=8, l2_squared=16, linf=2)


@settings(deadline=None)
@given(REALS)
def test_a_real_is_rounded_to_the_float_next_to_it_on_the_asked_side(value: Fraction) -> None:
    above, below = round_up(value), round_down(value)
    assert Fraction(below) <= value <= Fraction(above)
    assert value == Fraction(above) or Fraction(math.nextafter(above, -math.inf)) < value
    assert value == Fraction(below) or Fraction(math.nextafter(below, math.inf)) > value


@settings(deadline=None)
@given(st.floats(0, 1e300))
def test_a_float_is_rounded_to_itself(value: float) -> None:
    assert round_up(Fraction(value)) == round_down(Fraction(value)) == value


@settings(deadline=None)
@given(st.integers(1, 2**110))
def test_a_root_is_never_below_the_real_one_and_hardly_above(square: int) -> None:
    root = root_up(square)
    assert Fraction(root) ** 2 >= square
    assert Fraction(math.nextafter(math.nextafter(root, 0), 0)) ** 2 < square


@settings(deadline=None)
@given(st.integers(1, 2**50))
def test_the_root_of_a_square_is_exact(root: int) -> None:
    assert root_up(root * root) == root


@pytest.mark.parametrize("mechanism", list(Mechanism))
def test_scales_leave_room_in_sixty_four_bits(mechanism: Mechanism) -> None:
    assert mechanism_of(mechanism, 2.0**54)
    assert mechanism_of(mechanism, 0.5)
    for scale in (math.nextafter(2.0**54, math.inf), 0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="scale"):
            mechanism_of(mechanism, scale)


@pytest.mark.parametrize(
    ("mechanism", "scale", "rho"),
    [
        (Mechanism.GAUSSIAN, 5.0, 16 / (2 * 5**2)),
        (Mechanism.NOISY_MAX, 8.0, (2 * 2 / 8) ** 2 / 2),
    ],
)
def test_each_mechanism_is_charged_by_its_own_norm(mechanism: Mechanism, scale: float, rho: float) -> None:
    spent = rho_spent(mechanism, scale, NORMS)
    assert rho <= spent <= rho * (1 + 1e-9)


@pytest.mark.parametrize("scale", [1 / 3, 0.7, 1.1, 7.7, 63.1, 1e5 / 3])
def test_a_pure_loss_is_never_charged_below_half_its_square(scale: float) -> None:
    pure = Fraction(mechanism_of(Mechanism.NOISY_MAX, scale).map(NORMS.linf))
    assert Fraction(rho_spent(Mechanism.NOISY_MAX, scale, NORMS)) >= pure**2 / 2


def test_exact_values_lie_within_two_to_the_sixty_two() -> None:
    assert primitives.EXACT_LIMIT == 2**62
