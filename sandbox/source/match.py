"""Does a source fit its policy: columns there and not there, and which files a load reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from sandbox.errors import LoadFailed
from sandbox.nouns.load import Manifest
from sandbox.nouns.policy import Column, ColumnType, Policy, Use
from sandbox.nouns.ports import SourceReader
from sandbox.source import open_source


def check_columns(policy: Policy, name: str, reader: SourceReader) -> None:
    """The source of a table has every column the policy names, and no other unless the policy lets it.

    A public table whose columns the policy leaves to its source takes them all.

    Raises:
        LoadFailed: ``column_missing``, ``column_unlisted``, each with all names.
    """
    table = policy.table(name)
    if table is None or not table.columns:
        return
    found, named = list(reader.schema.names), [column.name for column in table.columns]
    missing = [name for name in named if name not in found]
    if missing:
        raise LoadFailed(
            "column_missing",
            f"the source of {table.name} lacks {', '.join(missing)}",
            hint="correct the policy's column names, or the source",
        )
    unlisted = [name for name in found if name not in named]
    if unlisted and policy.on_unlisted == "error":
        raise LoadFailed(
            "column_unlisted",
            f"the source of {table.name} has columns that the policy does not name: {', '.join(unlisted)}",
            hint="list each with a class and a mask (mask: drop leaves it out), or set on_unlisted: drop",
        )


def with_public_columns(policy: Policy) -> Policy:
    """The policy with the columns of public tables that it leaves to their source."""
    tables = []
    for table in policy.tables:
        if table.public and not table.columns:
            schema = open_source(policy.folder, table.source).schema
            columns = tuple(public_column(field.name, column_type(field.type)) for field in schema)
            table = table.model_copy(update={"columns": columns})
        tables.append(table)
    return policy.model_copy(update={"tables": tuple(tables)})


def public_column(name: str, kind: ColumnType) -> Column:
    """A column of a public table: every use."""
    return Column(name=name, type=kind, use=frozenset(Use))


def left_to_source(policy: Policy, effective: Policy) -> dict[str, dict[str, ColumnType]]:
    """Columns of the public tables whose columns the policy leaves to their source."""
    return {
        table.name: {column.name: column.type for column in filled.columns}
        for table, filled in zip(policy.tables, effective.tables, strict=True)
        if table.public and not table.columns
    }


def with_columns(policy: Policy, manifest: Manifest) -> Policy:
    """The policy with public columns as the load in force found them."""
    tables = tuple(
        table.model_copy(
            update={
                "columns": tuple(
                    Column(name=name, type=kind, use=frozenset(Use))
                    for name, kind in manifest.public_columns[table.name].items()
                )
            }
        )
        if table.name in manifest.public_columns
        else table
        for table in policy.tables
    )
    return policy.model_copy(update={"tables": tables})


def column_type(arrow: pa.DataType) -> ColumnType:
    """Our type for a public source column; anything unusual is text."""
    tests: tuple[tuple[Callable[[pa.DataType], bool], ColumnType], ...] = (
        (pa.types.is_boolean, ColumnType.BOOLEAN),
        (pa.types.is_integer, ColumnType.INTEGER),
        (pa.types.is_floating, ColumnType.NUMBER),
        (pa.types.is_decimal, ColumnType.NUMBER),
        (pa.types.is_date, ColumnType.DATE),
        (pa.types.is_timestamp, ColumnType.TIMESTAMP),
    )
    return next((kind for test, kind in tests if test(arrow)), ColumnType.TEXT)


def source_files(policy: Policy) -> list[Path]:
    """Files behind the policy's sources, and the public files its masks read, that exist on this machine."""
    paths: list[Path] = []
    for table in policy.tables:
        names = [table.source.path] + [
            column.mask.file for column in table.columns if column.mask.op == "hierarchy"
        ]
        for name in filter(None, names):
            path = Path(policy.folder, name)
            if path.is_file():
                paths.append(path)
            elif path.is_dir():
                paths += sorted(inner for inner in path.rglob("*") if inner.is_file())
            else:
                paths += sorted(Path(policy.folder).glob(name)) if not Path(name).is_absolute() else []
    return paths


def source_fingerprint(policy: Policy) -> str:
    """Hash of path, size and time of change of every source file; ``""`` when a source is not a file."""
    files = source_files(policy)
    stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return hashlib.sha256(json.dumps(stats).encode()).hexdigest() if stats else ""
