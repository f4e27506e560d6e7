"""Values above the boundary that depend on the row around them: what is measured, given and refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.measuring import calibrate
from sandbox.nouns.plan import Expression, Op, Plan
from sandbox.nouns.policy import Use
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from tests.plan.database import Row, answer, connect, fill
from tests.plan.refusing import codes
from tests.plan.world import CITIES, DRUGS, FACTS, HOSPITALS, VISITS

EVERY = "(SELECT COUNT(*) FROM drugs d WHERE d.city = v.city)"
GROUPS = "WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex)"


def made(sql: str) -> Plan:
    return plan(sql, FACTS)


def over_groups(inner: str) -> str:
    return f"SELECT city, COUNT(*) AS n, ({inner}) AS x FROM visits v GROUP BY city"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Visits of three cities and of none; drugs of two of them and of none."""
    made = connect()
    blank: Row = dict.fromkeys(column.name for column in VISITS.columns)
    day = dt.date(2025, 3, 1)
    cities = [*CITIES, CITIES[0], None]
    visits = [
        {**blank, "id_card": n, "city": city, "sex": "FM"[n % 2], "days": n, "visited_on": day}
        for n, city in enumerate(cities)
    ]
    drugs = [
        {"person": n, "city": city, "drug": "A", "price": None if city == CITIES[1] else n}
        for n, city in enumerate([CITIES[0], CITIES[0], CITIES[1], None])
    ]
    fill(made, VISITS, iter(visits), 64)
    fill(made, DRUGS, iter(drugs), 8)
    fill(made, HOSPITALS, [{"hospital": "甲", "level": 1, "region": CITIES[1], "beds": 7}], 0)
    yield made
    made.close()


def test_the_subquery_is_measured_once_for_all_groups_as_it_would_be_by_itself() -> None:
    outer, inner = made(f"SELECT city, COUNT(*) AS n, {EVERY} AS x FROM visits v GROUP BY city").stages
    (alone,) = made("SELECT city, COUNT(*) AS n FROM drugs d GROUP BY city").stages
    assert inner.exact_sql == alone.exact_sql
    assert inner.measures == alone.measures
    assert inner.measures[0].sensitivity == Sensitivity.rows(8)
    assert outer.needs == inner.needs == ()


def test_a_value_named_often_is_measured_and_looked_up_once() -> None:
    sql = (
        f"SELECT city, {EVERY} AS x, {EVERY} + 1 AS y FROM visits v GROUP BY city HAVING {EVERY} > 1 "
        f"ORDER BY x, {EVERY}"
    )
    plan = made(sql)
    assert len(plan.stages) == 2
    assert plan.post.sql.count("LEFT JOIN") == 1


def test_public_rows_are_looked_up_without_charge() -> None:
    plan = made(over_groups("SELECT SUM(beds) FROM hospitals h WHERE h.region = v.city"))
    (stage,) = plan.stages
    assert "hospitals" not in stage.exact_sql
    assert [load.table for load in plan.post.loads] == ["hospitals"]
    assert plan.tables == {"visits", "hospitals"}
    assert made(
        "SELECT hospital, (SELECT SUM(beds) FROM hospitals g WHERE g.region = h.region) AS x FROM hospitals h"
    ).public


@pytest.mark.parametrize(
    ("key", "condition", "told"),
    [
        ("code", "h.beds = v.code", True),
        ("code", "h.level = v.code AND h.beds = v.code", True),
        ("code", "h.level = v.code", False),
        ("hospital", "h.hospital = v.hospital", False),
    ],
)
def test_a_public_row_is_told_by_a_value_that_no_two_rows_share(key: str, condition: str, told: bool) -> None:
    value = f"(SELECT level FROM hospitals h WHERE {condition})"
    sql = f"SELECT {key}, COUNT(*) AS n, {value} AS x FROM visits v GROUP BY {key}"
    if told:
        assert made(sql).stages
        return
    with pytest.raises(Refused) as caught:
        made(sql)
    assert caught.value.code == "subquery_of_other_rows"


def test_a_key_that_is_released_picks_public_rows_and_links_no_stored_tables() -> None:
    for sql in (
        over_groups("SELECT SUM(beds) FROM hospitals h WHERE h.region = v.city"),
        f"SELECT region, {EVERY.replace('v.city', 'h.region')} AS x FROM hospitals h",
    ):
        found = made(sql).uses["hospitals"]["region"]
        assert Use.FILTER in found
        assert Use.JOIN not in found


def test_a_declared_text_that_is_looked_up_is_compared_as_a_text(con: duckdb.DuckDBPyConnection) -> None:
    named = "WITH c AS (SELECT days, COUNT(*) AS n FROM visits WHERE days IN (1, 7) GROUP BY days)"
    region = "(SELECT region FROM hospitals h WHERE h.beds = c.days)"
    shown = f"{region} = '{CITIES[1]}' AS x, {region} IN ('{CITIES[1]}', 'elsewhere') AS y"
    con.execute("UPDATE workspace.hospitals SET beds = 1")
    for group in ("", " GROUP BY days"):
        rows = answer(con, made(f"{named} SELECT days, {shown} FROM c{group}"))
        assert {days: (x, y) for days, x, y in rows if x} == {1: (True, True)}
    con.execute("UPDATE workspace.hospitals SET beds = 7")


def test_released_rows_are_looked_up_without_another_charge() -> None:
    sql = f"{GROUPS} SELECT city, sex, n / (SELECT SUM(n) FROM c AS o WHERE o.city = c.city) AS r FROM c"
    assert len(made(sql).stages) == 1


def test_discovered_keys_of_the_subquery_pass_a_threshold_of_their_own() -> None:
    plan = made(
        "SELECT hospital, (SELECT COUNT(*) FROM visits w WHERE w.hospital = v.hospital AND w.urgent) AS x "
        "FROM visits v GROUP BY hospital"
    )
    found, price = calibrate(plan, 0.1, 1e-8, min_units=2)
    deltas = [sum(item.delta for item in stage) for stage in found]
    assert all(stage.discovered for stage in plan.stages)
    assert all(item.threshold for stage in found for item in stage if item.delta)
    assert min(deltas) > 0
    assert sum(deltas) <= price.delta / 10**18 <= 1e-8


def test_only_released_and_public_tables_are_read_where_values_are_looked_up() -> None:
    plan = made(f"SELECT city, COUNT(*) AS n FROM visits v GROUP BY city HAVING COUNT(*) > {EVERY}")
    assert "workspace" not in plan.post.sql
    assert "_unit" not in plan.post.sql
    assert plan.post.loads == ()


def test_a_count_that_is_looked_up_has_the_error_bar_of_its_own_measurement() -> None:
    plan = made(f"SELECT city, COUNT(*) AS n, {EVERY} AS x, COUNT(*) - {EVERY} AS d FROM visits v GROUP BY 1")
    _, n, x, d = (column.expression for column in plan.post.columns)
    assert dict(plan.post.cells) == {"_cell": (0,), "_cell0": (1,)}
    assert n == Expression(Op.MEASURE, "m0", cell="_cell")
    assert x == Expression(Op.MEASURE, "m0", cell="_cell0")
    assert d == Expression(Op.SUB, args=(n, x))
    rows = made(f"SELECT hospital, {EVERY.replace('v.city', 'h.region')} AS x FROM hospitals h").post
    assert rows.columns[1].expression == Expression(Op.MEASURE, "m0", cell="_cell0")
    assert rows.cells == (("_cell0", (0,)),)


def test_a_value_of_grouped_rows_has_no_error_bar() -> None:
    sql = f"{GROUPS} SELECT city, (SELECT MAX(n) FROM c AS o WHERE o.city = c.city) AS m FROM c GROUP BY city"
    assert made(sql).post.columns[1].expression == Expression(Op.OPAQUE)


def test_grouped_rows_have_the_value_that_all_of_a_group_have(con: duckdb.DuckDBPyConnection) -> None:
    found = "(SELECT MAX(n) FROM c AS o WHERE o.city = c.city)"
    rows = answer(con, made(f"{GROUPS} SELECT city, SUM(n) AS s, {found} AS m FROM c GROUP BY city"))
    assert {city: (s, m) for city, s, m in rows} == {
        CITIES[0]: (2, 1), CITIES[1]: (1, 1), CITIES[2]: (1, 1), None: (1, None),
    }  # fmt: skip
    items = f"COALESCE({found}, -1), {found} * 2, {found} >= SUM(n), "
    items += f"CASE WHEN {found} IS NULL THEN 0 ELSE {found} END"
    rows = answer(con, made(f"{GROUPS} SELECT city, {items} FROM c GROUP BY city"))
    assert {row[0]: row[1:] for row in rows} == {
        CITIES[0]: (1, 2, False, 1), CITIES[1]: (1, 2, True, 1), CITIES[2]: (1, 2, True, 1),
        None: (-1, None, None, 0),
    }  # fmt: skip
    region = "(SELECT MAX(region) FROM hospitals h WHERE h.region = c.city)"
    rows = answer(con, made(f"{GROUPS} SELECT city, {region} AS r FROM c GROUP BY city"))
    assert {r for _, r in rows} == {CITIES[1], None}


@pytest.mark.parametrize(
    ("inner", "wanted"),
    [
        ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city", [2, 1, 0, 0]),
        ("SELECT COUNT(price) FROM drugs d WHERE d.city = v.city", [2, 0, 0, 0]),
        ("SELECT COUNT_IF(price > 0) FROM drugs d WHERE d.city = v.city", [1, 0, 0, 0]),
        ("SELECT COUNT(*) FILTER (WHERE price > 0) FROM drugs d WHERE d.city = v.city", [1, 0, 0, 0]),
        ("SELECT COUNT(DISTINCT person) FROM drugs d WHERE v.city = d.city", [2, 1, 0, 0]),
        ("SELECT AVG(price) FROM drugs d WHERE d.city = v.city", [0.5, None, None, None]),
        ("SELECT COUNT(*) + AVG(price) FROM drugs d WHERE d.city = v.city", [2.5, None, None, None]),
        ("SELECT COALESCE(AVG(price), -1) FROM drugs d WHERE d.city = v.city", [0.5, -1, -1, -1]),
        ("SELECT COUNT(*) > 0 FROM drugs d WHERE d.city = v.city", [True, True, False, False]),
        ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city GROUP BY d.city", [2, 1, None, None]),
        ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city GROUP BY 'a', city HAVING COUNT(*) > 1", None),
        ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city GROUP BY city HAVING COUNT(*) > 1",
         [2, None, None, None]),
        ("SELECT SUM(beds) FROM hospitals h WHERE h.region = v.city", [None, 7, None, None]),
        ("SELECT COUNT(*) FROM hospitals h WHERE h.region = v.city", [0, 1, 0, 0]),
        ("SELECT n FROM (SELECT city, COUNT(*) AS n FROM drugs GROUP BY city) d WHERE d.city = v.city",
         [2, 1, None, None]),
        ("SELECT COUNT(*) FROM drugs d, visits w WHERE w.id_card = d.person AND v.city = d.city",
         [2, 1, 0, 0]),
    ],
)  # fmt: skip
def test_a_group_that_is_not_there_counts_0_and_is_null_otherwise_as_a_key_that_is_null_is(
    con: duckdb.DuckDBPyConnection, inner: str, wanted: list[object] | None
) -> None:
    if wanted is None:
        with pytest.raises(Refused):
            made(over_groups(inner))
        return
    found = {row[0]: row[2] for row in answer(con, made(over_groups(inner)))}
    assert [found[city] for city in (*CITIES, None)] == wanted


def test_a_count_that_a_floor_hides_is_not_0(con: duckdb.DuckDBPyConnection) -> None:
    plan = made(over_groups("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city"))
    answer(con, plan)
    con.execute(f"UPDATE {plan.stages[1].released} SET m0 = NULL WHERE k0 = '{CITIES[1]}'")
    assert [row[2] for row in sorted(con.execute(plan.post.sql).fetchall(), key=lambda row: str(row[0]))] == [
        0, None, 0, 2,
    ]  # fmt: skip


REFUSED = [
    # no key of the groups, as in SQL
    ("SELECT COUNT(*) FROM drugs d WHERE d.drug = v.sex", "row_level_output"),
    ("SELECT COUNT(*) FROM drugs d WHERE d.person = v.id_card", "unit_in_output"),
    ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city AND d.drug = v.sex", "row_level_output"),
    # more than equalities of columns
    ("SELECT COUNT(*) FROM drugs d WHERE d.city > v.city", "subquery_of_other_rows"),
    ("SELECT COUNT(*) FROM drugs d WHERE d.city = lower(v.city)", "subquery_of_other_rows"),
    ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city OR d.drug = 'A'", "subquery_of_other_rows"),
    ("SELECT COUNT(*) FROM drugs d WHERE d.city IS NOT DISTINCT FROM v.city", "subquery_of_other_rows"),
    ("SELECT COUNT(*) FROM drugs d JOIN hospitals h ON h.region = v.city", "subquery_of_other_rows"),
    ("SELECT COUNT(*) + length(v.city) FROM drugs d WHERE d.city = v.city", "subquery_of_other_rows"),
    ("SELECT COUNT(v.days) FROM drugs d WHERE d.city = v.city", "subquery_of_other_rows"),
    ("SELECT 1 WHERE v.city = 'A'", "subquery_of_other_rows"),
    ("SELECT 1 WHERE x = v.city", "subquery_of_other_rows"),
    # more than one row for a key
    ("SELECT price FROM drugs d WHERE d.city = v.city", "subquery_of_other_rows"),
    ("SELECT hospital FROM hospitals h WHERE h.region = v.city", "subquery_of_other_rows"),
    ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city GROUP BY d.drug", "subquery_of_other_rows"),
    ("SELECT n FROM (SELECT city, drug, COUNT(*) AS n FROM drugs GROUP BY 1, 2) d WHERE d.city = v.city",
     "subquery_of_other_rows"),
    # clauses of each row's own subquery
    ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city HAVING COUNT(*) > 3", "subquery_of_other_rows"),
    ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city LIMIT 1", "subquery_of_other_rows"),
    ("SELECT DISTINCT n FROM (SELECT city, COUNT(*) AS n FROM drugs GROUP BY city) d WHERE d.city = v.city",
     "subquery_of_other_rows"),
    ("SELECT SUM(COUNT(*)) OVER () FROM drugs d WHERE d.city = v.city", "subquery_of_other_rows"),
    ("SELECT COUNT(*), 1 FROM drugs d WHERE d.city = v.city", "subquery_of_other_rows"),
    ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city UNION ALL SELECT 1", "unknown_table"),
    # keys that only a conversion makes equal, or that tell persons
    ("SELECT COUNT(*) FROM visits w WHERE w.days = v.city", "subquery_of_other_rows"),
    ("SELECT COUNT(*) FROM drugs d WHERE d.person = v.city", "subquery_of_other_rows"),
    # what the subquery could not say by itself
    ("SELECT SUM(weight) FROM visits w WHERE w.city = v.city", "bounds_missing"),
    ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city AND d.price > COUNT(*)", "aggregate_misplaced"),
]  # fmt: skip


@pytest.mark.parametrize(("inner", "code"), REFUSED)
def test_what_is_not_one_value_a_group_is_refused(inner: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        made(over_groups(inner))
    assert caught.value.code == code


def test_numbers_that_are_no_exact_keys_are_refused() -> None:
    for key in ("weight", "code"):
        inner = f"(SELECT COUNT(*) FROM visits w WHERE w.weight = v.{key})"
        with pytest.raises(Refused) as caught:
            made(f"SELECT {key}, {inner} AS x FROM visits v GROUP BY {key}")
        assert caught.value.code == "subquery_of_other_rows"


def test_a_statement_looks_up_in_no_more_tables_than_the_engine_joins_quickly() -> None:
    values = [
        f"(SELECT COUNT(*) FROM hospitals h WHERE h.region = v.city AND level > {n})" for n in range(17)
    ]
    assert made(f"SELECT city, {', '.join(values[:16])} FROM visits v GROUP BY city")
    with pytest.raises(Refused) as caught:
        made(f"SELECT city, {', '.join(values)} FROM visits v GROUP BY city")
    assert caught.value.code == "too_many_boundaries"


ROLLED = "SELECT city, COUNT(*) AS n, {} AS x FROM visits v GROUP BY ROLLUP (city)"


@pytest.mark.parametrize(
    ("inner", "total"),
    [
        ("(SELECT COUNT(*) FROM drugs d WHERE d.city = v.city)", 0),
        ("(SELECT 2 + COUNT(*) FROM drugs d WHERE d.city = v.city)", 2),
        ("(SELECT SUM(price) FROM drugs d WHERE d.city = v.city)", None),
        ("(SELECT COALESCE(SUM(price), -1) FROM drugs d WHERE d.city = v.city)", -1),
        ("EXISTS (SELECT 1 FROM hospitals h WHERE h.region = v.city)", False),
        ("NOT EXISTS (SELECT 1 FROM hospitals h WHERE h.region = v.city)", True),
        ("city IN (SELECT region FROM hospitals h WHERE h.region = v.city)", False),
    ],
)
def test_a_set_without_the_key_finds_what_null_finds_and_measures_nothing_for_it(
    con: duckdb.DuckDBPyConnection, inner: str, total: object
) -> None:
    rolled, plain = made(ROLLED.format(inner)), made(ROLLED.format(inner).replace("ROLLUP (city)", "city"))
    (whole,) = made("SELECT COUNT(*) FROM visits").stages
    found = {stage.exact_sql for stage in rolled.stages}
    assert found == {stage.exact_sql for stage in plain.stages} | {whole.exact_sql}
    rows = answer(con, rolled)
    assert rows[-1] == (None, len(CITIES) + 2, total)
    assert sorted(map(repr, rows[:-1])) == sorted(map(repr, answer(con, plain)))


def test_a_set_that_lacks_one_of_two_keys_finds_what_null_finds(con: duckdb.DuckDBPyConnection) -> None:
    both = "(SELECT COUNT(*) FROM visits w WHERE w.city = v.city AND w.sex = v.sex)"
    sql = f"SELECT city, sex, COUNT(*) AS n, {both} AS x FROM visits v GROUP BY ROLLUP (city, sex)"
    rows = answer(con, made(sql))
    assert {x for city, sex, _, x in rows if city is None or sex is None} == {0}
    assert {(n, x) for city, sex, n, x in rows if None not in (city, sex) and n} == {(1, 1)}
    one = answer(con, made(sql.replace(both, EVERY)))
    assert {x for city, _, _, x in one if city is None} == {0}
    assert {x for city, _, _, x in one if city == CITIES[0]} == {2}


@pytest.mark.parametrize(
    ("key", "condition", "code"),
    [
        ("sex", "d.person = v.id_card", "unit_in_output"),
        ("sex", "d.city = v.city", "row_level_output"),
        ("city AS c", "d.city = v.city", "row_level_output"),
    ],
)
def test_a_set_lacks_its_own_keys_and_what_is_none_is_refused(key: str, condition: str, code: str) -> None:
    value = f"(SELECT COUNT(*) FROM drugs d WHERE {condition})"
    group = key.rpartition(" ")[2]
    for sets in (f"ROLLUP ({group})", f"GROUPING SETS ((), ({group}))"):
        assert code in codes(f"SELECT {key}, COUNT(*) AS n, {value} AS x FROM visits v GROUP BY {sets}")


def test_a_value_within_a_value_of_public_rows_is_one_for_the_whole_statement() -> None:
    within = "SELECT MAX(beds) + (SELECT {} FROM {}) FROM hospitals"
    sql = "SELECT COUNT(*) FROM visits WHERE days > ({})"
    assert len(made(sql.format(within.format("MIN(beds)", "hospitals"))).stages) == 1
    assert len(made(sql.format(within.format("COUNT(*)", "visits"))).stages) == 2


def test_a_set_with_the_key_of_another_column_of_the_same_name_looks_for_its_own() -> None:
    sql = (
        "SELECT v.city, (SELECT COUNT(*) FROM hospitals h WHERE h.region = d.city) AS x, COUNT(*) AS n "
        "FROM visits v JOIN drugs d ON d.person = v.id_card "
        "GROUP BY GROUPING SETS ((v.city, d.city), (d.city))"
    )
    assert made(sql).post.sql.count("LEFT JOIN") == 2
