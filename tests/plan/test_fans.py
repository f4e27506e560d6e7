"""How many rows a public side brings: a protected row may match every row that public tables make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import Refused
from sandbox.nouns.plan import Facts, PublicTable
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from tests.plan.world import FACTS, HOSPITALS, POLICY, facts

SIDES = ("", "LEFT", "RIGHT", "FULL")
WARDS = HOSPITALS.model_copy(update={"name": "wards"})
Rows = Sequence[tuple[int | None, int | None]]
"""Levels and beds of a public table."""


def world(**tables: PublicTable) -> Facts:
    """The world with two public tables of the same columns."""
    made = facts(POLICY.model_copy(update={"tables": (*POLICY.tables, WARDS)}))
    return replace(made, public=tables)


def loaded(rows: Rows) -> PublicTable:
    """Public facts of a table, as a load finds them."""
    levels, beds = ([value for value in column if value is not None] for column in zip(*rows, strict=True))
    most = {name: max(Counter(column).values()) for name, column in (("level", levels), ("beds", beds))}
    return PublicTable(rows=len(rows), multiplicity=most)


FEW: Rows = [(1 + n % 3, n % 3) for n in range(9)]
MANY: Rows = [*FEW, *((None, 10 + n) for n in range(91))]
APART: Rows = [(3, 100), (3, 101), (1, 102)]


def reach(tables: str, known: Facts) -> int:
    """Rows of a FROM for each row of a unit."""
    (stage,) = plan(f"SELECT COUNT(*) FROM {tables}", known).stages
    rows, rest = divmod(stage.measures[0].sensitivity.linf, 64)
    assert rest == 0
    assert stage.measures[0].sensitivity == Sensitivity.rows(rows * 64)
    return rows


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("one", "two"), [(FEW, MANY), (MANY, FEW), (FEW, APART), (APART, MANY), (FEW, FEW)])
@pytest.mark.parametrize("on", ["a.beds = b.beds", "a.level = b.level", "a.level > b.level"])
def test_a_join_of_public_tables_has_no_more_rows_than_are_counted_on(
    side: str, one: Rows, two: Rows, on: str
) -> None:
    """Beside the pairs stand the rows without a match, at the same time as others match several."""
    con = duckdb.connect()
    for name, rows in (("hospitals", one), ("wards", two)):
        con.execute(f"CREATE TABLE {name} (level BIGINT, beds BIGINT)")
        con.executemany(f"INSERT INTO {name} VALUES (?, ?)", [list(row) for row in rows])
    tables = f"hospitals a {side} JOIN wards b ON {on}"
    known = world(hospitals=loaded(one), wards=loaded(two))
    for key in ("", "a.level", "a.beds", "b.level", "b.beds"):
        kept = f"WHERE {key} IS NOT NULL GROUP BY {key}" if key else ""
        (found,) = con.execute(
            f"SELECT coalesce(max(n), 0) FROM (SELECT count(*) n FROM {tables} {kept})"
        ).fetchall()
        matches = f"{key} = v.code" if key else "v.days > 1"
        assert reach(f"{tables} JOIN visits v ON {matches}", known) >= found[0]


CONSTANTS = {
    "days": ("1", "01", "-(-1)", "2 - 1", "1e0", "'1'", "2", "0", "-0", "1.0", "NULL"),
    "seen_at": (
        "TIMESTAMP '2025-01-01 00:00:00'", "TIMESTAMP '2025-01-01'", "DATE '2025-01-01'", "'2025-01-01'",
        "CAST('2025-01-01' AS DATE)", "'2025-01-01 00:00:00.0'", "DATE '2025-01-02'", "NULL",
    ),
    "visited_on": ("DATE '2025-01-01'", "'2025-01-01'", "CAST('2025-01-01' AS DATE)", "NULL"),
    "city": ("'a'", "'a '", "'A'", "CAST('a' AS VARCHAR)", "''", "NULL"),
    "urgent": ("TRUE", "true", "CAST('true' AS BOOLEAN)", "FALSE", "NULL"),
}  # fmt: skip
"""Column → constants of which several are equal, however they are written."""
KINDS = {
    "days": "BIGINT",
    "seen_at": "TIMESTAMP",
    "visited_on": "DATE",
    "city": "VARCHAR",
    "urgent": "BOOLEAN",
}


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(sorted(CONSTANTS)))
def test_constants_are_as_often_equal_as_is_counted_on(data: st.DataObject, column: str) -> None:
    """A person's row matches every line of VALUES that holds its value."""
    lines = data.draw(st.lists(st.sampled_from(CONSTANTS[column]), min_size=1, max_size=8))
    listed = ", ".join(f"({line})" for line in lines)
    try:
        most = reach(f"visits v JOIN (VALUES {listed}) AS r(x) ON v.{column} = r.x", FACTS)
    except Refused:
        return
    kinds = ", ".join(f"(CAST({line} AS {KINDS[column]}))" for line in lines)
    counts = f"SELECT count(x) AS n FROM (VALUES {kinds}) AS r(x) GROUP BY x"
    (found,) = duckdb.sql(f"SELECT max(n) FROM ({counts})").fetchall()
    assert most >= found[0]
