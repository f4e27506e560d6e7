"""Error bars hold the exact answer as often as they say, and know nothing private."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import binom

from sandbox.noise import calibrate, half_width, measure
from sandbox.nouns.plan import BRANCH, Calibrated, Expression, Op, OutputColumn, Plan, Post
from sandbox.nouns.policy import ColumnType
from sandbox.release import Known, post_process, shape, spreads
from sandbox.release.spread import affine, evaluate
from tests.release.answers import COLUMNS, MEASURES, Memory, exact, measured, number, of, plan_of, stage

CELLS = 2500
PEOPLE, CENTS = 4000, 1_000_000_00


def column(expression: Expression) -> OutputColumn:
    return OutputColumn("x", ColumnType.NUMBER, expression)


def bars(expression: Expression, released: pa.Table) -> tuple[float | None, float | None]:
    part = stage(1)
    noise = calibrate(part, 0.05, 0.0, min_units=10)
    result = pa.table({"x": [0.0], "_cell": pa.array([0], pa.int64())})
    plan = plan_of(part, (column(expression),))
    deviations, widths = spreads(plan, [noise], {"released": released}, result)
    return deviations[0][0], widths[0][0]


def one(people: float | None, amount: float | None) -> pa.Table:
    return pa.table(
        {"k0": ["a"], "m0": pa.array([people], pa.float64()), "m1": pa.array([amount], pa.float64())}
    )


@pytest.fixture(scope="module")
def noise() -> tuple[Calibrated, ...]:
    return calibrate(stage(CELLS), 0.05, 0.0, min_units=10)


def test_intervals_hold_the_exact_answer_nineteen_times_in_twenty(noise: tuple[Calibrated, ...]) -> None:
    both = OutputColumn(
        "both", ColumnType.NUMBER, of(Op.ADD, measured("m0"), of(Op.MUL, number(2), measured("m1")))
    )
    sql = (
        "SELECT k0 AS city, m0::BIGINT AS n, m1 AS total, m1 / NULLIF(m0, 0) AS mean, m0 + 2 * m1 AS both, "
        "_cell FROM released ORDER BY k0"
    )
    plan = plan_of(stage(CELLS), (*COLUMNS, both), sql)
    noisy = measure(plan.stages[0], noise, exact(CELLS, PEOPLE, CENTS))
    released = shape(plan.stages[0], noisy, noise, min_units=10)
    result = post_process(Memory(), plan, Known({"released": released}))
    _, widths = spreads(plan, [noise], {"released": released}, result)
    amount = CENTS / 100
    truth = {1: PEOPLE, 2: amount, 3: amount / PEOPLE, 4: PEOPLE + 2 * amount}
    for place, value in truth.items():
        found = result.column(place).to_numpy()
        width = np.array([row[place] for row in widths], dtype=float)
        held = int((np.abs(found - value) <= width).sum())
        assert binom.cdf(held, CELLS, 0.94) > 1e-8, plan.post.columns[place].name
        assert binom.sf(held - 1, CELLS, 0.965) > 1e-8, plan.post.columns[place].name


def test_a_direct_measure_has_the_mechanisms_own_quantile(noise: tuple[Calibrated, ...]) -> None:
    assert bars(measured("m1"), one(50, 900.0))[1] == half_width(noise[1])


def test_scaling_and_shifting_scale_the_bar() -> None:
    base, wide = (
        bars(measured("m1"), one(50, 900.0)),
        bars(of(Op.ADD, number(7), of(Op.MUL, number(-3), measured("m1"))), one(50, 900.0)),
    )
    assert base[0] is not None
    assert base[1] is not None
    assert wide == (pytest.approx(3 * base[0]), pytest.approx(3 * base[1]))


def test_what_cancels_has_no_error() -> None:
    assert bars(of(Op.SUB, measured("m0"), measured("m0")), one(50, 900.0)) == (0.0, 0.0)


@pytest.mark.parametrize(
    "expression",
    [
        Expression(Op.OPAQUE),
        of(Op.ADD, measured("m0"), Expression(Op.OPAQUE)),
        Expression(Op.KEY, "k0"),
        number(3),
    ],
)
def test_what_has_no_simple_error_shows_none(expression: Expression) -> None:
    assert bars(expression, one(50, 900.0)) == (None, None)


def test_a_hidden_cell_has_no_bar() -> None:
    assert bars(measured("m0"), one(None, None)) == (None, None)
    assert bars(of(Op.DIV, measured("m1"), measured("m0")), one(None, None)) == (None, None)


def test_a_divisor_lost_in_noise_widens_the_bar() -> None:
    ratio = of(Op.DIV, measured("m1"), measured("m0"))
    near, far = bars(ratio, one(2, 5000.0))[1], bars(ratio, one(5000, 5000.0))[1]
    assert far is not None
    assert near is None or near > 100 * far


def test_equal_releases_have_equal_bars() -> None:
    ratio = of(Op.DIV, measured("m1"), measured("m0"))
    assert bars(ratio, one(400, 5000.0)) == bars(ratio, one(400, 5000.0))


def test_the_greatest_of_two_is_evaluated() -> None:
    values = {("_cell", "m0"): np.array([1.0, 5.0]), ("_cell", "m1"): np.array([4.0, 2.0])}
    assert evaluate(of(Op.MAX, measured("m0"), measured("m1")), values).tolist() == [4.0, 5.0]


def test_division_by_zero_is_null_not_infinity() -> None:
    values = {("_cell", "m0"): np.array([0.0, 2.0]), ("_cell", "m1"): np.array([4.0, 2.0])}
    assert np.isnan(evaluate(of(Op.DIV, measured("m1"), measured("m0")), values)).tolist() == [True, False]


def test_a_root_is_evaluated_and_null_under_zero() -> None:
    values = {("_cell", "m0"): np.array([4.0, -1.0])}
    found = evaluate(of(Op.SQRT, measured("m0")), values)
    assert found[0] == 2.0
    assert np.isnan(found[1])


def test_affine_forms_are_recognised() -> None:
    mean = of(Op.DIV, of(Op.SUB, measured("m0"), measured("m1")), number(4))
    assert affine(mean) == {("_cell", "m0"): Fraction(1, 4), ("_cell", "m1"): Fraction(-1, 4)}
    assert affine(of(Op.SUB, measured("m0"))) == {("_cell", "m0"): Fraction(-1)}
    assert affine(of(Op.MUL, measured("m0"), measured("m1"))) is None
    assert affine(of(Op.DIV, number(1), measured("m0"))) is None
    assert affine(of(Op.DIV, measured("m0"), number(0))) is None
    assert MEASURES[0].quantum == 1


@pytest.mark.parametrize("others", [(), (measured("m1"),)])
def test_a_bar_beyond_all_numbers_is_not_shown(others: tuple[Expression, ...]) -> None:
    huge = of(Op.MUL, of(Op.ADD, measured("m0"), *others), number(10**200), number(10**200))
    assert bars(huge, one(4000.0, 10.0)) == (None, None)
    assert bars(of(Op.DIV, measured("m0"), number(Fraction(1, 10**400))), one(4000.0, 10.0)) == (None, None)


def test_branches_of_several_tables_do_not_multiply(noise: tuple[Calibrated, ...]) -> None:
    part = stage(1)
    names = [f"_cell{place}" for place in range(4)]
    columns = tuple(column(Expression(Op.MEASURE, "m0", cell=name)) for name in names)
    post = Post("SELECT …", columns, tuple((name, tuple(range(16))) for name in names))
    plan = Plan("SELECT …", (part,) * 16, post, frozenset({"visits"}), {})
    cells = [[BRANCH * 3], [BRANCH * 15], [None], [0]]
    result = pa.table(
        [pa.array([0.0])] * 4 + [pa.array(each, pa.int64()) for each in cells], [*"abcd", *names]
    )
    started = time.process_time()
    deviations, widths = spreads(plan, [noise] * 16, {"released": one(40.0, 1.0)}, result)
    assert time.process_time() - started < 5
    width = half_width(noise[0])
    assert widths == ((width, width, None, width),)
    assert [figure is None for figure in deviations[0]] == [False, False, True, False]
