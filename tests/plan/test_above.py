"""Statements of several boundaries: what is measured once, what comes back, what is refused."""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.nouns.plan import Plan
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from tests.plan.world import FACTS


def made(sql: str) -> Plan:
    return plan(sql, FACTS)


def test_the_same_rows_in_the_same_groups_are_measured_once() -> None:
    named = "WITH m AS (SELECT city, COUNT(*) AS n, SUM(amount) AS s FROM visits GROUP BY city)"
    (stage,) = made(f"{named} SELECT a.city, a.n / b.s AS r FROM m a JOIN m b ON a.city = b.city").stages
    assert len(stage.measures) == 3


def test_parts_of_one_boundary_share_its_unit_count() -> None:
    (stage,) = made("SELECT (SELECT COUNT(*) FROM visits) / (SELECT SUM(amount) FROM visits) AS r").stages
    assert [measure.label for measure in stage.measures] == ["COUNT(*)", "SUM(amount)"]


def test_a_filter_makes_another_boundary() -> None:
    sql = "SELECT (SELECT COUNT(*) FROM visits WHERE urgent) / (SELECT COUNT(*) FROM visits) AS r"
    assert len(made(sql).stages) == 2


def test_a_stage_comes_after_those_that_it_reads_and_names_them_alone() -> None:
    sql = "SELECT COUNT(*) FILTER (WHERE days > (SELECT AVG(days) FROM visits)) AS n FROM visits"
    first, second = made(sql).stages
    assert first.needs == ()
    assert [item.name for item in second.needs] == ["returned_0"]
    assert first.released in second.needs[0].sql
    assert "visits" not in second.needs[0].sql


def test_a_scalar_of_the_very_rows_that_it_filters_is_a_boundary_of_its_own() -> None:
    sql = "SELECT AVG(days), COUNT(*) FILTER (WHERE days > (SELECT AVG(days) FROM visits)) FROM visits"
    assert len(made(sql).stages) == 2


def test_a_join_with_aggregates_by_all_their_keys_keeps_the_bound() -> None:
    named = "WITH m AS (SELECT hospital, sex, AVG(days) AS a FROM visits GROUP BY hospital, sex)"
    whole = "JOIN m ON m.hospital = v.hospital AND m.sex = v.sex WHERE v.days < m.a"
    stage = made(f"{named} SELECT COUNT(*) FROM visits v {whole}").stages[-1]
    assert stage.measures[0].sensitivity == Sensitivity.rows(64)
    assert stage.needs[0].unique == ("c0", "c1")


def test_a_join_by_some_of_the_keys_multiplies_by_all_rows_that_may_come_back() -> None:
    named = "WITH m AS (SELECT city, sex, AVG(days) AS a FROM visits GROUP BY city, sex)"
    stage = made(f"{named} SELECT COUNT(*) FROM visits v JOIN m ON m.city = v.city").stages[-1]
    assert stage.measures[0].sensitivity == Sensitivity.rows(64 * 12)
    assert stage.needs[0].rows == 12


def test_a_join_of_what_comes_back_with_itself_is_no_longer_told_by_its_keys() -> None:
    """Its rows are told by both keys, so a join by one of them may match several."""
    named = "WITH m AS (SELECT city, COUNT(*) AS n FROM visits GROUP BY city), "
    named += "p AS (SELECT a.city, b.n FROM m a CROSS JOIN m b)"
    stage = made(f"{named} SELECT COUNT(*) FROM visits v JOIN p ON p.city = v.city").stages[-1]
    assert stage.measures[0].sensitivity == Sensitivity.rows(64 * 16)
    assert stage.needs[0].unique == ()


def test_what_comes_back_gives_bounds_but_enforces_none() -> None:
    sql = "WITH m AS (SELECT city, AVG(days) AS a FROM visits GROUP BY city) "
    sql += "SELECT SUM(v.days - m.a) FROM visits v JOIN m ON m.city = v.city"
    stage = made(sql).stages[-1]
    assert stage.measures[0].sensitivity.l1 * stage.measures[0].quantum == 64 * 30
    assert "ELSE round" in stage.exact_sql


def test_a_public_subquery_with_an_order_of_its_own_is_run_once_by_itself() -> None:
    """Which rows a LIMIT keeps must not depend on how a statement over protected rows is run."""
    sql = "SELECT COUNT(*) FROM visits v JOIN (SELECT hospital FROM hospitals ORDER BY level LIMIT 1) h"
    (stage,) = made(f"{sql} ON h.hospital = v.hospital").stages
    assert "LIMIT" not in stage.exact_sql
    assert stage.needs[0].rows == 1
    assert stage.measures[0].sensitivity == Sensitivity.rows(64)


def test_only_columns_that_the_statement_uses_of_public_tables_leave_the_workspace() -> None:
    sql = "SELECT h.level, v.n FROM (SELECT hospital, COUNT(*) AS n FROM visits GROUP BY hospital) v "
    (load,) = made(f"{sql} JOIN hospitals h ON h.hospital = v.hospital").post.loads
    assert load.sql == 'SELECT "hospital", "level" FROM "workspace"."hospitals"'


@pytest.mark.parametrize(
    "inner",
    [
        "SELECT level, region FROM hospitals",
        "SELECT level + 1 AS l, region FROM hospitals",
        "SELECT region, level FROM hospitals UNION ALL SELECT region, level FROM hospitals",
    ],
)
@pytest.mark.parametrize(
    "outer",
    [
        "SELECT m.n FROM m LEFT JOIN ({}) k ON k.region = m.city",
        "SELECT n FROM m WHERE city IN (SELECT region FROM ({}) k)",
        "SELECT COUNT(*) FROM visits v JOIN (SELECT city FROM m JOIN ({}) k ON k.region = m.city "
        "GROUP BY city) x ON x.city = v.city",
    ],
)
def test_a_column_that_a_subquery_shows_to_nobody_is_there(inner: str, outer: str) -> None:
    named = "WITH m AS (SELECT city, COUNT(*) AS n FROM visits GROUP BY city)"
    (load,) = made(f"{named} {outer.format(inner)}").post.loads
    assert load.sql == 'SELECT "level", "region" FROM "workspace"."hospitals"'


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT COUNT(*) FROM visits WHERE days > (SELECT price FROM drugs)", "row_level_output"),
        ("SELECT COUNT(*) FROM visits WHERE days > (SELECT days FROM visits)", "row_level_output"),
        ("SELECT COUNT(*) FROM visits WHERE days > (SELECT AVG(days) FROM visits GROUP BY city)",
         "subquery_of_one_value"),
        ("SELECT COUNT(*) FROM visits WHERE days > (SELECT AVG(days), COUNT(*) FROM visits)",
         "subquery_of_one_value"),
        ("SELECT city, n FROM (SELECT city, id_card, COUNT(*) AS n FROM visits GROUP BY city, id_card) v",
         "row_level_output"),
        ("SELECT city FROM visits UNION ALL SELECT 'A'", "row_level_output"),
        ("SELECT COUNT(*) FROM visits UNION ALL SELECT city FROM hospitals", "unknown_column"),
        ("SELECT COUNT(*) FROM visits UNION ALL SELECT COUNT(*), 1 FROM visits", "argument_count"),
        ("SELECT COUNT(*) FROM visits UNION ALL SELECT 'a'", "type_mismatch"),
        ("SELECT city, COUNT(*) AS n FROM visits GROUP BY city QUALIFY n > 1", "type_wrong"),
        ("SELECT city, RANK() OVER (ORDER BY days) FROM visits GROUP BY city", "row_level_output"),
        ("SELECT RANK() OVER (ORDER BY days) FROM visits", "row_level_output"),
        ("SELECT id_card, n FROM (SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card) v "
         "ORDER BY n DESC LIMIT 10", "unit_in_output"),
        ("SELECT * FROM visits v JOIN (SELECT COUNT(*) AS n FROM visits) c ON v.days > c.n",
         "star_not_supported"),
        ("SELECT a.n FROM (SELECT COUNT(*) AS n FROM visits) a, (SELECT COUNT(*) AS n FROM visits) a",
         "duplicate_alias"),
        ("SELECT n AS _cell0 FROM (SELECT COUNT(*) AS n FROM visits) v", "reserved_name"),
        ("SELECT n FROM (SELECT COUNT(*) AS n, SUM(days) AS n FROM visits) v", "duplicate_alias"),
    ],
)  # fmt: skip
def test_what_no_answer_may_be_is_refused(sql: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        made(sql)
    assert code in {caught.value.code, *(other.code for other in caught.value.others)}


def test_more_boundaries_than_a_budget_can_bear_are_refused() -> None:
    parts = [f"(SELECT COUNT(*) FROM visits WHERE days > {n})" for n in range(20)]
    with pytest.raises(Refused) as caught:
        made(f"SELECT {' + '.join(parts)} AS n")
    assert caught.value.code == "too_many_boundaries"


def test_subqueries_nested_beyond_reason_are_refused_with_a_code() -> None:
    text = "SELECT COUNT(*) AS n FROM visits"
    for _ in range(30):
        text = f"SELECT MAX(n) AS n FROM ({text}) v"
    with pytest.raises(Refused) as caught:
        made(text)
    assert caught.value.code == "statement_too_deep"


def test_names_are_planned_once_a_level_however_deep_they_nest() -> None:
    text = "SELECT city, COUNT(*) AS n FROM visits GROUP BY city"
    for _ in range(12):
        text = f"SELECT city, n + 1 AS n FROM ({text}) v"
    assert len(made(text).stages) == 1
