"""The one place that knows which database it is: connections, pragmas, locks, migrations, failures."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from sandbox.errors import IntegrityBroken, Unavailable
from sandbox.ledger.copying import check_no_others, check_unused, copy_rows
from sandbox.ledger.schema import REVISION

READERS = 40
"""Connections that are kept open for readers: as many as a server has threads that may read at once."""
BUSY_SECONDS = 30.0
"""How long a writer waits for another process's transaction."""
_MIGRATIONS = Path(__file__).parent / "migrations"
# any fixed numbers: they name locks among PostgreSQL's advisory locks
_SCHEMA_LOCK = 0x5A4D_B0C5
_TABLES_LOCK = 0x5A4D_B0C6
_GONE_SECONDS = {
    "connect_timeout": 10, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}  # fmt: skip
"""libpq's options: a server that is gone is noticed in seconds, not in the two hours of the default."""
_SESSION = (
    "SET synchronous_commit TO on",  # an acknowledged charge outlives a crash, whatever the server's default
    f"SET lock_timeout TO '{BUSY_SECONDS:.0f}s'",
    "SET idle_in_transaction_session_timeout TO '60s'",  # a frozen process gives its locks back
)


class Database:
    """Connections for the one writer and for readers.

    A writer's transaction takes the write lock when it begins (SQLite), or row locks as it goes (PostgreSQL,
    READ COMMITTED). A reader's transaction sees one moment and cannot write.
    """

    def __init__(self, url: URL) -> None:
        self.sqlite = url.get_backend_name() == "sqlite"
        if self.sqlite:
            _create_private(Path(url.database or ""))
            options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}}
            self.writer = create_engine(url, hide_parameters=True, pool_size=1, **options)
            self.reader = create_engine(url, hide_parameters=True, pool_size=READERS, **options)
            _begin_with(self.writer, "BEGIN IMMEDIATE", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")
            _begin_with(self.reader, "BEGIN", "PRAGMA query_only=ON")
        else:
            options = {"pool_pre_ping": True, "connect_args": {**_GONE_SECONDS}}
            self.writer = create_engine(
                url, hide_parameters=True, pool_size=1, isolation_level="READ COMMITTED", **options
            )
            self.reader = create_engine(
                url, hide_parameters=True, isolation_level="REPEATABLE READ", **options
            )
            _connect_with(self.writer, *_SESSION)
            _connect_with(self.reader, *_SESSION, "SET default_transaction_read_only TO on")

    @staticmethod
    def open(address: str | Path) -> Database:
        """Open by URL, or by the path of an SQLite file, and bring the tables up to date.

        Raises:
            Unavailable: ``ledger_unavailable``; ``ledger_newer`` when a later version made the tables;
                ``database_invalid``, ``database_driver_missing``.
        """
        url = _server(address) if isinstance(address, str) and "://" in address else _sqlite(Path(address))
        with failures():
            database = Database(url)
            try:
                database.migrate()
            except BaseException:
                database.dispose()
                raise
            return database

    @property
    def folder(self) -> Path | None:
        """The folder of an SQLite file; None for a server."""
        return Path(self.writer.url.database or "").absolute().parent if self.sqlite else None

    def migrate(self) -> None:
        """Run the migrations that are missing, in one transaction."""
        with self.reader.begin() as connection:
            if _revision(connection) == REVISION:
                return
        with self.writer.begin() as connection:
            self.lock_schema(connection)
            _upgrade(connection)

    def lock_schema(self, connection: Connection) -> None:
        """Let nobody else make or change tables until this transaction ends."""
        if not self.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})

    def one_at_a_time(self, connection: Connection) -> None:
        """Keep other writers of the tables beside the log waiting until this transaction ends.

        SQLite's writers wait for each other from the start; here a lock does it, so that what a transaction
        has read (a free lane, the last place) is still so when it writes.
        """
        if not self.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TABLES_LOCK})

    def copy(self, target: Path) -> None:
        """Write the whole database, as it is at one moment, into a new SQLite file; writers go on."""
        if not self.sqlite:
            copied = Database.open(target)
            try:
                with failures(), self.reader.begin() as source, copied.writer.begin() as sink:
                    copy_rows(source, sink)
            finally:
                copied.dispose()
            return
        _create_private(target)
        with failures(), self.reader.connect() as connection, closing(sqlite3.connect(target)) as copy:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.backup(copy)

    @staticmethod
    def fill(address: str, source: Path) -> None:
        """Copy an SQLite file into a server's empty database, tables and all, in one transaction.

        Raises:
            Refused: ``database_not_empty``.
            Unavailable: as ``open``.
        """
        url, file = _server(address), Database.open(source)
        target = Database(url)
        try:
            with failures(), file.reader.begin() as rows, target.writer.begin() as connection:
                target.lock_schema(connection)
                check_no_others(connection)
                _upgrade(connection)
                check_unused(connection)
                copy_rows(rows, connection)
        finally:
            target.dispose()
            file.dispose()

    def dispose(self) -> None:
        """Close all connections."""
        self.writer.dispose()
        self.reader.dispose()


def weaknesses(connection: Connection) -> list[str]:
    """What a PostgreSQL server is set to that loses acknowledged records, or cannot hold them."""
    if connection.dialect.name == "sqlite":
        return []
    found = [
        f"the server runs with {name} = off: a power cut may lose or tear acknowledged records"
        for name in ("fsync", "full_page_writes")
        if connection.execute(text(f"SHOW {name}")).scalar() == "off"
    ]
    if (encoding := connection.execute(text("SHOW server_encoding")).scalar()) != "UTF8":
        found.append(f"the database is encoded in {encoding}, not UTF8: Chinese text may not fit")
    return found


@contextmanager
def failures() -> Iterator[None]:
    """Turn failures of the database into errors without its text, which may quote statements and values."""
    try:
        yield
    except IntegrityError:
        raise IntegrityBroken(
            "ledger_inconsistent",
            "the ledger refused an entry that contradicts its rules",
            hint="run `sandbox log verify`",
        ) from None
    except (SQLAlchemyError, OSError):
        raise unavailable() from None


def unavailable() -> Unavailable:
    """The one answer to a ledger that cannot be read or written now."""
    return Unavailable(
        "ledger_unavailable",
        "the ledger cannot be read or written now, so nothing is answered",
        hint="run `sandbox doctor`: is the disk full, is the database up?",
    )


def _upgrade(connection: Connection) -> None:
    from alembic import command  # a second of imports, needed once in an installation's life
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise Unavailable(
            "ledger_newer",
            "a later version of the product made this ledger",
            hint="install that version again, or open a copy of the home folder from before it",
        ) from None


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _server(address: str) -> URL:
    """The URL of a PostgreSQL server, with its driver.

    Raises:
        Unavailable: ``database_invalid``, ``database_driver_missing``. Neither repeats the address,
            which holds a password.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is not None and url.drivername.startswith("sqlite"):
        return url
    if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
        raise Unavailable(
            "database_invalid",
            "the control database's address is not one of a PostgreSQL server",
            hint="SANDBOX_DATABASE_URL is postgresql://user:password@host/name; without it, SQLite is used",
        ) from None
    if find_spec("psycopg") is None:
        raise Unavailable(
            "database_driver_missing",
            "the control database is PostgreSQL, and its driver is not installed",
            hint="pip install 'data-sandbox[postgresql]'",
        )
    return url.set(drivername="postgresql+psycopg")


def _sqlite(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _create_private(path: Path) -> None:
    """An SQLite file only its owner reads; its companions (-wal, -shm) take over the mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _connect_with(engine: Engine, *statements: str) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.autocommit = True
        for statement in statements:
            connection.execute(statement)
        connection.autocommit = False


def _begin_with(engine: Engine, begin: str, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in ("PRAGMA journal_mode=WAL", *pragmas):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
