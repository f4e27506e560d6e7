"""Run what a statement does with released values, in a database that holds nothing else.

The engine is jailed and gets only what is already public to the developer, so nothing can leak here; its
answer is still checked for shape, because later stations trust the types.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sandbox.nouns.plan import OutputColumn, Plan
from sandbox.nouns.policy import ColumnType
from sandbox.nouns.ports import Engine
from sandbox.release.shaping import CELL

if TYPE_CHECKING:
    import pyarrow as pa

ROW_LIMIT = 1_000_000
"""Most rows an answer may have."""


_turns: WeakKeyDictionary[Engine, threading.Lock] = WeakKeyDictionary()
_turns_lock = threading.Lock()


class ResultInvalid(RuntimeError):
    """Post-processing returned something the plan did not promise.

    ``kind`` is one of ``schema``, ``rows``, ``cells``; never a value.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def post_process(engine: Engine, plan: Plan, released: pa.Table) -> pa.Table:
    """Run ``plan.post`` over released values.

    Args:
        engine: an in-memory database with nothing in it; jobs that share it wait for their turn.
        plan: the statement's plan.
        released: from ``shape``.

    Returns:
        The output columns in order, then ``_cell``.

    Raises:
        ResultInvalid: the result has another shape.
    """
    with _turn(engine):  # the table has one name: two jobs at once would read each other's values
        engine.ingest(
            "CREATE OR REPLACE TEMP TABLE released AS SELECT * FROM incoming",
            released.schema,
            released.to_batches(),
        )
        try:
            table = engine.query(plan.post.sql)
        finally:
            engine.run("DROP TABLE IF EXISTS temp.released")
    check_result(plan, table, released.num_rows)
    return table


def _turn(engine: Engine) -> threading.Lock:
    with _turns_lock:
        return _turns.setdefault(engine, threading.Lock())


def check_result(plan: Plan, table: pa.Table, cells: int) -> None:
    """Names, types, number of rows and cell numbers are what the plan promised."""
    columns = plan.post.columns
    if table.column_names != [column.name for column in columns] + [CELL]:
        raise ResultInvalid("schema")
    if not all(_fits(column, table.column(place).type) for place, column in enumerate(columns)):
        raise ResultInvalid("schema")
    if table.num_rows > ROW_LIMIT:
        raise ResultInvalid("rows")
    numbers = table.column(len(columns)).to_pylist()
    if not all(number is None or (type(number) is int and 0 <= number < cells) for number in numbers):
        raise ResultInvalid("cells")


def _fits(column: OutputColumn, kind: pa.DataType) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        kind = kind.value_type
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    allowed = {
        ColumnType.TEXT: types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind),
        ColumnType.INTEGER: number,
        ColumnType.NUMBER: number,
        ColumnType.DATE: types.is_date(kind) or types.is_timestamp(kind),
        ColumnType.TIMESTAMP: types.is_date(kind) or types.is_timestamp(kind),
        ColumnType.BOOLEAN: types.is_boolean(kind),
    }
    return bool(types.is_null(kind) or allowed[column.type])
