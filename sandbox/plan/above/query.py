"""A query whose rows are public: over released values and public tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sandbox.nouns.plan import Expression, Op, OutputColumn
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.above.reading import Reading
from sandbox.plan.clauses import Item
from sandbox.plan.names import Scan
from sandbox.plan.types import Value

MOST_ROWS = 1_000_000
"""Rows of a released table with discovered keys, and of any answer."""
STORAGE = {
    Kind.TEXT: t.VARCHAR, Kind.INTEGER: t.BIGINT, Kind.NUMBER: t.DOUBLE, Kind.DATE: t.DATE,
    Kind.TIMESTAMP: t.TIMESTAMP, Kind.BOOLEAN: t.BOOLEAN,
}  # fmt: skip
"""The one type in which each kind of value is shown."""

Cell = tuple[str, tuple[int, ...]]
"""A column that tells the row of a released table, and which boundaries' it may be."""


@dataclass(frozen=True)
class Query:
    """Complete but for the released relations that it names."""

    sql: str
    """Its columns are called ``c0``, ``c1`` … inside a statement, as the developer does at its top."""
    items: tuple[Item, ...]
    reading: Reading
    rows: int
    """At most so many rows."""
    size: int
    """Rows that what is done with it is sized for."""
    cells: tuple[Cell, ...] = ()
    """What follows the items."""
    unique: tuple[int, ...] = ()
    """Places of items that no two rows share all of; empty: none."""


def names_of(items: list[Item], outermost: bool) -> list[str]:
    """What the items are called in SQL."""
    if outermost:
        return [t.quote(item.column.name) for item in items]
    return [f'"c{place}"' for place in range(len(items))]


def shown_sql(item: Item, outermost: bool) -> str:
    """An item as SQL; inside a statement in the one type of its kind."""
    if outermost:
        return item.sql
    return f"TRY_CAST({item.sql} AS {STORAGE[item.column.type]})"


def as_shown(value: Value) -> Value:
    """A key of groups as it is shown, in its one type and finite: a conversion afterwards could make two of
    them alike, and whoever joins them counts on their being different."""
    if value.kind is Kind.NUMBER:
        x = t.as_double(value)
        sql = f"(CASE WHEN isfinite({x}) THEN {x} END)"
        return replace(value, sql=sql, storage=t.DOUBLE, scale=0, nullable=True, enforced=None)
    shown = STORAGE[value.kind] if value.kind is not None else value.storage
    if value.storage in (shown, t.ENUM):
        return value
    return replace(
        value, sql=f"TRY_CAST({value.sql} AS {shown})", storage=shown, scale=0, nullable=True, enforced=None
    )


def selected(items: list[Item], cells: list[tuple[str, str]], outermost: bool) -> str:
    """``SELECT`` with every item and cell named."""
    pairs = zip(items, names_of(items, outermost), strict=True)
    parts = [f"{shown_sql(item, outermost)} AS {name}" for item, name in pairs]
    return "SELECT " + ", ".join([*parts, *(f"{sql} AS {t.quote(name)}" for sql, name in cells)])


def recalled(item: Item, sql: str, cells: Mapping[str, str]) -> Value:
    """An item as the FROM around its query sees it.

    Released values are public, so nothing that they were computed from is read again. Bounds follow from how
    they were computed; nothing enforces them here. How much a text has grown is not forgotten: subqueries
    around subqueries would multiply it without end.
    """
    value, kind = item.value, item.column.type
    return Value(
        sql, kind, STORAGE[kind],
        range=value.range, days=value.days, domain=value.domain, integral=kind is Kind.INTEGER,
        expression=moved(item.column.expression, cells), measured=value.measured, growth=value.growth,
    )  # fmt: skip


def moved(expression: Expression, cells: Mapping[str, str]) -> Expression:
    """The same expression where the cells are called otherwise; opaque where one is no longer told."""
    if expression.op in (Op.MEASURE, Op.BRANCH):
        cell = cells.get(expression.cell)
        if cell is None:
            return Expression(Op.OPAQUE)
        expression = replace(expression, cell=cell)
    return replace(expression, args=tuple(moved(argument, cells) for argument in expression.args))


Told = tuple[str, str, str, tuple[int, ...]]
"""A cell: its SQL, its name in expressions, its name in the result, and the boundaries it may be of."""


def told_by(scans: Iterable[Scan]) -> list[Told]:
    """The cells of released relations in FROM, each with a name of its own."""
    found = [(scan.name, cell, stages) for scan in scans for cell, stages in scan.cells]
    return [
        (f"{name}.{t.quote(cell)}", f"{name}.{cell}", f"_cell{number}", stages)
        for number, (name, cell, stages) in enumerate(found)
    ]


def retold(item: Item, cells: Mapping[str, str]) -> Item:
    """An item whose measures name the cells of the result."""
    return replace(item, column=replace(item.column, expression=moved(item.column.expression, cells)))


def answer_columns(query: Query) -> tuple[OutputColumn, ...]:
    """The columns of the answer; over public tables alone nothing is of anybody's rows."""
    columns = tuple(item.column for item in query.items)
    return columns if query.reading.noisy else tuple(replace(one, from_rows=False) for one in columns)
