"""How many rows a public side brings: a protected row may match every row that public tables make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import duckdb
import pytest

from sandbox.nouns.plan import Facts, PublicTable
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from tests.plan.world import HOSPITALS, POLICY, facts

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
