"""The one place that knows which database it is: connections, pragmas, locks, migrations, failures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from sandbox.errors import IntegrityBroken, Unavailable
from sandbox.ledger import govern_tables as govern_tables  # its tables belong to the same schema
from sandbox.ledger import queue_tables as queue_tables  # its tables belong to the same schema
from sandbox.ledger.schema import REVISION

BUSY_SECONDS = 30.0
"""How long a writer waits for another process's transaction."""
_MIGRATIONS = Path(__file__).parent / "migrations"
_SCHEMA_LOCK = 0x5A4D_B0C5  # any fixed number: names the lock among PostgreSQL's advisory locks


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
            self.reader = create_engine(url, hide_parameters=True, **options)
            _begin_with(self.writer, "BEGIN IMMEDIATE", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON")
            _begin_with(self.reader, "BEGIN", "PRAGMA query_only=ON")
        else:
            self.writer = create_engine(url, hide_parameters=True, pool_pre_ping=True)
            self.reader = create_engine(
                url, hide_parameters=True, pool_pre_ping=True, isolation_level="REPEATABLE READ"
            )

    @staticmethod
    def open(address: str | Path) -> Database:
        """Open by URL, or by the path of an SQLite file, and bring the tables up to date.

        Raises:
            Unavailable: ``ledger_unavailable``; ``ledger_newer`` when a later version made the tables.
        """
        url = make_url(address) if isinstance(address, str) and "://" in address else _sqlite(Path(address))
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
            if not self.sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
            _upgrade(connection)

    def dispose(self) -> None:
        """Close all connections."""
        self.writer.dispose()
        self.reader.dispose()


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


def _sqlite(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _create_private(path: Path) -> None:
    """An SQLite file only its owner reads; its companions (-wal, -shm) take over the mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _begin_with(engine: Engine, begin: str, *pragmas: str) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in ("PRAGMA journal_mode=WAL", *pragmas):
            connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
