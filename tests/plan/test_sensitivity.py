"""One unit more or less moves the exact answer by no more than the plan declares, whatever its rows are."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.errors import Refused
from sandbox.nouns.plan import Facts, Measure, Plan, PublicTable
from sandbox.nouns.policy import Use
from sandbox.plan import plan
from tests.plan.database import Row, changes, exact, fill
from tests.plan.grammar import DRUG, HOSPITAL, RELATIONS, VISIT, statements
from tests.plan.world import ALL, DRUGS, HOSPITALS, POLICY, VISITS

BOUNDS = {"visits": 3, "drugs": 2}
EXPECTED_REFUSALS = {"bounds_missing", "bounds_too_wide", "grid_too_large", "statement_too_deep"}


def facts(hospitals: list[Row]) -> Facts:
    """Every grant, and the public facts of this very public table."""
    columns = ("hospital", "level", "region", "beds")
    counts = {c: Counter(row[c] for row in hospitals if row[c] is not None) for c in columns}
    multiplicity = {column: max(found.values(), default=0) for column, found in counts.items()}
    grants = {
        table.name: {c.name: (ALL | {Use.OUTPUT}) & c.use for c in table.columns if c.use}
        for table in POLICY.tables
    }
    public = {"hospitals": PublicTable(rows=len(hospitals), multiplicity=multiplicity)}
    return Facts(POLICY, grants, public, BOUNDS)


def planned(sql: str, known: Facts) -> Plan | None:
    """The plan, or None when the random statement is refused for one of the expected reasons."""
    try:
        return plan(sql, known)
    except Refused as refused:
        codes = {refused.code, *(other.code for other in refused.others)}
    assert codes <= EXPECTED_REFUSALS, codes
    return None


def load(con: duckdb.DuckDBPyConnection, visits: list[list[Row]], drugs: list[list[Row]]) -> None:
    """Both protected tables; the place in the list is the unit.

    More rows are kept than the plan's bounds, so that only what the plan renders can enforce them.
    """
    fill(con, VISITS, [{**row, "id_card": unit} for unit, rows in enumerate(visits) for row in rows], 6)
    fill(con, DRUGS, [{**row, "person": unit} for unit, rows in enumerate(drugs) for row in rows], 6)


def moved(measure: Measure, before: dict[str, object], after: dict[str, object]) -> None:
    """The change of one measure over all groups, against every declared norm.

    A pick of one group is pure, so of its scores only the sum over groups of what moved furthest counts.
    """
    keys = before.keys() | after.keys()
    found = [c for c in (changes(measure, before.get(key), after.get(key)) for key in keys) if c]
    declared = measure.sensitivity
    assert len(found) <= declared.l0
    assert sum(found) <= declared.l1
    assert sum(change * change for change in found) <= declared.l2_squared
    assert max(found, default=0) <= declared.linf


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    sql=statements(),
    visits=st.lists(st.lists(VISIT, max_size=5), max_size=3),
    drugs=st.lists(st.lists(DRUG, max_size=4), max_size=3),
    own_visits=st.one_of(st.lists(VISIT, min_size=1, max_size=6), VISIT.map(lambda row: [row] * 6)),
    own_drugs=st.one_of(st.lists(DRUG, max_size=4), DRUG.map(lambda row: [row] * 4)),
    hospitals=st.one_of(st.lists(HOSPITAL, max_size=4), HOSPITAL.map(lambda row: [row] * 3)),
)
def test_one_unit_moves_no_measure_by_more_than_declared(
    con: duckdb.DuckDBPyConnection,
    sql: str,
    visits: list[list[Row]],
    drugs: list[list[Row]],
    own_visits: list[Row],
    own_drugs: list[Row],
    hospitals: list[Row],
) -> None:
    made = planned(sql, facts(hospitals))
    if made is None:
        return
    (stage,) = made.stages
    fill(con, HOSPITALS, hospitals, 0)
    size = max(len(visits), len(drugs))
    padded_visits = visits + [[] for _ in range(size - len(visits))]
    padded_drugs = drugs + [[] for _ in range(size - len(drugs))]
    load(con, padded_visits, padded_drugs)
    before = exact(con, stage)
    load(con, [*padded_visits, own_visits], [*padded_drugs, own_drugs])
    after = exact(con, stage)
    names = [key.name for key in stage.keys]
    if not stage.discovered:
        assert [[row[n] for n in names] for row in before] == [[row[n] for n in names] for row in after]
        assert len(after) == stage.cells
    for measure in stage.measures:
        old, new = (
            {repr([row[n] for n in names]): row[measure.name] for row in rows} for rows in (before, after)
        )
        moved(measure, old, new)


WORST_VISIT: Row = {
    "city": "郑州市",
    "hospital": "第一医院",
    "amount": Decimal(20000),
    "weight": -7.0,
    "days": 30,
}
WORST_DRUG: Row = {"drug": "A", "price": Decimal(100), "city": "郑州市"}
WORST_HOSPITAL: Row = {"hospital": "第一医院", "region": "郑州市", "level": 3, "beds": 9}


@pytest.mark.parametrize(
    "aggregate",
    [
        "COUNT(*)",
        "SUM(v.amount)",
        "AVG(v.days)",
        "SUM(clamp(v.weight, -5, 5))",
        "SUM(v.amount) FILTER (WHERE v.days > 29)",
        "COUNT_IF(v.days > 29)",
        "AVG(v.days > 29)",
        "VAR_POP(v.days)",
        "SUM(power(v.days, 2))",
        "STDDEV(clamp(v.weight, -7, 6.5))",
        "CORR(v.amount, v.days)",
        "REGR_INTERCEPT(v.days, clamp(v.weight, -5, 500000))",
        "MEDIAN(v.days)",
        "QUANTILE_CONT(v.amount, 0.9)",
        "MAX(v.days)",
        "MODE(v.city)",
    ],
)
@pytest.mark.parametrize("relation", RELATIONS)
def test_the_worst_unit_moves_measures_by_exactly_what_is_declared(
    con: duckdb.DuckDBPyConnection, aggregate: str, relation: str
) -> None:
    """Declared figures are attained: neither too small to protect nor larger than need be."""
    hospitals = [WORST_HOSPITAL] * 3
    made = plan(
        f"SELECT {aggregate} FROM {relation.replace('w.days > v.days', 'w.days >= v.days')}", facts(hospitals)
    )
    (stage,) = made.stages
    fill(con, HOSPITALS, hospitals, 0)
    load(con, [], [])
    before = exact(con, stage)
    load(con, [[WORST_VISIT] * 6], [[WORST_DRUG] * 6])
    after = exact(con, stage)
    for measure in stage.measures:
        assert changes(measure, before[0][measure.name], after[0][measure.name]) == measure.sensitivity.linf


def test_a_unit_spread_over_groups_touches_as_many_as_declared(con: duckdb.DuckDBPyConnection) -> None:
    (stage,) = plan("SELECT code, COUNT(*) FROM visits GROUP BY code", facts([])).stages
    load(con, [[{**WORST_VISIT, "code": code} for code in range(6)]], [[]])
    rows = exact(con, stage)
    units = next(measure for measure in stage.measures if measure.name == stage.unit_measure)
    assert len(rows) == units.sensitivity.l0 == units.sensitivity.l1 == BOUNDS["visits"]


def test_a_unit_of_joined_rows_touches_as_many_groups_as_it_has_rows_of_the_key_and_one_of_null(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """Each of its rows in a group of its own, beside a row that the other side keeps without a match."""
    tables = "visits v FULL JOIN drugs d ON v.id_card = d.person AND v.city = d.city"
    (stage,) = plan(f"SELECT v.code, COUNT(*) FROM {tables} GROUP BY v.code", facts([])).stages
    own = [{**WORST_VISIT, "code": code} for code in range(6)]
    load(con, [own], [[{**WORST_DRUG, "city": "郑州市"}, *([{**WORST_DRUG, "city": "开封市"}] * 5)]])
    rows = exact(con, stage)
    units = next(measure for measure in stage.measures if measure.name == stage.unit_measure)
    assert len(rows) == units.sensitivity.l0 == BOUNDS["visits"] + 1


def test_distinct_units_under_a_filter_touch_as_many_groups_as_declared(
    con: duckdb.DuckDBPyConnection,
) -> None:
    sql = "SELECT code, COUNT(DISTINCT id_card) FILTER (WHERE days = 30) FROM visits GROUP BY code"
    (stage,) = plan(sql, facts([])).stages
    load(con, [[{**WORST_VISIT, "code": code} for code in range(6)]], [[]])
    rows = exact(con, stage)
    assert sum(int(str(row["m0"])) for row in rows) == stage.measures[0].sensitivity.l1 == BOUNDS["visits"]


def test_both_zeros_are_one_key_whoever_comes_first(con: duckdb.DuckDBPyConnection) -> None:
    """Otherwise one unit's rows would decide the sign under which the others' group is released."""
    (stage,) = plan("SELECT weight, COUNT(*) FROM visits GROUP BY weight", facts([])).stages
    for order in ([0.0, -0.0], [-0.0, 0.0]):
        load(con, [[{**WORST_VISIT, "weight": weight}] for weight in order], [[], []])
        (row,) = exact(con, stage)
        assert repr(row["k0"]) == "0.0"
        assert row["m0"] == 2


@pytest.mark.parametrize(
    ("sql", "change"),
    [
        ("SELECT COUNT(*) FROM (SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card) v", 1),
        ("SELECT SUM(n) FROM (SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card) v", 3),
        ("SELECT SUM(t) FROM (SELECT id_card, SUM(days) AS t FROM visits GROUP BY id_card) v", 90),
        ("SELECT SUM(t) FROM (SELECT id_card, AVG(days) AS t FROM visits GROUP BY id_card) v", 30 * 10**6),
        ("SELECT SUM(t) FROM (SELECT id_card, MAX(days) AS t FROM visits GROUP BY id_card) v", 30),
        ("SELECT COUNT(*) FROM (SELECT id_card, code FROM visits GROUP BY id_card, code) v", 3),
        ("SELECT SUM(t) FROM (SELECT id_card, code, MAX(days) AS t FROM visits GROUP BY 1, 2) v", 90),
        ("SELECT COUNT(*) FROM drugs d JOIN (SELECT id_card FROM visits GROUP BY id_card) v"
         " ON d.person = v.id_card", 2),
    ],
)  # fmt: skip
def test_the_worst_unit_of_groups_by_unit_moves_measures_by_exactly_what_is_declared(
    con: duckdb.DuckDBPyConnection, sql: str, change: int
) -> None:
    (stage,) = plan(sql, facts([])).stages
    own: list[Row] = [{**WORST_VISIT, "code": code} for code in range(6)]
    load(con, [own], [[WORST_DRUG] * 6])
    (row,) = exact(con, stage)
    assert int(str(row["m0"])) == change == stage.measures[0].sensitivity.l1


@pytest.mark.parametrize(("name", "change"), [("code", 3), ("urgent", 2)])
def test_the_worst_unit_moves_distinct_values_by_exactly_what_is_declared(
    con: duckdb.DuckDBPyConnection, name: str, change: int
) -> None:
    """All its values are its own; where fewer are public than it has rows, they are the bound."""
    (stage,) = plan(f"SELECT COUNT(DISTINCT {name}) FROM visits", facts([])).stages
    own: list[Row] = [{**WORST_VISIT, "code": code, "urgent": code % 2 == 0} for code in range(6)]
    load(con, [own], [[]])
    (row,) = exact(con, stage)
    assert int(str(row["m0"])) <= change == stage.measures[0].sensitivity.l1
    load(con, [[own[0]], own], [[], []])
    assert int(str(exact(con, stage)[0]["m0"])) <= change + 1


def test_more_distinct_values_than_are_public_count_as_those_that_are(
    con: duckdb.DuckDBPyConnection,
) -> None:
    """The bound stands in the statement: it holds even where a load has kept values that it should not."""
    known = facts([])
    wide = Facts(known.policy, known.grants, known.public, {"visits": 64, "drugs": 2})
    (stage,) = plan("SELECT COUNT(DISTINCT days) FROM visits", wide).stages
    fill(con, VISITS, [{**WORST_VISIT, "id_card": 0, "days": day} for day in range(50)], 64)
    assert exact(con, stage)[0]["m0"] == 31 == stage.measures[0].sensitivity.l1
