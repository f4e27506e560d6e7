"""A command that fails says what, where and what next; a mistake of ours says nothing but a number."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

import pytest

from sandbox.cli.failure import INCIDENTS, describe, told
from sandbox.errors import JobFailed, PolicyInvalid, Problem, Refused, Unavailable
from sandbox.settings import Settings

SECRET = "4101021990"


def left_with(error: BaseException) -> int:
    with pytest.raises(SystemExit) as leaving, told():
        raise error
    return leaving.value.code


def test_a_refusal_exits_with_3_and_names_code_place_and_hint(capsys):
    assert left_with(Refused("row_level_output", "rows are not shown", hint="aggregate", position="1:8")) == 3
    said = capsys.readouterr().err
    assert "row_level_output" in said
    assert "1:8" in said
    assert "→ aggregate" in said


def test_every_further_problem_of_a_refusal_is_said():
    others = (Refused("unknown_table", "no table t"),)
    assert "unknown_table" in describe(Refused("unknown_column", "no column c", others=others))


def test_every_mistake_of_a_policy_is_said_and_exits_with_1(capsys):
    problems = (Problem("p.yaml", 3, "tables", "key_missing", "'unit' is required", "add it"),)
    assert left_with(PolicyInvalid(problems)) == 1
    assert "p.yaml:3: tables" in capsys.readouterr().err


@pytest.mark.parametrize("error", [JobFailed(), Unavailable("no_scratch", "no room")])
def test_other_errors_of_ours_exit_with_1(error, capsys):
    assert left_with(error) == 1
    assert error.code in capsys.readouterr().err


def test_a_mistake_of_ours_says_a_number_and_no_text(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    assert left_with(ValueError(f"cannot convert {SECRET}")) == 1
    said = capsys.readouterr()
    assert "internal" in said.err
    assert SECRET not in said.err + said.out
    number = re.search(r"incident ([0-9a-f]{8})", said.err)[1]
    noted = [json.loads(line) for line in (tmp_path / INCIDENTS).read_text().splitlines()]
    assert [each["incident"] for each in noted] == [number]
    assert noted[0]["error"] == "ValueError"
    assert SECRET not in (tmp_path / INCIDENTS).read_text()
    assert (tmp_path / INCIDENTS).stat().st_mode & 0o077 == 0


def test_development_shows_the_traceback(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path))
    monkeypatch.setenv("SANDBOX_DEVELOPMENT", "1")
    assert left_with(ValueError("seen by developers of this program")) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_wrong_setting_exits_with_2_and_names_the_variable(monkeypatch, capsys):
    monkeypatch.setenv("SANDBOX_ENGINE_THREADS", "many")
    with pytest.raises(SystemExit) as leaving, told():
        Settings()
    assert leaving.value.code == 2
    assert "SANDBOX_ENGINE_THREADS" in capsys.readouterr().err


def test_a_misspelt_setting_is_not_passed_over(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sandbox.toml").write_text("slot = true\n")
    with pytest.raises(SystemExit) as leaving, told():
        Settings()
    assert leaving.value.code == 2
    assert "SANDBOX_SLOT:" in capsys.readouterr().err
    (tmp_path / "sandbox.toml").unlink()
    with pytest.raises(ValueError, match="slot"):
        Settings(slot=True)


@pytest.mark.parametrize("after", ["leave_if_told()", "raise ImportError"])
def test_a_told_process_leaves_although_an_import_caught_everything(after):
    """In a process of its own: the first exit is swallowed, as a library may do it, the next place leaves."""
    program = (
        "import os, signal\n"
        "from sandbox.cli.failure import leave_if_told, told\n"
        "with told():\n"
        "    leave_if_told()\n"
        "    try:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "    except BaseException:\n"
        "        print('swallowed', flush=True)\n"
        f"    {after}\n"
        "print('went on')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (128 + signal.SIGTERM, "swallowed\n")
