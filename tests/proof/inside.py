"""One source behind the real gateway, in this process: the same load statements, plans, noise and records.

Real are the masks' and the workspace's SQL, ``OpenWorkspace``, ``Gateway``, planner, calibration, noise above
its primitives, post-processing, egress scan and the bytes of the answer. Stood in for are

- the jail: DuckDB of this process, with the settings of the jailed one;
- the randomness of a load: ranks and codes are ordered by a hash of the unit and its own row, so that two
  sources with one unit between them get the same draws for every other unit (rows that are alike in all
  columns may swap, which is no difference);
- the ledger, the keys and the clock: they write down what they are told.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from sandbox import mask
from sandbox.jail import Standing
from sandbox.jail.inmate import Tier
from sandbox.nouns.plan import PublicTable
from sandbox.nouns.policy import Column, Policy, Table
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.settings import Settings
from sandbox.workspace import EngineFailure, build
from sandbox.workspace.agreed import fill
from sandbox.workspace.inmate import engine as inmate
from sandbox.workspace.opened import OpenWorkspace

Row = Mapping[str, object]
TODAY = dt.date(2026, 1, 1)
KEY = b"a key that only this test has...."
SOURCE = {
    Kind.NUMBER: pa.float64(), Kind.INTEGER: pa.int64(), Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("us"), Kind.BOOLEAN: pa.bool_(),
}  # fmt: skip
"""What a source declares of a column; any other kind is text."""
Notes = list[tuple[object, ...]]
"""What one run did, in order: everything that must not depend on one unit."""


class Database:
    """DuckDB in this process behind the port ``Engine``; it notes what it is told to do."""

    alive = True

    def __init__(self, notes: Notes, connection: duckdb.DuckDBPyConnection | None = None) -> None:
        self.notes = notes
        self.connection = connection or configured()
        self._server = inmate.Server(self.connection)

    def query(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> pa.Table:
        del seconds
        self.notes.append(("query", sql))
        return self._tried(lambda: self._server._query(sql, parameters))

    def run(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> None:
        del seconds
        self.notes.append(("run", sql))
        self._tried(lambda: self.connection.execute(sql, parameters))

    def ingest(
        self,
        sql: str,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        parameters: Sequence[object] = (),
        *,
        seconds: float | None = None,
    ) -> None:
        del seconds
        table = pa.Table.from_batches(batches, schema)
        self.notes.append(("ingest", sql, written(table)))
        self._tried(lambda: self._ingest(sql, table, parameters))

    def _ingest(self, sql: str, table: pa.Table, parameters: Sequence[object]) -> None:
        self.connection.register("incoming", table)
        try:
            self.connection.execute(sql, parameters)
        finally:
            self.connection.unregister("incoming")

    def _tried(self, act: Any) -> Any:
        try:
            return act()
        except duckdb.Error:
            self.notes.append(("rejected",))
        raise EngineFailure("rejected")

    def interrupt(self) -> None:
        raise AssertionError("nobody stops a job here")

    def close(self) -> None:
        """Kept for the next job, as nothing of this one is in it."""


class Held(NamedTuple):
    """A table of released values that no statement has read yet."""

    create: str
    table: pa.Table
    data: bytes


class Waiting(Database):
    """An engine that makes tables of released values only when a statement over them has to be run."""

    def __init__(self, notes: Notes, connection: duckdb.DuckDBPyConnection | None = None) -> None:
        super().__init__(notes, connection)
        self.inner = Database([], self.connection)
        self.waiting: dict[str, Held] = {}

    def run(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> None:
        self.notes.append(("run", sql))
        place = re.sub(r"^DROP TABLE (IF EXISTS |temp\.)?", "", sql)
        if self.waiting.pop(place, None) is None:
            self.inner.run(sql, parameters, seconds=seconds)

    def ingest(
        self,
        sql: str,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        parameters: Sequence[object] = (),
        *,
        seconds: float | None = None,
    ) -> None:
        del parameters, seconds
        table = pa.Table.from_batches(batches, schema)
        found = re.fullmatch(r"CREATE OR REPLACE (?:TEMP )?TABLE (.*) AS SELECT \* FROM incoming", sql)
        assert found is not None, "released values come as whole tables"
        held = self.waiting[found[1]] = Held(sql, table, written(table))
        self.notes.append(("ingest", sql, held.data))

    def query(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> pa.Table:
        del seconds
        self.notes.append(("query", sql))
        assert not parameters, "a rendered statement holds its literals"
        return self.answered(sql)

    def answered(self, sql: str) -> pa.Table:
        """What the statement says over the tables that wait."""
        raise NotImplementedError


class Memory(Waiting):
    """The engine of released values: the same statement over the same tables has the same answer."""

    def __init__(self, notes: Notes, known: dict[tuple[object, ...], pa.Table | None]) -> None:
        super().__init__(notes)
        self._known = known

    def answered(self, sql: str) -> pa.Table:
        key = (sql, *((name, held.data) for name, held in sorted(self.waiting.items())))
        if key not in self._known:
            try:
                self._known[key] = with_tables(self.inner, self.waiting, sql)
            except EngineFailure:
                self._known[key] = None
        found = self._known[key]
        if found is None:
            raise EngineFailure("rejected")
        return found


def with_tables(engine: Database, tables: Mapping[str, Held], sql: str) -> pa.Table:
    """Run a statement over tables that are made for it and gone afterwards."""
    try:
        for held in tables.values():
            engine.ingest(held.create, held.table.schema, held.table.to_batches())
        return engine.query(sql)
    finally:
        for place in tables:
            engine.run(f"DROP TABLE IF EXISTS {place}")


def configured() -> duckdb.DuckDBPyConnection:
    """An empty database as the query engine's, but for what would lock this process's files away."""
    connection = inmate.start()
    connection.execute("SET disabled_optimizers='join_filter_pushdown'")
    connection.execute("SET max_expression_depth=250")
    return connection


def holder() -> duckdb.DuckDBPyConnection:
    """An empty database with the catalogues of a load."""
    connection = configured()
    for name in (build.SNAPSHOT, build.WORKSPACE):
        connection.execute(f"ATTACH ':memory:' AS {name}")
    return connection


def written(table: pa.Table) -> bytes:
    """A table's schema and cells as bytes (Arrow's own say what memory held under a NULL)."""
    cells = [column.to_pylist() for column in table.columns]
    return repr((table.schema.to_string(), cells)).encode()


class Opened(OpenWorkspace):
    """The real workspace over databases of this process.

    Args:
        own: where this source is loaded, and answers by itself.
        here: the engine that is asked.
        values: the engine of released values.
    """

    def __init__(self, own: duckdb.DuckDBPyConnection, here: Database, values: Database) -> None:
        super().__init__(Settings(), Standing(Tier.OFF, ()), unseal=lambda path: path.touch(), size=0)
        self.own, self._here, self._values = own, here, values

    def end(self) -> None:
        """Close all for good."""
        for each in (self.own, self._values.connection):
            each.close()

    def _open_data(self) -> Any:
        return self._here

    def _open(self, files: dict[str, Path]) -> Any:
        assert not files
        return self._values


class Loader(Database):
    """The engine of a load, with each ``random()`` a function of the unit, its own row and a seed."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, seed: int) -> None:
        super().__init__([], connection)
        self._seed = seed

    def run(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> None:
        sql = sql.replace("random() AS place", f"hash(_key, {self._seed}) AS place")
        sql = re.sub(
            r"SELECT _key, random\(\) AS _place((?:, \"[^\"]*\")*) FROM",
            rf"SELECT _key, hash(_key, {self._seed}\1) AS _place\1 FROM",
            sql,
        )
        assert "random()" not in sql
        super().run(sql, parameters, seconds=seconds)


def incoming(table: Table, columns: Sequence[str], rows: Sequence[Row]) -> pa.Table:
    """Source rows as a connector gives them."""
    kinds = {column.name: SOURCE.get(column.type, pa.string()) for column in table.columns}
    cells = {name: [_cell(row.get(name), kinds[name]) for row in rows] for name in columns}
    return pa.table({name: pa.array(cells[name], kinds[name]) for name in columns})


def _cell(value: object, kind: pa.DataType) -> object:
    return float(str(value)) if value is not None and pa.types.is_floating(kind) else value


def load(workspace: Opened, policy: Policy, rows: Mapping[str, Sequence[Row]], seed: int) -> None:
    """Mask, store, rank and cut the rows, by the very statements of a load."""
    con = workspace.own
    for catalogue in (build.SNAPSHOT, build.WORKSPACE):
        for table in policy.tables:
            con.execute(f"DROP TABLE IF EXISTS {catalogue}.{build.quoted(table.name)}")
    con.execute("DROP TABLE IF EXISTS temp.units")
    engine = Loader(con, seed)
    for table in policy.tables:
        masking = mask.masking(table, policy, load_date=TODAY)
        engine.run(masking.ddl(build.snapshot_name(table)))
        source = incoming(table, masking.source_columns, rows.get(table.name, ()))
        engine.ingest(
            build.snapshot_sql(table, masking.select, masking.unit_present), source.schema,
            source.to_batches(), mask.parameters(KEY) if masking.keyed else (),
        )  # fmt: skip
        for statement in build.owned_sql(table) if table.via is not None else ():
            engine.run(statement)
    columns = {table.name: [column.name for column in granted(table)] for table in policy.tables}
    fill(engine, policy, policy.tables, columns)


def granted(table: Table) -> list[Column]:
    """Columns that every use is granted of."""
    return [column for column in table.columns if column.use]


def public_facts(workspace: Opened, policy: Policy) -> dict[str, PublicTable]:
    """Facts of the public tables that were loaded."""
    engine = Database([], workspace.own)
    return {table.name: build.public_facts(engine, table) for table in policy.tables if table.public}
