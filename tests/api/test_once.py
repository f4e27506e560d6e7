"""``Idempotency-Key``: carried out once, answered alike."""

from __future__ import annotations

import threading

from sandbox.api.access import ACCESS
from sandbox.api.app import ROUTERS
from sandbox.api.once import OnceRoute
from tests.api.conftest import Running

SQL = "SELECT count(*) FROM visits"


def test_the_same_request_with_the_same_key_makes_one_job(here: Running) -> None:
    body = {"agreement": here.agreement, "sql": SQL, "epsilon": "0.1"}
    headers = {"idempotency-key": "one"}
    first = here.developer.post("/v1/jobs", json=body, headers=headers)
    second = here.developer.post("/v1/jobs", json=body, headers=headers)
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert here.developer.post("/v1/jobs", json=body).json()["id"] != first.json()["id"]


def test_another_request_with_the_same_key_is_refused(here: Running) -> None:
    body = {"agreement": here.agreement, "sql": SQL, "epsilon": "0.1"}
    headers = {"idempotency-key": "two"}
    here.developer.post("/v1/jobs", json=body, headers=headers)
    answer = here.developer.post("/v1/jobs", json=body | {"epsilon": "0.2"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refused_request_may_be_mended_under_its_key(here: Running) -> None:
    body = {"agreement": here.agreement, "sql": SQL, "epsilon": "99"}
    headers = {"idempotency-key": "three"}
    assert here.developer.post("/v1/jobs", json=body, headers=headers).status_code == 422
    mended = here.developer.post("/v1/jobs", json=body | {"epsilon": "0.1"}, headers=headers)
    assert mended.status_code == 202


def test_a_key_of_one_user_means_nothing_to_another(here: Running) -> None:
    body = {"agreement": here.agreement, "sql": SQL, "epsilon": "0.1"}
    headers = {"idempotency-key": "four"}
    assert here.developer.post("/v1/jobs", json=body, headers=headers).status_code == 202
    assert here.stranger.post("/v1/jobs", json=body, headers=headers).status_code == 404
    assert here.client(None).post("/v1/jobs", json=body, headers=headers).status_code == 401


def test_at_once_they_still_make_one_job(here: Running) -> None:
    body = {"agreement": here.agreement, "sql": SQL, "epsilon": "0.1"}
    answers = []

    def send() -> None:
        answers.append(here.developer.post("/v1/jobs", json=body, headers={"idempotency-key": "five"}))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {each.status_code for each in answers} <= {202, 409}
    assert len({each.json()["id"] for each in answers if each.status_code == 202}) == 1


def test_every_address_that_takes_a_post_takes_a_key() -> None:
    posts = {path for method, path in ACCESS if method == "POST"}
    kept = {
        each.path for router in ROUTERS for each in router.router.routes
        if isinstance(each, OnceRoute) and "POST" in each.methods
    }  # fmt: skip
    assert kept == posts
