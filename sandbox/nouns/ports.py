"""Ports: what one station needs from another, without importing it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class Engine(Protocol):
    """One isolated database process. It runs only SQL that we rendered.

    A failure raises ``sandbox.workspace.EngineFailure`` with a class (``deadline``, ``memory``, ``died``,
    ``rejected``), never with text.
    """

    def query(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> pa.Table:
        """Run one statement and return its rows."""
        ...

    def run(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> None:
        """Run one statement for its effect."""
        ...

    def ingest(
        self,
        sql: str,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        parameters: Sequence[object] = (),
        *,
        seconds: float | None = None,
    ) -> None:
        """Run one statement that reads the streamed batches as table ``incoming``."""
        ...

    def close(self) -> None:
        """End the process; idempotent."""
        ...


class Connector(Protocol):
    """A kind of source: opens it and streams Arrow batches. One file per kind, registered by entry point."""

    def open(self, path: str, options: Mapping[str, str]) -> SourceReader:
        """Open a source for one reading.

        Args:
            path: absolute path, or an address the connector understands.
            options: the policy's ``source`` keys besides ``connector`` and ``path``.

        Raises:
            LoadFailed: ``source_missing``, ``source_unreadable``, ``source_option``.
        """
        ...


class SourceReader(Protocol):
    """An opened source."""

    schema: pa.Schema
    """Columns as the source declares them, before any selection."""

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Stream the named columns in batches of at most 131 072 rows. May be called once."""
        ...

    def bad_lines(self) -> Sequence[tuple[int, str]]:
        """Rows that could not be read: (line, reason), known once ``batches`` is exhausted. Reasons are fixed
        words (``columns``, ``encoding``, ``quote``, ``length``), never a value."""
        ...

    def rows_hint(self) -> int | None:
        """Number of rows if the source knows it cheaply (progress bars only)."""
        ...
