"""A workspace of invented rows: the same storage as a real one, and none of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from sandbox import mask
from sandbox.dummy.people import TODAY, Draws
from sandbox.dummy.tables import Rows, invented
from sandbox.jail import Standing
from sandbox.mask.text import identifier
from sandbox.nouns.policy import Policy, Table, Use
from sandbox.nouns.ports import Engine
from sandbox.settings import Settings
from sandbox.source import open_source
from sandbox.workspace import build, open_engine
from sandbox.workspace.agreed import fill


def build_workspace(
    path: Path,
    policy: Policy,
    grants: Mapping[str, Mapping[str, frozenset[Use]]],
    *,
    settings: Settings,
    standing: Standing,
) -> None:
    """Write a workspace's database file of invented rows: granted columns, ranks, order, as in a real one.

    Args:
        path: where; its folder is in memory and private to this build.
        policy: with the columns of public tables.
        grants: what the agreement grants now.

    Raises:
        EngineFailure: ``memory``, ``deadline``, ``died``.
        Unavailable: ``dummy_unavailable``.
        LoadFailed: a public source or hierarchy file that cannot be read.
    """
    columns = {name: listed for name, listed in build.granted(policy, grants).items() if listed}
    tables = [_only(table, columns[table.name]) for table in policy.tables if table.name in columns]
    rows = invented(policy)
    snapshot = path.parent / "snapshot.duckdb"
    engine = open_engine(
        standing,
        build={build.SNAPSHOT: snapshot, build.WORKSPACE: path},
        memory_bytes=settings.engine_memory,
        threads=settings.engine_threads,
        seconds=settings.query_seconds,
    )
    try:
        for table in tables:
            if table.public:
                _public(engine, policy, table)
            else:
                _protected(engine, policy, table, rows[table.name])
        fill(engine, policy, tables, columns)
        engine.run(f"CHECKPOINT {build.WORKSPACE}")
    finally:
        engine.close()
        snapshot.unlink(missing_ok=True)


def _only(table: Table, names: Sequence[str]) -> Table:
    columns = tuple(column for column in table.columns if column.name in names)
    return table.model_copy(update={"columns": columns})


def _protected(engine: Engine, policy: Policy, table: Table, rows: Rows) -> None:
    """Invented cells cross as text and are stored under the very types that the masks' results are."""
    masking = mask.masking(table, policy, load_date=TODAY)
    engine.run(masking.ddl(build.snapshot_name(table)))
    arrays = {"_key": pa.array([str(unit) for unit in rows.units], pa.string())}
    for column in masking.columns:
        cells = rows.columns[column.name]
        arrays[column.name] = pa.array([None if each is None else str(each) for each in cells], pa.string())
    stored = ", ".join(f"TRY_CAST({identifier(it.name)} AS {it.sql_type})" for it in masking.columns)
    stored += ", NULL" if masking.referenced else ""
    incoming = pa.table(arrays)
    statement = build.snapshot_sql(table, f"_key::UHUGEINT, 0::UBIGINT, {stored}", "true")
    engine.ingest(statement, incoming.schema, incoming.to_batches())


def _public(engine: Engine, policy: Policy, table: Table) -> None:
    """A public table as it is, through its masks; a keyed one gets a key of the dummy's own."""
    masking = mask.masking(table, policy, load_date=TODAY)
    engine.run(masking.ddl(build.snapshot_name(table)))
    reader = open_source(policy.folder, table.source)
    schema = pa.schema([reader.schema.field(column) for column in masking.source_columns])
    key = Draws(policy.sha256.encode()[:64]).digits("key").encode()
    engine.ingest(
        build.snapshot_sql(table, masking.select, "true"), schema,
        reader.batches(masking.source_columns), mask.parameters(key) if masking.keyed else (),
    )  # fmt: skip
