"""EXISTS and IN beside groups and above released rows: what they look at, what they cost, what is refused."""

from __future__ import annotations

import duckdb
import pytest

from sandbox.nouns.plan import Expression, Op, Plan
from sandbox.plan import plan
from tests.plan.database import Row, answer, fill
from tests.plan.refusing import codes, refused
from tests.plan.world import CITIES, DRUGS, FACTS, VISITS

NAMED = "WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) "
GROUPS = "SELECT city, COUNT(*) AS k FROM drugs d GROUP BY city HAVING {}"


def made(sql: str) -> Plan:
    return plan(NAMED + sql, FACTS)


def test_they_look_at_released_values_alone_and_cost_nothing_more() -> None:
    found = made(
        GROUPS.format("EXISTS (SELECT 1 FROM c WHERE c.city = d.city) AND city IN (SELECT city FROM c)")
    )
    (alone,) = plan("SELECT city, COUNT(*) AS k FROM drugs d GROUP BY city", FACTS).stages
    (groups,) = plan("SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex", FACTS).stages
    assert sorted(stage.exact_sql for stage in found.stages) == sorted([alone.exact_sql, groups.exact_sql])
    assert all(stage.needs == () for stage in found.stages)
    assert "workspace" not in found.post.sql
    assert "_unit" not in found.post.sql


def test_groups_of_protected_rows_are_measured_first() -> None:
    sql = GROUPS.format("city IN (SELECT city FROM visits GROUP BY city HAVING COUNT(*) > 100)")
    (stage,) = [stage for stage in made(sql).stages if "visits" in stage.exact_sql]
    assert [measure.label for measure in stage.measures] == ["COUNT(*)", "COUNT(DISTINCT unit)"]
    assert "visits" not in made(sql).post.sql


ROWS = [
    "EXISTS (SELECT 1 FROM visits)",
    "EXISTS (SELECT 1 FROM visits v WHERE v.city = d.city)",
    "NOT EXISTS (SELECT * FROM visits v WHERE v.city = d.city AND v.days > 29)",
    "EXISTS (SELECT 1 FROM visits v WHERE v.id_card = d.person)",
    "EXISTS (SELECT 1 FROM (SELECT id_card, city FROM visits) AS v WHERE v.city = d.city)",
    "EXISTS (SELECT 1 FROM hospitals h LEFT JOIN visits v ON v.hospital = h.hospital)",
    "EXISTS (SELECT 1 FROM visits v JOIN hospitals h ON h.hospital = v.hospital WHERE h.region = d.city)",
    "EXISTS (SELECT 1 FROM visits v JOIN c ON c.city = v.city)",
    "EXISTS (SELECT DISTINCT city FROM visits)",
    "city IN (SELECT city FROM visits)",
    "city NOT IN (SELECT DISTINCT city FROM visits)",
    "city IN (SELECT DISTINCT city FROM visits LIMIT 3)",
    "COUNT(*) IN (SELECT days FROM visits v WHERE v.city = d.city)",
]


@pytest.mark.parametrize("condition", ROWS)
def test_whether_there_is_a_row_of_some_person_is_never_looked_at(condition: str) -> None:
    found = refused(NAMED + GROUPS.format(condition))
    assert found.code == "exists_of_rows"
    assert found.position
    assert found.reason.split()[-1] in ("v", "visits")
    shown = f"SELECT n, {condition.replace('COUNT(*) IN', 'd.n IN')} AS e FROM c AS d"
    assert codes(NAMED + shown) & {"exists_of_rows", "unknown_column", "unit_misused"}


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("EXISTS (SELECT id_card FROM visits GROUP BY id_card HAVING COUNT(*) > 5)", "unit_in_output"),
        ("EXISTS (SELECT 1 FROM hospitals h WHERE h.hospital IN (SELECT hospital FROM visits))",
         "subquery_other_units"),
        ("EXISTS (SELECT COUNT(*) FROM c)", "subquery_not_supported"),
        ("EXISTS (SELECT 1 FROM c WHERE c.city > d.city)", "subquery_of_other_rows"),
        ("EXISTS (SELECT COUNT(*) FROM c WHERE c.city = d.city)", "subquery_of_other_rows"),
        ("city IN (SELECT d.city FROM c)", "subquery_of_other_rows"),
        ("COUNT(*) IN (SELECT MAX(n) FROM c WHERE c.city = d.city)", "subquery_of_other_rows"),
        ("EXISTS (SELECT 1 FROM c WHERE c.city = d.city OR c.n > 5)", "subquery_of_other_rows"),
        ("EXISTS (SELECT 1 FROM c WHERE c.city = d.city GROUP BY sex)", "subquery_of_other_rows"),
        ("EXISTS (SELECT 1 FROM c WHERE c.city = d.city LIMIT 1)", "subquery_of_other_rows"),
        ("EXISTS (SELECT 1 FROM c WHERE c.n = d.city)", "subquery_of_other_rows"),
        ("EXISTS (SELECT 1 FROM c WHERE c.city = d.drug)", "row_level_output"),
        ("city IN (SELECT d.city FROM c WHERE c.city = d.city)", "subquery_of_other_rows"),
        ("city IN (SELECT city, sex FROM c)", "subquery_of_one_value"),
        ("city IN (SELECT * FROM c)", "subquery_of_one_value"),
        ("city IN (SELECT n FROM c)", "type_mismatch"),
    ],
)  # fmt: skip
def test_what_is_no_match_of_public_rows_by_equalities_is_refused(condition: str, code: str) -> None:
    found = refused(NAMED + GROUPS.format(condition))
    assert code in {found.code, *(other.code for other in found.others)}


def test_the_refusal_advises_what_is_answered() -> None:
    count = "(SELECT COUNT(*) FROM visits v WHERE v.city = d.city) > 100"
    assert "(SELECT COUNT(*) FROM … WHERE …) > 100" in refused(NAMED + GROUPS.format(ROWS[1])).hint
    assert len(made(GROUPS.format(count)).stages) == 2


def test_a_match_is_measured_where_what_it_looks_at_is_and_exact_where_all_is_public() -> None:
    noisy = made("SELECT h.region, EXISTS (SELECT 1 FROM c WHERE c.city = h.region) AS e FROM hospitals h")
    assert noisy.post.columns[1].expression == Expression(Op.OPAQUE)
    exact = (
        "SELECT h.region, EXISTS (SELECT 1 FROM hospitals g WHERE g.region = h.region) AS e FROM hospitals h"
    )
    assert plan(exact, FACTS).public


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("EXISTS (SELECT 1 FROM c WHERE c.city = d.city AND c.n > 0)", [0, 1]),
        ("NOT EXISTS (SELECT 1 FROM c WHERE c.city = d.city AND c.n > 0)", [None]),
        ("city IN (SELECT city FROM c WHERE n > 0 AND city IS NOT NULL)", [0, 1]),
        ("city NOT IN (SELECT city FROM c WHERE n > 0)", []),
        ("city NOT IN (SELECT city FROM c WHERE sex = 'F' AND n > 0 AND city IS NOT NULL)", [1]),
        ("EXISTS (SELECT 1 FROM c WHERE n > 1)", [0, 1, None]),
        ("EXISTS (SELECT 1 FROM c WHERE n > 2)", []),
        ("EXISTS (SELECT sex, SUM(n) FROM c GROUP BY sex HAVING SUM(n) > 1)", [0, 1, None]),
        ("EXISTS (SELECT sex, SUM(n) FROM c GROUP BY sex HAVING SUM(n) > 2)", []),
        ("EXISTS (SELECT 1 FROM c HAVING SUM(n) > 3)", [0, 1, None]),
        ("COUNT(*) IN (SELECT n FROM c WHERE c.city = d.city AND c.sex = 'F')", [0]),
        ("EXISTS (SELECT SUM(n) FROM c GROUP BY sex)", [0, 1, None]),
        ("EXISTS (SELECT n AS x FROM c ORDER BY x)", [0, 1, None]),
        ("EXISTS (SELECT DISTINCT n AS x FROM c WHERE c.city = d.city ORDER BY x)", [0, 1]),
        ("COUNT(*) IN (SELECT DISTINCT n FROM c WHERE c.city = d.city AND c.sex = 'F')", [0]),
        ("EXISTS (SELECT DISTINCT n FROM c OFFSET 1)", [0, 1, None]),
        ("EXISTS (SELECT DISTINCT n FROM c OFFSET 2)", []),
        ("EXISTS (SELECT n FROM c LIMIT 0)", []),
        ("COUNT(*) IN (SELECT MAX(n) FROM c)", [0]),
        ("COUNT(*) IN (SELECT DISTINCT n FROM c ORDER BY n LIMIT 2)", [0, 1, None]),
        ("COUNT(*) IN (SELECT DISTINCT n FROM c ORDER BY n DESC OFFSET 2)", []),
        ("COUNT(*) IN (SELECT n FROM c EXCEPT SELECT n FROM c WHERE city IS NULL)", [0]),
    ],
)
def test_null_is_equal_to_nothing_and_not_in_is_never_true_beside_it(
    con: duckdb.DuckDBPyConnection, condition: str, kept: list[int | None]
) -> None:
    """Without noise: two women of the first city, a man of the second, somebody of none; drugs in each."""
    blank: Row = dict.fromkeys(column.name for column in VISITS.columns)
    cities = [(CITIES[0], "F"), (CITIES[0], "F"), (CITIES[1], "M"), (None, "M")]
    fill(con, VISITS, [{**blank, "id_card": n, "city": c, "sex": s} for n, (c, s) in enumerate(cities)], 64)
    drugs = [CITIES[0], CITIES[0], CITIES[1], None]
    fill(con, DRUGS, [{"person": n, "city": city, "drug": "A"} for n, city in enumerate(drugs)], 8)
    found = answer(con, made(GROUPS.format(condition)))
    assert len(found) == len(kept)
    assert {row[0] for row in found} == {None if place is None else CITIES[place] for place in kept}


def test_all_columns_that_are_equal_are_equal_in_one_row(con: duckdb.DuckDBPyConnection) -> None:
    blank: Row = dict.fromkeys(column.name for column in VISITS.columns)
    cities = [(CITIES[0], "F"), (CITIES[0], "F"), (CITIES[0], "M"), (CITIES[1], "F")]
    fill(con, VISITS, [{**blank, "id_card": n, "city": c, "sex": s} for n, (c, s) in enumerate(cities)], 64)
    match = "EXISTS (SELECT 1 FROM c WHERE c.city = a.city AND c.sex = a.sex AND c.n > 1)"
    rows = answer(con, made(f"SELECT a.city, a.sex, {match} AS e FROM c AS a"))
    assert {(city, sex): e for city, sex, e in rows} == {one: one == cities[0] for one in cities}


def test_exists_looks_at_no_item_so_none_needs_a_grant() -> None:
    assert made(GROUPS.format("EXISTS (SELECT beds FROM hospitals)")).stages
    assert len(made(GROUPS.format("EXISTS (SELECT COUNT(*) FROM visits HAVING COUNT(*) > 5)")).stages) == 2


@pytest.mark.parametrize(
    ("match", "stored"),
    [
        ("h.level IN (SELECT level FROM hospitals)", True),
        ("EXISTS (SELECT 1 FROM hospitals g WHERE g.region = h.region)", True),
        ("EXISTS (SELECT 1 FROM c AS d WHERE d.city = h.region)", False),
        ("c.n IN (SELECT level FROM hospitals)", False),
        ("c.n IN (SELECT g.level FROM hospitals g WHERE g.region = h.region)", False),
    ],
)
def test_a_stored_number_is_one_beside_a_match_that_is_exact_alone(match: str, stored: bool) -> None:
    sql = f"SELECT CASE WHEN {match} THEN h.level END AS x FROM c JOIN hospitals h ON h.region = c.city"
    assert made(sql).post.columns[0].from_rows is stored


def test_groups_of_people_are_measured_and_looked_at_though_nothing_of_them_is_counted() -> None:
    (_, groups) = made(GROUPS.format("city IN (SELECT hospital FROM visits GROUP BY hospital)")).stages
    assert groups.discovered
    assert groups.unit_measure


def test_a_match_with_a_name_is_looked_for_once_wherever_the_name_stands() -> None:
    waves = " + ".join(f"sin(v.days * {place})" for place in range(20))
    three = "visits v JOIN visits w ON w.id_card = v.id_card JOIN visits x ON x.id_card = v.id_card"
    counted = f"SELECT v.city, COUNT(*) AS n FROM {three} WHERE {waves} > 3 GROUP BY v.city"
    match = f"EXISTS (SELECT 1 FROM ({counted}) AS f WHERE f.city = d.city AND f.n > 5)"
    assert plan(f"SELECT city, {match} AS e FROM drugs d GROUP BY city HAVING e ORDER BY e", FACTS).stages


def test_what_comes_first_of_what_is_different_is_looked_at_also_in_where() -> None:
    inner = "SELECT DISTINCT city FROM c ORDER BY city LIMIT 2"
    (need,) = made(f"SELECT COUNT(*) FROM visits WHERE city IN ({inner})").stages[-1].needs
    assert "SELECT DISTINCT" in need.sql
    assert "ORDER BY" in need.sql
