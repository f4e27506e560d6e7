"""A drill at the command line: backup, keys, restore, thaw, and the old answers are there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.backup.contents import belongs
from sandbox.cli import main
from sandbox.cli.backups import PASSPHRASE
from sandbox.local import LocalSandbox
from tests.postgres import Server

WORDS = "six words drawn by honest dice"
SQL = "SELECT count(*) AS n FROM visits"
LEFT_OUT = re.compile(
    r"ledger\.db-(wal|shm)|keys/master\.key|log/.*|.*\.lock|sources/.*|incidents.*|server\.lock"
)


def run(*arguments: object, code: int = 0) -> None:
    with pytest.raises(SystemExit) as leaving:
        main([str(each) for each in arguments])
    assert leaving.value.code == code


def test_a_drill(
    box: LocalSandbox, shared_clinic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv(PASSPHRASE, WORDS)
    live, fresh = tmp_path / "home", tmp_path / "fresh"
    archive, keys, checkpoint = tmp_path / "archive", tmp_path / "keys", tmp_path / "checkpoint"
    answer = box.query(SQL, epsilon="0.5")
    spent = box.budget().balances
    run("backup", "create", archive, "--home", live, "--json")  # while the box is open
    made = json.loads(capsys.readouterr().out)
    run("backup", "keys", keys, "--home", live)
    checkpoint.write_text(box.ledger.checkpoint(), encoding="utf-8")
    assert made["checkpoint"] == checkpoint.read_text(encoding="utf-8")
    assert keys.stat().st_mode & 0o777 == 0o600
    assert (live / "keys" / "master.key").read_bytes() not in keys.read_bytes()

    run("backup", "restore", archive, "--keys", keys, "--home", fresh)
    capsys.readouterr()
    run("log", "verify", "--home", fresh, code=1)
    assert "restored_frozen" in capsys.readouterr().err
    run("backup", "thaw", "--checkpoint", checkpoint, "--home", fresh)
    run("log", "verify", "--home", fresh)
    with Sandbox.local(str(shared_clinic), home=str(fresh)) as again:
        assert again.report.reused
        assert again.budget().balances == spent
        replayed = again.query(SQL, epsilon="0.5")
        assert replayed.rows() == answer.rows()
        assert replayed.replayed
    for path in (path for path in live.rglob("*") if path.is_file()):
        name = path.relative_to(live).as_posix()
        assert belongs(name) or LEFT_OUT.fullmatch(name), "a file that no backup holds and nobody left out"


def test_a_wrong_or_short_passphrase_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, keys, archive = tmp_path / "home", tmp_path / "keys", tmp_path / "archive"
    run("init", "--home", home)
    run("backup", "create", archive, "--home", home)
    monkeypatch.setenv(PASSPHRASE, "short")
    run("backup", "keys", keys, "--home", home, code=3)
    assert not keys.exists()
    monkeypatch.setenv(PASSPHRASE, WORDS)
    run("backup", "keys", keys, "--home", home)
    run("backup", "keys", keys, "--home", home, code=3)
    monkeypatch.setenv(PASSPHRASE, WORDS + "!")
    capsys.readouterr()
    run("backup", "restore", archive, "--keys", keys, "--home", tmp_path / "fresh", code=1)
    assert "keys_unreadable" in capsys.readouterr().err
    assert not (tmp_path / "fresh").exists()


def test_the_master_key_itself_opens_a_backup(tmp_path: Path) -> None:
    home, archive, fresh = tmp_path / "home", tmp_path / "archive", tmp_path / "fresh"
    run("init", "--home", home)
    run("backup", "create", archive, "--home", home)
    run("backup", "restore", archive, "--keys", home / "keys" / "master.key", "--home", fresh)
    run("backup", "thaw", "--home", fresh, code=3)
    run("backup", "thaw", "--forfeit", "--home", fresh)
    run("log", "verify", "--home", fresh)


def test_a_drill_with_the_control_database_on_a_server(
    postgres: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, archive, fresh, note = (tmp_path / name for name in ("home", "archive", "fresh", "note"))
    monkeypatch.setenv("SANDBOX_DATABASE_URL", postgres.url(postgres.database()))
    run("init", "--home", home)
    run("user", "org", "运营方", "operator", "--home", home)
    run("backup", "create", archive, "--home", home)
    note.write_text((home / "log" / "checkpoint.txt").read_text(encoding="utf-8"), encoding="utf-8")
    keys = home / "keys" / "master.key"
    run("backup", "restore", archive, "--keys", keys, "--home", fresh, code=3)
    assert "database_not_empty" in capsys.readouterr().err
    monkeypatch.setenv("SANDBOX_DATABASE_URL", postgres.url(postgres.database()))
    run("backup", "restore", archive, "--keys", keys, "--home", fresh)
    run("log", "verify", "--home", fresh, code=1)
    run("backup", "thaw", "--checkpoint", note, "--home", fresh)
    capsys.readouterr()
    run("log", "verify", "--home", fresh)
    run("user", "orgs", "--home", fresh)
    assert "运营方" in capsys.readouterr().out
    assert not (fresh / "ledger.db").exists()
