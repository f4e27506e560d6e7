"""Dummy data over REST: every format, marked; jobs on it are free, marked, and like any other job."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.api.conftest import BY_CITY, Running

PATH = "/v1/datasets/clinic/dummy"
ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"


def test_a_table_comes_in_every_format_and_is_marked_in_each(here: Running) -> None:
    answers = {
        kind: here.developer.get(PATH, params={"table": "visits"}, headers={"accept": kind})
        for kind in ("application/json", "text/csv", ARROW, PARQUET)
    }
    assert {answer.status_code for answer in answers.values()} == {200}
    assert {answer.headers["sandbox-dummy"] for answer in answers.values()} == {"true"}
    body = answers["application/json"].json()
    assert body["dummy"] is True
    assert len(body["rows"]) > 2000
    assert [column["name"] for column in body["columns"]][:2] == ["city", "visited_on"]
    lines = answers["text/csv"].text.splitlines()
    assert lines[0].endswith(",dummy")
    assert all(line.endswith(",True") for line in lines[1:])
    with pa.ipc.open_stream(answers[ARROW].content) as stream:
        table = stream.read_all()
    assert table.schema.metadata[b"dummy"] == b"true"
    assert table.num_rows == len(body["rows"]) == len(lines) - 1
    parquet = pa.parquet.read_table(io.BytesIO(answers[PARQUET].content))
    assert parquet.column("dummy").to_pylist() == [True] * table.num_rows


def test_a_public_table_is_given_as_it_is(here: Running) -> None:
    answer = here.stranger.get(PATH, params={"table": "hospitals"})
    assert answer.json()["dummy"] is False
    assert answer.json()["rows"][0] == ["H0", "二级"]
    assert "sandbox-dummy" not in answer.headers


@pytest.mark.parametrize(
    ("path", "table", "status"),
    [(PATH, "nothing", 404), ("/v1/datasets/nothing/dummy", "visits", 404), (PATH, None, 422)],
)
def test_what_is_not_there_is_told(here: Running, path: str, table: str | None, status: int) -> None:
    answer = here.developer.get(path, params={} if table is None else {"table": table})
    assert answer.status_code in (status, 422)
    assert answer.json()["code"]


def test_nobody_gets_it_without_a_sign_in(here: Running) -> None:
    assert here.client(None).get(PATH, params={"table": "visits"}).status_code == 401


def test_a_dummy_job_is_free_marked_and_logged(here: Running) -> None:
    before = here.developer.get("/v1/budgets", params={"agreement": here.agreement}).json()
    job = here.ask(BY_CITY, mode="dummy", epsilon="0.5")
    assert (job["state"], job["mode"]) == ("released", "dummy")
    result = here.developer.get(f"/v1/jobs/{job['id']}/result")
    assert result.headers["sandbox-dummy"] == "true"
    assert result.json()["dummy"] is True
    assert result.json()["cost"] == {"rho": 0.0, "delta": 0.0, "epsilon": 0.5}
    record = here.developer.get(f"/v1/disclosures/{job['disclosure']}").json()
    assert (record["kind"], record["record"]["agreement"]) == ("dummy", here.agreement)
    assert here.developer.get("/v1/budgets", params={"agreement": here.agreement}).json() == before


def test_a_dummy_job_that_fails_holds_nobody(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = here.service.gateway(here.agreement, dummy=True)

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(gateway.workspace, "exact", broken)
    job = here.ask(BY_CITY, mode="dummy", epsilon="0.25")
    assert (job["state"], job["problem"]["code"]) == ("failed", "job_not_started")
    monkeypatch.undo()
    assert here.ask(BY_CITY, mode="dummy", epsilon="0.25")["state"] == "released"
    agreement = here.developer.get(f"/v1/agreements/{here.agreement}").json()
    assert agreement["state"] == "active"
