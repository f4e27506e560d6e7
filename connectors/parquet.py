"""Parquet: one file, a folder of ``*.parquet`` files or a glob, all with one schema."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from sandbox.errors import LoadFailed

BATCH_ROWS = 131_072


class ParquetConnector:
    """Opens Parquet files; it has no options."""

    def open(self, path: str, options: Mapping[str, str]) -> ParquetReader:
        """Read the footers of every file.

        Raises:
            LoadFailed: ``source_missing``, ``source_unreadable``, ``source_option``,
                ``source_schema_mixed``, ``source_header`` (a column name stands twice).
        """
        for name in options:
            raise LoadFailed(
                "source_option", f"the source option {name[:60]!r} is not usable",
                hint="a Parquet source has no options",
            )  # fmt: skip
        return ParquetReader(_files(path))


class ParquetReader:
    """One reading of the files, in order of their names. Dictionary columns arrive as their values."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = files
        self._rows = 0
        self._bad: list[tuple[int, str]] = []
        schemas = [self._footer(file) for file in files]
        self.schema = schemas[0]
        if any(not schema.equals(self.schema) for schema in schemas):
            raise LoadFailed(
                "source_schema_mixed", "the files of the source do not have the same columns and types",
                hint="write them with one schema, or make them tables of their own",
            )  # fmt: skip
        if len(set(self.schema.names)) < len(self.schema.names):
            raise LoadFailed(
                "source_header",
                "a column name stands twice in the source",
                hint="give every column its own name",
            )

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Stream the named columns, at most 131 072 rows at a time.

        Raises:
            LoadFailed: ``source_type`` for a nested column, ``source_columns`` for one that is not there,
                ``source_unreadable``.
        """
        for name in columns:
            if name not in self.schema.names:
                raise LoadFailed("source_columns", "a column that was asked for is not in the source")
            kind = self.schema.field(name).type
            if pa.types.is_nested(kind):
                raise LoadFailed(
                    "source_type", f"the column {name[:60]!r} is nested (list, struct or map)",
                    hint="flatten it in the source, or leave it out with mask: drop",
                )  # fmt: skip
        return self._batches(list(columns))

    def bad_lines(self) -> Sequence[tuple[int, str]]:
        """(row, ``encoding``) of rows with text that is not UTF-8; rows count from 1 over all files."""
        return tuple(self._bad)

    def rows_hint(self) -> int | None:
        """Rows of all files, from their footers."""
        return self._rows

    def _footer(self, file: Path) -> pa.Schema:
        try:
            with parquet.ParquetFile(file) as opened:
                self._rows += opened.metadata.num_rows
                schema = opened.schema_arrow
        except (pa.ArrowException, OSError, ValueError):
            raise _unreadable() from None
        return pa.schema([pa.field(field.name, _plain(field.type)) for field in schema])

    def _batches(self, columns: list[str]) -> Iterator[pa.RecordBatch]:
        wanted = pa.schema([self.schema.field(name) for name in columns])
        before = 0
        for file in self._files:
            try:
                with parquet.ParquetFile(file) as opened:
                    for batch in opened.iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
                        yield self._checked(_as(batch, wanted), before)
                        before += batch.num_rows
            except (pa.ArrowException, OSError, ValueError):
                raise _unreadable() from None

    def _checked(self, batch: pa.RecordBatch, before: int) -> pa.RecordBatch:
        """The batch without rows whose text is not UTF-8."""
        try:
            batch.validate(full=True)
        except pa.ArrowInvalid:
            good = [_readable(row) for row in zip(*(_raw(column) for column in batch.columns), strict=True)]
            self._bad += [(before + place, "encoding") for place, fine in enumerate(good, 1) if not fine]
            return batch.filter(pa.array(good))
        return batch


def _files(path: str) -> list[Path]:
    place = Path(path)
    if place.is_file():
        return [place]
    found = place.rglob("*.parquet") if place.is_dir() else map(Path, glob.glob(path, recursive=True))
    files = sorted(file for file in found if file.is_file() and not file.name.startswith((".", "_")))
    if not files:
        raise LoadFailed("source_missing", "no source file is there", hint="check the path in the policy")
    return files


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _as(batch: pa.RecordBatch, wanted: pa.Schema) -> pa.RecordBatch:
    """Columns in the order asked for, dictionaries decoded."""
    columns = [batch.column(name) for name in wanted.names]
    plain = [item.dictionary_decode() if pa.types.is_dictionary(item.type) else item for item in columns]
    return pa.RecordBatch.from_arrays(plain, schema=wanted)


def _raw(column: pa.Array) -> list[bytes | None]:
    """Text as bytes; other types cannot be undecodable."""
    if pa.types.is_string(column.type):
        raw: list[bytes | None] = column.view(pa.binary()).to_pylist()
        return raw
    if pa.types.is_large_string(column.type):
        large: list[bytes | None] = column.view(pa.large_binary()).to_pylist()
        return large
    return [None] * len(column)


def _readable(values: Sequence[bytes | None]) -> bool:
    try:
        for value in values:
            if value is not None:
                value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unreadable() -> LoadFailed:
    return LoadFailed(
        "source_unreadable",
        "the source is not a Parquet file that can be read",
        hint="check that it is whole",
    )
