"""Agreements over REST: suspended, resumed by a second person, failures looked at, ended for good."""

from __future__ import annotations

from sandbox.ledger.holds import MOST_FAILURES
from sandbox.nouns.event import Failed, Submitted
from sandbox.nouns.spend import Spend
from tests.api.conftest import BY_CITY, Running


def act(here: Running, who: str, number: str, what: str) -> tuple[int, str]:
    answer = here.client(who).post(f"/v1/agreements/{number}/{what}", json={"reason": "检查"})
    return answer.status_code, answer.json().get("state") or answer.json().get("code") or ""


def fail_once(here: Running, number: str, job: str) -> None:
    """A failure after touch, as the gateway writes it."""
    price, ledger = Spend(1), here.service.ledger
    head = {"at": "2026-01-01T00:00:00.000Z", "actor": "developer", "dataset": "clinic"}
    event = Submitted(**head, job=job, agreement=number, sql="SELECT 1", rho=1, delta=0)
    ledger.reserve(job, [("agreement", number)], price, event)
    ledger.touch(job)
    ledger.fail(job, Failed(**head, job=job, agreement=number, error="died", touched=True, rho=1, delta=0))


def test_a_suspension_is_lifted_by_a_second_person_and_an_end_is_for_good(here: Running) -> None:
    number = here.agree(epsilon="1")
    assert act(here, "reviewer", number, "suspend") == (200, "suspended")
    refused = here.developer.post("/v1/jobs", json={"agreement": number, "sql": BY_CITY})
    assert refused.json()["code"] == "agreement_suspended"
    assert act(here, "reviewer", number, "resume") == (403, "second_person")
    assert act(here, "operator", number, "resume") == (403, "not_permitted")
    assert act(here, "second", number, "resume") == (200, "active")
    assert act(here, "developer", number, "exit") == (200, "exited")
    assert here.service.govern.agreed(number).names() == []
    assert act(here, "second", number, "resume") == (409, "agreement_state")


def test_failures_hold_an_agreement_until_a_reviewer_has_looked_at_them(here: Running) -> None:
    number = here.agree(epsilon="5")
    for place in range(MOST_FAILURES):
        fail_once(here, number, f"planted-{place}")
    held = here.ask(BY_CITY, agreement=number, epsilon="0.1")
    assert (held["state"], held["problem"]["code"]) == ("refused", "agreement_held")
    address = f"/v1/agreements/{number}/failures"
    assert here.reviewer.get(address).json() == {"failed": 3, "unreviewed": 3, "most": 3}
    assert here.reviewer.post(address, json={"reason": "the engine ran out of memory"}).json() == {
        "reviewed": 3
    }
    assert here.ask(BY_CITY, agreement=number, epsilon="0.1")["state"] == "released"
    assert here.reviewer.get(address).json()["unreviewed"] == 0
