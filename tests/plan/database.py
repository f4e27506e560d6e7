"""A small workspace in the layout of a load, in plain DuckDB, and the way an answer takes without noise."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from sandbox.noise.choice import histogram, scores
from sandbox.nouns.first import first_bits
from sandbox.nouns.plan import Measure, Plan, Stage
from sandbox.nouns.policy import Column, Table
from sandbox.nouns.policy import ColumnType as Kind

Row = dict[str, object]


def storage(column: Column) -> str:
    """DuckDB type that a load stores a column with."""
    if column.domain is not None:
        return "ENUM(" + ", ".join(f"'{value}'" for value in column.domain) + ")"
    if column.type is Kind.NUMBER:
        return f"DECIMAL(18, {column.scale})" if column.scale is not None else "DOUBLE"
    return {
        Kind.INTEGER: "BIGINT",
        Kind.DATE: "DATE",
        Kind.TIMESTAMP: "TIMESTAMP",
        Kind.BOOLEAN: "BOOLEAN",
    }.get(column.type, "VARCHAR")


def connect() -> duckdb.DuckDBPyConnection:
    """An empty workspace with two threads."""
    con = duckdb.connect(":memory:", config={"threads": 2})
    con.execute("ATTACH ':memory:' AS workspace")
    return con


def create(con: duckdb.DuckDBPyConnection, table: Table) -> None:
    """The empty table."""
    columns = [f'"{c.name}" {storage(c)}' for c in table.columns if c.name != table.unit]
    ranks = [] if table.public else ['"_unit" UINTEGER', '"_rank" UINTEGER', '"_first" UINTEGER']
    con.execute(f'CREATE OR REPLACE TABLE workspace."{table.name}" ({", ".join(ranks + columns)})')


def fill(
    con: duckdb.DuckDBPyConnection, table: Table, rows: Iterable[Row], bound: int, seed: int = 0
) -> None:
    """Rows as a load keeps them: ranked within their unit in random order, cut at the bound, values clamped.

    A row names its unit under the table's unit column. The rank depends on the unit's own rows alone.
    """
    create(con, table)
    names = [c.name for c in table.columns if c.name != table.unit]
    stored: list[Sequence[object]] = []
    if table.public or table.unit is None:
        stored = [[row.get(name) for name in names] for row in rows]
    else:
        units: dict[object, list[Row]] = {}
        for row in rows:
            units.setdefault(row[table.unit], []).append(row)
        for unit, own in units.items():
            random.Random(f"{seed}/{unit}").shuffle(own)
            stored += [
                [unit, rank, first(table, own, rank), *(row.get(n) for n in names)]
                for rank, row in enumerate(own[:bound])
            ]
    if stored:
        marks = ", ".join("?" * len(stored[0]))
        con.executemany(f'INSERT INTO workspace."{table.name}" VALUES ({marks})', [list(r) for r in stored])


def beside(con: duckdb.DuckDBPyConnection, table: Table, rows: Iterable[Row]) -> None:
    """The same rows as a table of the statement's own names, for plain DuckDB to answer it."""
    columns = {column.name: storage(column) for column in table.columns}
    columns |= {table.unit: "INTEGER"} if table.unit else {}
    con.execute(f"CREATE TABLE {table.name} ({', '.join(map(' '.join, columns.items()))})")
    marks = ", ".join("?" * len(columns))
    lines = [[row.get(name) for name in columns] for row in rows]
    con.executemany(f"INSERT INTO {table.name} VALUES ({marks})", lines)


def macros(con: duckdb.DuckDBPyConnection) -> None:
    """Functions of the dialect that plain DuckDB lacks."""
    con.execute("CREATE MACRO clamp(x, lo, hi) AS CASE WHEN x < lo THEN lo WHEN x > hi THEN hi ELSE x END")
    con.execute(
        "CREATE MACRO width_bucket(x, lo, hi, n) AS CASE WHEN x < lo THEN 0 WHEN x >= hi THEN n + 1 "
        "ELSE floor((x - lo) * n / (hi - lo)) + 1 END"
    )


def first(table: Table, own: Sequence[Row], rank: int) -> int:
    """Bits of the columns whose value no earlier row of the unit has."""
    seen = {name: [row.get(name) for row in own[:rank]] for name in first_bits(table)}
    return sum(1 << bit for name, bit in first_bits(table).items() if own[rank].get(name) not in seen[name])


def exact(con: duckdb.DuckDBPyConnection, stage: Stage) -> list[dict[str, object]]:
    """The stage's exact rows; each measure is checked to be a 64-bit integer that is never NULL."""
    cursor = con.execute(stage.exact_sql)
    names = [item[0] for item in cursor.description]
    assert names == [key.name for key in stage.keys] + [measure.name for measure in stage.measures]
    types = [str(item[1]) for item in cursor.description][len(stage.keys) :]
    wanted = [
        "BIGINT" if m.choice is None else 'STRUCT("key" BIGINT, "value" UBIGINT)[]' for m in stage.measures
    ]
    assert types == wanted, types
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert all(row[measure.name] is not None for row in rows for measure in stage.measures)
    return rows


def answer(con: duckdb.DuckDBPyConnection, plan: Plan) -> list[tuple[object, ...]]:
    """The statement's answer with noise 0; groups without units are left out, as plain SQL does."""
    if plan.public:
        return [row[:-1] for row in con.execute(plan.post.sql).fetchall()]
    for stage in plan.stages:
        measured(con, stage)
    return [row[: len(plan.post.columns)] for row in con.execute(plan.post.sql).fetchall()]


TYPES = {
    Kind.TEXT: pa.string(), Kind.INTEGER: pa.int64(), Kind.NUMBER: pa.float64(), Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"), Kind.BOOLEAN: pa.bool_(),
}  # fmt: skip


def measured(con: duckdb.DuckDBPyConnection, stage: Stage) -> None:
    """A stage's released table without noise, beside the released relations that the stage reads."""
    come_back(con, stage)
    shown = [row for row in exact(con, stage) if not stage.unit_measure or row[stage.unit_measure]]
    columns = {"_cell": pa.array(range(len(shown)), pa.int64())}
    columns |= {key.name: pa.array([row[key.name] for row in shown], TYPES[key.type]) for key in stage.keys}
    for m in stage.measures:
        values = [float(best(m, row[m.name]) * m.quantum) for row in shown]
        columns[m.name] = pa.array(values, pa.float64())
    con.register("incoming", pa.table(columns))
    con.execute(f'CREATE OR REPLACE TABLE "{stage.released}" AS SELECT * FROM incoming')
    con.unregister("incoming")


def come_back(con: duckdb.DuckDBPyConnection, stage: Stage) -> None:
    """What a stage reads of earlier ones, checked to be as unique as its sensitivity counts on."""
    for item in stage.needs:
        con.execute(f'CREATE OR REPLACE TABLE "{item.name}" AS {item.sql}')
        cursor = con.execute(f'SELECT * FROM "{item.name}"')
        assert [part[0] for part in cursor.description] == [name for name, _ in item.columns]
        rows = cursor.fetchall()
        assert len(rows) <= item.rows
        places = [number for number, (name, _) in enumerate(item.columns) if name in item.unique]
        assert not places or len({tuple(row[n] for n in places) for row in rows}) == len(rows)


def best(measure: Measure, exact: object) -> int:
    """What a measure would be without noise: the number itself, or the lowest of the best candidates."""
    if measure.choice is None:
        return int(str(exact))
    assert isinstance(exact, list)
    found = scores(measure.choice, histogram(measure.choice, exact))
    return measure.choice.first + found.index(max(found))


def changes(measure: Measure, before: object, after: object) -> int:
    """How far one group's exact value moved; of a pick, the score that moved furthest."""
    if measure.choice is None:
        return abs(int(str(after or 0)) - int(str(before or 0)))
    lists = [each if isinstance(each, list) else [] for each in (before, after)]
    old, new = (scores(measure.choice, histogram(measure.choice, each)) for each in lists)
    return max(abs(a - b) for a, b in zip(old, new, strict=True))
