"""Datasets at the command line of a home folder, with a server that has it open and without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.app import app
from sandbox.errors import Refused, SandboxError
from sandbox.jobs.service import Service
from sandbox.settings import Settings
from tests import clinic


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with a registered policy."""
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SANDBOX_SOURCES_FOLDER", str(tmp_path / "sources"))
    run("init")
    policy = clinic.small(tmp_path / "sources", people=5)
    assert run("dataset", "register", str(policy)) == "clinic"
    return tmp_path / "home"


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.exception
    return done.output.strip()


def test_a_dataset_is_loaded_without_a_server(home: Path) -> None:
    assert run("dataset", "list").startswith("clinic  not loaded")
    assert run("dataset", "load", "clinic") == "loaded"
    assert json.loads(run("dataset", "list", "--json"))["loaded"]
    shown = json.loads(run("dataset", "show", "clinic"))
    assert {each["name"] for each in shown["tables"]} >= {"visits", "persons"}
    assert "name" not in {each["name"] for table in shown["tables"] for each in table["columns"]}


def test_a_server_that_has_the_home_folder_loads_it(home: Path) -> None:
    server = Service.open(Settings())
    try:
        server.loads.work(alone=True)
        assert run("dataset", "load", "clinic") == "loaded"
        assert server.datasets.loaded("clinic")
    finally:
        server.close()


def test_a_failed_load_and_an_unknown_dataset_are_told(home: Path) -> None:
    (home.parent / "sources" / "visits.parquet").unlink()
    failed = CliRunner().invoke(app, ["dataset", "load", "clinic"]).exception
    assert isinstance(failed, SandboxError)
    assert failed.exit_code == 1
    unknown = CliRunner().invoke(app, ["dataset", "load", "other"]).exception
    assert isinstance(unknown, Refused)
    assert unknown.code == "dataset_unknown"
