"""A real PostgreSQL server for tests: Debian's, started once a session, reached by a Unix socket alone.

The server refuses to run as root, so root starts it as another user. It keeps its defaults where they bear on
durability (fsync on), and has no TCP port. Each test gets a database of its own.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect

APT = "apt install --no-install-recommends postgresql"
USER = "sandbox"


@dataclass
class Server:
    """One server with its own folder, which it shares with nobody."""

    folder: Path
    _names: Iterator[int] = field(default_factory=itertools.count)
    _template: str = ""

    @classmethod
    def make(cls) -> Server:
        programs()
        folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="sandbox-pg-"))
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_user())
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        server = cls(folder)
        server._run("initdb", "-D", str(folder / "data"), "-U", USER, "-A", "trust", "-E", "UTF8",
                    "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        server.start()
        return server

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c max_connections=200"
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w",
                  "-o", options, "start")  # fmt: skip

    def stop(self) -> None:
        """Stop at once, as a crash would: connections break, recovery follows at the next start."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def freeze(self) -> None:
        """Every process of the server stands still: connections stay open, nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@/{database}?host={self.folder}"

    def database(self, template: str = "template1") -> str:
        """A fresh database; returns its name."""
        name = f"test{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def migrated(self) -> str:
        """A fresh database with the tables made; returns its name."""
        if not self._template:
            from sandbox.ledger.database import Database

            name = self.database()
            Database.open(self.url(name)).dispose()
            self._template = name
        return self.database(self._template)

    def execute(self, statement: str, database: str = "postgres") -> None:
        engine = create_engine(
            self.url(database).replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
        )
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(statement)
        finally:
            engine.dispose()

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def _signal(self, number: signal.Signals) -> None:
        first = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        for process in [first, *map(int, children)]:
            os.kill(process, number)

    def _run(self, program: str, *arguments: str) -> None:
        user = _user() if os.geteuid() == 0 else None
        done = subprocess.run(
            [str(programs() / program), *arguments], user=user, group=user, extra_groups=[] if user else None,
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{program}: {done.stderr}"


def programs() -> Path:
    """The folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda it: int(it.parts[-3]))
    if not found:
        pytest.fail(f"these tests need a PostgreSQL server; as root: {APT}", pytrace=False)
    return found[-1].parent


def _user() -> str:
    return "postgres"  # Debian's package makes this user


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running server."""
    server = Server.make()
    yield server
    server.remove()


@pytest.fixture
def database_url(postgres: Server) -> Iterator[str]:
    """The address of a fresh control database, its tables made."""
    name = postgres.migrated()
    yield postgres.url(name)
    postgres.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


EACH = ["sqlite", "postgresql"]
WITH_FULL = ["sqlite", pytest.param("postgresql", marks=pytest.mark.full)]
"""SQLite always, PostgreSQL in the full suite."""
BOTH = pytest.mark.parametrize("control_database", EACH, indirect=True, scope="module")
"""Marks a module whose server is tried on PostgreSQL in every run."""


@pytest.fixture(scope="module", params=WITH_FULL)
def control_database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """A control database of a module's server, as ``Settings`` name it; None: the home folder's SQLite."""
    yield from _control(request)


@pytest.fixture(scope="module", params=EACH)
def each_database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The same, with PostgreSQL in every run."""
    yield from _control(request)


def _control(request: pytest.FixtureRequest) -> Iterator[str | None]:
    if request.param == "sqlite":
        yield None
        return
    server: Server = request.getfixturevalue("postgres")
    name = server.migrated()
    yield server.url(name)
    server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(params=WITH_FULL)
def common_home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """As ``home``, with PostgreSQL in the full suite alone: for the many tests that build a whole house."""
    return _home(request, tmp_path)


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder for a ledger, once with either kind of database; ``address`` says where."""
    return _home(request, tmp_path)


def _home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "postgresql":
        (tmp_path / "database.url").write_text(request.getfixturevalue("database_url"))
    return tmp_path


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The same before any table is made."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        (tmp_path / "database.url").write_text(server.url(server.database()))
    return tmp_path


def address(home: Path) -> str | Path:
    """Where the control database of a home folder is: what the file ``database.url`` says, else SQLite."""
    named = home / "database.url"
    return named.read_text() if named.exists() else home / "ledger.db"


@contextmanager
def by_hand(home: Path) -> Iterator[Connection]:
    """A transaction of whoever can write the control database of a home folder."""
    where = address(home)
    url = (
        f"sqlite:///{where}"
        if isinstance(where, Path)
        else where.replace("postgresql:", "postgresql+psycopg:")
    )
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def kept(home: Path) -> bytes:
    """Every byte of a home folder's files, and what its control database holds on a server."""
    files = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    with by_hand(home) as connection:
        rows = [
            repr(connection.exec_driver_sql(f'SELECT * FROM "{table}"').all()).encode()
            for table in inspect(connection).get_table_names()
        ]
    return b"".join([*files, *rows])
