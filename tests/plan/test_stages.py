"""A later stage moves by no more than its plan declares, whatever an earlier one released."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.plan import plan
from tests.plan.database import Row, changes, come_back, connect, exact, fill, measured
from tests.plan.grammar import (
    CROSSED,
    DRUG,
    HOSPITAL,
    PER_UNIT,
    RELATIONS,
    UNEVEN,
    VISIT,
    WINDOWS,
    aggregates,
    conditions,
    keeps_units,
    nested,
)
from tests.plan.test_sensitivity import facts, load, planned
from tests.plan.world import HOSPITALS

FROMS = (
    "visits v JOIN m ON m.city = v.city",
    "visits v LEFT JOIN m ON m.city = v.city",
    "visits v JOIN m ON m.code = v.code",
    "visits v LEFT JOIN m ON m.code = v.code AND m.n > 0",
    "visits v CROSS JOIN (SELECT COUNT(*) AS n, AVG(days) AS a FROM visits) m",
    "visits v JOIN (SELECT a.city, b.n, b.a FROM m a CROSS JOIN m b) m ON m.city = v.city",
    "(SELECT * FROM visits WHERE days > (SELECT AVG(days) FROM visits)) v CROSS JOIN "
    "(SELECT MAX(n) AS n, MIN(a) AS a FROM m) m",
    "drugs d JOIN visits v ON v.id_card = d.person JOIN m ON m.city = d.city",
    "(SELECT * FROM visits w WHERE days >= (SELECT AVG(x.days) FROM visits x WHERE x.city = w.city)) v "
    "LEFT JOIN m ON m.city = v.city",
    "visits v JOIN (SELECT city, a, (SELECT COUNT(*) FROM drugs x WHERE x.city = m.city) AS n FROM m) m "
    "ON m.city = v.city",
    "visits v JOIN (SELECT city, AVG(w.days) AS a, (SELECT n FROM m WHERE m.city = w.city) AS n "
    "FROM visits w GROUP BY city) m ON m.city = v.city",
    "(SELECT * FROM visits w WHERE days > (SELECT n FROM m WHERE m.city = w.city)) v "
    "LEFT JOIN m ON m.city = v.city",
    "(SELECT w.*, (SELECT COUNT(*) FROM drugs d WHERE d.city = w.city AND d.drug = w.sex) AS k "
    "FROM visits w) v LEFT JOIN m ON m.city = v.city AND v.k < m.n",
    "visits v JOIN (SELECT (SELECT c.city FROM (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY 1, 2) c "
    "WHERE c.sex = w.sex AND c.city = '郑州市') AS city, COUNT(*) AS n, AVG(days) AS a FROM visits w "
    "GROUP BY w.sex) m ON m.city = v.city",
    "(SELECT * FROM visits w WHERE code IN (SELECT code FROM visits GROUP BY code ORDER BY COUNT(*) "
    "LIMIT 2)) v LEFT JOIN m ON m.code = v.code",
    "(SELECT w.* FROM visits w JOIN (SELECT person, city, COUNT(*) AS n FROM drugs GROUP BY person, city) d "
    "ON d.person = w.id_card AND d.city = w.city WHERE w.id_card IN (SELECT id_card FROM visits "
    "GROUP BY id_card HAVING COUNT(*) > 1)) v LEFT JOIN m ON m.city = v.city",
)
AGGREGATES = (
    "COUNT(*)", "SUM(v.days)", "AVG(clamp(v.days - m.a, -5, 5))", "COUNT(DISTINCT v.id_card)",
    "SUM(clamp(m.n * v.days, 0, 100))", "COUNT(*) FILTER (WHERE v.days > m.a)", "MEDIAN(v.days)",
    "COUNT(*) FILTER (WHERE v.days > (SELECT AVG(days) FROM visits WHERE urgent))",
)  # fmt: skip
KEYS = (
    "",
    "",
    "v.city",
    "m.n",
    "v.code",
    "m.a > 3",
    "ROLLUP (v.city)",
    "CUBE (v.city, m.n)",
    "GROUPING SETS ((v.code), (v.city), ())",
)
PLACES = tuple(text for text in (*RELATIONS, *UNEVEN, *WINDOWS, *PER_UNIT) if text not in CROSSED)
JOINS = ("", "", " LEFT JOIN m ON m.city = v.city", " JOIN m ON m.city = v.city AND m.n > v.days",
         " CROSS JOIN (SELECT COUNT(*) AS n FROM m) m")  # fmt: skip
PLAIN = ("COUNT(*)", "COUNT(DISTINCT v.id_card)", "SUM(v.days)", "COUNT(DISTINCT v.code)")
RETURNED = (
    "v.days > (SELECT AVG(n) FROM m)",
    "v.city IN (SELECT city FROM m WHERE n > 1)",
    "v.city NOT IN (SELECT city FROM m WHERE n > 2)",
    "EXISTS (SELECT 1 FROM m WHERE m.city = v.city AND m.n > v.days)",
    "NOT EXISTS (SELECT 1 FROM m WHERE m.city = v.city)",
    "v.days >= (SELECT AVG(x.days) FROM visits x WHERE x.city = v.city)",
    "v.days >= (SELECT n FROM m WHERE m.city = v.city)",
    "v.days <> (SELECT x.n FROM (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) x "
    "WHERE x.city = v.city AND x.sex = 'F')",
    "v.days <> (SELECT x.n FROM (SELECT city, code, COUNT(*) AS n FROM visits GROUP BY city, code) x "
    "WHERE 10 = x.code AND x.city = v.city)",
)
"""Conditions about what an earlier part released."""
SETS = (
    "",
    "v.city",
    "v.code",
    "v.weight, v.sex",
    "ROLLUP (v.city, v.sex)",
    "GROUPING SETS ((v.code, v.sex), (v.city), ())",
    "CUBE (v.urgent, v.hospital)",
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect()
    yield made
    made.close()


@st.composite
def statements(draw: st.DrawFn) -> str:
    source = draw(st.sampled_from(FROMS))
    by = "code" if "m.code" in source else "city"
    named = f"WITH m AS (SELECT {by}, COUNT(*) AS n, AVG(days) AS a FROM visits GROUP BY {by}) "
    found = draw(st.lists(st.sampled_from(AGGREGATES), min_size=1, max_size=2, unique=True))
    key = draw(st.sampled_from(KEYS))
    where = draw(st.sampled_from(("", " WHERE v.days < m.a", " WHERE m.n > 1")))
    return f"{named}SELECT {', '.join(found)} FROM {source}{where}" + (f" GROUP BY {key}" if key else "")


@st.composite
def wide(draw: st.DrawFn) -> str:
    """Two measured parts over any relations of the dialect, the second beside what the first released."""
    first, second = draw(st.sampled_from(PLACES)), draw(st.sampled_from(PLACES))
    join, key = draw(st.sampled_from(JOINS)), draw(st.sampled_from(SETS))
    held = st.one_of(st.none(), st.sampled_from(RETURNED), nested(whole=keeps_units(second)), conditions())
    where = " AND ".join(f"({text})" for text in draw(st.lists(held, max_size=2)) if text)
    found = draw(st.one_of(st.sampled_from(PLAIN), aggregates()))
    return (
        f"WITH m AS (SELECT v.city, {draw(st.sampled_from(PLAIN))} AS n FROM {first} GROUP BY v.city) "
        f"SELECT {found} FROM {second}{join}{f' WHERE {where}' if where else ''}"
        + (f" GROUP BY {key}" if key else "")
    )


EXAMPLES: dict[str, st.SearchStrategy[Any]] = {
    "sql": st.one_of(statements(), wide()),
    "hospitals": st.one_of(st.lists(HOSPITAL, max_size=4), HOSPITAL.map(lambda row: [row] * 3)),
    "visits": st.lists(st.lists(VISIT, max_size=5), max_size=3),
    "drugs": st.lists(st.lists(DRUG, max_size=4), max_size=3),
    "own": st.one_of(st.lists(VISIT, min_size=1, max_size=6), VISIT.map(lambda row: [row] * 6)),
    "own_drugs": st.one_of(st.lists(DRUG, max_size=4), DRUG.map(lambda row: [row] * 4)),
}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(**EXAMPLES)
def test_one_unit_moves_no_later_stage_by_more_than_declared(
    con: duckdb.DuckDBPyConnection, **drawn: Any
) -> None:
    compared(con, **drawn)


@pytest.mark.full
@settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(**EXAMPLES)
def test_many_statements_of_several_stages_move_by_no_more_than_declared(
    con: duckdb.DuckDBPyConnection, **drawn: Any
) -> None:
    compared(con, **drawn)


def compared(
    con: duckdb.DuckDBPyConnection,
    *,
    sql: str,
    hospitals: list[Row],
    visits: list[list[Row]],
    drugs: list[list[Row]],
    own: list[Row],
    own_drugs: list[Row],
) -> None:
    """Each stage over some units and over one unit more, beside the same released values."""
    made = planned(sql, facts(hospitals))
    if made is None:
        return
    fill(con, HOSPITALS, hospitals, 0)
    size = max(len(visits), len(drugs))
    visits, drugs = ([*rows, *([[]] * (size - len(rows)))] for rows in (visits, drugs))
    for stage in made.stages:
        load(con, visits, drugs)
        come_back(con, stage)  # the same values come back on both sides
        before = exact(con, stage)
        load(con, [*visits, own], [*drugs, own_drugs])
        after = exact(con, stage)
        names = [key.name for key in stage.keys]
        for measure in stage.measures:
            one, two = (
                {repr([row[n] for n in names]): row[measure.name] for row in side} for side in (before, after)
            )
            moved = [changes(measure, one.get(key), two.get(key)) for key in one.keys() | two.keys()]
            moved = [change for change in moved if change]
            declared = measure.sensitivity
            assert len(moved) <= declared.l0
            assert sum(moved) <= declared.l1
            assert sum(change * change for change in moved) <= declared.l2_squared
            assert max(moved, default=0) <= declared.linf
        load(con, visits, drugs)
        measured(con, stage)


def test_the_worst_unit_moves_a_later_stage_by_exactly_what_is_declared(
    con: duckdb.DuckDBPyConnection,
) -> None:
    sql = "WITH m AS (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) "
    sql += (
        "SELECT COUNT(*) FROM visits v JOIN (SELECT a.city, b.n FROM m a CROSS JOIN m b) p ON p.city = v.city"
    )
    made = plan(sql, facts([]))
    first, second = made.stages
    cities = ("郑州市", "开封市", "洛阳市", None)
    row: Row = {"city": "郑州市", "days": 1, "amount": Decimal(1)}
    load(con, [[{**row, "city": city}] for city in cities], [[]])
    measured(con, first)
    come_back(con, second)
    load(con, [[]], [[]])
    (before,) = exact(con, second)
    load(con, [[row] * 6], [[]])
    (after,) = exact(con, second)
    change = int(str(after["m0"])) - int(str(before["m0"]))
    assert change == 3 * 4  # rows of the unit, times rows that come back for one city
    assert change <= second.measures[0].sensitivity.l1 == 3 * 16
