"""Statistics of several sums: all over the same rows, shared with an average where the steps are its own."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sandbox.nouns.plan import Stage
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from tests.plan.database import Row, connect, exact, fill
from tests.plan.world import FACTS, VISITS, facts


def stage(items: str, rows: int = 64) -> Stage:
    return plan(f"SELECT {items} FROM visits", facts(row_bounds={"visits": rows})).stages[0]


@pytest.mark.parametrize("text", ["days", "amount", "urgent", "clamp(code, -7, 5)"])
def test_a_variance_shares_sum_and_count_with_an_average_in_the_same_steps(text: str) -> None:
    alone = stage(f"AVG({text})")
    both = stage(f"AVG({text}), VAR_POP({text}), STDDEV({text})")
    assert both.measures[:2] == alone.measures
    assert len(both.measures) == 3
    assert stage(f"VAR_POP({text})").measures[:2] == alone.measures
    assert '("m0" / "m1") * ("m0" / "m1")' in plan(f"SELECT VAR_POP({text}) FROM visits", FACTS).post.sql


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("clamp(code, -7, 4)", Fraction(1, 2)),
        ("clamp(code, 0, 1000000000)", Fraction(100)),
        ("clamp(weight, -2, 4)", Fraction(1, 10**6)),
    ],
)
def test_a_variance_in_other_steps_has_a_sum_and_a_count_of_its_own(text: str, own: Fraction) -> None:
    _, _, *moments = stage(f"AVG({text}), VAR_POP({text})").measures
    assert sorted(measure.quantum for measure in moments) == sorted((Fraction(1), own, own**2))
    counts = [measure for measure in moments if measure.label.startswith("COUNT(")]
    assert [measure.sensitivity for measure in counts] == [Sensitivity.rows(64)]


def test_all_sums_of_a_statistic_are_over_the_rows_where_every_argument_is_known() -> None:
    made = stage("REGR_SLOPE(days, clamp(code, -10, 10))")
    known: list[Row] = [{"days": 30, "code": 10}, {"days": 0, "code": 7}, {"days": 25, "code": -10}]
    partly: list[Row] = [{"days": 30, "code": None}, {"days": None, "code": 10}, {"days": None, "code": None}]
    con = connect()
    for rows in (known, known + partly):
        fill(con, VISITS, [{"id_card": 0, **row} for row in rows], 64)
        found = exact(con, made)[0]
        by_label = {measure.label: found[measure.name] for measure in made.measures}
        x, y = [15, -15, 10], [10, 7, -10]
        assert by_label == {
            "SUM((days - 15) * (CLAMP(code, -10, 10) - 0))": sum(a * b for a, b in zip(x, y, strict=True)),
            "COUNT(days, CLAMP(code, -10, 10))": 3,
            "SUM(days - 15)": sum(x),
            "SUM(CLAMP(code, -10, 10) - 0)": sum(y),
            "SUM((CLAMP(code, -10, 10) - 0)² - 50)": sum(b * b - 50 for b in y),
        }
    con.close()
