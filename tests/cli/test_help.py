"""Every command has help; wrong usage exits with 2; starting is light."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from sandbox import __version__
from sandbox.cli.app import app


def commands(group, path=()):
    for name, command in sorted(group.commands.items()):
        yield (*path, name)
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


ALL = tuple(commands(get_command(app)))


def test_the_commands_promised_are_there():
    assert {" ".join(path) for path in ALL} >= {
        "demo", "init", "scan", "try", "load", "policy check", "policy explain", "log show", "log verify",
        "doctor", "serve", "worker", "budget", "dataset list", "dataset show", "dataset register",
        "dataset load", "job submit", "job list", "job show", "job result", "job cancel", "agreement list",
        "application file", "application review", "stop order", "stop lift", "user add", "token issue",
    }  # fmt: skip


def test_every_command_that_lists_or_shows_does_so_as_json_too():
    found = {path for path in ALL if path[-1] in ("list", "show", "orgs", "held", "budget")}
    assert len(found) > 12
    for path in found:
        assert "--json" in CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"}).output, path


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_help_that_says_what_it_does(path):
    result = CliRunner().invoke(app, [*path, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output
    assert len(result.output.splitlines()) > 6


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["try"], ["log", "show", "-3"], ["demo", "--lang", "xx"]]
)
def test_wrong_usage_exits_with_2(arguments):
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_the_version_is_told():
    assert CliRunner().invoke(app, ["--version"]).output.strip() == __version__


def test_help_loads_no_engine_no_noise_and_no_scanner():
    heavy = (
        "duckdb",
        "opendp",
        "presidio_analyzer",
        "pyarrow",
        "numpy",
        "sqlalchemy",
        "cryptography",
        "spacy",
    )
    code = (
        "import sys, contextlib, io\n"
        "from sandbox.cli import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main(['--help'])\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
