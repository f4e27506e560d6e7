"""An opened workspace: its jailed query engine, and a second one that only ever holds released values."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from sandbox.jail import Standing
from sandbox.nouns.ports import Engine
from sandbox.settings import Settings
from sandbox.workspace.build import WORKSPACE
from sandbox.workspace.engine import EngineFailure, JailedEngine, open_engine
from sandbox.workspace.scratch import Scratch, require_room


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
        self._lock = threading.RLock()

    def exact(self, sql: str) -> pa.Table:
        """Run one rendered statement over the workspace.

        Raises:
            EngineFailure: the engine is gone and will be opened anew for the next statement.
        """
        with self._lock:
            engine = self.data()
            try:
                return engine.query(sql, seconds=self._settings.query_seconds)
            except EngineFailure:
                self._drop_data()
                raise

    def data(self) -> Engine:
        """The engine that has the workspace attached, read-only."""
        with self._lock:
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
