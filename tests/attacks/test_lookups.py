"""Attack: a value for each group, by a subquery, as a way around grants, and around people.

Its table is planned apart from the statement around, and joined with it under a name of its own. Were a name
resolved in the wrong one of both, or the join written over rows, a column that was never granted, a single
person's row or an exact number could be shown beside the groups.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.errors import Refused
from sandbox.nouns.plan import Facts
from sandbox.nouns.policy import Use
from sandbox.plan import plan
from tests.plan.world import FACTS

GROUP_ONLY = frozenset({Use.GROUP})


def granting(**uses: dict[str, frozenset[Use]]) -> Facts:
    """Facts with other grants for some columns; an empty set takes a column away."""
    grants = {table: dict(columns) for table, columns in FACTS.grants.items()}
    for table, columns in uses.items():
        for name, found in columns.items():
            grants[table][name] = found
            if not found:
                del grants[table][name]
    return replace(FACTS, grants=grants)


def code(inner: str, facts: Facts = FACTS, outer: str = "city") -> set[str]:
    with pytest.raises(Refused) as caught:
        plan(f"SELECT {outer}, ({inner}) AS x, COUNT(*) AS n FROM visits v GROUP BY {outer}", facts)
    return {caught.value.code, *(other.code for other in caught.value.others)}


@pytest.mark.parametrize(
    ("inner", "taken", "wanted"),
    [
        ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city", {"city": frozenset()}, "unknown_column"),
        ("SELECT SUM(price) FROM drugs d WHERE d.city = v.city", {"price": GROUP_ONLY}, "use_not_granted"),
        ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city", {"city": frozenset({Use.AGGREGATE})},
         "use_not_granted"),
        ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city AND drug = 'A'", {"drug": GROUP_ONLY},
         "use_not_granted"),
        ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city HAVING MAX(price) > 3", {"price": GROUP_ONLY},
         "subquery_of_other_rows"),
        ("SELECT COUNT(*) FROM drugs d WHERE d.city = v.city GROUP BY d.city HAVING MAX(price) > 3",
         {"price": GROUP_ONLY}, "use_not_granted"),
    ],
)  # fmt: skip
def test_the_subquery_needs_every_use_of_its_own_columns(
    inner: str, taken: dict[str, frozenset[Use]], wanted: str
) -> None:
    assert wanted in code(inner, granting(drugs=taken))


@pytest.mark.parametrize(
    ("inner", "taken"),
    [
        ("SELECT beds FROM hospitals h WHERE h.hospital = v.hospital", {"beds": GROUP_ONLY}),
        ("SELECT SUM(beds) FROM hospitals h WHERE h.hospital = v.hospital", {"beds": GROUP_ONLY}),
        ("SELECT COUNT(*) FROM hospitals h WHERE h.hospital = v.hospital AND beds > 3", {"beds": GROUP_ONLY}),
        ("SELECT COUNT(*) FROM hospitals h WHERE h.hospital = v.hospital", {"hospital": GROUP_ONLY}),
    ],
)
def test_rows_of_public_tables_are_compared_and_shown_under_grants_alone(
    inner: str, taken: dict[str, frozenset[Use]]
) -> None:
    facts = granting(hospitals=taken)
    single = replace(FACTS.public["hospitals"], multiplicity={"hospital": 1})
    assert "use_not_granted" in code(inner, replace(facts, public={"hospitals": single}), "hospital")


def test_two_public_tables_are_linked_by_columns_that_may_be_joined() -> None:
    sql = (
        "SELECT hospital, (SELECT COUNT(*) FROM hospitals g WHERE g.region = h.region) AS x FROM hospitals h"
    )
    assert plan(sql, FACTS).public
    apart = granting(hospitals={"region": frozenset(Use) - {Use.JOIN}})
    with pytest.raises(Refused) as caught:
        plan(sql, apart)
    assert "join of hospitals.region" in caught.value.reason


@pytest.mark.parametrize(
    "found",
    [
        "EXISTS (SELECT 1 FROM c WHERE c.city = h.region)",
        "h.level IN (SELECT n FROM c WHERE c.city = h.region)",
    ],
)
def test_a_public_row_is_matched_by_columns_that_may_be_compared(found: str) -> None:
    named = "WITH c AS (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) "
    sql = f"{named}SELECT h.hospital, {found} AS e FROM hospitals h"
    assert Use.FILTER in plan(sql, FACTS).uses["hospitals"]["region"]
    with pytest.raises(Refused) as caught:
        plan(sql, granting(hospitals={"region": frozenset({Use.OUTPUT, Use.JOIN})}))
    assert "filter of hospitals.region" in caught.value.reason


@pytest.mark.parametrize(
    "inner",
    [
        "SELECT name FROM visits w WHERE w.city = v.city", "SELECT _unit FROM drugs d WHERE d.city = v.city",
        "SELECT d._rank FROM drugs d WHERE d.city = v.city",
        "SELECT price FROM drugs d WHERE d.city = v.city",
        "SELECT d.person FROM drugs d WHERE d.city = v.city GROUP BY d.person",
        "SELECT COUNT(*) FROM drugs d WHERE d.city = v.city GROUP BY d.person",
        "SELECT COUNT(*) FROM drugs d WHERE d.person = v.city",
        "SELECT v.name FROM drugs d WHERE d.city = v.city",
        "SELECT COUNT(*) FROM drugs d WHERE d.city = v.city AND d.person = v.id_card",
        "SELECT SUM(v.amount) FROM drugs d WHERE d.city = v.city",
        "SELECT COUNT(*) FROM workspace.drugs d WHERE d.city = v.city",
        "SELECT COUNT(*) FROM released d WHERE d.k0 = v.city",
    ],
)  # fmt: skip
def test_rows_of_people_and_names_of_the_workspace_are_not_found(inner: str) -> None:
    assert code(inner) <= {
        "row_level_output", "unit_in_output", "reserved_name", "unknown_column", "unknown_table",
        "subquery_of_other_rows", "subquery_not_supported", "catalogue_not_visible", "unit_misused",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["a0", "k0", "m0", "c0", '"correlated 0".a0', '"correlated 0".k0', '"correlated 1".a0', "t0.c0"]
)
def test_what_stands_for_the_value_has_no_name_that_a_statement_finds(name: str) -> None:
    value = "(SELECT COUNT(*) FROM drugs d WHERE d.city = v.city)"
    for sql in (
        f"SELECT city, {value} AS x, {name} AS y FROM visits v GROUP BY city",
        f"SELECT city, {value} AS x FROM visits v GROUP BY city HAVING {name} > 1",
        f"SELECT region, {value.replace('v.city', 'h.region')} AS x, {name} AS y FROM hospitals h",
    ):
        with pytest.raises(Refused) as caught:
            plan(sql, FACTS)
        assert caught.value.code in ("unknown_column", "unknown_table", "reserved_name")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT city, (SELECT COUNT(*) FROM drugs d WHERE d.city = v.city) AS x FROM visits v GROUP BY city",
        "SELECT city, (SELECT n FROM (SELECT city, COUNT(*) AS n FROM drugs GROUP BY city) d "
        "WHERE d.city = v.city) AS x FROM visits v GROUP BY city",
        "SELECT hospital, (SELECT AVG(days) FROM visits v WHERE v.hospital = h.hospital) AS x "
        "FROM hospitals h",
        "SELECT region, (SELECT AVG(days) FROM visits v WHERE v.city = h.region) AS x FROM hospitals h "
        "GROUP BY region",
    ],
)
def test_every_stored_row_of_people_stands_behind_a_boundary(sql: str) -> None:
    made = plan(sql, FACTS)
    for table in ("visits", "drugs"):
        assert f'"{table}"' not in made.post.sql
    assert all(load.table == "hospitals" for load in made.post.loads)
    assert {stage.unit_measure is not None for stage in made.stages} == {True}
