"""The migrations leave exactly the declared tables, and the tables hold their own rules."""

import re
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert

import sandbox.ledger
from sandbox.errors import IntegrityBroken
from sandbox.ledger import Ledger
from sandbox.ledger.schema import REVISION, charge, metadata


def test_the_migrated_database_is_the_declared_one(ledger: Ledger, tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        migrated = dict(
            connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all()
        )
    declared = create_engine("sqlite://")
    metadata.create_all(declared)
    with declared.connect() as connection:
        for name, sql in connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        ):
            assert sorted(parts(migrated[name])) == sorted(parts(sql)), name
    engine.dispose()
    declared.dispose()


def parts(sql: str) -> list[str]:
    """The pieces of a table's definition, whatever their order and quotes: columns may have been added."""
    return [piece for each in re.split(r"[\n,()]", sql) if (piece := each.strip().replace('"', ""))]


def test_the_newest_migration_is_the_one_the_code_expects() -> None:
    folder = Path(sandbox.ledger.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == REVISION


@pytest.mark.parametrize(
    "change",
    [
        "spent_rho = -1",
        "spent_delta = -1",
        "cap_rho = -1",
        "spent_rho = roof_rho + 1",
        "spent_delta = roof_delta + 1",
        "spent_rho = 0.5",
        "spent_rho = 'many'",
        "spent_rho = NULL",
        f"roof_rho = {2**62}, spent_rho = {2**62}",
    ],
)
def test_no_statement_can_leave_an_impossible_balance(ledger: Ledger, tmp_path: Path, change: str) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.db")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(f"UPDATE account SET {change}")
    connection.close()


def test_the_writer_itself_cannot_charge_for_an_unknown_job(ledger: Ledger) -> None:
    forged = insert(charge).values(job="unknown", scope="dataset", name="门诊结算")
    with pytest.raises(IntegrityBroken) as caught:
        ledger._write(lambda log: log.connection.execute(forged))
    assert caught.value.code == "ledger_inconsistent"
    assert "unknown" not in str(caught.value)


def test_no_statement_can_leave_an_unknown_state(ledger: Ledger, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "ledger.db")
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO job VALUES ('j', 'free', 0, 0, NULL, 0, NULL, 'b', 1, 1)")
    connection.close()
