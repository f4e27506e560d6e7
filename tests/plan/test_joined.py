"""What is done with released tables is bounded before they are paid for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.errors import Refused
from sandbox.nouns.plan import Plan, PublicTable
from sandbox.plan import plan
from sandbox.plan.above.free import MAX_PUBLIC_ROWS
from sandbox.plan.above.joined import MOST_JOINED
from sandbox.plan.above.query import MOST_ROWS
from sandbox.plan.boundary import MAX_GROUPS
from sandbox.plan.parse import MAX_TABLES, MAX_UNFOLDED
from sandbox.plan.relations.public import MAX_ROWS
from tests.plan.refusing import refused
from tests.plan.world import FACTS

NAMED = (
    "WITH city AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex), "
    "day AS (SELECT visited_on, COUNT(*) AS n FROM visits GROUP BY visited_on), "
    "pair AS (SELECT visited_on, sex, COUNT(*) AS n FROM visits GROUP BY visited_on, sex), "
    "found AS (SELECT hospital, COUNT(*) AS n FROM visits GROUP BY hospital) "
)
CITY, DAY, PAIR = 4 * 3, 365 + 1, 3 * (365 + 1)
"""Cells of the declared grids."""
FINER = "(SELECT hospital, code, COUNT(*) AS n FROM visits GROUP BY hospital, code) AS b"
SAME = "a.hospital IS NOT DISTINCT FROM b.hospital"
MANY = "(SELECT n FROM pair UNION ALL SELECT n FROM pair UNION ALL SELECT n FROM pair) AS many"


def made(sql: str) -> Plan:
    return plan(NAMED + sql, FACTS)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        (f"SELECT COUNT(*) AS n FROM {MANY} CROSS JOIN day JOIN city ON city.n < 9",
         3 * PAIR * DAY * (1 + CITY)),
        ("SELECT COUNT(*) AS n FROM pair WHERE EXISTS (SELECT 1 FROM found WHERE found.n > pair.n)",
         PAIR * MAX_GROUPS),
        ("SELECT pair.n FROM pair SEMI JOIN found ON found.n > pair.n", PAIR * MAX_GROUPS),
        ("SELECT COUNT(*) FROM found CROSS JOIN day AS a CROSS JOIN (SELECT n FROM city LIMIT 2) AS b",
         MAX_GROUPS * DAY * 3),
    ],
)  # fmt: skip
def test_joins_that_make_too_many_rows_are_refused_before_anything_is_paid(sql: str, rows: int) -> None:
    found = refused(NAMED + sql)
    assert found.code == "released_join_too_large"
    assert found.position
    assert f" {rows} rows" in found.reason
    assert rows > MOST_JOINED


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) AS n FROM (SELECT n FROM pair LIMIT 100) AS a CROSS JOIN day CROSS JOIN city",
        "SELECT COUNT(*) AS n FROM pair WHERE EXISTS (SELECT 1 FROM (SELECT n FROM found LIMIT 1000) AS f "
        "WHERE f.n > pair.n)",
        "SELECT COUNT(*) AS n FROM pair WHERE EXISTS (SELECT 1 FROM found WHERE found.n > 10)",
        "SELECT a.n FROM pair AS a WHERE EXISTS (SELECT 1 FROM pair AS b WHERE a.sex = b.sex AND a.n > b.n)",
        "SELECT a.n / b.n AS r FROM found AS a JOIN found AS b ON a.hospital = b.hospital",
        "SELECT a.n / b.n AS r FROM found AS a CROSS JOIN day AS b",
        f"SELECT AVG(a.n / b.n) AS r FROM found AS a JOIN {FINER} ON a.hospital = b.hospital",
        f"SELECT AVG(a.n / b.n) AS r FROM {FINER} JOIN found AS a ON a.hospital = b.hospital",
        f"SELECT COUNT(*) AS n FROM found AS a SEMI JOIN {FINER} ON b.hospital = a.hospital",
        f"SELECT COUNT(*) AS n FROM found AS a SEMI JOIN {FINER} ON {SAME}",
        f"SELECT AVG(a.n / b.n) AS r FROM found AS a JOIN {FINER} ON {SAME}",
        f"SELECT a.n / b.n AS r FROM found AS a FULL JOIN found AS b ON {SAME}",
    ],
)
def test_what_the_refusal_advises_and_what_stays_small_is_planned(sql: str) -> None:
    assert made(sql).stages


def test_an_answer_of_too_many_declared_rows_is_refused_and_limit_mends_it() -> None:
    sql = f"SELECT many.n, day.n AS m FROM {MANY} CROSS JOIN day"
    assert MOST_ROWS < 3 * PAIR * DAY <= MOST_JOINED
    found = refused(NAMED + sql)
    assert found.code == "answer_too_large"
    assert str(3 * PAIR * DAY) in found.reason
    assert made(f"{sql} LIMIT {MOST_ROWS}").stages
    assert made(f"SELECT AVG(many.n) AS a FROM {MANY} CROSS JOIN day").stages


def test_branches_of_union_all_add_up() -> None:
    one = f"SELECT many.n FROM {MANY} CROSS JOIN (SELECT n FROM day LIMIT 200) AS d"
    assert made(one).stages
    assert refused(NAMED + f"{one} UNION ALL {one}").code == "answer_too_large"
    assert made(f"{one} UNION {one}").stages  # what is equal counts once: nobody knows how much is


def test_only_what_discovered_groups_may_make_too_long_is_cut_and_the_plan_says_so() -> None:
    note = f"at most {MOST_ROWS:,} rows are shown"
    whole = made("SELECT found.n, city.n AS m FROM found CROSS JOIN city")
    assert whole.post.sql.endswith(f" LIMIT {MOST_ROWS}")
    assert note in whole.notes
    asked = made("SELECT found.n, city.n AS m FROM found CROSS JOIN city LIMIT 7")
    assert asked.post.sql.endswith(" LIMIT 7")
    for sql in ("SELECT n FROM found", "SELECT city.n FROM city CROSS JOIN day"):
        short = made(sql)
        assert "LIMIT" not in short.post.sql
        assert note not in short.notes
    inner = made(
        "SELECT m, AVG(n) AS a FROM (SELECT found.n, city.n AS m FROM found CROSS JOIN city) AS x GROUP BY m"
    )
    assert inner.post.sql.count("LIMIT") == 1  # a group may not lose rows in silence


def test_an_answer_over_public_tables_that_is_cut_says_so() -> None:
    note = f"at most {MAX_PUBLIC_ROWS:,} rows are shown"
    many = replace(FACTS, public={"hospitals": PublicTable(rows=MAX_PUBLIC_ROWS + 1, multiplicity={})})
    few = replace(FACTS, public={"hospitals": PublicTable(rows=MAX_PUBLIC_ROWS, multiplicity={})})
    for sql in (
        "SELECT region FROM hospitals",
        "SELECT region, COUNT(*) AS n FROM hospitals GROUP BY region",
    ):
        assert note in plan(sql, many).notes
        assert plan(sql, many).post.sql.endswith(f" LIMIT {MAX_PUBLIC_ROWS}")
        for short in (plan(sql, few), plan(f"{sql} LIMIT {MAX_PUBLIC_ROWS}", many)):
            assert note not in short.notes
    inner = plan("SELECT COUNT(*) AS n FROM (SELECT region FROM hospitals) AS x", many)
    assert "LIMIT" not in inner.post.sql
    assert note not in inner.notes


def test_rows_that_come_back_to_a_later_stage_are_few_enough_for_certain() -> None:
    inner = "SELECT DISTINCT found.hospital AS h, city.n AS n FROM found CROSS JOIN city"
    sql = "SELECT COUNT(*) FROM visits v WHERE v.hospital IN (SELECT x.h FROM ({}) AS x WHERE x.n > 5)"
    assert refused(NAMED + sql.format(inner)).code == "answer_too_large"
    (come,) = made(sql.format(f"{inner} LIMIT {MOST_ROWS}")).stages[-1].needs
    assert come.rows == MOST_ROWS


def test_so_many_rows_and_no_more_are_joined_and_the_largest_join_is_named() -> None:
    def joined(name: str, rows: int) -> str:
        return f"SELECT AVG(found.n) AS a FROM found CROSS JOIN (SELECT n FROM {name} LIMIT {rows}) AS p"

    most = MOST_JOINED // MAX_GROUPS
    assert made(joined("pair", most)).stages
    alone = refused(NAMED + joined("pair", most + 1))
    assert alone.code == "released_join_too_large"
    parts = (joined("day", 1), joined("pair", most), joined("day", 2))
    assert refused(NAMED + " UNION ALL ".join(parts)).position == alone.position


def test_the_same_join_counts_once() -> None:
    one = "(SELECT AVG(pair.n) FROM pair CROSS JOIN day)"
    two = "(SELECT AVG(pair.n) FROM pair CROSS JOIN day AS d WHERE d.n > {})"
    assert 8 * PAIR * DAY > MOST_JOINED
    assert made(f"SELECT {' + '.join([one] * 8)} AS x").stages
    assert 9 * PAIR * DAY > MOST_JOINED
    parts = " UNION ALL ".join(
        f"SELECT AVG(pair.n) AS a FROM pair JOIN day ON day.n > {place}" for place in range(9)
    )
    assert refused(NAMED + parts).code == "released_join_too_large"
    assert made(f"SELECT {two.format(1)} AS x").stages


def test_a_statement_reads_so_many_tables_and_no_more_however_they_are_named() -> None:
    joins = "".join(f" LEFT JOIN city AS c{n} ON c{n}.city = a.city AND c{n}.sex = a.sex" for n in range(200))
    each = joins.split(" LEFT JOIN")[1:]
    most = MAX_TABLES // 2  # a name of WITH is read where it is used, and its table in it
    inside = "SELECT a.n FROM city AS a" + " LEFT JOIN".join(["", *each[: most - 1]])
    assert made(inside).stages
    found = refused(NAMED + "SELECT a.n FROM city AS a" + " LEFT JOIN".join(["", *each[:most]]))
    assert found.code == "too_many_tables"
    assert found.position
    assert refused(NAMED + "SELECT a.n FROM city AS a" + joins).code == "too_many_tables"
    with pytest.raises(Refused) as caught:
        plan(
            "SELECT COUNT(*) FROM visits, " + ", ".join(f"(SELECT 1 AS x) AS t{n}" for n in range(64)), FACTS
        )
    assert caught.value.code == "too_many_tables"


def test_sets_of_a_grouping_may_read_more_tables_than_one_of_them() -> None:
    def rolled(joins: int) -> str:
        tables = "visits v" + "".join(f" JOIN hospitals h{n} ON h{n}.beds = v.code" for n in range(joins))
        return f"SELECT city, sex, COUNT(*) FROM {tables} GROUP BY CUBE (city, sex, urgent, days)"

    assert MAX_TABLES < 16 * 16 <= MAX_UNFOLDED
    assert len(plan(rolled(15), FACTS).stages) == 16
    with pytest.raises(Refused) as caught:
        plan(rolled(16), FACTS)
    assert caught.value.code == "too_many_tables"


BESIDE = "JOIN visits v ON v.hospital = found.hospital"


def test_released_rows_beside_a_persons_are_bounded_by_all_they_may_be() -> None:
    """The engine makes them where a row of a person asks for one, and not otherwise."""
    for tables in (f"found CROSS JOIN day {BESIDE}", f"found CROSS JOIN city CROSS JOIN city AS c {BESIDE}"):
        found = refused(NAMED + f"SELECT COUNT(*) FROM {tables}")
        assert found.code == "released_join_too_large"
        assert f"more than {MAX_ROWS}" in found.reason
    assert made(f"SELECT COUNT(*) FROM found CROSS JOIN (SELECT n FROM city LIMIT 10) AS c {BESIDE}").stages
    within = "SELECT 1 FROM found CROSS JOIN city WHERE found.hospital = v.hospital"
    assert refused(NAMED + f"SELECT COUNT(*) FROM visits v WHERE EXISTS ({within})").code == "join_needs_key"
    assert not made("SELECT COUNT(*) FROM found CROSS JOIN day").public


def test_large_public_tables_beside_released_ones_are_no_product() -> None:
    known = replace(FACTS, public={"hospitals": PublicTable(rows=2 * MAX_ROWS, multiplicity={"hospital": 1})})
    one = "city JOIN visits v ON v.city = city.city JOIN hospitals h ON h.hospital = v.hospital"
    two = "hospitals h JOIN hospitals g ON g.hospital = h.hospital JOIN visits v ON v.hospital = h.hospital"
    cities = "JOIN (VALUES ('郑州市')) {0}(x) ON {0}.x = h.region"
    three = f"hospitals h {cities.format('r')} {cities.format('s')} JOIN visits v ON v.hospital = h.hospital"
    kept = "(SELECT h.hospital FROM hospitals h SEMI JOIN hospitals g ON g.hospital = h.hospital) x"
    four = f"{kept} JOIN visits v ON v.hospital = x.hospital"
    five = "visits v SEMI JOIN hospitals h ON h.hospital = v.hospital"
    for tables in (one, two, three, four, five):
        assert plan(f"{NAMED}SELECT COUNT(*) FROM {tables}", known).stages
