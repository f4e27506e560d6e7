"""The doctor finds what is wrong, says how to mend it, and exits with 1 when something blocks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.app import app
from sandbox.cli.doctor import Health, examine, filesystem
from sandbox.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert CliRunner().invoke(app, ["init", "--home", str(tmp_path / "home")]).exit_code == 0
    return tmp_path / "home"


def health(settings: Settings, name: str) -> set[Health]:
    return {found.health for found in examine(settings) if found.name == name}


def test_a_fresh_home_is_in_good_health(home):
    found = {each.name: each for each in examine(Settings(home=home))}
    assert {"system", "jail", "room", "keys", "clock", "database"} <= set(found)
    assert found["keys"].health is found["database"].health is found["clock"].health is Health.GOOD


def test_nothing_made_yet_is_a_note_not_a_fault(tmp_path):
    assert health(Settings(home=tmp_path / "none"), "keys") == {Health.NOTE}
    assert health(Settings(home=tmp_path / "none"), "database") == {Health.NOTE}


def test_keys_that_others_may_read_block(home):
    (home / "keys" / "master.key").chmod(0o644)
    found = [each for each in examine(Settings(home=home)) if each.name == "keys"]
    assert found[0].health is Health.BLOCKS
    assert "chmod" in found[0].remedy


def test_a_lost_master_key_blocks(home):
    (home / "keys" / "master.key").unlink()
    assert Health.BLOCKS in health(Settings(home=home), "keys")


def test_a_damaged_ledger_blocks(home):
    (home / "ledger.db").write_bytes(b"no database" * 100)
    for extra in home.glob("ledger.db-*"):
        extra.unlink()
    assert health(Settings(home=home), "database") == {Health.BLOCKS}


def test_a_memory_folder_on_disk_blocks(tmp_path):
    folder = Path("/") if filesystem(tmp_path) in ("tmpfs", "ramfs") else tmp_path
    assert health(Settings(home=tmp_path, memory_folder=folder), "room") == {Health.BLOCKS}


def test_every_fault_comes_with_a_remedy(tmp_path, home):
    (home / "keys" / "master.key").chmod(0o644)
    settings = Settings(home=home, memory_folder=tmp_path / "none", scratch_folder=tmp_path / "none")
    blocked = [each for each in examine(settings) if each.health is Health.BLOCKS]
    assert {each.name for each in blocked} >= {"keys", "room", "scratch"}
    assert all(each.remedy for each in blocked)


def test_json_and_exit_code_tell_scripts(home, monkeypatch):
    monkeypatch.setenv("SANDBOX_HOME", str(home))
    good = CliRunner().invoke(app, ["doctor", "--json"])
    assert {each["name"] for each in json.loads(good.output)} >= {"jail", "keys"}
    monkeypatch.setenv("SANDBOX_MEMORY_FOLDER", str(home / "none"))
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 1
