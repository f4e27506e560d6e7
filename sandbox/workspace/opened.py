"""An opened workspace: its jailed query engine, and a second one that only ever holds released values."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from sandbox.jail import Standing
from sandbox.nouns.ports import Engine
from sandbox.settings import Settings
from sandbox.workspace.build import WORKSPACE
from sandbox.workspace.engine import EngineFailure, JailedEngine, open_engine
from sandbox.workspace.scratch import Scratch, require_room

NOTHING: Mapping[str, pa.Table] = MappingProxyType({})


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class OpenWorkspace:
    """The engines of one workspace, opened when first needed and again after a failure.

    Args:
        unseal: writes the workspace's DuckDB file to the path it is given.
        size: bytes of the sealed file, to ask for room.
    """

    def __init__(
        self, settings: Settings, standing: Standing, *, unseal: Callable[[Path], None], size: int
    ) -> None:
        self._settings = settings
        self._standing = standing
        self._unseal = unseal
        self._size = size
        self._data: JailedEngine | None = None
        self._released: JailedEngine | None = None
        self._interrupted = False
        self._lock = threading.RLock()

    def exact(self, sql: str, beside: Mapping[str, pa.Table] = NOTHING) -> pa.Table:
        """Run one rendered statement over the workspace.

        Args:
            sql: the statement.
            beside: released tables that it reads, by name; gone afterwards.

        Raises:
            EngineFailure: the engine is gone and will be opened anew for the next statement.
        """
        with self._lock:
            engine = self.data()
            try:
                for name, table in beside.items():
                    create = f"CREATE OR REPLACE TEMP TABLE {_quoted(name)} AS SELECT * FROM incoming"
                    engine.ingest(create, table.schema, table.to_batches())
                found = engine.query(sql, seconds=self._settings.query_seconds)
                for name in beside:
                    engine.run(f"DROP TABLE temp.{_quoted(name)}")
            except EngineFailure:
                self._drop_data()
                raise
            return found

    def data(self) -> Engine:
        """The engine that has the workspace attached, read-only."""
        with self._lock:
            if self._interrupted:
                self._interrupted = False
                self._drop_data()
                self.drop_released()
            if self._data is None or not self._data.alive:
                self._drop_data()
                self._data = self._open_data()
            return self._data

    def released(self) -> Engine:
        """An in-memory engine that holds nothing but released values."""
        with self._lock:
            if self._released is None or not self._released.alive:
                self.drop_released()
                self._released = self._open({})
            return self._released

    def interrupt(self) -> None:
        """Kill both engines under the job that uses them now; it fails, the next one gets new engines.

        Takes no lock, since the job holds it. The caller sees to it that the job to be killed is still there.
        """
        self._interrupted = True
        for engine in (self._data, self._released):
            if engine is not None:
                engine.interrupt()

    def close(self) -> None:
        """End both engines; idempotent."""
        with self._lock:
            self._drop_data()
            self.drop_released()

    def drop_released(self) -> None:
        """End the engine of released values; the next use opens a new one."""
        with self._lock:
            if self._released is not None:
                self._released.close()
                self._released = None

    def _drop_data(self) -> None:
        if self._data is not None:
            self._data.close()
            self._data = None

    def _open_data(self) -> JailedEngine:
        """Unseal into scratch, attach, and unlink: the open engine alone keeps the pages alive."""
        settings = self._settings
        with Scratch(settings.memory_folder, declared=settings.scratch_folder, needed=self._size) as scratch:
            require_room(scratch.path, self._size)
            path = scratch.path / "workspace.duckdb"
            self._unseal(path)
            return self._open({WORKSPACE: path})

    def _open(self, files: dict[str, Path]) -> JailedEngine:
        return open_engine(
            self._standing,
            files=files,
            memory_bytes=self._settings.engine_memory,
            threads=self._settings.engine_threads,
            seconds=self._settings.query_seconds,
        )
