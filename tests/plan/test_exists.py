"""EXISTS, IN and scalar subqueries in WHERE: rows are kept for rows of their own unit, or for public ones."""

from __future__ import annotations

import duckdb
import pytest

from sandbox.nouns.policy import Use
from sandbox.plan import plan
from tests.plan.database import answer
from tests.plan.refusing import codes, refused
from tests.plan.world import DRUGS, FACTS, HOSPITALS, POLICY, VISITS, facts

OWN = "d.person = v.id_card"


@pytest.mark.parametrize(
    "condition",
    [
        f"EXISTS (SELECT 1 FROM drugs d WHERE {OWN})",
        f"NOT EXISTS (SELECT d.city FROM drugs d WHERE {OWN} AND d.price > v.days)",
        f"EXISTS (SELECT DISTINCT d.city FROM drugs d WHERE {OWN} AND d.price > 1 ORDER BY d.city)",
        f"EXISTS (SELECT 1 FROM drugs d WHERE {OWN} AND d.price > 2) OR v.days < 2",
        "v.id_card IN (SELECT person FROM drugs WHERE price > 1)",
        "v.id_card NOT IN (SELECT d.person AS p FROM drugs d)",
        f"v.city IN (SELECT d.city FROM drugs d WHERE {OWN})",
        f"v.city NOT IN (SELECT d.city AS c FROM drugs d WHERE {OWN} AND d.price > 0)",
        "v.days + 4 IN (SELECT w.days FROM visits w WHERE w.id_card = v.id_card)",
        "v.days IN (SELECT w.days + 4 FROM visits w WHERE w.id_card = v.id_card AND w.days > 1)",
        "v.city IN (SELECT region FROM hospitals WHERE level > 1)",
        "v.city NOT IN (SELECT region AS r FROM hospitals)",
        "EXISTS (SELECT 1 FROM hospitals h WHERE h.region = v.city AND h.level > v.code)",
        "v.code IN (SELECT COUNT(*) FROM hospitals GROUP BY region)",
        "v.code IN (SELECT COUNT(*) AS n FROM hospitals GROUP BY region HAVING MAX(level) > 5)",
        "v.code IN (SELECT level FROM hospitals ORDER BY level LIMIT 1)",
        "v.code IN (SELECT level FROM hospitals UNION SELECT level - 1 FROM hospitals)",
        "v.code IN (SELECT level FROM hospitals EXCEPT SELECT 1)",
        "v.code NOT IN (SELECT DISTINCT level FROM hospitals)",
        "v.days > (SELECT AVG(days) FROM visits)",
        "v.days > (SELECT MAX(level) + COUNT(*) AS x FROM hospitals)",
        "v.days > (SELECT MAX(level) FROM hospitals h WHERE h.region = v.city)",
        "(SELECT MAX(level) FROM hospitals WHERE level > 7) IS NULL",
    ],
)
def test_a_row_is_kept_as_the_statement_says(twice: duckdb.DuckDBPyConnection, condition: str) -> None:
    sql = f"SELECT COUNT(*) FROM visits v WHERE {condition}"
    made = plan(sql, FACTS)
    assert [str(value) for (value,) in answer(twice, made)] == [
        str(value) for (value,) in twice.execute(sql).fetchall()
    ]
    assert made.stages[-1].measures[0].sensitivity.linf == 64
    assert "drugs" not in condition or made.tables == {"visits", "drugs"}
    assert "hospitals" not in condition or made.tables == {"visits", "hospitals"}


JOINED = "visits v LEFT JOIN drugs d ON d.person = v.id_card"


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        (f"visits v WHERE EXISTS (SELECT COUNT(*) FROM drugs d WHERE {OWN})", "subquery_not_supported"),
        (f"visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE {OWN} LIMIT 1)", "subquery_not_supported"),
        (f"visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE {OWN} HAVING 1 > 2)", "subquery_not_supported"),
        ("visits v WHERE EXISTS (SELECT 1 FROM hospitals UNION SELECT 2 FROM hospitals)",
         "subquery_not_supported"),
        ("visits v WHERE EXISTS (SELECT nothing FROM hospitals)", "unknown_column"),
        (f"visits v WHERE v.city IN (SELECT d.city, d.drug FROM drugs d WHERE {OWN})",
         "subquery_not_supported"),
        ("visits v WHERE v.code IN (SELECT MAX(level) FROM hospitals)", "subquery_not_supported"),
        ("visits v WHERE v.code > (SELECT MAX(level), 1 FROM hospitals)", "subquery_not_supported"),
        ("visits v WHERE v.code > (SELECT level FROM hospitals)", "subquery_not_supported"),
        ("visits v WHERE EXISTS (SELECT 1 FROM drugs)", "join_needs_unit"),
        ("visits v WHERE v.city IN (SELECT city FROM drugs)", "join_needs_unit"),
        # rows of no unit, or of a unit that may be missing
        ("hospitals h WHERE EXISTS (SELECT 1 FROM visits v WHERE v.city = h.region)", "subquery_other_units"),
        ("hospitals h WHERE h.region IN (SELECT city FROM visits)", "subquery_other_units"),
        ("visits v WHERE EXISTS (SELECT 1 FROM hospitals h WHERE EXISTS"
         " (SELECT 1 FROM drugs d WHERE d.person = v.id_card))", "subquery_other_units"),
        (f"{JOINED} WHERE d.person IN (SELECT person FROM drugs)", "unit_misused"),
        (f"visits x WHERE x.id_card IN (SELECT d.person FROM {JOINED})", "unit_misused"),
        ("visits v WHERE v.id_card IN (SELECT city FROM drugs)", "unit_misused"),
        ("visits v WHERE v.city IN (SELECT person FROM drugs)", "unit_misused"),
        ("visits v WHERE v.id_card IN (SELECT 1 FROM drugs)", "unit_misused"),
        ("visits v WHERE 1 IN (SELECT person FROM drugs)", "unit_misused"),
        ("visits v WHERE EXISTS (SELECT 1 FROM hospitals h LEFT JOIN visits w ON w.code = h.level"
         " WHERE w.id_card = v.id_card)", "join_not_supported"),
    ],
)  # fmt: skip
def test_what_would_look_at_other_units_or_at_several_values_is_refused(tables: str, code: str) -> None:
    assert code in codes(f"SELECT COUNT(*) FROM {tables}")


@pytest.mark.parametrize(
    ("condition", "unit"),
    [
        ("v.id_card IN (SELECT city FROM drugs)", "id_card"),
        ("v.city IN (SELECT person FROM drugs)", "person"),
    ],
)
def test_a_unit_beside_another_value_is_named(condition: str, unit: str) -> None:
    assert f"COUNT(DISTINCT {unit})" in refused(f"SELECT COUNT(*) FROM visits v WHERE {condition}").hint


def test_subqueries_stand_in_where_alone() -> None:
    found = refused("SELECT COUNT_IF(EXISTS (SELECT 1 FROM hospitals)) FROM visits")
    assert found.code == "subquery_not_supported"


@pytest.mark.parametrize(
    ("condition", "missing"),
    [
        ("v.city IN (SELECT region FROM hospitals)", "join of hospitals.region, join of visits.city"),
        (f"v.city IN (SELECT d.city FROM drugs d WHERE {OWN})", "join of drugs.city, join of visits.city"),
        ("CASE WHEN v.city = '郑州市' THEN 1 END IN (SELECT level FROM hospitals)",
         "join of hospitals.level, join of visits.city"),
        ("v.days IN (SELECT CASE WHEN region = '郑州市' THEN 1 END FROM hospitals)",
         "join of hospitals.region, join of visits.days"),
        ("v.city IN (SELECT city FROM visits GROUP BY city)", "filter of visits.city"),
        (f"EXISTS (SELECT 1 FROM drugs d WHERE {OWN} AND d.city = '郑州市')", "filter of drugs.city"),
        (f"EXISTS (SELECT 1 FROM drugs d WHERE {OWN} AND d.price > v.days)",
         "filter of drugs.price, filter of visits.days"),
    ],
)  # fmt: skip
def test_what_is_compared_needs_the_use_of_it(condition: str, missing: str) -> None:
    tables = tuple(
        table.model_copy(
            update={
                "columns": tuple(
                    column.model_copy(update={"use": column.use - {Use.JOIN, Use.FILTER}})
                    for column in table.columns
                )
            }
        )
        for table in (VISITS, DRUGS, HOSPITALS)
    )
    known = facts(POLICY.model_copy(update={"tables": tables}))
    found = refused(f"SELECT COUNT(*) FROM visits v WHERE {condition}", known)
    assert f"does not grant: {missing}" in found.reason


def test_public_rows_are_kept_for_public_ones() -> None:
    assert plan(
        "SELECT COUNT(*) FROM hospitals h WHERE h.level IN (SELECT level FROM hospitals)", FACTS
    ).public
