"""From an organisation to an agreement and a stop, at the command line of a local home."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli import main
from sandbox.cli.app import app
from sandbox.govern import Govern
from tests import clinic

GRANTS = ("--grant", "visits.city=group,filter", "--grant", "visits.amount=aggregate")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a registered policy and four users."""
    place = tmp_path / "home"
    monkeypatch.setenv("SANDBOX_HOME", str(place))
    run("init")
    policy = clinic.small(place / "sources", people=3)
    (place / "policies").mkdir()
    policy.rename(place / "policies" / "clinic.yaml")
    for name, kind, code in (("卫健委", "agency", ""), ("甲公司", "developer", "91350100M000100Y43")):
        run("user", "org", name, kind, "--credit-code", code)
    run("user", "add", "dev", "--organisation", "甲公司", "--role", "developer")
    run("user", "add", "rev", "--organisation", "卫健委", "--role", "reviewer")
    return place


def run(*arguments: str, token: str = "") -> str:
    done = CliRunner().invoke(app, arguments, env={"SANDBOX_TOKEN": token})
    assert done.exit_code == 0, done.exception
    return done.output.strip()


def test_an_application_becomes_an_agreement_that_can_be_stopped(home: Path) -> None:
    developer, reviewer = run("token", "issue", "dev"), run("token", "issue", "rev", "--days", "1")
    filed = run(
        "application", "file", "clinic", "--purpose", "研究", *GRANTS, "--epsilon", "5", "--days", "30",
        token=developer,
    )  # fmt: skip
    assert json.loads(run("application", "show", filed))["grants"]["visits"]["city"] == ["filter", "group"]
    made = run("application", "review", filed, "--approve", token=reviewer)
    assert json.loads(run("agreement", "show", made, token=developer))["state"] == "active"
    stop = run("stop", "order", "agreement", made, "--reason", "异常").split()[0]
    assert stop in run("stop", "list")
    run("stop", "lift", stop, "--reason", "已查明", token=reviewer)
    assert run("stop", "list") == ""
    run("agreement", "suspend", made, "--reason", "检查")
    run("agreement", "resume", made, "--reason", "无异常", token=reviewer)
    run("user", "cap", "甲公司", "clinic", "4")
    assert "exited" in run("agreement", "exit", made, "--reason", "结束", token=developer)
    assert "filed" not in run("application", "list")
    assert made in run("agreement", "list", "--json")


def test_tokens_are_listed_by_number_and_revoked(home: Path) -> None:
    text = run("token", "issue", "dev", "--scope", "read_agreements")
    listed = json.loads(run("token", "list", "dev", "--json"))
    assert listed["scopes"] == ["read_agreements"]
    assert text.split("_", 2)[2] not in json.dumps(listed)
    run("token", "revoke", listed["id"])
    assert "revoked" in run("token", "list")


def test_parties_are_listed(home: Path) -> None:
    assert "甲公司" in run("user", "orgs")
    assert [json.loads(line)["user"] for line in run("user", "list", "--json").splitlines()] == ["dev", "rev"]


def test_a_refusal_leaves_with_3_and_a_wrong_grant_with_2(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SANDBOX_TOKEN", "dsb_wrong_token")
    assert leaves("agreement", "list") == 3
    assert "unauthenticated" in capsys.readouterr().err
    monkeypatch.delenv("SANDBOX_TOKEN")
    apply = (
        "application",
        "file",
        "clinic",
        "--purpose",
        "研究",
        "--epsilon",
        "5",
        "--days",
        "30",
        "--grant",
    )
    assert leaves(*apply, "visits.city") == 2
    assert leaves(*apply, "visits.city=group") == 3  # the operator is no developer
    assert "not_permitted" in capsys.readouterr().err


def test_the_home_folder_is_asked_for_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert leaves("stop", "list", "--home", str(tmp_path)) == 1
    assert "home_missing" in capsys.readouterr().err


def test_who_acts_is_never_a_process_argument() -> None:
    assert "secret" in Govern.authenticate.__annotations__
    done = CliRunner().invoke(app, ["agreement", "list", "--token", "x"])
    assert done.exit_code == 2


def leaves(*arguments: str) -> int:
    with pytest.raises(SystemExit) as leaving:
        main(list(arguments))
    return int(str(leaving.value.code))
