"""Distinct values: how far one unit moves their count, what the columns must be granted, what is counted."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.nouns.policy import Use
from sandbox.plan import plan
from tests.plan.database import exact, fill
from tests.plan.world import FACTS, VISITS, facts


@pytest.mark.parametrize(
    ("value", "rows", "most"),
    [
        ("hospital", 9, 9),
        ("city", 2, 2),
        ("city", 3, 3),
        ("city", 9, 3),
        ("CASE WHEN urgent THEN 'a' END", 9, 1),
        ("CASE WHEN urgent THEN 'a' ELSE 'b' END", 9, 2),
    ],
)
def test_a_unit_moves_a_count_of_values_by_its_rows_or_by_what_is_public(
    value: str, rows: int, most: int
) -> None:
    made = plan(f"SELECT COUNT(DISTINCT {value}) FROM visits", facts(row_bounds={"visits": rows}))
    assert made.stages[0].measures[0].sensitivity.linf == most


@pytest.mark.parametrize(
    ("value", "count"),
    [("hospital", 3), ("city", 2), ("weight", 3), ("weight / 2", 3), ("CASE WHEN days > 1 THEN 'a' END", 1)],
)
def test_values_are_counted_once_and_a_missing_one_never(
    con: duckdb.DuckDBPyConnection, value: str, count: int
) -> None:
    rows = [
        {"id_card": 0, "hospital": hospital, "city": city, "weight": weight, "days": days}
        for hospital, city, weight, days in (
            ("H1", "郑州市", 0.0, 1), ("2", "郑州市", -0.0, 2), ("no number", "开封市", 1.5, 3),
            ("2", None, 2.5, 4), (None, None, None, 5),
        )
    ]  # fmt: skip
    fill(con, VISITS, rows, 64)
    (stage,) = plan(f"SELECT COUNT(DISTINCT {value}) FROM visits", FACTS).stages
    assert exact(con, stage)[0]["m0"] == count


def test_a_value_that_is_counted_is_a_group_and_what_decides_it_a_filter() -> None:
    def asked(value: str, use: Use) -> str:
        grants = {**FACTS.grants, "visits": {**FACTS.grants["visits"], "code": frozenset({use})}}
        known = replace(FACTS, grants=grants)
        try:
            plan(f"SELECT COUNT(DISTINCT {value}) FROM visits", known)
        except Refused as refused:
            return refused.code
        return ""

    decided = "CASE WHEN code > 1 THEN city END"
    assert [asked("code", use) for use in (Use.GROUP, Use.FILTER)] == ["", "use_not_granted"]
    assert [asked(decided, use) for use in (Use.FILTER, Use.GROUP)] == ["", "use_not_granted"]


@pytest.mark.parametrize("rows", [1, 2])
def test_one_value_a_unit_is_recommended_where_a_unit_has_several_rows(rows: int) -> None:
    made = plan("SELECT COUNT(DISTINCT hospital) FROM visits", facts(row_bounds={"visits": rows}))
    assert any("one value a unit" in note for note in made.notes) == (rows > 1)
