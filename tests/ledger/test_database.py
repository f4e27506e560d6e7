"""PostgreSQL as the control database: same tables, same promises, and errors without its text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import make_url

from sandbox.errors import IntegrityBroken, Unavailable
from sandbox.ledger import Ledger
from sandbox.ledger.database import Database
from sandbox.ledger.schema import metadata
from sandbox.nouns.spend import Spend
from sandbox.settings import Settings
from tests.ledger.makers import SIGNER, answer, notice, open_ledger, with_caps
from tests.postgres import Server, address


@pytest.fixture
def server_home(tmp_path: Path, database_url: str) -> Path:
    (tmp_path / "database.url").write_text(database_url)
    return tmp_path


def test_the_migrations_leave_the_declared_tables(database_url: str) -> None:
    database = Database.open(database_url)
    with database.reader.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.dispose()


def test_sessions_are_durable_and_readers_cannot_write_whatever_the_server_says(
    postgres: Server, database_url: str
) -> None:
    name = make_url(database_url).database
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit TO off")
    postgres.execute(f"ALTER DATABASE {name} SET default_transaction_isolation TO 'serializable'")
    database = Database.open(database_url)
    with database.writer.begin() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
    with database.reader.begin() as connection:
        assert connection.exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "repeatable read"
    database.dispose()


@pytest.mark.parametrize(
    "bad", ["mysql://root:hunter2@host/x", "postgresql://:hunter2@host:port/x", "hunter2://", "://hunter2"]
)
def test_another_kind_of_address_is_refused_without_repeating_it(bad: str) -> None:
    with pytest.raises(Unavailable) as raised:
        Database.open(bad)
    assert raised.value.code == "database_invalid"
    assert "hunter2" not in f"{raised.value!r}{raised.value}{raised.value.__cause__}"


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.delitem(sys.modules, "psycopg", raising=False)
    monkeypatch.setattr("sandbox.ledger.database.find_spec", lambda _name: None)
    with pytest.raises(Unavailable, match="database_driver_missing") as raised:
        Database.open(database_url)
    assert "data-sandbox[postgresql]" in raised.value.hint


def test_a_server_that_is_not_there_is_said_without_its_text(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as raised:
        Database.open(f"postgresql://me:hunter2@/x?host={tmp_path}")
    assert raised.value.code == "ledger_unavailable"
    assert "hunter2" not in f"{raised.value}"
    assert str(tmp_path) not in f"{raised.value}"


def test_a_password_does_not_show_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_DATABASE_URL", "postgresql://me:hunter2@host/x")
    assert "hunter2" not in f"{Settings()!r}{Settings()}{Settings().model_dump()}"


class TestGoingBack:
    """A database put back to an earlier moment has room again for what was spent since."""

    def test_a_restored_backup_does_not_open(self, postgres: Server, server_home: Path) -> None:
        with_caps(server_home, Spend(7, 3)).close()
        backup = self.copy_of(postgres, server_home)
        ledger = open_ledger(server_home)
        answer(ledger, "paid")
        ledger.close()
        (server_home / "database.url").write_text(postgres.url(backup))
        with pytest.raises(IntegrityBroken, match="log_broken"):
            open_ledger(server_home)

    def test_a_backup_restored_under_a_running_server_is_not_written_to(
        self, postgres: Server, server_home: Path
    ) -> None:
        with_caps(server_home, Spend(7, 3)).close()
        backup = self.copy_of(postgres, server_home)
        ledger = open_ledger(server_home)
        answer(ledger, "paid")
        name = self.name_of(server_home)
        postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
        postgres.execute(f"ALTER DATABASE {backup} RENAME TO {name}")
        for act in (lambda: answer(ledger, "free"), lambda: ledger.append(notice())):
            with pytest.raises(IntegrityBroken, match="log_broken"):
                act()
        assert ledger.state("free") is None
        ledger.close()

    def test_a_history_of_the_same_length_is_not_continued(self, postgres: Server, server_home: Path) -> None:
        with_caps(server_home, Spend(70, 30)).close()
        backup = self.copy_of(postgres, server_home)
        ledger = open_ledger(server_home)
        answer(ledger, "paid")
        other = Ledger.open(postgres.url(backup), SIGNER)
        for _ in range(4):
            other.append(notice())
        other.close()
        name = self.name_of(server_home)
        postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")
        postgres.execute(f"ALTER DATABASE {backup} RENAME TO {name}")
        with pytest.raises(IntegrityBroken, match="log_broken"):
            answer(ledger, "next")
        ledger.close()

    def test_a_home_whose_budget_was_spent_elsewhere_does_not_open_an_empty_database(
        self, tmp_path: Path, database_url: str
    ) -> None:
        ledger = Ledger.of(Settings(home=tmp_path, database_url=None), SIGNER)
        ledger.set_cap("dataset", "d", Spend(7, 3))
        ledger.close()
        for _ in range(2):
            with pytest.raises(IntegrityBroken, match="log_broken"):
                Ledger.of(Settings(home=tmp_path, database_url=SecretStr(database_url)), SIGNER)

    @staticmethod
    def name_of(home: Path) -> str:
        return make_url(str(address(home))).database or ""

    def copy_of(self, postgres: Server, home: Path) -> str:
        return postgres.database(self.name_of(home))


def test_a_server_that_loses_records_is_named(database_url: str) -> None:
    ledger = Ledger.open(database_url, SIGNER)
    assert ledger.weaknesses() == []
    ledger.close()
