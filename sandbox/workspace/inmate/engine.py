"""DuckDB behind a pipe: attach, lock, serve one statement at a time.

Runs in a jail, from its own file. Whatever DuckDB says about a failure stays here: only its class crosses.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

NO_ROOM = ("No space left on device", "File too large", "Disk quota exceeded")


class Refusal(Exception):
    """A failure whose class the host may know."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def start() -> duckdb.DuckDBPyConnection:
    """An empty database of one thread; DuckDB looks at the machine's size while it may."""
    return duckdb.connect(
        config={
            "threads": "1",
            "async_threads": "0",
            "temp_directory": "",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "allow_unsigned_extensions": "false",
            "allow_persistent_secrets": "false",
            "python_enable_replacements": "false",
        }
    )


def prepare(
    connection: duckdb.DuckDBPyConnection, settings: Mapping[str, Any], mounts: Mapping[str, str]
) -> Callable[[Any], None]:
    """Size the database, attach the mounts, lock the configuration; serve requests later.

    Args:
        connection: from ``start``.
        settings: ``memory_bytes``, ``threads``, ``spill_bytes``, ``files`` (catalogues to read), ``build``
            (catalogue → file name in its mount).
        mounts: name → path.
    """
    build: Mapping[str, str] = settings["build"]
    connection.execute(f"SET memory_limit='{settings['memory_bytes']}B'")
    connection.execute(f"SET threads={settings['threads']}")
    connection.execute(f"SET temp_directory={literal(mounts.get('spill', ''))}")
    connection.execute(f"SET max_temp_directory_size='{settings['spill_bytes']}B'")
    connection.execute(f"SET preserve_insertion_order={'false' if build else 'true'}")
    for name in settings["files"]:
        connection.execute(f"ATTACH {literal(mounts[f'file-{name}'])} AS {quoted(name)} (READ_ONLY)")
    for name, file in build.items():
        path = os.path.join(mounts[f"build-{name}"], file)
        connection.execute(f"ATTACH {literal(path)} AS {quoted(name)}")
    if not build:  # with it, joins whose probe side is grouped may lose rows (duckdb issue 22075)
        connection.execute("SET disabled_optimizers='join_filter_pushdown'")
    lock(connection, sealed=not build and "spill" not in mounts)
    return Server(connection).serve


def lock(connection: duckdb.DuckDBPyConnection, *, sealed: bool) -> None:
    """Forbid everything but reading and writing what is attached; nothing can be unlocked afterwards.

    ``sealed`` also takes the file system away: attached files stay open, no file is ever opened again.
    """
    connection.execute("SET enable_logging=false")
    connection.execute("SET enable_progress_bar=false")
    connection.execute("SET max_expression_depth=250")
    connection.execute("SET allow_extension_repositories='forbidden'")
    connection.execute("SET enable_external_access=false")
    if sealed:
        connection.execute("SET disabled_filesystems='LocalFileSystem'")
    connection.execute("SET lock_configuration=true")


class Server:
    """One statement at a time, from the pipe to the database and back."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def serve(self, channel: Any) -> None:
        """Until the host hangs up."""
        while True:
            request = channel.receive()
            body = channel.body() if request["op"] == "ingest" else None
            try:
                table = classified(lambda: self._answer(request, body))  # noqa: B023  called at once
            except Refusal as refusal:
                channel.send({"status": "failed", "kind": refusal.kind})
                if body:
                    body.drain()  # after the answer, so that the host stops sending
                continue
            if table is None:
                channel.send({"status": "done"})
                continue
            channel.send({"status": "rows"})
            with pa.ipc.new_stream(pa.PythonFile(Sink(channel), mode="w"), table.schema) as writer:
                writer.write_table(table)
            channel.finish()

    def _answer(self, request: Mapping[str, Any], body: Any) -> pa.Table | None:
        parameters = [decoded(item) for item in request["parameters"]]
        match request["op"]:
            case "query":
                return self._query(request["sql"], parameters)
            case "run":
                self._connection.execute(request["sql"], parameters)
            case "ingest":
                self._ingest(request["sql"], parameters, body)
            case "close":
                self._connection.close()
        return None

    def _query(self, sql: str, parameters: Sequence[object]) -> pa.Table:
        table: Any = self._connection.execute(sql, parameters).to_arrow_table()
        typed = (pa.int32() if pa.types.is_null(field.type) else field.type for field in table.schema)
        # a column of nothing but an untyped NULL takes no bytes, so the host would let no such type through
        return table.cast(pa.schema(zip(table.column_names, typed, strict=True)))

    def _ingest(self, sql: str, parameters: Sequence[object], body: Any) -> None:
        """Run a statement over the streamed table, in a transaction that ends well only if the stream did."""
        with pa.ipc.open_stream(pa.PythonFile(body, mode="r")) as reader:
            self._connection.execute("BEGIN")
            try:
                self._connection.register("incoming", reader)
                self._connection.execute(sql, parameters)
                body.drain()
                if body.abandoned:
                    raise Refusal("rejected")
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            finally:
                self._connection.unregister("incoming")


class Sink:
    """A reply's body as a file that Arrow can write."""

    closed = False

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any) -> int:
        """Send it on."""
        return int(self._channel.write(data))

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The pipe lives on."""


Answer = TypeVar("Answer")


def classified(step: Callable[[], Answer]) -> Answer:
    """Do a step; name the class of its failure. A database that broke down ends the process."""
    try:
        return step()
    except Refusal:
        raise
    except (duckdb.OutOfMemoryException, MemoryError, pa.ArrowMemoryError):
        raise Refusal("memory") from None
    except (duckdb.FatalException, duckdb.InternalException):
        os._exit(1)
    except Exception as error:
        full = any(words in str(error) for words in NO_ROOM)
        raise Refusal("space" if full else "rejected") from None


def decoded(item: Mapping[str, Any]) -> object:
    """A statement parameter from its typed JSON form."""
    value = item["value"]
    match item["type"]:
        case "decimal":
            return Decimal(value)
        case "bytes":
            return base64.b64decode(value)
        case "date":
            return dt.date.fromisoformat(value)
        case "datetime":
            return dt.datetime.fromisoformat(value)
    plain: object = value
    return plain


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
