"""A developer, a reviewer and an operator at the command line of a server, with nothing but their tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
import pytest
from click.testing import Result
from typer.testing import CliRunner

from sandbox.cli.app import app
from sandbox.errors import LoadFailed, Refused, SandboxError, Unavailable
from tests import clinic
from tests.api.conftest import BY_CITY, Running, running

GRANTS = ("--grant", "visits.city=group,filter", "--grant", "visits.amount=aggregate,filter")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        yield from running(tmp_path_factory.mktemp("server"), slots=False)


def done(here: Running, *arguments: str, by: str = "developer") -> Result:
    environment = {"SANDBOX_SERVER": here.url, "SANDBOX_TOKEN": here.tokens.get(by, "")}
    return CliRunner().invoke(app, arguments, env=environment)


def run(here: Running, *arguments: str, by: str = "developer") -> str:
    found = done(here, *arguments, by=by)
    assert found.exit_code == 0, found.exception
    return found.output.strip()


def refusal(here: Running, *arguments: str, by: str = "developer") -> SandboxError:
    found = done(here, *arguments, by=by)
    assert isinstance(found.exception, SandboxError), found.output
    return found.exception


def test_a_developer_applies_asks_and_fetches(here: Running, tmp_path: Path) -> None:
    filed = run(here, "application", "file", "clinic", "--purpose", "规划", *GRANTS,
                "--epsilon", "3", "--days", "30")  # fmt: skip
    assert json.loads(run(here, "application", "show", filed))["state"] == "filed"
    made = run(here, "application", "review", filed, "--approve", by="reviewer")
    assert made in run(here, "agreement", "list")
    granted = json.loads(run(here, "agreement", "show", made, "--json"))
    assert {each["name"] for each in granted["tables"]} >= {"visits"}

    asked = ("job", "submit", "--agreement", made, "--sql", BY_CITY)
    preview = json.loads(run(here, *asked, "--mode", "preview", "--json"))
    assert preview["fits"]
    answer = json.loads(run(here, *asked, "--json"))
    assert [each["name"] for each in answer["columns"]] == ["city", "visits", "mean"]
    assert "±" in run(here, *asked), "a person is shown error bars"
    job = run(here, *asked, "--no-wait")
    assert json.loads(run(here, "job", "show", job))["disclosure"] == answer["disclosure"]
    assert job == json.loads(run(here, "job", "list", "--limit", "1", "--json"))["id"]
    assert run(here, "job", "result", job).splitlines()[0].startswith("city,visits,mean")
    run(here, "job", "result", job, "--format", "parquet", "--output", str(tmp_path / "answer.parquet"))
    assert pyarrow.parquet.read_table(tmp_path / "answer.parquet").num_rows == len(answer["rows"])
    accounts = map(json.loads, run(here, "budget", "--json").splitlines())
    (spent,) = (each for each in accounts if each["name"] == made)
    assert spent["spent_rho"] == pytest.approx(answer["cost"]["rho"])
    assert made in run(here, "budget")


def test_what_is_refused_leaves_with_the_servers_code_and_its_place(here: Running) -> None:
    error = refusal(here, "job", "submit", "--agreement", here.agreement, "--sql", "SELECT name FROM visits")
    assert (error.code, error.position, error.exit_code) == ("unknown_column", "1:8", 3)
    assert refusal(here, "job", "cancel", "nothing").code == "not_found"
    assert refusal(here, "job", "show", here.ask(BY_CITY)["id"], by="stranger").code == "not_found"
    assert refusal(here, "dataset", "load", "clinic").code == "not_permitted"
    nobody = refusal(here, "job", "list", by="nobody")
    assert isinstance(nobody, Refused)
    assert nobody.code == "token_required"


def test_a_queued_job_is_cancelled(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(here.service.queue, "due", lambda **_: False)
    job = run(here, "job", "submit", "--agreement", here.agreement, "--no-wait", "--sql",
              "SELECT count(*) AS n FROM persons")  # fmt: skip
    assert run(here, "job", "cancel", job).split() == [job, "cancelled"]


def test_an_operator_registers_and_loads_a_dataset(here: Running, tmp_path: Path) -> None:
    policy = clinic.small(tmp_path / "sent", people=3)
    assert run(here, "dataset", "register", str(policy), by="operator") == "clinic"
    assert run(here, "dataset", "load", "clinic", by="operator") == "loaded"
    assert run(here, "dataset", "list").split()[:2] == ["clinic", "True"]
    assert json.loads(run(here, "dataset", "show", "clinic", "--json"))["loaded"]
    assert refusal(here, "dataset", "load", "other", by="operator").code == "dataset_unknown"
    broken = tmp_path / "broken.yaml"
    broken.write_text("version: 1\n")
    assert refusal(here, "dataset", "register", str(broken), by="operator").code == "policy_invalid"


def test_a_load_that_fails_leaves_with_its_code(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise LoadFailed("source_missing", "the file is not there", hint="put it there")

    monkeypatch.setattr(here.service.loads, "_load", fail)
    error = refusal(here, "dataset", "load", "clinic", by="operator")
    assert (error.code, error.exit_code) == ("source_missing", 1)


@pytest.mark.parametrize(
    "wrong", [(), ("--sql", "SELECT 1", "--file", __file__), ("--mode", "walk", "--sql", "SELECT 1")]
)
def test_wrong_usage_leaves_with_2(here: Running, wrong: tuple[str, ...]) -> None:
    assert done(here, "job", "submit", *wrong).exit_code == 2


def test_a_server_that_is_not_there_is_told_as_such(here: Running) -> None:
    error = refusal(here, "job", "list", "--server", "http://127.0.0.1:9")
    assert isinstance(error, Unavailable)
    assert error.code == "server_unreachable"
    assert refusal(here, "job", "list", "--server", "http://sandbox.example").code == "https_required"


def test_a_server_with_its_own_authority_is_believed_by_the_file_that_names_it(
    here: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, made in (("nowhere.pem", None), ("empty.pem", "no certificate")):
        file = tmp_path / variable
        if made is not None:
            file.write_text(made)
        monkeypatch.setenv("SANDBOX_CA", str(file))
        for command in (("job", "list"), ("dataset", "list"), ("job", "submit", "--sql", "SELECT 1")):
            assert refusal(here, *command).code == "ca_unreadable"
