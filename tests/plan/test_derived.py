"""Subqueries in FROM: how many rows of a unit, or of a public value, they have, and what they keep."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import duckdb
import pytest
from sqlglot import exp

from sandbox.nouns.plan import Plan
from sandbox.nouns.policy import Use
from sandbox.plan import plan
from sandbox.plan.names import Scope
from sandbox.plan.relations import source
from sandbox.plan.relations.scan import Relation, scan
from tests.plan.database import Row, answer, connect, exact, fill
from tests.plan.refusing import refused
from tests.plan.world import CITIES, DRUGS, FACTS, HOSPITALS, POLICY, VISITS, facts


def made(sql: str) -> Plan:
    return plan(sql, FACTS)


def bound(tables: str) -> int:
    """Rows of a unit in a FROM."""
    return made(f"SELECT COUNT(*) FROM {tables}").stages[-1].measures[0].sensitivity.l1


UNION = "SELECT level AS x, beds AS y FROM hospitals UNION ALL SELECT beds, level FROM hospitals"


@pytest.mark.parametrize(
    ("side", "key", "fan"),
    [
        ("SELECT level AS x, beds AS y FROM hospitals", "x", 3),
        ("SELECT level AS x, beds AS y FROM hospitals", "y", 1),
        ("SELECT level + 1 AS x FROM hospitals", "x", 5),
        ("SELECT level AS x FROM hospitals", "", 5),
        (UNION, "x", 3 + 1),
        (UNION, "y", 1 + 3),
        (UNION, "", 5 + 5),
        ("SELECT level AS x, level AS y FROM hospitals UNION ALL SELECT beds, 7 FROM hospitals", "y",
         3 + 5),
        ("SELECT level AS x FROM hospitals UNION ALL SELECT level FROM hospitals UNION ALL SELECT 1", "x",
         3 + 3 + 1),
        ("SELECT NULL AS x, level AS y FROM hospitals", "y", 3),
        ("SELECT level AS x, COUNT(*) AS n FROM hospitals GROUP BY level", "x", 1),
        ("SELECT level AS x, COUNT(*) AS n FROM hospitals GROUP BY level", "n", 5),
        ("SELECT level AS x, COUNT(*) AS n FROM hospitals GROUP BY level", "", 5),
        ("SELECT level AS x, COUNT(*) AS n FROM hospitals GROUP BY level HAVING COUNT(*) > 1", "x", 1),
        ("SELECT level AS x, beds AS y FROM hospitals GROUP BY level, beds", "x", 3),
        ("SELECT level AS x, beds AS y FROM hospitals GROUP BY level, beds", "y", 1),
        ("SELECT region AS x, level AS y, COUNT(*) AS n FROM hospitals GROUP BY region, level", "n", 5),
        ("SELECT COUNT(*) AS n, MAX(level) AS x FROM hospitals", "x", 1),
        ("SELECT COUNT(*) AS n FROM hospitals", "", 1),
        ("SELECT COUNT(*) AS n FROM hospitals HAVING COUNT(*) > 2", "n", 1),
        ("SELECT level AS x FROM hospitals UNION ALL SELECT DISTINCT level FROM hospitals", "x", 5 + 5),
        ("SELECT level AS x FROM hospitals UNION SELECT level FROM hospitals", "x", 1),
        ("(SELECT level AS x FROM hospitals EXCEPT SELECT level FROM hospitals)", "x", 1),
    ],
)  # fmt: skip
def test_a_row_matches_as_many_rows_of_a_public_subquery_as_share_a_value(
    side: str, key: str, fan: int
) -> None:
    matches = f"v.code = h.{key}" if key else "v.days > 1"
    assert bound(f"visits v JOIN ({side}) h ON {matches}") == 64 * fan


@pytest.mark.parametrize(
    ("side", "rendered"),
    [
        ("SELECT level AS x FROM hospitals WHERE beds > 3 GROUP BY level HAVING COUNT(*) > 2",
         ' WHERE (t1."beds" > CAST(3 AS BIGINT)) GROUP BY t1."level" HAVING (count(*) > CAST(2 AS BIGINT)))'),
        ("SELECT COUNT(*) AS x FROM hospitals", 'SELECT count(*) AS "c0" FROM '),
        ("SELECT 1 AS x", '(SELECT CAST(1 AS BIGINT) AS "c0" ) AS t1'),
        ("SELECT NULL AS y FROM hospitals", "(SELECT 1 AS one FROM "),
    ],
)  # fmt: skip
def test_groups_and_filters_of_public_rows_are_rendered(side: str, rendered: str) -> None:
    (stage,) = made(f"SELECT COUNT(*) FROM visits v JOIN ({side}) h ON v.days > 1").stages
    assert rendered.replace("t1.", "t0.") in stage.exact_sql.replace("t1.", "t0.").replace("t2.", "t0.")


MATCHED = "ON v.id_card = d.person AND v.city = d.city"


@pytest.mark.parametrize(
    ("tables", "rows"),
    [
        ("(SELECT city FROM visits) v", 64),
        ("(SELECT city FROM visits UNION ALL SELECT city FROM drugs) v", 64 + 8),
        ("((SELECT city FROM visits UNION ALL SELECT city FROM drugs)) v", 64 + 8),
        # what a branch compares of public rows is its own
        ("(SELECT city FROM visits WHERE city IN (SELECT region FROM hospitals UNION"
         " SELECT hospital FROM hospitals) UNION ALL SELECT city FROM drugs) v", 64 + 8),
        ("(SELECT 1 AS one FROM visits v JOIN hospitals h ON v.code = h.level) v", 64 * 3),
        ("(SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card) v", 1),
        ("(SELECT id_card, city FROM visits GROUP BY id_card, city) v", 64),
        ("(SELECT id_card, 1 AS n FROM visits GROUP BY id_card"
         " UNION ALL SELECT person, 1 FROM drugs GROUP BY person) v", 2),
        (f"drugs d JOIN (SELECT DISTINCT id_card, city FROM visits) v {MATCHED}", 8),
        (f"drugs d JOIN (SELECT id_card, city, MAX(sex) AS s FROM visits GROUP BY 1, 2) v {MATCHED}", 8),
        # two branches may have the same keys
        ("drugs d JOIN (SELECT DISTINCT id_card, city FROM visits UNION ALL"
         f" SELECT DISTINCT id_card, city FROM visits) v {MATCHED}", 128 * 8),
        # a key that is not shown does not tell rows apart
        (f"drugs d JOIN (SELECT id_card, city FROM visits GROUP BY id_card, city, sex) v {MATCHED}", 64 * 8),
        (f"drugs d JOIN (SELECT id_card, sex AS city FROM visits GROUP BY city, id_card, sex) v {MATCHED}",
         64 * 8),
        (f"drugs d JOIN (SELECT id_card, city FROM visits) v {MATCHED}", 64 * 8),
    ],
)  # fmt: skip
def test_a_unit_has_as_many_rows_as_in_all_branches(tables: str, rows: int) -> None:
    assert bound(tables) == rows


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("one", "two", "most"),
    [
        ("SELECT id_card AS p, days AS x FROM visits", "SELECT person, price FROM drugs", 100),
        ("SELECT days AS x FROM visits", "SELECT clamp(code, -70, 5) FROM visits", 70),
        ("SELECT days AS x FROM visits", "SELECT -41 FROM visits", 41),
    ],
)
def test_a_sum_over_branches_moves_by_the_largest_value_of_any(
    one: str, two: str, most: int, swapped: bool
) -> None:
    if swapped:
        one, two = two.replace("price", "price AS x").replace("5)", "5) AS x").replace("41", "41 AS x"), one
    (stage,) = made(f"SELECT SUM(x) FROM ({one} UNION ALL {two}) v").stages
    measure = stage.measures[0]
    rows = 64 + (8 if "drugs" in one + two else 64)
    assert measure.sensitivity.l1 * measure.quantum == Fraction(rows * most)


def test_a_sum_over_branches_is_clamped_whatever_a_load_enforces_of_one() -> None:
    (alone,) = made("SELECT SUM(x) FROM (SELECT days AS x FROM visits) v").stages
    two = "SELECT days AS x FROM visits UNION ALL SELECT 1 FROM visits"
    (stage,) = made(f"SELECT SUM(x) FROM ({two}) v").stages
    assert " THEN " not in alone.exact_sql
    assert " > CAST(30 AS BIGINT) THEN CAST(30 AS BIGINT) " in stage.exact_sql


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two visits of one person, a drug, a hospital."""
    made = connect()
    blank: Row = dict.fromkeys(column.name for column in VISITS.columns)
    rows = [
        {**blank, "id_card": 0, "city": city, "hospital": city, "days": 1 + place, "weight": 0.5}
        for place, city in enumerate(CITIES[:2])
    ]
    fill(made, VISITS, rows, 64)
    fill(made, DRUGS, [{"person": 0, "city": CITIES[0], "drug": "A", "price": 0.5}], 8)
    fill(made, HOSPITALS, [{"hospital": CITIES[0], "level": 1, "region": CITIES[1], "beds": 7}], 0)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("branches", "condition", "rows"),
    [
        ("SELECT city AS x FROM visits UNION ALL SELECT hospital FROM visits", f"x = '{CITIES[0]}'", 2),
        ("SELECT hospital AS x FROM visits UNION ALL SELECT city FROM visits", f"x = '{CITIES[0]}'", 2),
        ("SELECT days AS x FROM visits UNION ALL SELECT weight FROM visits", "x > 0.7", 2),
        ("SELECT days AS x FROM visits UNION ALL SELECT weight FROM visits", "x < 0.7", 2),
        ("SELECT NULL AS x FROM visits UNION ALL SELECT weight FROM visits", "x IS NULL", 2),
        ("SELECT '2025-01-01' AS x FROM drugs UNION ALL SELECT visited_on FROM visits", "x IS NULL", 2),
        ("SELECT DATE '2025-01-01' AS x FROM drugs UNION ALL SELECT seen_at FROM visits",
         "x = TIMESTAMP '2025-01-01 00:00:00'", 1),
        ("SELECT id_card AS p, 1 AS x FROM visits UNION ALL SELECT person, NULL FROM drugs", "x = 1", 2),
        ("SELECT NULL AS x, 1 AS y FROM visits UNION ALL SELECT NULL, 2 FROM drugs",
         "x IS NULL AND y > 1", 1),
        ("SELECT days AS x, 1 AS y FROM visits UNION ALL SELECT 7, days FROM visits", "x = 7 AND y = 2", 1),
        ("SELECT days AS x, 1 AS y FROM visits UNION ALL SELECT days + 6, days FROM visits", "x > 7", 1),
        ("SELECT days AS x, 1 AS y FROM visits UNION ALL SELECT days, days FROM visits", "x = y", 3),
    ],
)  # fmt: skip
def test_branches_are_put_together_in_one_type(
    con: duckdb.DuckDBPyConnection, branches: str, condition: str, rows: int
) -> None:
    (stage,) = made(f"SELECT COUNT(*) FROM ({branches}) v WHERE {condition}").stages
    assert exact(con, stage)[0]["m0"] == rows


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(DISTINCT p) FROM (SELECT id_card AS p FROM visits WHERE days > 6) v",
        "SELECT COUNT(DISTINCT p) FROM (SELECT id_card AS p FROM visits WHERE days > 7"
        " UNION ALL SELECT person FROM drugs WHERE price > 1) v",
        "SELECT COUNT(*) FROM (SELECT id_card, days FROM visits WHERE days > 2) v JOIN drugs d"
        " ON v.id_card = d.person AND v.days > d.price",
        "SELECT SUM(n) AS total FROM (SELECT city, COUNT(*) AS n FROM visits WHERE city > 'a'"
        " GROUP BY city) g",
        "SELECT COUNT(*) FROM (SELECT id_card AS p FROM visits) v"
        " WHERE v.p IN (SELECT person FROM drugs WHERE price > 1)",
        "SELECT COUNT(*) FROM (SELECT days AS x FROM visits"
        " UNION ALL SELECT * FROM (SELECT code FROM visits) c) v WHERE x > 1",
        "SELECT COUNT(*) FROM (SELECT p FROM (SELECT id_card AS p, days FROM visits WHERE days > 1) a"
        " QUALIFY ROW_NUMBER() OVER (PARTITION BY p ORDER BY days) = 1) v",
        "SELECT COUNT(*) FROM (SELECT id_card, COUNT(*) AS n FROM visits WHERE days > 1 GROUP BY id_card"
        " HAVING COUNT(*) > 1) v",
        "SELECT COUNT(*) FROM visits v JOIN (SELECT level, COUNT(*) AS n FROM hospitals WHERE level > 0"
        " GROUP BY level HAVING COUNT(*) < 5) h ON h.level = v.code",
    ],
)
def test_a_subquery_is_what_the_statement_says(twice: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert answer(twice, made(sql)) == twice.execute(sql).fetchall()


def test_a_subquery_is_planned_once_however_deep_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[exp.Expr] = []

    def counted(node: exp.Table, scope: Scope) -> Relation:
        planned.append(node)
        return scan(node, scope)

    monkeypatch.setattr(source, "scan", counted)
    groups = "(SELECT city, COUNT(*) AS n FROM visits GROUP BY city)"
    for _ in range(4):
        groups = f"(SELECT city, n FROM {groups} g ORDER BY n LIMIT 2)"
    assert made(f"SELECT n FROM {groups} g").stages
    assert len(planned) == 1


def test_subqueries_without_a_name_are_told_apart(con: duckdb.DuckDBPyConnection) -> None:
    (stage,) = made(
        "SELECT COUNT(*) FROM (SELECT days FROM visits) CROSS JOIN (SELECT level FROM hospitals)"
    ).stages
    assert exact(con, stage)[0]["m0"] == 2


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ("(SELECT city FROM visits) released", "reserved_name"),
        ("(SELECT city FROM visits UNION ALL SELECT region FROM hospitals) v", "union_mixed"),
        ("(SELECT region AS city FROM hospitals UNION ALL SELECT city FROM visits) v", "union_mixed"),
        ("(SELECT id_card AS x FROM visits UNION ALL SELECT days FROM visits) v", "union_mixed"),
        ("(SELECT days AS x FROM visits UNION ALL SELECT id_card FROM visits) v", "union_mixed"),
        ("(SELECT days AS x, city AS y FROM visits UNION ALL SELECT days FROM visits) v", "union_mixed"),
        ("(SELECT city FROM visits UNION ALL (SELECT city FROM visits UNION SELECT city FROM drugs)) v",
         "set_operation_not_supported"),
        ("(SELECT id_card, city FROM visits GROUP BY id_card, city"
         " QUALIFY ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY city) = 1) v", "window_not_supported"),
        ("(SELECT id_card, MAX(ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY days)) AS n FROM visits"
         " GROUP BY id_card) v", "window_not_supported"),
        # brackets change nothing
        ("((SELECT city FROM visits UNION SELECT city FROM drugs)) v", "set_operation_not_supported"),
        ("((SELECT city FROM visits EXCEPT SELECT city FROM drugs)) v", "set_operation_not_supported"),
        ("(((SELECT city FROM visits) INTERSECT (SELECT city FROM drugs))) v", "set_operation_not_supported"),
        ("(SELECT city FROM visits EXCEPT ALL SELECT city FROM drugs) v", "set_operation_not_supported"),
        ("(SELECT city FROM visits INTERSECT ALL SELECT city FROM drugs) v", "set_operation_not_supported"),
        ("(SELECT days FROM visits HAVING days > 1) v", "subquery_not_supported"),
        ("(SELECT h.region FROM hospitals h LEFT JOIN visits v ON v.code = h.level) x", "join_not_supported"),
        # rows that no rank tells apart are not numbered
        ("(SELECT p FROM (SELECT id_card AS p, days FROM visits UNION ALL SELECT id_card, code FROM visits) u"
         " QUALIFY ROW_NUMBER() OVER (PARTITION BY p ORDER BY days) = 1) v", "window_not_supported"),
        ("(SELECT p FROM (SELECT id_card AS p, city FROM visits GROUP BY id_card, city) u"
         " QUALIFY ROW_NUMBER() OVER (PARTITION BY p ORDER BY city) = 1) v", "window_not_supported"),
        ("(SELECT id_card FROM visits v JOIN drugs d ON d.person = v.id_card"
         " QUALIFY ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY days) = 1) v", "window_not_supported"),
    ],
)  # fmt: skip
def test_what_is_no_set_of_rows_of_units_is_refused(tables: str, code: str) -> None:
    assert refused(f"SELECT COUNT(*) FROM {tables}").code == code


@pytest.mark.parametrize(
    ("inner", "name"),
    [
        ("SELECT v.id_card AS p, v.city FROM hospitals h JOIN visits v ON v.code = h.level", "p"),
        ("SELECT v.id_card, v.city FROM hospitals h JOIN visits v ON v.code = h.level", "id_card"),
        ("SELECT city FROM visits", "id_card"),
    ],
)
def test_the_unit_of_a_subquery_is_called_as_it_shows_it(inner: str, name: str) -> None:
    found = refused(f"SELECT COUNT(*) FROM ({inner}) a JOIN drugs d ON a.city = d.city")
    assert found.code == "join_needs_unit"
    assert found.hint.startswith(f"write ON a.{name} = d.person")


def test_a_subquery_reads_what_its_filters_and_its_joins_read() -> None:
    where = "WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card)"
    assert made(f"SELECT COUNT(*) FROM (SELECT days FROM visits v {where}) w").tables == {"visits", "drugs"}
    joined = "visits v JOIN hospitals h ON h.level = v.code"
    assert made(f"SELECT COUNT(*) FROM (SELECT days FROM {joined}) w").tables == {"visits", "hospitals"}


def test_released_groups_within_a_subquery_are_measured_first_and_once() -> None:
    groups = "(SELECT city, COUNT(*) AS n FROM visits GROUP BY city)"
    joined = f"visits v JOIN {groups} m ON m.city = v.city"
    first, second = made(f"SELECT COUNT(*) FROM (SELECT v.days, m.n FROM {joined}) w").stages
    assert not first.needs
    assert second.needs
    few = f"(SELECT n FROM {groups} g ORDER BY n LIMIT 2)"
    assert len(made(f"SELECT n FROM {few} f").stages) == 1
    assert len(made(f"SELECT COUNT(*) FROM visits v JOIN {few} f ON v.days > f.n").stages) == 2


@pytest.mark.parametrize(
    "inner",
    [
        "SELECT id_card FROM visits QUALIFY MAX(days) OVER (PARTITION BY id_card) > 3",
        "SELECT id_card FROM visits GROUP BY id_card HAVING MAX(days) > 3",
    ],
)
def test_what_keeps_rows_or_groups_is_a_filter(inner: str) -> None:
    columns = tuple(
        one.model_copy(update={"use": one.use - {Use.FILTER}}) if one.name == "days" else one
        for one in VISITS.columns
    )
    tables = (VISITS.model_copy(update={"columns": columns}), DRUGS)
    apart = facts(POLICY.model_copy(update={"tables": tables}))
    assert "filter of visits.days" in refused(f"SELECT COUNT(*) FROM ({inner}) v", apart).reason
