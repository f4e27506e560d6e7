"""Errors over HTTP: problem documents with a code, and never the text of anything inside."""

from __future__ import annotations

import pytest

from sandbox.api.problems import MOST_BYTES
from sandbox.api.shell import HEADERS
from sandbox.errors import Unavailable
from tests.api.conftest import Running

SECRET = "secret-row-value-47"


def test_a_refusal_is_a_problem_document(here: Running) -> None:
    answer = here.developer.post(
        "/v1/jobs", json={"agreement": here.agreement, "sql": "SELECT 1", "epsilon": "99"}
    )
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (422, 422, "epsilon_too_large")
    assert body["type"] == "urn:data-sandbox:error:epsilon_too_large"
    assert body["hint"]


def test_every_problem_of_a_statement_is_in_its_job_and_in_place_of_its_result(here: Running) -> None:
    job = here.ask("SELECT name, nickname FROM visits", epsilon="0.1")
    assert (job["problem"]["code"], job["problem"]["position"]) == ("unknown_column", "1:8")
    (other,) = job["problem"]["others"]
    assert (other["code"], other["position"]) == ("unknown_column", "1:14")
    assert other["reason"]
    answer = here.developer.get(f"/v1/jobs/{job['id']}/result")
    assert answer.status_code == 409
    assert [(each["code"], each["path"]) for each in answer.json()["problems"]] == [
        ("unknown_column", "1:8"), ("unknown_column", "1:14"),
    ]  # fmt: skip


def test_every_column_that_an_application_may_not_ask_for_is_told_at_once(here: Running) -> None:
    body = {
        "dataset": "clinic", "purpose": "Planning", "epsilon": "1", "days": 30,
        "grants": {"visits": {"nobody": ["group"], "nothing": ["group"]}},
    }  # fmt: skip
    answer = here.developer.post("/v1/applications", json=body)
    assert answer.json()["code"] == "grant_not_in_policy"
    assert len(answer.json()["problems"]) == 2


def test_an_unknown_field_is_refused_without_repeating_what_was_sent(here: Running) -> None:
    body = {"agreement": here.agreement, "sql": "SELECT 1", "extra": SECRET}
    answer = here.developer.post("/v1/jobs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert answer.json()["problems"][0]["path"] == "body.extra"
    assert SECRET not in answer.text


def test_a_body_that_is_no_json_is_refused_without_repeating_it(here: Running) -> None:
    answer = here.developer.post(
        "/v1/jobs", content=f"{{{SECRET}", headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422
    assert SECRET not in answer.text


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused(here: Running, chunked: bool) -> None:
    data = b"x" * (MOST_BYTES + 1)
    content = iter([data[: len(data) // 2], data[len(data) // 2 :]]) if chunked else data
    answer = here.developer.post("/v1/jobs", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


def test_every_answer_carries_the_security_headers(here: Running) -> None:
    for answer in (here.client(None).get("/healthz"), here.developer.get("/v1/nothing")):
        for name, value in HEADERS.items():
            assert answer.headers[name] == value
        assert "server" not in answer.headers


def test_an_unknown_address_and_a_wrong_method_are_problems(here: Running) -> None:
    assert here.client(None).get("/v1/nothing").json()["code"] == "not_found"
    answer = here.client(None).request("DELETE", "/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_a_mistake_of_ours_shows_a_number_and_nothing_else(
    here: Running, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(here.service.queue, "page", broken)
    answer = here.developer.get("/v1/jobs")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert SECRET not in "".join(capfd.readouterr())


def test_what_the_machine_lacks_is_the_operators_alone(
    here: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Unavailable("no_scratch", "unsealed files need 512 MiB of room, 3 MiB are free")

    monkeypatch.setattr(here.service.queue, "get", full)
    answer = here.developer.get("/v1/jobs/1")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert "512" not in answer.text
    told = here.operator.get("/v1/jobs/1")
    assert told.json()["code"] == "no_scratch"
    assert int(told.headers["retry-after"]) > 0


def test_a_policy_that_reads_outside_the_sources_folder_is_refused(here: Running) -> None:
    from tests import clinic

    for path in ("/etc/passwd", "../home/keys/master.key", "https://example.org/x.csv"):
        text = clinic.POLICY.replace("path: hospitals.csv", f"path: {path}")
        answer = here.operator.post("/v1/datasets", json={"policy": text})
        assert (answer.status_code, answer.json()["code"]) == (422, "policy_invalid")
        assert answer.json()["problems"][0]["code"] == "source_outside"


def test_a_policy_with_mistakes_tells_them_all_without_a_path_of_the_server(here: Running) -> None:
    answer = here.operator.post("/v1/datasets", json={"policy": "version: 1\ndataset: x y\n"})
    assert answer.json()["code"] == "policy_invalid"
    assert len(answer.json()["problems"]) > 1
    assert str(here.service.settings.home) not in answer.text


def test_results_come_in_known_formats_only(here: Running) -> None:
    answer = here.developer.get("/v1/jobs/1/result", headers={"accept": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (406, "format_unknown")


def test_metrics_tell_developers_nothing(here: Running) -> None:
    assert here.developer.get("/metrics").status_code == 403
    assert "sandbox_jobs" in here.operator.get("/metrics").text
