"""Runs a masking in a database, as the load does."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from sandbox.mask import Masking, masking, parameters
from sandbox.nouns.policy import Column, Key, Policy, Privacy, Source, Table

KEY = b"a key for tests, 32 bytes long!!"
DAY = dt.date(2026, 6, 1)


def policy(*columns: Column, folder: str = "", algorithm: str = "hmac-sha256", **table: Any) -> Policy:
    table.setdefault("unit", "id")
    return Policy(
        version=1,
        dataset="d",
        unit_type="person",
        folder=folder,
        key=Key(algorithm=algorithm),
        tables=(Table(name="t", source=Source(connector="parquet"), columns=columns, **table),),
        privacy=Privacy(epsilon=Decimal(1), delta=Decimal("1e-6")),
    )


def render(*columns: Column, **options: Any) -> Masking:
    made = policy(*columns, **options)
    return masking(made.tables[0], made, load_date=DAY)


def load(made: Masking, incoming: pa.Table, key: bytes = KEY) -> list[dict[str, Any]]:
    """Create the stored table, fill it, and read it back."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.register("incoming", incoming)
        connection.execute(made.ddl("stored"))
        connection.execute(
            f"INSERT INTO stored SELECT * FROM (SELECT {made.select} FROM incoming)",
            parameters(key) if made.keyed else [],
        )
        names = [column.name for column in made.columns]
        cursor = connection.execute("FROM stored")
        heads = [head[0] for head in cursor.description]
        assert heads == names if made.public else heads == ["_key", "_flags", *names]
        return [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]


def one_column(
    column: Column, values: list[Any] | pa.Array, ids: list[str] | None = None, **options: Any
) -> list[Any]:
    """Stored values of one column ``c`` for the given source values."""
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    ids = ids or [f"u{place}" for place in range(len(array))]
    rows = load(render(column, **options), pa.table({"id": ids, column.name: array}))
    return [row[column.name] for row in rows]


def flags(column: Column, values: list[Any], **options: Any) -> list[int]:
    array = pa.array(values)
    ids = [f"u{place}" for place in range(len(array))]
    return [
        row["_flags"] for row in load(render(column, **options), pa.table({"id": ids, column.name: array}))
    ]
