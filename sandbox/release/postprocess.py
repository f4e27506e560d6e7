"""Run what a statement does with released values, in a database that holds nothing else.

The engine is jailed and gets only what is already public to the developer, so nothing can leak here; its
answer is still checked for shape, because later stations trust the types.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from sandbox.nouns.plan import BRANCH, Plan, Returned
from sandbox.nouns.policy import ColumnType
from sandbox.nouns.ports import Engine

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


@dataclass(frozen=True)
class Known:
    """What post-processing may read: released values, and public tables beside them."""

    released: Mapping[str, pa.Table]
    """Each stage's table by ``Stage.released``."""
    public: Mapping[tuple[str, str], pa.Table] = field(default_factory=dict)
    """Loaded public tables by schema and name."""


def post_process(engine: Engine, plan: Plan, known: Known) -> pa.Table:
    """Run ``plan.post`` over released values.

    Args:
        engine: an in-memory database with nothing in it; jobs that share it wait for their turn.
        plan: the statement's plan.
        known: all that it may read.

    Returns:
        The output columns in order, then the cells.

    Raises:
        ResultInvalid: the result has another shape.
    """
    table = _computed(engine, plan.post.sql, known)
    check_result(plan, table, known)
    return table


def come_back(engine: Engine, returned: Returned, known: Known) -> pa.Table:
    """Compute a released relation that a later stage reads.

    Raises:
        ResultInvalid: it has other columns, more rows, or rows that are less unique than the later stage's
            sensitivity counts on. That depends on released values alone.
    """
    table = _computed(engine, returned.sql, known)
    if table.column_names != [name for name, _ in returned.columns]:
        raise ResultInvalid("schema")
    if not all(_fits(kind, table.column(name).type) for name, kind in returned.columns):
        raise ResultInvalid("schema")
    if table.num_rows > returned.rows:
        raise ResultInvalid("rows")
    if returned.unique:
        tuples = zip(*(table.column(name).to_pylist() for name in returned.unique), strict=True)
        if len(set(tuples)) != table.num_rows:
            raise ResultInvalid("rows")
    return table


def _computed(engine: Engine, sql: str, known: Known) -> pa.Table:
    """One query over a database that holds just these tables, and nothing afterwards."""
    places = {f'"main".{_quoted(name)}': table for name, table in known.released.items()}
    places |= {f"{_quoted(schema)}.{_quoted(name)}": table for (schema, name), table in known.public.items()}
    with _turn(engine):  # a table has one name: two jobs at once would read each other's values
        try:
            for schema, _ in known.public:
                engine.run(f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)}")
            for place, table in places.items():
                create = f"CREATE OR REPLACE TABLE {place} AS SELECT * FROM incoming"
                engine.ingest(create, table.schema, table.to_batches())
            return engine.query(sql)
        finally:
            for place in places:
                engine.run(f"DROP TABLE IF EXISTS {place}")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _turn(engine: Engine) -> threading.Lock:
    with _turns_lock:
        return _turns.setdefault(engine, threading.Lock())


def check_result(plan: Plan, table: pa.Table, known: Known) -> None:
    """Names, types, number of rows and cell numbers are what the plan promised."""
    columns, cells = plan.post.columns, plan.post.cells
    if table.column_names != [column.name for column in columns] + [name for name, _ in cells]:
        raise ResultInvalid("schema")
    if not all(_fits(column.type, table.column(place).type) for place, column in enumerate(columns)):
        raise ResultInvalid("schema")
    if table.num_rows > ROW_LIMIT:
        raise ResultInvalid("rows")
    for place, (_, stages) in enumerate(cells, start=len(columns)):
        of = [plan.stages[stage].released for stage in stages] if plan.stages else []
        sizes = [known.released[name].num_rows for name in of]
        if not all(_is_cell(number, sizes) for number in table.column(place).to_pylist()):
            raise ResultInvalid("cells")


def _is_cell(number: object, sizes: Sequence[int]) -> bool:
    if number is None:
        return True
    if type(number) is not int or number < 0:
        return False
    branch, row = divmod(number, BRANCH)
    return branch < len(sizes) and row < sizes[branch]


def _fits(column: ColumnType, kind: pa.DataType) -> bool:
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
    return bool(types.is_null(kind) or allowed[column])
