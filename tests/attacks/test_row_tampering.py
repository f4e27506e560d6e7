"""Whoever can write the database changes a row of people's acts: `log verify` names what it contradicts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from sandbox.govern import tokens
from sandbox.ledger.registry import FOLDS, WATCHED
from sandbox.nouns import event
from sandbox.nouns.agreement import StopScope
from sandbox.nouns.party import LOCAL, Role
from tests.govern.house import House, build
from tests.postgres import by_hand


def busy(home: Path) -> House:
    """A house with a row in every watched table."""
    house = build(home)
    govern = house.govern
    made = house.agreement()
    govern.suspend(house.who("reviewer"), made.id, "a look")
    govern.issue_token(LOCAL, "developer", scopes=["read_jobs"])
    govern.revoke_token(LOCAL, govern.issue_token(LOCAL, "rival").split("_")[1])
    govern.lift(house.who("operator2"), govern.stop(house.who("operator"), scope=StopScope.PLATFORM,
                                                     reason="test").id, "over")  # fmt: skip
    govern.stop(house.who("regulator"), scope=StopScope.DATASET, id="clinic", reason="check")
    govern.add_user(LOCAL, "alice", "甲公司", Role.DEVELOPER, subject="https://id.example#alice")
    govern.end_user(LOCAL, "rival")
    rejected = house.file()
    govern.review(house.who("reviewer"), rejected.id, approve=False, reason="no", basis="第十五条")
    house.ledger.append(
        event.Refusal(at="t", actor="developer", dataset="clinic", agreement=made.id, sql="x", code="syntax")
    )
    return house


@pytest.fixture
def house(common_home: Path) -> Iterator[House]:
    built = busy(common_home)
    assert built.ledger.verify().ok
    yield built
    built.ledger.close()


def change(house: House, statement: str) -> None:
    with by_hand(house.home) as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = 1")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")  # no foreign keys
            for table, name in connection.execute(CHECKS).all():
                connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        assert connection.exec_driver_sql(statement).rowcount > 0, statement


def table_of(statement: str) -> str:
    found = re.match(r"(?:UPDATE|INSERT INTO|DELETE FROM) (\w+)", statement)
    assert found is not None
    return found[1]


CHECKS = text(
    "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid > 0"
)
"""PostgreSQL's list of the rules that its owner can take away."""
THEIRS = tokens.digest("dsb_0_of-the-attacker")
CHANGES = [
    "UPDATE organisation SET type = 'agency' WHERE name = '甲公司'",
    "UPDATE organisation SET credit_code = '' WHERE name = '甲公司'",
    "UPDATE organisation SET added = '2020-01-01T00:00:00.000Z' WHERE name = '甲公司'",
    "INSERT INTO organisation VALUES ('新', 'agency', '', 't')",
    "UPDATE member SET role = 'operator' WHERE name = 'developer'",
    "UPDATE member SET organisation = '乙公司' WHERE name = 'developer'",
    "UPDATE member SET name = 'nobody' WHERE name = 'regulator2'",
    "INSERT INTO member VALUES ('own', '卫健委', 'reviewer', 't')",
    "DELETE FROM member WHERE name = 'operator2'",
    "UPDATE identity SET member = 'operator' WHERE member = 'alice'",
    "UPDATE identity SET subject = 'https://id.example#mallory'",
    "INSERT INTO identity VALUES ('https://id.example#mallory', 'operator')",
    "DELETE FROM identity",
    "DELETE FROM departed",
    "INSERT INTO departed VALUES ('reviewer', 't')",
    "INSERT INTO waiting VALUES ('user', 'reviewer')",
    f"UPDATE token SET sha256 = '{THEIRS}' WHERE member = 'developer'",
    "UPDATE token SET member = 'operator' WHERE member = 'developer'",
    "UPDATE token SET scopes = '' WHERE member = 'developer'",
    "UPDATE token SET expires = '2999-01-01T00:00:00.000Z' WHERE member = 'developer'",
    "UPDATE token SET revoked = NULL WHERE revoked IS NOT NULL",
    "UPDATE token SET revoked = 't' WHERE revoked IS NULL",
    f"INSERT INTO token VALUES ('0', 'operator', '{THEIRS}', '', 't', '2999', NULL)",
    "DELETE FROM token WHERE revoked IS NOT NULL",
    "UPDATE application SET state = 'approved' WHERE state = 'rejected'",
    "UPDATE application SET reason = 'other' WHERE state = 'rejected'",
    "UPDATE application SET epsilon = '20' WHERE state = 'approved'",
    "UPDATE application SET purpose = 'other' WHERE state = 'approved'",
    "UPDATE application SET reviewer = 'regulator' WHERE state = 'approved'",
    "UPDATE agreement SET state = 'active', held_by = ''",
    "UPDATE agreement SET held_by = 'operator'",
    "UPDATE agreement SET ends = '2999-01-01T00:00:00.000Z'",
    "UPDATE agreement SET epsilon = '20'",
    "UPDATE agreement SET account = 'another'",
    "UPDATE agreement SET organisation = '乙公司'",
    "UPDATE agreement SET grants = replace(grants, 'aggregate', 'group')",
    "UPDATE agreement SET workspace = 'ab'",
    "DELETE FROM agreement",
    "UPDATE stop SET lifted_by = 'regulator2', lifted_at = 't' WHERE lifted_at = ''",
    "UPDATE stop SET role = 'operator' WHERE role = 'regulator'",
    "UPDATE stop SET name = 'another' WHERE name = 'clinic'",
    "DELETE FROM stop WHERE lifted_at = ''",
    "UPDATE sight SET agreement = 'theirs'",
    "DELETE FROM sight",
    "INSERT INTO sight SELECT 'theirs', max(number) FROM sight",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_a_row_changed_by_hand_is_found_and_its_table_named(house: House, statement: str) -> None:
    change(house, statement)
    found = house.ledger.verify()
    assert not found.ok
    assert f"row of {table_of(statement)} " in found.reason


def test_a_row_is_held_against_the_last_record_that_made_it(house: House) -> None:
    bodies = [record.body for record in house.ledger.records(limit=1000)]
    suspended = next(n for n, body in enumerate(bodies) if body["kind"] == "agreement_changed")
    change(house, "UPDATE agreement SET ends = '2999-01-01T00:00:00.000Z'")
    assert house.ledger.verify().number == suspended


def test_every_table_of_peoples_acts_is_watched_and_tried() -> None:
    assert {table.name for table in WATCHED} == set(map(table_of, CHANGES))
    subjects = ("organisation", "user", "token", "agreement", "stop")
    assert {kind for kind in event.EVENTS if kind.startswith(subjects)} <= set(FOLDS)
