"""An answer keeps its types through storage."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.noise import calibrate
from sandbox.nouns.plan import Expression, Op, OutputColumn, Plan, Post
from sandbox.nouns.policy import ColumnType
from sandbox.nouns.release import Cell, Cost, Release, ReleaseColumn
from sandbox.release import Known, ResultInvalid, dump, load, to_release
from sandbox.release.assemble import as_cell
from tests.release.answers import COLUMNS, plan_of, stage

COST = Cost(0.0229, 1e-10, 1.0)

cells: st.SearchStrategy[Cell] = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(),
)


@given(st.lists(st.tuples(cells, cells), max_size=6))
def test_what_is_stored_is_read_back_exactly(data: list[tuple[Cell, Cell]]) -> None:
    columns = (ReleaseColumn("甲", ColumnType.TEXT, False), ReleaseColumn("b", ColumnType.NUMBER, True))
    bars = tuple((None, 0.1) for _ in data)
    release = Release(7, columns, tuple(data), bars, bars, COST, notes=("说明",))
    again = load(dump(release))
    assert again == release
    assert [[type(cell) for cell in row] for row in again.data] == [
        [type(cell) for cell in row] for row in data
    ]
    assert dump(again) == dump(release)


def test_stored_bytes_of_another_version_are_not_read() -> None:
    with pytest.raises(ValueError, match="version"):
        load(b'{"version": 0}')


@pytest.mark.parametrize(
    ("value", "kind", "cell"),
    [
        (-3.0, ColumnType.INTEGER, -3),
        (Decimal(41), ColumnType.INTEGER, 41),
        (12.34, ColumnType.NUMBER, 12.34),
        (math.inf, ColumnType.NUMBER, None),
        (math.nan, ColumnType.INTEGER, None),
        (dt.datetime(2025, 1, 2), ColumnType.DATE, dt.date(2025, 1, 2)),
        (dt.date(2025, 1, 2), ColumnType.TIMESTAMP, dt.datetime(2025, 1, 2)),
        (None, ColumnType.TEXT, None),
        (True, ColumnType.BOOLEAN, True),
    ],
)
def test_a_value_becomes_a_cell_of_its_type(value: object, kind: ColumnType, cell: Cell) -> None:
    found = as_cell(value, kind)
    assert found == cell
    assert type(found) is type(cell)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1", ColumnType.INTEGER),
        (True, ColumnType.NUMBER),
        (1, ColumnType.TEXT),
        ("x", ColumnType.DATE),
        (1, ColumnType.BOOLEAN),
    ],
)
def test_a_value_of_another_type_is_refused(value: object, kind: ColumnType) -> None:
    with pytest.raises(ResultInvalid):
        as_cell(value, kind)


def test_a_release_says_what_was_measured_and_what_it_cost() -> None:
    part = stage(1)
    noise = calibrate(part, 0.05, 0.0, min_units=10)
    released = pa.table({"k0": ["a"], "m0": [40.0], "m1": [10.5], "_cell": pa.array([0], pa.int64())})
    result = pa.table(
        {"city": ["a"], "n": [40], "total": [10.5], "mean": [0.26], "_cell": pa.array([0], pa.int64())}
    )
    release = to_release(plan_of(part), [noise], Known({"released": released}), result, cost=COST)
    assert [column.measured for column in release.columns] == [False, True, True, True]
    assert release.rows() == [("a", 40, 10.5, 0.26)]
    assert release.half_widths[0][0] is None
    assert all(width and width > 0 for width in release.half_widths[0][1:])
    assert (release.cost, release.notes) == (COST, ("a note",))


def test_public_answers_have_no_error_bars() -> None:
    column = OutputColumn("name", ColumnType.TEXT, Expression(Op.OPAQUE))
    plan = Plan("SELECT name FROM hospitals", (), Post("SELECT 1", (column,)), frozenset({"hospitals"}), {})
    release = to_release(plan, (), None, pa.table({"name": ["省医院"], "_cell": [0]}), cost=Cost(0, 0, 0))
    assert release.rows() == [("省医院",)]
    assert release.columns[0].measured is False
    assert release.half_widths == ((None,),)


def test_no_rows_is_an_answer() -> None:
    part = stage(1)
    noise = calibrate(part, 0.05, 0.0, min_units=10)
    released = pa.table(
        {
            "k0": pa.array([], pa.string()),
            "m0": pa.array([], pa.float64()),
            "m1": pa.array([], pa.float64()),
            "_cell": pa.array([], pa.int64()),
        }
    )
    result = pa.table(
        {c.name: pa.array([], pa.string() if c.key else pa.float64()) for c in COLUMNS}
        | {"_cell": pa.array([], pa.int64())}
    )
    release = to_release(plan_of(part), [noise], Known({"released": released}), result, cost=COST)
    assert release.rows() == []
    assert load(dump(release)) == release
