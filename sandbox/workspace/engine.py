"""A database engine in a jail, as the Engine port: the only door to DuckDB.

The engine lives in a process of its own with its files, its memory and its deadline. DuckDB's messages never
leave that process: a failure is one word.
"""

from __future__ import annotations

import base64
import datetime as dt
import threading
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sandbox.jail import Inmate, InmateFailure, Kind, Limits, Mount, Reply, Standing

if TYPE_CHECKING:
    import pyarrow as pa

PROGRAM = Path(__file__).parent / "inmate" / "engine.py"
MODULES = ("duckdb", "pyarrow")
START_SECONDS = 60.0
"""Longest time an engine may take to come up on a busy machine."""
OVERHEAD_BYTES = 1 << 30
"""Address space beyond DuckDB's own limit: mapped libraries and thread stacks."""
STACK_BYTES = 80 << 20
"""Address space of one thread: its stack and its share of the allocator's arenas."""
CLOSE_SECONDS = 60.0
FILE_BYTES = 1 << 50
"""Largest file a build may write; the room of its folder is the real bound."""
NONE: Mapping[str, Path] = MappingProxyType({})


class EngineFailure(Exception):
    """A statement failed. Its class is all there is: the engine's text stays in the jail.

    ``deadline``, ``memory`` and ``died`` leave a dead engine; after ``rejected`` (any error of DuckDB) and
    ``space`` (no room to write) it can be used on.
    """

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind)
        self.kind: Kind = kind


class JailedEngine:
    """One engine process; implements ``sandbox.nouns.ports.Engine``. Threads take turns."""

    def __init__(self, inmate: Inmate, seconds: float, *, builds: bool) -> None:
        self._inmate = inmate
        self._seconds = seconds
        self._builds = builds
        self._turn = threading.Lock()

    @property
    def alive(self) -> bool:
        """Whether the process still runs; a dead engine stays dead."""
        return self._inmate.alive

    def query(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> pa.Table:
        """Run one statement and return its rows.

        Raises:
            EngineFailure: ``deadline``, ``memory``, ``died``, ``rejected`` or ``space``.
            TypeError: a parameter of a type that does not cross.
        """
        table = self._ask("query", sql, parameters, seconds).table
        assert table is not None
        return table

    def run(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> None:
        """Run one statement for its effect; raises as ``query`` does."""
        self._ask("run", sql, parameters, seconds)

    def ingest(
        self,
        sql: str,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        parameters: Sequence[object] = (),
        *,
        seconds: float | None = None,
    ) -> None:
        """Run one statement that reads the streamed batches as table ``incoming``, in one transaction.

        Raises as ``query`` does; an error of ``batches`` undoes the statement and is raised as it is.
        """
        request = _request("ingest", sql, parameters)
        with self._turn, _translated():
            self._inmate.feed(request, schema, batches, seconds=seconds or self._seconds)

    def close(self) -> None:
        """End the process; idempotent. A build is closed by the database first, so that its file is whole."""
        with self._turn:
            try:
                if self._builds and self.alive:
                    self._inmate.ask(_request("close", "", ()), seconds=CLOSE_SECONDS)
            except InmateFailure:
                pass  # what a load needs to know it has asked by CHECKPOINT
            finally:
                self._inmate.kill()

    def interrupt(self) -> None:
        """End the process in the middle of a statement: whoever waits for it sees ``died``."""
        self._inmate.interrupt()

    def _ask(self, op: str, sql: str, parameters: Sequence[object], seconds: float | None) -> Reply:
        request = _request(op, sql, parameters)
        with self._turn, _translated():
            return self._inmate.ask(request, seconds=seconds or self._seconds)


def open_engine(
    standing: Standing,
    *,
    files: Mapping[str, Path] = NONE,
    build: Mapping[str, Path] = NONE,
    spill: Path | None = None,
    memory_bytes: int,
    threads: int,
    seconds: float,
) -> JailedEngine:
    """Start an engine.

    Args:
        standing: the jail, from ``sandbox.jail.choose``.
        files: catalogue → existing DuckDB file, attached read-only; open once this returns, so that the
            caller may unlink it.
        build: catalogue → DuckDB file to create or to extend, attached for writing. The engine sees its
            whole folder.
        spill: folder for temporary files of large sorts; without it everything stays in memory.
        memory_bytes: DuckDB's memory limit; the process dies above this and a fixed overhead.
        threads: DuckDB's threads.
        seconds: deadline of a request that names none.

    Raises:
        EngineFailure: ``died``, ``deadline`` or ``memory`` when it does not come up.
        Unavailable: ``isolation_unavailable`` when the machine lacks a part of the jail.
    """
    builds = bool(build) or spill is not None
    mounts = [
        *(Mount(f"file-{name}", path.resolve()) for name, path in files.items()),
        *(Mount(f"build-{name}", path.resolve().parent, writable=True) for name, path in build.items()),
        *((Mount("spill", spill.resolve(), writable=True),) if spill else ()),
    ]
    settings = {
        "memory_bytes": memory_bytes,
        "threads": threads,
        "spill_bytes": FILE_BYTES if spill else 0,
        "files": list(files),
        "build": {name: path.name for name, path in build.items()},
    }
    limits = Limits(
        memory_bytes=memory_bytes + OVERHEAD_BYTES + threads * STACK_BYTES,
        file_bytes=FILE_BYTES if builds else 0,
    )
    with _translated():
        inmate = Inmate(
            standing.tier,
            PROGRAM,
            modules=MODULES,
            settings=settings,
            mounts=mounts,
            limits=limits,
            stage="build" if builds else "query",
            seconds=START_SECONDS,
        )
    return JailedEngine(inmate, seconds, builds=builds)


class _translated:
    """Turn a failure of the jail into a failure of the engine, without its context."""

    def __enter__(self) -> None:
        """Nothing to set up."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, InmateFailure):
            raise EngineFailure(error.kind) from None


def _request(op: str, sql: str, parameters: Sequence[object]) -> dict[str, Any]:
    return {"op": op, "sql": sql, "parameters": [_encoded(value) for value in parameters]}


def _encoded(value: object) -> dict[str, object]:
    """A parameter in typed JSON form. TypeError, without the value, for other types."""
    match value:
        case None | bool() | int() | float() | str():
            return {"type": "plain", "value": value}
        case bytes():
            return {"type": "bytes", "value": base64.b64encode(value).decode()}
        case Decimal():
            return {"type": "decimal", "value": str(value)}
        case dt.datetime():
            return {"type": "datetime", "value": value.isoformat()}
        case dt.date():
            return {"type": "date", "value": value.isoformat()}
    raise TypeError(f"a statement parameter cannot be {type(value).__name__}")
