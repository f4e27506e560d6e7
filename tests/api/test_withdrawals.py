"""A released answer that is taken back: no download, no replay, nothing refunded, and the client says why."""

from __future__ import annotations

import pytest

from sandbox.client.remote import RemoteSandbox
from sandbox.errors import Refused
from tests.api.conftest import BY_CITY, Running


def withdraw(here: Running, number: int, by: str = "reviewer") -> tuple[int, str]:
    body = {"category": "personal_data", "reason": "a name was not masked, seen by 王医生"}
    answer = here.client(by).post(f"/v1/disclosures/{number}/withdraw", json=body)
    return answer.status_code, answer.json().get("code", "")


def test_a_withdrawn_release_is_given_to_nobody_and_stays_paid(here: Running) -> None:
    job = here.ask(BY_CITY, epsilon="0.7")
    number, address = job["disclosure"], f"/v1/jobs/{job['id']}"
    assert here.developer.get(address).json()["withdrawn"] is None
    spent = here.developer.get("/v1/budgets").json()
    assert withdraw(here, number, by="operator") == (403, "not_permitted")
    assert withdraw(here, number, by="developer") == (403, "not_permitted")
    assert withdraw(here, number) == (201, "")
    assert withdraw(here, number, by="regulator") == (409, "withdrawn_already")
    for name in ("developer", "reviewer", "regulator"):
        gone = here.client(name).get(f"{address}/result")
        assert (gone.status_code, gone.json()["code"]) == (410, "withdrawn")
        assert "(personal_data)" in gone.json()["detail"]
        assert "王医生" not in gone.text
    again = here.ask(BY_CITY, epsilon="0.7")
    assert (again["state"], again["problem"]["code"]) == ("refused", "withdrawn")
    assert here.developer.get(address).json()["withdrawn"] == "personal_data"
    assert here.developer.get("/v1/budgets").json() == spent
    with (
        RemoteSandbox.open(here.url, token=here.tokens["developer"], agreement=here.agreement) as box,
        pytest.raises(Refused, match="withdrawn"),
    ):
        box.query(BY_CITY, epsilon=0.7)
    assert here.service.ledger.verify().ok


def test_a_replay_fetched_under_another_job_is_withdrawn_too(here: Running) -> None:
    first = here.ask(BY_CITY, epsilon="0.6")
    replayed = here.ask(BY_CITY, epsilon="0.6")
    assert replayed["replayed"]
    assert withdraw(here, first["disclosure"]) == (201, "")
    gone = here.developer.get(f"/v1/jobs/{replayed['id']}/result")
    assert (gone.status_code, gone.json()["code"]) == (410, "withdrawn")


def test_only_a_release_is_withdrawn(here: Running) -> None:
    assert withdraw(here, 0) == (404, "release_unknown")
    assert withdraw(here, 10**9) == (404, "release_unknown")
