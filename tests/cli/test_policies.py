"""``sandbox policy``: every mistake at once, and what a policy does."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sandbox.cli import main
from sandbox.cli.app import app
from sandbox.cli.demo.command import shipped_policies
from tests import clinic

run = CliRunner().invoke


@pytest.fixture
def wrong(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_text(clinic.POLICY.replace("epsilon: 20", "epsilonn: 20").replace("[0, 1000]", "[1000, 0]"))
    return path


def test_shipped_policies_are_good():
    files = [str(path) for path in shipped_policies().glob("*.yaml")]
    assert files
    assert run(app, ["policy", "check", *files]).exit_code == 0


def test_every_mistake_is_listed_with_line_and_fix(wrong):
    result = run(app, ["policy", "check", str(wrong)])
    assert result.exit_code == 1
    assert "epsilonn" in result.output
    assert "did you mean" in result.output
    assert "bounds" in result.output


def test_mistakes_as_json(wrong):
    found = [
        json.loads(line) for line in run(app, ["policy", "check", "--json", str(wrong)]).output.splitlines()
    ]
    assert {"kind", "file", "line", "path", "code", "reason", "fix"} <= set(found[0])
    assert {each["kind"] for each in found} == {"mistake"}


def test_explain_shows_uses_and_the_masking_sql_without_keys(tmp_path):
    path = clinic.small(tmp_path, people=3)
    result = run(app, ["policy", "explain", str(path)])
    assert result.exit_code == 0
    assert "at most 8 rows of each" in result.output
    assert "-- masking of visits" in result.output
    assert "t" * 64 not in result.output  # the pseudonym key of these tests


def test_explain_of_a_wrong_policy_fails_with_its_mistakes(wrong, capsys):
    with pytest.raises(SystemExit) as leaving:
        main(["policy", "explain", str(wrong)])
    assert leaving.value.code == 1
    assert "epsilonn" in capsys.readouterr().err
