"""Tables of FROM: what is rendered of them, their names, and where a first row stands for a unit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.errors import Refused
from sandbox.nouns.plan import Facts, PublicTable
from sandbox.plan import plan
from tests.plan.world import FACTS, POLICY, VISITS, facts

BOUNDED = '(SELECT * FROM "workspace"."visits" WHERE "_rank" < 64) AS t0'


def refusal(sql: str, known: Facts = FACTS) -> str:
    with pytest.raises(Refused) as caught:
        plan(sql, known)
    return caught.value.code


@pytest.mark.parametrize(
    ("tables", "alone"),
    [
        ("visits", True),
        ("visits v", True),
        ("visits v SEMI JOIN drugs d ON v.id_card = d.person", False),
        ("visits v SEMI JOIN (VALUES (1)) r(x) ON v.days = r.x", False),
        ("visits v ANTI JOIN (VALUES (1)) r(x) ON v.days = r.x", False),
        ("visits v SEMI JOIN (SELECT MAX(days) AS x FROM visits) r ON v.days < r.x", False),
        ("visits v JOIN drugs d ON v.id_card = d.person", False),
        ("visits v JOIN hospitals h ON v.hospital = h.hospital", False),
        ("visits v LEFT JOIN hospitals h ON v.hospital = h.hospital", False),
        ("(SELECT id_card, days FROM visits) v", False),
        ("(SELECT id_card, days FROM visits WHERE days > 1) v", False),
        ("(SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card) v", False),
    ],
)
def test_the_first_row_of_a_unit_stands_for_it_over_a_whole_table_alone(tables: str, alone: bool) -> None:
    sql = plan(f"SELECT COUNT(DISTINCT id_card) FROM {tables}", FACTS).stages[-1].exact_sql
    counted = 'count(*) FILTER (WHERE t0."_rank" = 0)' if alone else 'count(DISTINCT t0."_unit")'
    assert sql.startswith(f'SELECT {counted} AS "m0" FROM ')


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT COUNT(*) FROM visits", {"visits"}),
        ("SELECT COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.person", {"visits", "drugs"}),
        ("SELECT COUNT(*) FROM visits v SEMI JOIN drugs d ON v.id_card = d.person", {"visits", "drugs"}),
        ("SELECT COUNT(*) FROM visits v SEMI JOIN drugs d ON v.id_card = d.person"
         " JOIN hospitals h ON v.hospital = h.hospital", {"visits", "drugs", "hospitals"}),
        ("SELECT COUNT(*) FROM (SELECT id_card FROM visits UNION ALL SELECT person FROM drugs) v",
         {"visits", "drugs"}),
    ],
)  # fmt: skip
def test_every_table_that_is_read_is_known(sql: str, tables: set[str]) -> None:
    assert plan(sql, FACTS).tables == tables


@pytest.mark.parametrize("tables", ["visits", "visits v", "visits AS other"])
def test_the_rows_of_a_unit_are_cut_where_the_table_is_read(tables: str) -> None:
    made = plan(f"SELECT COUNT(*) FROM {tables}", FACTS)
    assert made.stages[0].exact_sql == f'SELECT count(*) AS "m0" FROM {BOUNDED}'
    assert f"{tables.split()[-1]}: at most 64 rows of each person" in made.notes


def test_a_table_is_called_by_its_alias_and_by_no_name_of_ours() -> None:
    assert plan("SELECT COUNT(v.days) FROM visits v", FACTS).stages
    assert plan("SELECT COUNT(visits.days) FROM visits", FACTS).stages
    assert refusal("SELECT COUNT(visits.days) FROM visits v") in ("unknown_column", "unknown_table")
    for name in ("released", "_unit", "_rank", "_first", "RELEASED"):
        assert refusal(f"SELECT COUNT(*) FROM visits {name}") == "reserved_name"
        assert refusal(f"SELECT COUNT(*) FROM (SELECT days FROM visits) {name}") == "reserved_name"


def test_a_table_that_was_never_loaded_is_not_read() -> None:
    public = "SELECT COUNT(*) FROM visits v JOIN hospitals h ON v.hospital = h.hospital"
    assert refusal(public, replace(FACTS, public={})) == "row_bound_missing"
    for bounds in ({}, {"visits": 0}, {"visits": -1}, {"drugs": 8}):
        assert (
            refusal("SELECT COUNT(*) FROM visits", replace(FACTS, row_bounds=bounds)) == "row_bound_missing"
        )
    one = plan("SELECT COUNT(*) FROM visits", replace(FACTS, row_bounds={"visits": 1}))
    assert one.stages[0].measures[0].sensitivity.linf == 1
    nobody = VISITS.model_copy(update={"unit": None})
    tables = (nobody, *POLICY.tables[1:])
    known = facts(POLICY.model_copy(update={"tables": tables}))
    assert refusal("SELECT COUNT(*) FROM visits", known) == "row_bound_missing"


def test_a_public_column_that_was_not_counted_may_have_one_value_alone() -> None:
    known = replace(FACTS, public={"hospitals": PublicTable(rows=9, multiplicity={"level": 2})})
    found = [
        plan(f"SELECT COUNT(*) FROM visits v JOIN hospitals h ON {on}", known)
        .stages[0]
        .measures[0]
        .sensitivity.linf
        for on in ("v.code = h.level", "v.code = h.beds", "v.code > h.level")
    ]
    assert found == [64 * 2, 64 * 9, 64 * 9]
    assert plan("SELECT COUNT(*) FROM hospitals", known).public


@pytest.mark.parametrize(
    ("kind", "cells"),
    [("JOIN", (4, 4)), ("LEFT JOIN", (4, 5)), ("RIGHT JOIN", (5, 4)), ("FULL JOIN", (5, 5))],
)
def test_what_may_be_missing_has_a_cell_for_it_and_nothing_else_has(
    kind: str, cells: tuple[int, int]
) -> None:
    """Grouped by values that no row of its own side lacks; a table joined later lacks nothing."""

    def filled(table: str, unit: str) -> str:
        return f"(SELECT {unit} AS p, COALESCE(city, 'none') AS c FROM {table})"

    tables = f"{filled('visits', 'id_card')} v {kind} {filled('drugs', 'person')} d ON v.p = d.p"
    later = f"{tables} JOIN {filled('drugs', 'person')} e ON e.p = v.p"
    for key, count in zip(("v.c", "d.c"), cells, strict=True):
        for from_ in (tables, later):
            (stage,) = plan(f"SELECT {key}, COUNT(*) FROM {from_} GROUP BY {key}", FACTS).stages
            assert len(stage.keys[0].domain or ()) == count
    (stage,) = plan(f"SELECT e.c, COUNT(*) FROM {later} GROUP BY e.c", FACTS).stages
    assert len(stage.keys[0].domain or ()) == 4
    using = tables.replace("ON v.p = d.p", "USING (p, c)")
    (stage,) = plan(f"SELECT c, COUNT(*) FROM {using} GROUP BY c", FACTS).stages
    assert len(stage.keys[0].domain or ()) == (5 if kind == "FULL JOIN" else 4)
    both = f"{using} {kind} {filled('drugs', 'person')} e ON e.p = v.p"
    (stage,) = plan(f"SELECT c, COUNT(*) FROM {both} GROUP BY c", FACTS).stages
    assert len(stage.keys[0].domain or ()) == (4 if kind == "JOIN" else 5)


def test_a_column_of_using_may_be_missing_where_its_table_may() -> None:
    drugs = "(SELECT person AS p, COALESCE(city, 'none') AS c FROM drugs)"
    tables = "(SELECT id_card AS p, days FROM visits) v"
    tables += f" LEFT JOIN {drugs} d USING (p) LEFT JOIN {drugs} e USING (p, c)"
    (stage,) = plan(f"SELECT c, COUNT(*) FROM {tables} GROUP BY c", FACTS).stages
    assert len(stage.keys[0].domain or ()) == 5
