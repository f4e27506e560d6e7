"""The log is shown, proved and verified from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli import main
from sandbox.cli.app import app
from sandbox.ledger import Ledger
from sandbox.nouns.event import Notice
from sandbox.seal import Keyring


@pytest.fixture
def home(tmp_path: Path) -> Path:
    keyring = Keyring.open(tmp_path / "home")
    ledger = Ledger.open(tmp_path / "home" / "ledger.db", keyring.signer)
    for what in ("first", "second", "third"):
        ledger.append(Notice(at="2026-01-02T03:04:05.678Z", actor="甲", what=what, details={}))
    ledger.close()
    return tmp_path / "home"


def run(*arguments: object, code: int = 0) -> str:
    with pytest.raises(SystemExit) as leaving:
        main([str(each) for each in arguments])
    assert leaving.value.code == code
    return ""


def bundle(home: Path, folder: Path, number: int = 1) -> Path:
    made = CliRunner().invoke(app, ["log", "export", str(number), "--home", str(home)])
    assert made.exit_code == 0
    path = folder / "bundle.json"
    path.write_text(made.output, encoding="utf-8")
    return path


def test_every_record_has_a_line(home, capsys):
    run("log", "show", "--home", home)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "second" in lines[1]
    assert "notice" in lines[1]


def test_json_gives_one_object_a_line(home, capsys):
    run("log", "show", "--json", "--home", home)
    assert [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()] == [0, 1, 2]


def test_one_record_is_shown_in_full(home, capsys):
    run("log", "show", 2, "--home", home)
    assert json.loads(capsys.readouterr().out)["what"] == "third"


def test_a_record_that_is_not_there_is_named(home, capsys):
    run("log", "show", 99, "--home", home, code=1)
    assert "record_missing" in capsys.readouterr().err


def test_a_whole_log_verifies(home, capsys):
    run("log", "verify", "--home", home)
    assert "3 records" in capsys.readouterr().out


def test_a_changed_record_fails_the_verification(home, capsys):
    import sqlite3

    with sqlite3.connect(home / "ledger.db") as database:
        database.execute(
            "UPDATE record SET leaf = CAST(replace(leaf, 'first', 'worst') AS BLOB) WHERE number = 0"
        )
    database.close()
    run("log", "verify", "--home", home, code=1)
    assert "log_broken" in capsys.readouterr().err


def test_a_bundle_verifies_without_the_log(home, tmp_path, capsys):
    path = bundle(home, tmp_path)
    public = json.loads(path.read_text())["public_key"]
    for file in sorted(home.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    run("log", "verify", path, "--key", public)
    assert "the key you gave" in capsys.readouterr().out
    run("log", "verify", path)
    assert "compare it" in capsys.readouterr().out


def test_a_bundle_with_a_changed_record_or_another_key_does_not_verify(home, tmp_path, capsys):
    path = bundle(home, tmp_path)
    run("log", "verify", path, "--key", "00" * 32, code=1)
    path.write_text(path.read_text().replace("second", "other"))
    run("log", "verify", path, code=1)
    assert capsys.readouterr().err.count("log_broken") == 2


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"record": 1, "proof": 2, "public_key": "x"}', "\x00"])
def test_what_is_no_bundle_is_said(tmp_path, capsys, text):
    (tmp_path / "b.json").write_text(text)
    run("log", "verify", tmp_path / "b.json", code=1)
    assert "bundle_unreadable" in capsys.readouterr().err


def test_a_folder_without_a_log_is_said_and_nothing_is_made_there(tmp_path, capsys):
    run("log", "show", "--home", tmp_path / "none", code=1)
    assert "home_missing" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
