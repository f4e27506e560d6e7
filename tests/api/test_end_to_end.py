"""The whole way over HTTP: load, apply, approve, submit, fetch, pay, stop."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pyarrow as pa
import pyarrow.parquet
import pytest

from sandbox.ledger import verify_proof
from tests import clinic
from tests.api.conftest import BY_CITY, Running
from tests.clinic import CITIES
from tests.postgres import BOTH

pytestmark = BOTH


def spent(here: Running) -> float:
    page = here.developer.get("/v1/budgets", params={"agreement": here.agreement}).json()
    (mine,) = page["items"]
    return float(next(each["spent_rho"] for each in mine["balances"] if each["scope"] == "agreement"))


def test_a_job_is_released_in_four_formats_and_paid_once(here: Running) -> None:
    before = spent(here)
    job = here.ask(BY_CITY, epsilon="0.5")
    assert (job["state"], job["replayed"]) == ("released", False)
    address = f"/v1/jobs/{job['id']}/result"

    body = here.developer.get(address).json()
    assert {row[0] for row in body["rows"]} >= set(CITIES)
    assert spent(here) - before == pytest.approx(body["cost"]["rho"], rel=1e-9)

    table = here.developer.get(address, headers={"accept": "text/csv"})
    rows = list(csv.reader(io.StringIO(table.text)))
    assert rows[0] == ["city", "visits", "mean", "error95:visits", "error95:mean"]
    assert [row[0] for row in rows[1:]] == [row[0] or "" for row in body["rows"]]

    kind = "application/vnd.apache.arrow.stream"
    arrow = here.developer.get(address, headers={"accept": kind})
    assert arrow.headers["content-type"] == kind
    streamed = pa.ipc.open_stream(arrow.content).read_all()
    kind = "application/vnd.apache.parquet"
    parquet = here.developer.get(address, headers={"accept": kind})
    stored = pa.parquet.read_table(io.BytesIO(parquet.content))
    assert streamed.to_pydict() == stored.to_pydict()
    assert streamed.column("visits").to_pylist() == [row[1] for row in body["rows"]]

    again = here.ask(BY_CITY, epsilon="0.5")
    assert (again["state"], again["replayed"], again["disclosure"]) == ("released", True, job["disclosure"])
    assert spent(here) - before == pytest.approx(body["cost"]["rho"], rel=1e-9)


def test_a_preview_is_free_and_answered_at_once(here: Running) -> None:
    before = spent(here)
    answer = here.developer.post(
        "/v1/jobs", json={"agreement": here.agreement, "sql": BY_CITY, "mode": "preview"}
    )
    assert answer.json()["state"] == "released"
    preview = here.developer.get(f"/v1/jobs/{answer.json()['id']}/result").json()
    assert preview["cost"]["rho"] > 0
    assert preview["fits"]
    assert spent(here) == before


def test_a_refused_job_tells_its_code_and_costs_nothing(here: Running) -> None:
    before = spent(here)
    job = here.ask("SELECT hospital, count(*) FROM visits GROUP BY hospital")
    assert job["state"] == "refused"
    assert job["problem"]["code"]
    answer = here.developer.get(f"/v1/jobs/{job['id']}/result")
    assert (answer.status_code, answer.json()["code"]) == (409, job["problem"]["code"])
    assert spent(here) == before


def test_a_disclosure_is_proven_offline_and_others_have_none(here: Running) -> None:
    job = here.ask(BY_CITY, epsilon="0.25")
    address = f"/v1/disclosures/{job['disclosure']}"
    found = here.developer.get(address).json()
    proof = here.developer.get(f"{address}/proof").text
    key = here.service.keyring.signer.public_key
    assert found["kind"] == "release"
    assert verify_proof(proof, found["leaf"].encode(), key)
    assert not verify_proof(proof, found["leaf"].replace("BY city", "BY sex").encode(), key)
    assert here.stranger.get(address).status_code == 404
    listed = here.developer.get("/v1/disclosures", params={"limit": 100}).json()["items"]
    assert job["disclosure"] in {each["number"] for each in listed}
    assert {each["kind"] for each in listed} <= {"submission", "release", "refusal", "preview", "replay"}
    assert here.stranger.get("/v1/disclosures").json()["items"] == []


def test_the_signed_head_of_the_log_is_public(here: Running) -> None:
    head = here.client(None).get("/v1/log/checkpoint")
    assert head.status_code == 200
    assert head.text.startswith("data-sandbox/log\n")


def test_lists_page_by_cursor_without_gap_or_repetition(here: Running) -> None:
    for epsilon in ("0.1", "0.11", "0.12"):
        here.ask("SELECT count(*) FROM visits", epsilon=epsilon, mode="preview")
    seen: list[str] = []
    cursor = None
    while True:
        parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = here.developer.get("/v1/jobs", params=parameters).json()
        assert len(page["items"]) <= 2
        seen += [each["id"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    whole = here.developer.get("/v1/jobs", params={"limit": 100}).json()["items"]
    assert seen == [each["id"] for each in whole]
    assert len(set(seen)) == len(seen) >= 3


def test_a_cursor_that_no_page_gave_is_refused_and_so_is_anothers(here: Running) -> None:
    job = here.ask(BY_CITY, epsilon="0.1")
    for by, cursor in ((here.developer, "nothing"), (here.stranger, job["id"])):
        answer = by.get("/v1/jobs", params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


def test_a_stop_refuses_new_jobs_until_a_second_person_lifts_it(here: Running) -> None:
    body = {"scope": "dataset", "name": "clinic", "reason": "drill"}
    stop = here.reviewer.post("/v1/stops", json=body).json()
    refused = here.developer.post("/v1/jobs", json={"agreement": here.agreement, "sql": BY_CITY})
    assert (refused.status_code, refused.json()["code"]) == (409, "stopped")
    assert "drill" not in refused.text
    lift = f"/v1/stops/{stop['id']}/lift"
    assert here.reviewer.post(lift, json={"reason": "over"}).json()["code"] == "second_person"
    assert here.second.post(lift, json={"reason": "over"}).status_code == 200
    assert here.ask(BY_CITY, epsilon="0.5")["state"] == "released"


def test_an_agreement_that_has_ended_refuses(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    short = here.agree(epsilon="1", days=1)
    assert here.ask("SELECT count(*) FROM visits", agreement=short, epsilon="0.1")["state"] == "released"
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1, seconds=1)
    with monkeypatch.context() as patch:
        patch.setattr(here.service.govern, "_now", lambda: tomorrow)
        answer = here.developer.post("/v1/jobs", json={"agreement": short, "sql": BY_CITY})
        assert (answer.status_code, answer.json()["code"]) == (409, "agreement_ended")
        here.service.end_overdue()
    assert short not in here.service.workspaces.held()
    assert here.developer.get(f"/v1/agreements/{short}").json()["state"] == "expired"
    assert here.service.govern.agreed(short).manifest() is None, "its workspace is destroyed"


def test_an_agreement_sees_its_granted_columns_alone(here: Running) -> None:
    body = here.developer.get(f"/v1/agreements/{here.agreement}").json()
    columns = {each["name"]: {column["name"] for column in each["columns"]} for each in body["tables"]}
    assert columns["visits"] == {"city", "amount", "diagnosis"}
    assert columns["persons"] == {"sex", "age"}
    assert "hospitals" in columns


def test_a_new_policy_version_waits_for_its_load(here: Running) -> None:
    wider = clinic.POLICY.replace("bounds: [0, 1000]", "bounds: [0, 2000]")
    assert here.operator.post("/v1/datasets", json={"policy": wider}).status_code == 201
    try:
        answer = here.developer.post("/v1/jobs", json={"agreement": here.agreement, "sql": BY_CITY})
        assert (answer.status_code, answer.json()["code"]) == (409, "workspace_missing")
    finally:
        here.operator.post("/v1/datasets", json={"policy": clinic.POLICY})
    assert here.ask(BY_CITY, epsilon="0.5")["state"] == "released"
