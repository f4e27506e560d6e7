"""Subqueries that group by the privacy unit: numbers of one unit, what they can be, and over which rows."""

from __future__ import annotations

import duckdb
import pytest

from sandbox.nouns.policy import Use
from sandbox.plan import plan
from tests.plan.database import answer
from tests.plan.refusing import codes
from tests.plan.world import CITIES, FACTS, facts

OF_PERSON = "SELECT SUM(x) FROM (SELECT id_card, {} AS x FROM visits GROUP BY id_card) v"
OF_BUYER = "SELECT SUM(x) FROM (SELECT person, {} AS x FROM drugs GROUP BY person) v"
EACH = "FROM visits GROUP BY id_card"


@pytest.mark.parametrize(
    "sql",
    [
        OF_PERSON.format("COUNT(*)"),
        OF_PERSON.format("COUNT(city)"),
        OF_PERSON.format("COUNT(DISTINCT days > 4)"),
        OF_PERSON.format("SUM(days)"),
        OF_PERSON.format("COUNT(*) + 2 * MIN(days) - MAX(days)"),
        OF_PERSON.format("COUNT(*) FILTER (WHERE days > 4)"),
        OF_PERSON.format("COUNT_IF(days > 4)"),
        OF_PERSON.format("COALESCE(SUM(days) FILTER (WHERE days > 4), 1)"),
        OF_BUYER.format("AVG(price)"),
        OF_BUYER.format("SUM(price)"),
        OF_BUYER.format("MAX(price)"),
        f"SELECT COUNT(x) FROM (SELECT id_card, MAX(city) AS x {EACH}) v WHERE x > 'a'",
        f"SELECT COUNT(x) FROM (SELECT id_card, MAX(weight) AS x {EACH}) v WHERE x > 0.3",
        "SELECT COUNT(*) FROM (SELECT id_card, city FROM visits GROUP BY id_card, city, city) v",
        f"SELECT COUNT(*) FROM (SELECT id_card, days > 4 AS k {EACH}, days > 4) v WHERE k",
        f"SELECT SUM(x) FROM (SELECT id_card, days > 4 AS k, COUNT(*) AS x {EACH}, 2) v WHERE k",
        "SELECT COUNT(*) FROM (SELECT id_card FROM visits GROUP BY id_card, sex"
        " HAVING COUNT(*) > 2 AND sex = 'F' AND 1 < 2) v",
    ],
)
def test_a_number_of_a_unit_is_what_the_statement_says(twice: duckdb.DuckDBPyConnection, sql: str) -> None:
    ((found,),) = answer(twice, plan(sql, FACTS))
    ((wanted,),) = twice.execute(sql).fetchall()
    assert float(str(found)) == pytest.approx(float(wanted))


JOINED = "visits v LEFT JOIN drugs d ON d.person = v.id_card"


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("SELECT id_card, STDDEV(days) FILTER (WHERE urgent) AS x FROM visits GROUP BY id_card", "not_yet"),
        ("SELECT id_card, COUNT(NULL) AS x FROM visits GROUP BY id_card", "type_wrong"),
        ("SELECT id_card, MAX(NULL) AS x FROM visits GROUP BY id_card", "type_wrong"),
        ("SELECT id_card, (SELECT MAX(level) FROM hospitals) AS x FROM visits GROUP BY id_card",
         "subquery_not_supported"),
        ("SELECT id_card, COUNT(*) OVER (PARTITION BY id_card) AS x FROM visits GROUP BY id_card",
         "window_not_supported"),
        ("SELECT id_card, days > 1 AS x FROM visits GROUP BY id_card, days > 2", "row_level_output"),
        ("SELECT id_card, COUNT(*) AS x FROM visits GROUP BY id_card, NULL", "subquery_not_supported"),
        ("SELECT id_card, COUNT(DISTINCT city, sex) AS x FROM visits GROUP BY id_card", "argument_count"),
        ("SELECT id_card, COUNT(*) AS x FROM visits GROUP BY id_card, weight", "subquery_not_supported"),
        (f"SELECT v.id_card, COUNT(*) AS x FROM {JOINED} GROUP BY v.id_card, d.person",
         "subquery_not_supported"),
    ],
)  # fmt: skip
def test_what_is_no_number_of_one_unit_is_refused(inner: str, code: str) -> None:
    assert code in codes(f"SELECT COUNT(x) FROM ({inner}) t")


@pytest.mark.parametrize(
    ("least", "inner"), [(1, "COUNT(*)"), (0, "COUNT(days)"), (0, "COUNT(DISTINCT days)")]
)
@pytest.mark.parametrize("most", [1000, 1001])
def test_counts_up_to_a_thousand_are_declared_keys(least: int, inner: str, most: int) -> None:
    known = facts(row_bounds={"visits": most, "drugs": 8})
    groups = f"(SELECT id_card, {inner} AS x FROM visits GROUP BY id_card) v"
    (stage,) = plan(f"SELECT x, COUNT(*), SUM(x) FROM {groups} GROUP BY x", known).stages
    assert stage.keys[0].domain == (tuple(range(least, most + 1)) if most == 1000 else None)
    assert [measure.sensitivity.linf for measure in stage.measures[:2]] == [1, most]


@pytest.mark.parametrize(
    ("item", "most"),
    [
        ("SUM(clamp(price, -1.5, 3))", 24), ("SUM(clamp(price, -1.5, -0.5))", 12),
        ("SUM(clamp(price, 2, 3))", 24),
        ("SUM(clamp(price - 50, -40, 3))", 320), ("AVG(clamp(price - 50, -40, 3))", 40),
        ("AVG(clamp(price, -1, 3))", 3), ("MIN(clamp(price - 50, -40, 3))", 40),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("keys", "rows"), [("", 1), (", city", 8)])
def test_a_number_of_a_unit_is_clamped_to_what_its_rows_can_make(
    item: str, most: int, keys: str, rows: int
) -> None:
    sql = f"SELECT SUM(x) FROM (SELECT person, {item} AS x FROM drugs GROUP BY person{keys}) v"
    measure = plan(sql, FACTS).stages[0].measures[0]
    assert measure.sensitivity.linf * measure.quantum == rows * most


def test_whole_numbers_of_a_unit_stay_whole_and_others_do_not() -> None:
    for inner, whole in (
        ("SUM(days)", True),
        ("MAX(days)", True),
        ("COUNT(*) + 1", True),
        ("AVG(days)", False),
    ):
        measure = plan(OF_PERSON.format(inner), FACTS).stages[0].measures[0]
        assert (measure.quantum == 1) is whole


@pytest.mark.parametrize(("keys", "rows"), [("", 1), (", city", 64)])
def test_a_unit_has_one_row_or_no_more_than_its_rows_in_from(keys: str, rows: int) -> None:
    sql = f"SELECT COUNT(*) FROM (SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card{keys}) v"
    assert plan(sql, FACTS).stages[0].measures[0].sensitivity.linf == rows


def test_an_extreme_is_stored_as_what_it_is_of_and_may_be_missing() -> None:
    inner = "(SELECT id_card, {} AS x FROM visits GROUP BY id_card) v"
    joined = f"{inner.format('MAX(code)')} JOIN hospitals h ON h.beds = v.x"
    assert plan(f"SELECT COUNT(*) FROM {joined}", FACTS).stages[0].measures[0].sensitivity.linf == 1
    (stage,) = plan(f"SELECT x, COUNT(*) FROM {inner.format('MIN(city)')} GROUP BY x", FACTS).stages
    assert stage.cells == len(CITIES) + 1


def test_the_sign_of_a_zero_is_never_seen() -> None:
    for column, seen in (("weight", True), ("days", False)):
        inner = f"SELECT id_card, MAX({column}) AS x FROM visits GROUP BY id_card"
        text = plan(f"SELECT COUNT(x) FROM ({inner}) v", FACTS).stages[0].exact_sql
        assert (" = 0e0 THEN 0e0 " in text) is seen


def test_what_a_number_of_a_unit_looks_at_is_a_use_of_it() -> None:
    inner = (
        "SELECT id_card, MAX(amount) AS x, COUNT_IF(urgent) AS y FROM visits GROUP BY id_card, city, days > 3"
    )
    found = plan(f"SELECT COUNT(*) FROM ({inner}) v", FACTS).uses["visits"]
    assert found == {
        "amount": {Use.AGGREGATE}, "urgent": {Use.FILTER}, "city": {Use.GROUP}, "days": {Use.GROUP},
    }  # fmt: skip
