"""A replay that is given at the door: nothing gets out by it that a lane would have kept back."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.ledger import jobs
from sandbox.ledger.holds import MOST_FAILURES
from sandbox.nouns.event import Failed, Replayed, Submitted
from sandbox.nouns.spend import Spend
from sandbox.release import Shelf
from sandbox.workspace.store import Store
from tests.api.conftest import Running, running

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        yield from running(tmp_path_factory.mktemp("server"), slots=False)


@pytest.fixture
def sql(here: Running) -> str:
    """A question whose answer is out, and would be given at the door."""
    text = f"SELECT count(*) AS n FROM visits WHERE amount > {next(NUMBERS)}"
    assert here.ask(text, epsilon="0.1")["state"] == "released"
    assert submit(here, text)["state"] == "released"
    return text


def submit(here: Running, sql: str, **fields: Any) -> dict[str, Any]:
    """What the submission itself is answered with, problem or job."""
    body = {"agreement": here.agreement, "sql": sql, "epsilon": "0.1", **fields}
    answer: dict[str, Any] = here.developer.post("/v1/jobs", json=body).json()
    return {"state": None, **answer}


def replays(here: Running) -> int:
    return len(here.service.ledger.all_of(Replayed.kind, "clinic"))


def stop(here: Running, scope: str, name: str = "") -> str:
    answer = here.operator.post("/v1/stops", json={"scope": scope, "name": name, "reason": "drill"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def lift(here: Running, number: str) -> None:
    answer = here.reviewer.post(f"/v1/stops/{number}/lift", json={"reason": "the drill is over"})
    assert answer.status_code < 300, answer.text


@pytest.mark.parametrize("scope", ["platform", "dataset", "agreement"])
def test_a_stop_lets_nothing_through_at_the_door(here: Running, sql: str, scope: str) -> None:
    names = {"platform": "", "dataset": "clinic", "agreement": here.agreement}
    before = replays(here)
    number = stop(here, scope, names[scope])
    try:
        assert submit(here, sql)["code"] == "stopped"
        assert replays(here) == before
    finally:
        lift(here, number)
    assert submit(here, sql)["state"] == "released"


def test_a_stop_between_the_look_and_the_record_lets_nothing_through(
    here: Running, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, ordered = Shelf.stored, []

    def stopped_meanwhile(shelf: Shelf, key: str) -> Any:
        answer = found(shelf, key)
        if not ordered:
            ordered.append(stop(here, "agreement", here.agreement))
        return answer

    monkeypatch.setattr(Shelf, "stored", stopped_meanwhile)
    before, jobs = replays(here), here.service.queue.count()
    try:
        assert submit(here, sql)["state"] != "released"
        assert replays(here) == before
        assert here.service.queue.count()["released"] == jobs["released"]
    finally:
        lift(here, ordered[0])


def test_a_suspended_agreement_gets_nothing(here: Running, sql: str) -> None:
    address = f"/v1/agreements/{here.agreement}"
    assert here.reviewer.post(f"{address}/suspend", json={"reason": "a doubt"}).status_code < 300
    assert submit(here, sql)["code"] == "agreement_suspended"
    assert here.second.post(f"{address}/resume", json={"reason": "settled"}).status_code < 300
    assert submit(here, sql)["state"] == "released"


def test_an_agreement_whose_term_is_over_gets_nothing(
    here: Running, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = here.agree(days=1)
    here.ask(sql, agreement=agreement, epsilon="0.1")
    assert submit(here, sql, agreement=agreement)["state"] == "released"
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    monkeypatch.setattr(here.service.govern, "_now", lambda: later)
    assert submit(here, sql, agreement=agreement)["code"] == "agreement_ended"


def test_a_withdrawn_release_is_not_given(here: Running, sql: str) -> None:
    number = submit(here, sql)["disclosure"]
    body = {"category": "personal_data", "reason": "a doubt"}
    assert here.reviewer.post(f"/v1/disclosures/{number}/withdraw", json=body).status_code == 201
    before = replays(here)
    assert submit(here, sql)["state"] == "queued"
    assert here.ask(sql, epsilon="0.1")["problem"]["code"] == "withdrawn"
    assert replays(here) == before


def test_another_agreement_pays_for_its_own_answer(here: Running, sql: str) -> None:
    other = here.agree("stranger")
    body = {"agreement": other, "sql": sql, "epsilon": "0.1"}
    assert here.stranger.post("/v1/jobs", json=body).json()["state"] == "queued"
    job = here.ask(sql, by="stranger", agreement=other, epsilon="0.1")
    assert here.developer.get(f"/v1/jobs/{job['id']}").status_code == 404
    assert here.stranger.post("/v1/jobs", json=body | {"agreement": here.agreement}).status_code == 404


@pytest.mark.parametrize("change", [{"epsilon": "0.2"}, {"mode": "dummy"}, {"sql": "SELECT 1 FROM visits"}])
def test_another_question_is_not_answered_by_it(here: Running, sql: str, change: dict[str, str]) -> None:
    assert submit(here, **{"sql": sql} | change)["state"] == "queued"


def test_a_preview_is_no_replay(here: Running, sql: str) -> None:
    assert submit(here, sql, mode="preview")["replayed"] is False


def test_a_stored_answer_that_was_changed_is_not_given(here: Running, sql: str) -> None:
    number = submit(here, sql)["disclosure"]
    stored = here.service.ledger.read(lambda it: jobs.released(it, number))
    assert stored is not None
    path = Store(here.service.settings.home, "clinic").release(stored.job)
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(sealed)
    assert submit(here, sql)["state"] == "queued"
    assert here.ask(sql, epsilon="0.1")["problem"]["code"] == "job_not_started"


def test_an_agreement_with_unreviewed_failures_gets_nothing(here: Running, sql: str) -> None:
    agreement = here.agree()
    here.ask(sql, agreement=agreement, epsilon="0.1")
    assert submit(here, sql, agreement=agreement)["state"] == "released"
    for turn in range(MOST_FAILURES):
        fail(here, agreement, f"{agreement}/{turn}")
    assert submit(here, sql, agreement=agreement)["state"] == "queued"
    ended = here.ask(sql, agreement=agreement, epsilon="0.1")
    assert ended["problem"]["code"] == "agreement_held"


def fail(here: Running, agreement: str, job: str) -> None:
    """A job that failed after touch, as the gateway writes it."""
    ledger, price = here.service.ledger, Spend(1)
    head = {"at": "2026-01-01T00:00:00.000Z", "actor": "developer", "dataset": "clinic"}
    event = Submitted(**head, job=job, agreement=agreement, sql="SELECT 1", rho=price.rho, delta=price.delta)
    ledger.reserve(job, [("agreement", agreement)], price, event)
    ledger.touch(job)
    ledger.fail(job, Failed(**head, job=job, agreement=agreement, error="died", touched=True, rho=0, delta=0))


def test_a_new_load_is_asked_afresh(here: Running, sql: str) -> None:
    old = submit(here, sql)["disclosure"]
    assert here.load()["state"] == "done"
    assert submit(here, sql)["state"] == "queued"
    job = here.ask(sql, epsilon="0.1")
    assert job["disclosure"] != old
    assert (
        here.service.ledger.record(job["disclosure"]).body["snapshot"]
        != (here.service.ledger.record(old).body["snapshot"])
    )


def test_a_policy_that_is_not_loaded_yet_answers_nothing(here: Running, sql: str) -> None:
    policy = (here.service.settings.home / "policies" / "clinic.yaml").read_text(encoding="utf-8")
    changed = policy.replace("epsilon: 1.0", "epsilon: 0.9")
    assert changed != policy
    assert here.operator.post("/v1/datasets", json={"policy": changed}).status_code == 201
    assert submit(here, sql)["code"] == "workspace_missing"
    assert here.operator.post("/v1/datasets", json={"policy": policy}).status_code == 201


def test_with_slots_an_answer_that_is_out_keeps_its_booked_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_TEST_KEY", "t" * 64)
    for here in running(tmp_path):
        text = "SELECT count(*) AS n FROM visits"
        assert here.ask(text, epsilon="0.1")["state"] == "released"  # on a busy machine longer than a slot
        pool = here.service.pool
        monkeypatch.setattr(pool, "slots", replace(pool.slots, fixed=True))
        assert submit(here, text)["state"] == "queued"


def test_nobody_gets_past_the_limit_of_open_jobs_by_it(
    here: Running, sql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = here.service.settings.model_copy(update={"jobs_per_user": 0})
    monkeypatch.setattr(here.service, "settings", none)
    before = replays(here)
    assert submit(here, sql)["code"] == "too_many_jobs"
    assert replays(here) == before


def test_the_log_verifies_after_all_of_this(here: Running, sql: str) -> None:
    assert replays(here)
    assert here.service.ledger.verify().ok
