"""Whoever can write the database, but has not the log's key, cannot change the past unnoticed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import IntegrityBroken
from sandbox.ledger import Ledger, Verification, merkle
from sandbox.ledger.note import Checkpoint, sign_checkpoint
from sandbox.nouns.spend import Spend
from sandbox.seal import Ed25519Signer
from tests.ledger.makers import SIGNER, answer, failed, notice, open_ledger, reserve, with_caps

LAST = 12
"""Number of the last record of the log below."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose log holds every kind of job: 0..2 caps, 3 4 released, 5 6 failed after touch, 7 8 failed
    before it, 9 a notice, 10 reserved, 11 touched, 12 a notice."""
    home = tmp_path_factory.mktemp("written")
    ledger = with_caps(home, Spend(700, 300))
    answer(ledger, "released")
    reserve(ledger, "spent")
    ledger.touch("spent")
    ledger.fail("spent", failed("spent", touched=True))
    reserve(ledger, "refunded")
    ledger.fail("refunded", failed("refunded", touched=False))
    ledger.append(notice("first"))
    reserve(ledger, "reserved")
    reserve(ledger, "touched")
    ledger.touch("touched")
    ledger.append(notice("second"))
    assert ledger.verify() == Verification(True, LAST + 1)
    ledger.close()
    return home


@pytest.fixture
def home(written: Path, tmp_path: Path) -> Path:
    shutil.copytree(written, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def ledger(home: Path) -> Iterator[Ledger]:
    opened = open_ledger(home)
    yield opened
    opened.close()


def change(home: Path, *statements: str, checks: bool = True, values: tuple[object, ...] = ()) -> None:
    connection = sqlite3.connect(home / "ledger.db")
    with connection:
        connection.execute(f"PRAGMA ignore_check_constraints = {not checks}")
        for statement in statements:
            done = connection.execute(statement, values)
            assert done.rowcount != 0, statement
    connection.close()


def broken_at(ledger: Ledger) -> int | None:
    found = ledger.verify()
    assert not found.ok
    assert found.reason
    return found.number


@pytest.mark.parametrize("number", range(LAST + 1))
def test_any_changed_record_is_found_and_named(ledger: Ledger, home: Path, number: int) -> None:
    leaf = ledger.record(number).leaf
    changed = leaf.replace(b'"actor":"', b'"actor":"x')
    assert changed != leaf
    change(home, f"UPDATE record SET leaf = ? WHERE number = {number}", values=(changed,))
    assert broken_at(ledger) == number


@pytest.mark.parametrize("number", range(LAST + 1))
def test_any_dropped_record_is_found_and_named(ledger: Ledger, home: Path, number: int) -> None:
    change(home, f"DELETE FROM record WHERE number = {number}")
    assert broken_at(ledger) == number


@pytest.mark.parametrize("number", range(LAST))
def test_a_dropped_record_is_found_when_the_rest_moves_up(ledger: Ledger, home: Path, number: int) -> None:
    change(
        home,
        f"DELETE FROM record WHERE number = {number}",
        f"UPDATE record SET number = -number WHERE number > {number}",
        "UPDATE record SET number = -number - 1 WHERE number < 0",
    )
    assert broken_at(ledger) == number


@pytest.mark.parametrize("number", range(LAST))
def test_swapped_neighbours_are_found_and_named(ledger: Ledger, home: Path, number: int) -> None:
    change(
        home,
        f"UPDATE record SET number = -1 WHERE number = {number}",
        f"UPDATE record SET number = {number} WHERE number = {number + 1}",
        f"UPDATE record SET number = {number + 1} WHERE number = -1",
    )
    assert broken_at(ledger) == number


@pytest.mark.parametrize("number", [0, 4, LAST])
def test_an_inserted_record_is_found_and_named(ledger: Ledger, home: Path, number: int) -> None:
    change(
        home,
        f"UPDATE record SET number = -number - 1 WHERE number >= {number}",
        "UPDATE record SET number = -number WHERE number < 0",
        f"INSERT INTO record SELECT {number}, kind, dataset, leaf, checkpoint FROM record "
        "WHERE instr(leaf, CAST('first' AS BLOB))",
    )
    assert broken_at(ledger) == number


COLUMNS = [
    ("record", "kind = 'refusal'", "number = 9", 9),
    ("record", "dataset = 'another'", "number = 9", 9),
    ("record", "checkpoint = ''", "number = 9", 9),
    ("record", "checkpoint = (SELECT checkpoint FROM record WHERE number = 8)", "number = 9", 9),
    ("record", "checkpoint = replace(checkpoint, char(10) || '10' || char(10), char(10) || '9' || char(10))",
     "number = 9", 9),
    ("node", "hash = zeroblob(32)", "level = 0 AND position = 6", 6),
    ("node", "hash = zeroblob(32)", "level = 2 AND position = 1", 7),
    ("node", "position = 99", "level = 1 AND position = 2", 5),
    ("head", "size = 11", "1", 11),
    ("head", "size = 14", "1", 13),
    ("head", "frontier = zeroblob(96)", "1", LAST),
    ("head", "frontier = x''", "1", LAST),
    ("account", "cap_rho = 10000, roof_rho = 10000", "scope = 'agreement'", 11),
    ("account", "cap_delta = 10000, roof_delta = 10000", "scope = 'dataset'", 11),
    ("account", "roof_rho = 10000", "scope = 'dataset'", 11),
    ("account", "roof_delta = 10000", "scope = 'dataset'", 11),
    ("account", "spent_rho = 0", "scope = 'organisation'", 11),
    ("account", "spent_delta = spent_delta - 1", "scope = 'dataset'", 11),
    ("account", "name = 'another'", "scope = 'dataset'", 11),
    ("job", "state = 'failed'", "job = 'released'", 4),
    ("job", "state = 'touched', ended = NULL", "job = 'released'", 4),
    ("job", "state = 'touched', ended = NULL", "job = 'spent'", 6),
    ("job", "state = 'reserved', ended = NULL", "job = 'refunded'", 8),
    ("job", "state = 'released'", "job = 'touched'", 11),
    ("job", "state = 'failed'", "job = 'reserved'", 10),
    ("job", "rho = 70", "job = 'reserved'", 10),
    ("job", "delta = 0", "job = 'reserved'", 10),
    ("job", "submitted = 7", "job = 'reserved'", 10),
    ("job", "ended = 4", "job = 'spent'", 6),
    ("job", "job = 'another'", "job = 'spent'", 6),
    ("job", "replay_key = 'another'", "job = 'released'", 4),
    ("charge", "name = 'another'", "job = 'touched' AND scope = 'dataset'", 11),
    ("charge", "job = 'another'", "job = 'touched' AND scope = 'dataset'", 11),
    ("release", "replay_key = 'key of another question'", "1", 4),
    ("release", "path = 'release/another'", "1", 4),
    ("release", "sha256 = 'cd'", "1", 4),
    ("release", "job = 'spent'", "1", 4),
    ("release", "number = 6", "1", 4),
]  # fmt: skip


@pytest.mark.parametrize(("table", "values", "where", "number"), COLUMNS)
def test_every_changed_field_is_found_and_named(
    ledger: Ledger, home: Path, table: str, values: str, where: str, number: int
) -> None:
    change(home, f"UPDATE {table} SET {values} WHERE {where}", checks=False)
    assert broken_at(ledger) == number


ROWS = [
    ("DELETE FROM node WHERE level = 1 AND position = 2", 5),
    ("INSERT INTO node VALUES (1, 6, zeroblob(32))", LAST),
    ("DELETE FROM account WHERE scope = 'dataset'", 11),
    ("INSERT INTO account VALUES ('dataset', 'free', 9, 9, 9, 9, 0, 0)", LAST + 1),
    ("DELETE FROM job WHERE job = 'spent'", 6),
    ("DELETE FROM job WHERE job = 'touched'", 11),
    ("INSERT INTO job SELECT 'free', 'touched', 0, 0, NULL, 3, NULL, boot, pid, started FROM job LIMIT 1",
     LAST + 1),
    ("DELETE FROM charge WHERE job = 'reserved' AND scope = 'agreement'", 10),
    ("INSERT INTO charge VALUES ('spent', 'dataset', 'another')", 6),
    ("INSERT INTO charge VALUES ('free', 'dataset', 'another')", LAST + 1),
    ("DELETE FROM release", 4),
    ("INSERT INTO release VALUES (6, 'spent', 'key', 'path', 'ab')", 5),
    ("INSERT INTO release VALUES (9, 'free', 'key', 'path', 'ab')", LAST + 1),
    ("INSERT INTO record SELECT -1, kind, dataset, leaf, checkpoint FROM record WHERE number = 9", 0),
    ("INSERT INTO record SELECT 13, kind, dataset, leaf, checkpoint FROM record WHERE number = 9", 13),
    ("INSERT INTO record SELECT 20, kind, dataset, leaf, checkpoint FROM record WHERE number = 9", 13),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "number"), ROWS)
def test_a_dropped_or_forged_row_is_found(ledger: Ledger, home: Path, statement: str, number: int) -> None:
    change(home, statement, checks=False)
    assert broken_at(ledger) == number


def rebuild(home: Path, leaves: list[bytes], signer: Ed25519Signer) -> None:
    """Write a whole log anew, consistent in itself."""
    kinds = {leaf: row for leaf, *row in rows(home, "SELECT leaf, kind, dataset FROM record")}
    connection = sqlite3.connect(home / "ledger.db")
    frontier: tuple[bytes, ...] = ()
    with connection:
        connection.execute("DELETE FROM record")
        connection.execute("DELETE FROM node")
        for number, leaf in enumerate(leaves):
            frontier, made = merkle.append(number, frontier, leaf)
            head = Checkpoint("data-sandbox/log", number + 1, merkle.root(frontier))
            kind = kinds.get(leaf, ["notice", "门诊结算"])
            note = sign_checkpoint(head, signer)
            connection.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?)", (number, *kind, leaf, note))
            connection.executemany("INSERT INTO node VALUES (?, ?, ?)", made)
        connection.execute("UPDATE head SET size = ?, frontier = ?", (len(leaves), b"".join(frontier)))
    connection.close()


def rows(home: Path, query: str) -> list[tuple[bytes, str, str]]:
    connection = sqlite3.connect(home / "ledger.db")
    found = connection.execute(query).fetchall()
    connection.close()
    return found


def test_a_log_rebuilt_under_another_key_is_found(ledger: Ledger, home: Path) -> None:
    leaves = [record.leaf for record in ledger.records()]
    leaves[9] = leaves[9].replace(b"first", b"third")
    rebuild(home, leaves, Ed25519Signer(bytes(32)))
    assert broken_at(ledger) == 0
    with pytest.raises(IntegrityBroken):
        open_ledger(home)


def test_even_the_keys_holder_cannot_rewrite_what_was_witnessed(ledger: Ledger, home: Path) -> None:
    leaves = [record.leaf for record in ledger.records()]
    leaves[9] = leaves[9].replace(b"first", b"third")
    rebuild(home, leaves, SIGNER)
    assert broken_at(ledger) == LAST
    with pytest.raises(IntegrityBroken) as caught:
        open_ledger(home)
    assert caught.value.code == "log_broken"


def test_a_record_in_another_spelling_is_found_even_when_well_signed(ledger: Ledger, home: Path) -> None:
    leaves = [record.leaf for record in ledger.records()]
    leaves[9] = leaves[9].replace(b'{"', b'{ "', 1)
    rebuild(home, leaves, SIGNER)
    (home / "log" / "checkpoint.txt").write_text(ledger.checkpoint())
    assert broken_at(ledger) == 9


@pytest.mark.parametrize("kept", [0, 1, 9, LAST])
def test_a_tail_cut_off_without_a_trace_is_found(ledger: Ledger, home: Path, kept: int) -> None:
    rebuild(home, [record.leaf for record in ledger.records(0, kept)], SIGNER)
    assert broken_at(ledger) == kept
    with pytest.raises(IntegrityBroken):
        open_ledger(home)


def test_an_old_backup_slipped_in_to_win_the_budget_back_does_not_open(written: Path, tmp_path: Path) -> None:
    home, backup = tmp_path / "home", tmp_path / "backup"
    shutil.copytree(written, home)
    shutil.copytree(home, backup)
    ledger = open_ledger(home)
    answer(ledger, "one more")
    ledger.close()
    for path in home.glob("ledger.db*"):
        path.unlink()
    shutil.copy(backup / "ledger.db", home / "ledger.db")
    with pytest.raises(IntegrityBroken) as caught:
        open_ledger(home)
    assert "shorter than it once was" in caught.value.reason


@pytest.mark.parametrize("text", [None, "", "rubbish", "another key"])
def test_a_tampered_witness_is_found(ledger: Ledger, home: Path, text: str | None) -> None:
    path = home / "log" / "checkpoint.txt"
    if text is None:
        path.unlink()
    elif text == "another key":
        path.write_text(
            sign_checkpoint(Checkpoint("data-sandbox/log", 0, merkle.root(())), Ed25519Signer(bytes(32)))
        )
    else:
        path.write_text(text)
    assert broken_at(ledger) == LAST + 1
    with pytest.raises(IntegrityBroken):
        open_ledger(home)


def test_a_checkpoint_of_the_past_is_continued_by_the_log(ledger: Ledger, home: Path) -> None:
    path = home / "log" / "checkpoint.txt"
    for number in range(LAST + 1):
        path.write_text(rows(home, f"SELECT checkpoint FROM record WHERE number = {number}")[0][0])  # type: ignore[arg-type]
        assert ledger.verify().ok


def test_an_event_written_behind_the_budgets_back_is_found_even_when_well_signed(tmp_path: Path) -> None:
    """A ledger that was made to sign a record that no honest ledger writes still does not verify."""
    from sandbox.ledger.journal import Journal

    home = tmp_path / "home"
    ledger = with_caps(home, Spend(70, 30))
    reserve(ledger, "j")
    forged = failed("j", touched=False)
    ledger._write(lambda log: Journal.append(log, forged))
    ledger._write(lambda log: Journal.append(log, forged))
    assert broken_at(ledger) == 5  # the second failure of one job
    ledger.close()
