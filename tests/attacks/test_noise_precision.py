"""Attack: read the exact value out of the low digits of a float (Mironov 2012; Casacuberta et al. 2022).

It needs noise that is a float, or an exact sum whose digits reach below the noise's grid. Ours is an integer
number of steps added to an integer number of steps, so every answer is a multiple of the public quantum and
the set of possible answers is the same whatever the data.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from sandbox.noise import calibrate, measure
from sandbox.nouns.plan import Measure
from sandbox.nouns.spend import Sensitivity
from sandbox.release import shape
from tests.noise.stages import grid, table, units


@pytest.mark.parametrize("quantum", [Fraction(1), Fraction(1, 100), Fraction(1, 1024), Fraction(1, 3)])
@pytest.mark.parametrize("total", [0, 1, 10**9 + 7])
def test_every_answer_is_the_float_next_to_a_multiple_of_the_quantum(quantum: Fraction, total: int) -> None:
    part = grid(300, units(), Measure("m1", "SUM(x)", Sensitivity.rows(64, 1000), quantum))
    noise = calibrate(part, 0.1, 0.0, min_units=1)
    noisy = measure(part, noise, table([10**6] * 300, [total] * 300))
    released = shape(part, noisy, noise, min_units=1).column("m1").to_pylist()
    for value in released:
        steps = round(Fraction(value) / quantum)
        assert value == float(steps * quantum)


def test_neighbouring_totals_have_answers_in_common() -> None:
    part = grid(4000, Measure("m0", "SUM(x)", Sensitivity.rows(1, 3), Fraction(1, 100)))
    noise = calibrate(part, 2.0, 0.0, min_units=1)
    with_unit = set(measure(part, noise, table([103] * 4000)).values[0])
    without = set(measure(part, noise, table([100] * 4000)).values[0])
    assert len(with_unit & without) >= 5


def test_huge_totals_keep_their_noise() -> None:
    """Near 2⁶² a float has steps of 512: noise must be added to the integer, not to the float."""
    part = grid(500, Measure("m0", "SUM(x)", Sensitivity.rows(1), Fraction(1)))
    noise = calibrate(part, 0.1, 0.0, min_units=1)
    values = measure(part, noise, table([2**61 + 1] * 500)).values[0]
    assert len({value % 512 for value in values}) > 5
