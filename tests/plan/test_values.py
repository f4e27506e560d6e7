"""VALUES: constant rows as a public table, each column of one type under a name of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import pytest

from sandbox.plan import plan
from tests.plan.database import Row, connect, exact, fill
from tests.plan.refusing import refused
from tests.plan.world import DRUGS, FACTS, VISITS


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """One visit with a value in every column, one of nothing but NULL."""
    made = connect()
    blank: Row = dict.fromkeys(column.name for column in VISITS.columns)
    day = dt.date(2025, 1, 1)
    row: Row = {"code": 1, "days": 2, "hospital": "a", "urgent": True, "visited_on": day, "weight": 0.5}
    fill(made, VISITS, [{**blank, "id_card": 0, **row}, {**blank, "id_card": 1}], 64)
    fill(made, DRUGS, [], 8)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("joined", "rows"),
    [
        ("(VALUES (1), (2)) r(x) ON v.code = r.x", 1),
        ("(VALUES (1, 2), (2, 3)) AS r(X, y) ON v.code = r.x AND v.days = y", 1),
        ("(VALUES (1, 2), (2, 3)) r(x) ON v.code = r.x AND v.days = r.col1", 1),
        ("(VALUES (1), (2)) r ON v.code = r.col0", 1),
        ("(VALUES (1), (2)) ON v.code = col0", 1),
        ("(VALUES (1)) ON v.code = 1 JOIN (VALUES (2)) ON v.days = 2", 1),
        ("(VALUES (NULL, 'a'), (1, NULL)) r(x, y) ON v.code = r.x OR v.hospital = r.y", 2),
        ("(VALUES (NULL, TRUE), (DATE '2025-01-01', NULL)) r(x, y) ON v.visited_on = x OR v.urgent = y", 2),
        ("(VALUES (NULL), (0.5)) r(x) ON v.weight = r.x", 1),
        ("(VALUES (NULL), (0.5)) r(x) ON v.weight IS NOT DISTINCT FROM r.x", 2),
    ],
)
def test_each_row_matches_the_lines_that_hold_its_values(
    con: duckdb.DuckDBPyConnection, joined: str, rows: int
) -> None:
    (stage,) = plan(f"SELECT COUNT(*) FROM visits v JOIN {joined}", FACTS).stages
    assert exact(con, stage)[0]["m0"] == rows


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ("(VALUES (1, 2), (1)) r(x)", "values_invalid"),
        ("(VALUES (1), (1, 2)) r(x)", "values_invalid"),
        ("(VALUES (1, 2), (1, 2), (1)) r(x)", "values_invalid"),
        ("(VALUES ()) r", "values_invalid"),
        ("(VALUES (NULL), (NULL)) r(x)", "values_invalid"),
        ("(VALUES (1)) r(x, y)", "values_invalid"),
        ("(VALUES (1, 2)) r(x, X)", "values_invalid"),
        ("(VALUES (1)) r(x, x)", "values_invalid"),
        ("(VALUES (1, 2)) r(col1)", "values_invalid"),
        ("(VALUES (length('ab'))) r(x)", "constant_needed"),
        ("(VALUES (1)) released", "reserved_name"),
        ("(VALUES (1)) r CROSS JOIN (VALUES (1)) r", "duplicate_alias"),
    ],
)
def test_lines_that_make_no_table_of_constants_are_refused(tables: str, code: str) -> None:
    assert refused(f"SELECT COUNT(*) FROM visits v CROSS JOIN {tables}").code == code


def test_a_thousand_lines_are_read_and_no_more() -> None:
    def joined(lines: int) -> str:
        listed = ", ".join(["(1)"] * lines)
        return f"SELECT COUNT(*) FROM visits v JOIN (VALUES {listed}) r(x) ON v.code > r.x"

    (stage,) = plan(joined(1_000), FACTS).stages
    assert stage.measures[0].sensitivity.linf == 64 * 1_000
    assert refused(joined(1_001)).code == "values_invalid"


def test_lines_belong_to_no_unit() -> None:
    """A join of two tables of people is told to be on their units, whatever stands before them."""
    tables = "(VALUES (1)) r JOIN visits v ON v.code = 1 JOIN drugs d ON v.city = d.city"
    assert refused(f"SELECT COUNT(*) FROM {tables}").hint.startswith("write ON v.id_card = d.person")
