"""Keys that the developer lists: a public grid, whatever the rows hold."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.nouns.keys import split_keys, with_keys
from sandbox.nouns.plan import Plan
from sandbox.plan import plan
from tests.plan.database import connect, exact, fill
from tests.plan.test_golden import visits
from tests.plan.world import DRUGS, FACTS, HOSPITALS, VISITS

GROUPS = "SELECT hospital, COUNT(*) AS n FROM visits GROUP BY hospital"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect()
    fill(made, VISITS, visits(random.Random(7)), 64)
    fill(made, DRUGS, [], 8)
    fill(made, HOSPITALS, [], 0)
    yield made
    made.close()


def asked(sql: str, **keys: list[object]) -> Plan:
    return plan(with_keys(sql, keys), FACTS)


def refused(sql: str, keys: object) -> Refused:
    with pytest.raises(Refused) as caught:
        plan(with_keys(sql, keys), FACTS)
    return caught.value


def test_exactly_the_listed_groups_are_cells_whether_rows_have_them_or_not(
    con: duckdb.DuckDBPyConnection,
) -> None:
    (stage,) = asked(GROUPS, hospital=["第一医院", "nowhere", None]).stages
    assert not stage.discovered
    assert stage.cells == 3
    found = {row["k0"]: row["m0"] for row in exact(con, stage)}
    assert list(found) == ["nowhere", "第一医院", None]
    assert found["nowhere"] == 0
    own = "SELECT count(*) FROM workspace.visits WHERE hospital IS NOT DISTINCT FROM ?"
    for name in ("第一医院", None):
        assert [(found[name],)] == con.execute(own, [name]).fetchall()


@pytest.mark.parametrize("first", [2**53, 2**62])
def test_a_computed_whole_number_is_in_one_of_the_listed_groups(
    con: duckdb.DuckDBPyConnection, first: int
) -> None:
    listed = list(range(first, first + 400))
    (stage,) = asked(f"SELECT days * 0 + {first} AS n, COUNT(*) FROM visits GROUP BY 1", n=listed).stages
    counted = sum(int(str(row["m0"])) for row in exact(con, stage))
    assert [(counted,)] == con.execute("SELECT count(days) FROM workspace.visits").fetchall()


@pytest.mark.parametrize(
    ("sql", "keys", "cells"),
    [
        ("SELECT code, COUNT(*) FROM visits GROUP BY code", {"CODE": [10, 20, 20]}, 2),
        ("SELECT weight, COUNT(*) FROM visits GROUP BY weight", {"weight": [61.5, -0.0]}, 2),
        ("SELECT year(seen_at) AS y, COUNT(*) FROM visits GROUP BY y", {"y": [2024, 2025]}, 2),
        ("SELECT visited_on, COUNT(*) FROM visits GROUP BY 1", {"visited_on": [dt.date(2025, 3, 1)]}, 1),
        ("SELECT city, sex, COUNT(*) FROM visits GROUP BY 1, 2", {"sex": ["F"], "city": ["郑州市"]}, 1),
        ("SELECT city, MEDIAN(days) FROM visits GROUP BY city", {"city": ["郑州市"]}, 1),
        ("SELECT urgent, COUNT(*) FROM visits GROUP BY urgent", {"urgent": [True, None]}, 2),
        ("SELECT seen_at, COUNT(*) FROM visits GROUP BY seen_at", {"seen_at": ["2025-03-01 12:30:00"]}, 1),
    ],
)  # fmt: skip
def test_every_kind_of_key_can_be_listed(
    con: duckdb.DuckDBPyConnection, sql: str, keys: dict[str, list[object]], cells: int
) -> None:
    (stage,) = asked(sql, **keys).stages
    assert stage.cells == len(exact(con, stage)) == cells


@pytest.mark.parametrize(
    ("column", "spellings", "cells"),
    [
        ("days", ["1", "01", "1.0", 1], (1,)),
        ("urgent", ["true", True], (True,)),
        ("weight", ["0.1", "0.10000000000000000001", "-0.0", 0], (0.1, 0.0)),
        ("seen_at", ["2025-01-01", "2025-01-01 00:00:00"], (dt.datetime(2025, 1, 1),)),
    ],
)
def test_a_value_that_is_listed_in_several_spellings_is_one_cell(
    column: str, spellings: list[object], cells: tuple[object, ...]
) -> None:
    """Two cells would draw twice for one price."""
    (stage,) = asked(
        f"SELECT {column}, COUNT(*) AS n FROM visits GROUP BY {column}", **{column: spellings}
    ).stages
    assert stage.keys[0].domain == cells


def test_beside_a_listed_key_another_may_be_discovered(con: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT code, hospital, COUNT(*) FROM visits GROUP BY code, hospital"
    (stage,) = asked(sql, code=[10, 20]).stages
    assert stage.discovered
    assert {row["k0"] for row in exact(con, stage)} <= {10, 20}


@pytest.mark.parametrize(
    ("sql", "keys", "code"),
    [
        (GROUPS, {"city": ["郑州市"]}, "keys_unknown"),
        ("SELECT COUNT(*) FROM visits", {"city": ["郑州市"]}, "keys_unknown"),
        ("SELECT COUNT(*) FROM hospitals", {"level": [1]}, "keys_unknown"),
        ("SELECT city, COUNT(*) FROM visits GROUP BY city", {"city": ["上海市"]}, "value_not_in_domain"),
        ("SELECT code, COUNT(*) FROM visits GROUP BY code", {"code": ["ten"]}, "literal_invalid"),
        ("SELECT code, COUNT(*) FROM visits GROUP BY code", {"code": [2**63]}, "literal_invalid"),
        ("SELECT code, COUNT(*) FROM visits GROUP BY code", {"code": [True]}, "literal_invalid"),
        (GROUPS, {"hospital": [True]}, "literal_invalid"),
        ("SELECT urgent, COUNT(*) FROM visits GROUP BY 1", {"urgent": ["perhaps"]}, "literal_invalid"),
        (GROUPS, {"hospital": []}, "keys_invalid"),
        (GROUPS, {"hospital": "第一医院"}, "keys_invalid"),
        (GROUPS, {}, "keys_invalid"),
        (GROUPS, ["hospital"], "keys_invalid"),
        (GROUPS, {"hospital": [float("nan")]}, "keys_invalid"),
        (GROUPS, {"hospital": ["a\nb"]}, "keys_invalid"),
        (GROUPS, {"hospital": [[1]]}, "keys_invalid"),
        (GROUPS, {1: ["a"]}, "keys_invalid"),
        (GROUPS, {"hospital": ["x" * 400_001]}, "keys_invalid"),
        (GROUPS, {"hospital": [str(n) for n in range(10_001)]}, "keys_invalid"),
        ("SELECT id_card, COUNT(*) FROM visits GROUP BY id_card", {"id_card": ["x"]}, "unit_in_output"),
    ],
)
def test_other_keys_are_refused(sql: str, keys: object, code: str) -> None:
    found = refused(sql, keys)
    assert code in {found.code, *(other.code for other in found.others)}


def test_a_text_in_keys_cannot_become_sql(con: duckdb.DuckDBPyConnection) -> None:
    hostile = ["'; DROP TABLE visits; --", '"}', "*/ SELECT 1", "\u2028x", "\\"]
    made = asked(GROUPS, hospital=list(hostile))
    rows = exact(con, made.stages[0])
    assert {row["k0"] for row in rows} == set(hostile)


def test_listed_texts_are_scanned_like_literals_of_the_statement() -> None:
    assert "410105199001011234" in asked(GROUPS, hospital=["410105199001011234"]).literals


def test_keys_are_part_of_what_a_replay_compares() -> None:
    one, two = (asked(GROUPS, hospital=[name]) for name in ("a", "b"))
    assert one.stages[0].exact_sql != two.stages[0].exact_sql


@pytest.mark.parametrize(
    "line", ["{", "5", "{}", '{"hospital": 5}', '{"hospital": [{}]}', "{" * 5000 + "}" * 5000]
)
def test_a_line_of_keys_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(Refused):
        plan(f"{GROUPS}\n-- keys: {line}", FACTS)


def test_keys_come_back_from_their_line() -> None:
    text, listed = split_keys(with_keys(GROUPS, {"hospital": ["a", None, True, 3]}))
    assert text == GROUPS
    assert listed == {"hospital": ("a", None, True, "3")}


def test_equal_outcomes_of_two_types_are_one_cell() -> None:
    """A cell that is there twice would fail the job after it was paid for."""
    case = "CASE WHEN urgent THEN DATE '2025-01-01' ELSE TIMESTAMP '2025-01-01' END"
    (stage,) = plan(f"SELECT {case} AS day, COUNT(*) AS n FROM visits GROUP BY day", FACTS).stages
    assert stage.keys[0].domain == (dt.datetime(2025, 1, 1),)


@pytest.mark.parametrize("beyond", [-(2**63), 2**63, 10**30])
@pytest.mark.parametrize("asked", ["code IN ({0}, {1}, {2})", "code = {0}"])
def test_numbers_that_no_column_of_whole_numbers_holds_are_no_cells(
    con: duckdb.DuckDBPyConnection, beyond: int, asked: str
) -> None:
    """They had to be DOUBLE in the grid, in which neighbours are one cell, or could not be made at all."""
    where = asked.format(beyond, 2**53, 2**53 + 1)
    (stage,) = plan(f"SELECT code, COUNT(*) FROM visits WHERE {where} GROUP BY code", FACTS).stages
    keys = [row["k0"] for row in exact(con, stage)]
    assert len(keys) == len(set(keys))
