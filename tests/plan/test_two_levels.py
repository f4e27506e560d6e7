"""Totals of each unit and group, aggregated group by group: one row of a unit in each group."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from tests.plan.database import Row, connect, exact
from tests.plan.grammar import VISIT
from tests.plan.test_sensitivity import BOUNDS, WORST_VISIT, facts, load, moved
from tests.plan.world import CITIES

KNOWN = facts([])
BY_CITY = "(SELECT id_card, city, least(COUNT(*), 2) AS n, SUM(days) AS d FROM visits GROUP BY 1, 2) v"
BY_CODE = "(SELECT id_card, code, city, COUNT(*) AS n, MAX(days) AS d FROM visits GROUP BY 1, 2, 3) v"
TOTALS = "SELECT id_card, city, COUNT(*) AS n FROM visits GROUP BY id_card, city"
FORMS = (
    f"SELECT city, SUM(n), COUNT(*), AVG(d), MEDIAN(n), VAR_POP(n) FROM {BY_CITY} GROUP BY city",
    f"SELECT city, SUM(n) FILTER (WHERE d > 3) FROM {BY_CITY} WHERE n > 1 GROUP BY city",
    f"SELECT city, n, COUNT(*), SUM(d) FROM {BY_CITY} GROUP BY city, n",
    f"SELECT code, city, SUM(d), COUNT(DISTINCT n) FROM {BY_CODE} GROUP BY code, city",
    f"SELECT code, SUM(d) FROM {BY_CODE} GROUP BY code",
    f"SELECT upper(city) AS c, SUM(n) FROM {BY_CITY} GROUP BY c",
    f"SELECT v.city, SUM(v.n) FROM {BY_CITY} JOIN visits w ON w.id_card = v.id_card GROUP BY v.city",
    f"SELECT city, SUM(n) FROM (SELECT * FROM {BY_CITY} UNION ALL SELECT * FROM {BY_CITY}) u GROUP BY city",
    f"SELECT city, SUM(n) FROM (SELECT id_card, city, n FROM {BY_CODE}) u GROUP BY city",
    f"SELECT city, SUM(n) FROM ({TOTALS} UNION ALL {TOTALS}) u GROUP BY city",
    "SELECT c, COUNT(*) FROM (SELECT id_card, amount AS c FROM visits GROUP BY id_card, amount) v GROUP BY c",
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect()
    load(made, [], [])
    yield made
    made.close()


@pytest.mark.parametrize("sql", FORMS, ids=range(len(FORMS)))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(others=st.lists(st.lists(VISIT, max_size=4), max_size=2), own=st.lists(VISIT, min_size=1, max_size=6))
def test_one_unit_moves_no_total_by_more_than_declared(
    con: duckdb.DuckDBPyConnection, sql: str, others: list[list[Row]], own: list[Row]
) -> None:
    (stage,) = plan(sql, KNOWN).stages
    names = [key.name for key in stage.keys]
    load(con, [*others, []], [])
    before = exact(con, stage)
    load(con, [*others, own], [])
    after = exact(con, stage)
    for measure in stage.measures:
        old, new = ({repr([r[n] for n in names]): r[measure.name] for r in rows} for rows in (before, after))
        moved(measure, old, new)


def test_a_unit_in_every_group_moves_each_by_its_clamped_total(con: duckdb.DuckDBPyConnection) -> None:
    """The declared figures are attained: 3 rows a unit, so 3 groups of one row, 2 at most in one."""
    (stage,) = plan(f"SELECT city, COUNT(*), SUM(n) FROM {BY_CITY} GROUP BY city", KNOWN).stages
    assert stage.measures[0].sensitivity == Sensitivity(l0=3, l1=3, l2_squared=3, linf=1)
    assert stage.measures[1].sensitivity == Sensitivity(l0=3, l1=6, l2_squared=12, linf=2)
    load(con, [[{**WORST_VISIT, "city": city} for city in CITIES]], [])
    assert sum(int(str(row["m0"])) for row in exact(con, stage)) == BOUNDS["visits"]
    load(con, [[WORST_VISIT] * 6], [])
    assert max(int(str(row["m1"])) for row in exact(con, stage)) == 2


@pytest.mark.parametrize("sql", FORMS[4:10])
def test_groups_that_may_hold_several_totals_of_a_unit_keep_the_row_bound(sql: str) -> None:
    """Coarser or computed keys, joins, unions: nothing keeps a unit's rows apart."""
    measure = plan(sql, KNOWN).stages[0].measures[0]
    assert measure.sensitivity.linf == measure.sensitivity.l1


def test_keys_that_a_conversion_could_merge_keep_the_row_bound() -> None:
    """An amount is grouped by as a DOUBLE, in which two stored decimals could be one."""
    measure = plan(FORMS[10], KNOWN).stages[0].measures[0]
    assert measure.sensitivity.linf == measure.sensitivity.l1
