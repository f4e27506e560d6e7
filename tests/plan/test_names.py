"""What a name means where two things have it, and which tables a FROM joins: as DuckDB has it."""

from __future__ import annotations

import duckdb
import pytest

from sandbox.plan import plan
from tests.plan.database import answer
from tests.plan.world import FACTS

GROUPS = "(SELECT code, sex, COUNT(*) AS n FROM visits GROUP BY code, sex)"
ROWS = [
    # a key of grouping sets is a column before it is an output name
    "SELECT coalesce(city, '-') AS city, COUNT(*) AS n FROM visits GROUP BY ROLLUP (city)",
    "SELECT coalesce(region, '-') AS region, COUNT(*) AS n FROM hospitals GROUP BY ROLLUP (region)",
    "SELECT sex AS city, city AS sex, COUNT(*) AS n FROM visits GROUP BY CUBE (city, sex)",
    "SELECT sex || '-' AS city, COUNT(*) AS n FROM visits GROUP BY CUBE (city, sex)",
    f"SELECT coalesce(g.sex, '-') AS sex, SUM(n) AS n FROM {GROUPS} g GROUP BY ROLLUP (sex)",
    "SELECT days + 1 AS k, coalesce(days + 1, -1) AS l, COUNT(*) AS n FROM visits GROUP BY ROLLUP (k)",
    "SELECT upper(city) AS u, city, COUNT(*) AS n FROM visits GROUP BY CUBE (upper(city), city)",
    "SELECT city || sex AS u, city, COUNT(*) AS n FROM visits GROUP BY CUBE (u, city)",
    # QUALIFY finds a column before an output name
    "SELECT -level AS level, ROW_NUMBER() OVER (ORDER BY level) AS r FROM hospitals QUALIFY level = 2",
    f"SELECT n AS code, RANK() OVER (ORDER BY n) AS r, -n AS m FROM {GROUPS} g QUALIFY code = 2 AND m < 0",
    # the columns of VALUES have names, also when nobody gives them any
    "SELECT o.col0, (SELECT MAX(i.col1) FROM (VALUES (1, 10), (2, 20)) AS i WHERE i.col0 = col1) AS x "
    "FROM (VALUES (1, 2)) AS o JOIN hospitals ON TRUE",
    "SELECT EXISTS (SELECT 1 FROM (VALUES (2, 20)) AS i(a) WHERE a = col1) AS e "
    "FROM (VALUES (2, 2)) AS o JOIN hospitals ON TRUE",
    # tables joined by commas are joined as they are written, and shown so
    "SELECT h.level, c.k FROM hospitals h, (SELECT level AS k FROM hospitals) a "
    "NATURAL JOIN (SELECT 2 AS k FROM hospitals) c",
    f"SELECT * FROM (SELECT level AS l FROM hospitals) h, {GROUPS} g "
    "SEMI JOIN (SELECT level AS k FROM hospitals) s ON s.k = g.code WHERE h.l = g.code",
    f"SELECT * EXCLUDE (beds) FROM hospitals h, {GROUPS} g, "
    "(SELECT level AS l, level * 2 AS m FROM hospitals) k WHERE h.level = k.l AND k.m = g.code",
    f"SELECT * FROM {GROUPS} g, (SELECT level AS l, level * 2 AS m FROM hospitals) k, "
    "(SELECT level * 2 AS o FROM hospitals) h WHERE g.code = h.o AND h.o = k.m",
]


@pytest.mark.parametrize("sql", ROWS)
def test_a_name_means_what_it_does_in_duckdb(twice: duckdb.DuckDBPyConnection, sql: str) -> None:
    wanted = twice.execute(sql).fetchall()
    assert wanted
    assert sorted(answer(twice, plan(sql, FACTS)), key=repr) == sorted(wanted, key=repr)


ORDERS = [
    "SELECT -level AS level, level AS l FROM hospitals ORDER BY level",
    "SELECT -level AS level, level AS l FROM hospitals ORDER BY level + 0",
    "SELECT -level AS l FROM hospitals ORDER BY l + 0",
    f"SELECT -code AS code, n, sex FROM {GROUPS} g ORDER BY abs(code) + code, n, g.sex",
    "SELECT code AS k, days AS code, COUNT(*) AS n FROM visits GROUP BY ROLLUP (code, days) "
    "ORDER BY code, k NULLS FIRST",
    "SELECT DISTINCT code AS k, days AS code, COUNT(*) FROM visits GROUP BY code, days ORDER BY code, 3",
    "SELECT DISTINCT code, days, COUNT(*) FROM visits v GROUP BY code, days ORDER BY COUNT(*), v.code, days",
]


@pytest.mark.parametrize("sql", ORDERS)
def test_order_by_finds_an_output_name_first_by_itself_and_last_within_an_expression(
    twice: duckdb.DuckDBPyConnection, sql: str
) -> None:
    wanted = twice.execute(sql).fetchall()
    assert len(wanted) > 1
    assert answer(twice, plan(sql, FACTS)) == wanted
