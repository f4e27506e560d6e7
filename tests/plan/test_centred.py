"""Numbers around their middle: the grid they lie on, the sums and squares that one row moves, products."""

from __future__ import annotations

import math
from fractions import Fraction

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from sandbox.plan.aggregates import centred
from sandbox.plan.aggregates.centred import _finest
from sandbox.plan.types import double_sql
from tests.plan.database import Row, exact, fill
from tests.plan.test_bounds import priced
from tests.plan.world import FACTS, VISITS, facts


@pytest.mark.parametrize(
    ("low", "high", "finest", "rows", "grid"),
    [
        (0, 30, 0, 64, (1, 0, 30)),
        (0, 31, 0, 64, (2, 0, 62)),
        (-31, 0, 0, 64, (2, -62, 0)),
        (-0.25, 1.5, 1, 64, (10, -3, 15)),
        (-1.25, 0.05, 1, 64, (10, -13, 1)),
        (-1.25, 0.15, 1, 64, (20, -26, 4)),
        # rows · half² may be 2⁵³ and no more; then steps of ten
        (-(2**26), 2**26, 0, 2, (1, -(2**26), 2**26)),
        (-(2**26), 2**26, 0, 3, (Fraction(1, 10), -6710887, 6710887)),
        (3, 3, 0, 2**53, (1, 3, 3)),
        (3, 3, 0, 2**53 + 1, (0, 0, 0)),
        # no bound beyond 2⁵⁰ steps: a DOUBLE would not hold it
        (2**50 - 2, 2**50, 0, 1, (1, 2**50 - 2, 2**50)),
        (2**50, 2**50 + 2, 0, 1, (0, 0, 0)),
        (-(2**50), 2 - 2**50, 0, 1, (1, -(2**50), 2 - 2**50)),
        (-(2**50) - 2, -(2**50), 0, 1, (0, 0, 0)),
        # a coarser grid has 256 steps to an end, or there is none
        (-2560, 2560, 0, 2 * 10**9, (Fraction(1, 10), -256, 256)),
        (-2550, 2550, 0, 2 * 10**9, (0, 0, 0)),
        (-(10**66), 10**66, 0, 1, (Fraction(1, 10**59), -(10**7), 10**7)),
        (-(10**67), 10**67, 0, 1, (0, 0, 0)),
    ],
)
def test_the_grid_is_the_finest_on_which_squares_add_up_exactly(
    low: float, high: float, finest: int, rows: int, grid: tuple[Fraction, int, int]
) -> None:
    assert _finest(Fraction(low), Fraction(high), finest, rows) == grid


NUMBERS = [
    ("days", 1, 0, 30),
    ("clamp(code, -7, 5)", 1, -7, 5),
    ("clamp(code, -7, 4)", 2, -7, 4),
    ("clamp(code, 0, 1000000000)", Fraction(1, 10), 0, 10**9),
    ("clamp(weight, -5, 2.5)", 10**7, -5, 2.5),
    ("clamp(weight, -10001, 1)", 10**3, -10001, 1),
    ("clamp(weight, -1, 10001)", 10**3, -1, 10001),
    ("floor(clamp(weight, -5, 9))", 1, -5, 9),
    ("urgent", 2, 0, 1),
]
"""A number, its steps per unit, and its bounds."""


@pytest.mark.parametrize(("text", "factor", "low", "high"), NUMBERS)
def test_a_row_moves_a_sum_by_half_the_width_and_a_square_by_half_its_square(
    con: duckdb.DuckDBPyConnection, text: str, factor: Fraction, low: float, high: float
) -> None:
    """What every row adds is known to the step, also far beyond the bounds: a load has kept too much."""
    factor = Fraction(factor)
    half = Fraction(high - low) / 2 * factor
    square = half * half
    off = square // 2
    known = facts(row_bounds={"visits": 1})
    (stage,) = plan(f"SELECT REGR_SLOPE({text}, {text}) FROM visits", known).stages
    product, count, total, squares = stage.measures
    assert [m.quantum for m in stage.measures] == [1 / factor**2, 1, 1 / factor, 1 / factor**2]
    assert product.sensitivity == Sensitivity.rows(1, int(square))
    assert total.sensitivity == Sensitivity.rows(1, int(half))
    assert squares.sensitivity == Sensitivity.rows(1, int(square - off))
    values: list[float | None] = [low, high, (low + high) / 2, low - 1000, high + 1e7, None]
    for value in [*values, *((0.25, -0.125, -1e300, 1e300) if "weight" in text else ())]:
        whole = None if value is None else math.floor(value) if abs(value) < 1e18 else 0
        row: Row = {"weight": value, "days": whole, "code": whole, "urgent": value and value == high}
        fill(con, VISITS, [{"id_card": 0, **row}], 1)
        found = exact(con, stage)[0]
        if value is None:
            assert set(found.values()) == {0}
            continue
        stored = (
            float(value == high) if text == "urgent" else value if "weight" in text else float(whole or 0)
        )
        kept = min(max(math.floor(stored) if text.startswith("floor") else stored, low), high)
        item = round(kept * factor) - Fraction(low + high) / 2 * factor
        assert found == {"m0": item * item, count.name: 1, total.name: item, squares.name: item * item - off}


@pytest.mark.parametrize(("text", "factor", "low", "high"), NUMBERS)
def test_a_released_variance_is_no_larger_than_the_bounds_allow(
    text: str, factor: Fraction, low: float, high: float
) -> None:
    made = plan(f"SELECT VAR_POP({text}) FROM visits", facts(row_bounds={"visits": 1}))
    post, mid = made.post.sql, Fraction(low + high) / 2
    taken = (Fraction(high - low) / 2 * Fraction(factor)) ** 2 // 2 / Fraction(factor) ** 2
    off = f" - {float(taken):g}" if taken else ""
    (label,) = (measure.label for measure in made.stages[0].measures if "²" in measure.label)
    assert label.endswith(f" - {float(mid):g})²{off})")
    assert f" + {double_sql(taken)} - " in post
    assert f"0e0), {double_sql((Fraction(high - low) / 2) ** 2)})" in post


@pytest.mark.parametrize(("ends", "quantum"), [(("-1.5", "100000"), 100), (("0", "100"), 10**5)])
def test_stored_decimals_keep_their_own_steps(ends: tuple[str, str], quantum: int) -> None:
    known, _ = priced(*ends)
    (stage,) = plan("SELECT VAR_POP(price) FROM drugs", known).stages
    assert stage.measures[0].quantum == Fraction(1, quantum)
    (stage,) = plan("SELECT VAR_POP(clamp(price, 0, 1)) FROM drugs", known).stages
    assert stage.measures[-1].quantum == Fraction(1, quantum**2)


def test_what_is_rendered_is_as_long_as_any_expression_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    sql = plan("SELECT REGR_SLOPE(days, days) FROM visits", FACTS).stages[0].exact_sql
    end = sql.index("AS BIGINT)", sql.index("AS BIGINT) END - ") + 1) + len("AS BIGINT)")
    item = sql[sql.index("CASE WHEN isfinite") : end]
    monkeypatch.setattr(centred, "MAX_RENDERED", len(item))
    assert plan("SELECT VAR_POP(days) FROM visits", facts(row_bounds={"visits": 2})).stages
    monkeypatch.setattr(centred, "MAX_RENDERED", len(item) - 1)
    with pytest.raises(Refused) as caught:
        plan("SELECT VAR_POP(days) FROM visits", facts(row_bounds={"visits": 3}))  # no plan is kept of it
    assert caught.value.code == "statement_too_deep"
    monkeypatch.undo()
    with pytest.raises(Refused) as caught:
        plan("SELECT VAR_POP(days) FROM visits", facts(row_bounds={"visits": 2**53}))
    assert caught.value.code == "bounds_too_wide"
