"""The wall clock jumps by hours, forth and back: no budget, no second answer, nothing that has ended."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.jobs import slots
from sandbox.jobs.queue import LOST, Queue
from sandbox.jobs.rows import Ending, Request
from sandbox.jobs.states import State
from sandbox.ledger import Ledger
from sandbox.nouns.agreement import AgreementState
from sandbox.nouns.party import LOCAL
from sandbox.seal import Keyring
from tests.api.conftest import BY_CITY, Running, running
from tests.postgres import address

HOURS = 5
Jump = Callable[[float], None]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, each_database: str | None) -> Iterator[Running]:
    """A server on either database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        folder = tmp_path_factory.mktemp("server")
        yield from running(folder, slots=False, database_url=each_database)


@pytest.fixture
def jump(here: Running, monkeypatch: pytest.MonkeyPatch) -> Jump:
    """Sets the wall clock so many hours off the right time, for whatever decides by it."""
    hours = [0.0]

    class Shifted:
        time_ns = staticmethod(lambda: time.time_ns() + round(hours[0] * 3600e9))

    monkeypatch.setattr(slots, "time", Shifted)
    govern = here.service.govern
    now = lambda: dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours[0])  # noqa: E731
    monkeypatch.setattr(govern, "_now", now)

    def jump(to: float) -> None:
        hours[0] = to

    return jump


def spent(here: Running, agreement: str = "") -> int:
    return here.service.ledger.balance("agreement", agreement or here.agreement)[1].rho


@pytest.mark.parametrize("hours", [HOURS, -HOURS])
def test_what_is_spent_stays_spent_and_a_question_is_paid_once(here: Running, jump: Jump, hours: int) -> None:
    asked = f"SELECT count(*) AS n FROM visits WHERE amount > {10 + hours}"
    first = here.ask(asked, epsilon="0.5")
    paid = spent(here)
    assert first["state"] == "released"
    headers = {"idempotency-key": f"clock{hours}"}
    body = {"agreement": here.agreement, "sql": BY_CITY, "epsilon": "0.5"}
    once = here.developer.post("/v1/jobs", json=body, headers=headers).json()
    while here.developer.get(f"/v1/jobs/{once['id']}?wait=30").json()["state"] in ("queued", "running"):
        pass
    paid = spent(here)
    for there in (hours, 30 * hours, 0):
        jump(there)
        again = here.ask(asked, epsilon="0.5")
        assert (again["state"], again["replayed"], again["disclosure"]) == (
            "released", True, first["disclosure"],
        )  # fmt: skip
        here.developer.post("/v1/jobs", json=body, headers=headers)  # its key may be forgotten by now
        assert spent(here) == paid
    more = here.ask(asked.replace(">", "<"), epsilon="0.5")
    assert more["state"] == "released"
    assert spent(here) > paid


@pytest.mark.parametrize("hours", [HOURS, -HOURS])
def test_a_job_that_runs_while_the_clock_jumps_ends_in_its_time_and_once(
    here: Running, jump: Jump, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = here.agree()
    sql = f"SELECT avg(amount) AS m FROM visits WHERE amount < {60 + hours}"
    asked = {"agreement": agreement, "sql": sql}
    pool = here.service.pool
    hold = pool._hold
    monkeypatch.setattr(pool, "slots", slots.Slots(length=6000, fixed=True, lanes=2))
    monkeypatch.setattr(pool, "_hold", lambda running: (jump(hours), hold(running))[1])
    began = time.monotonic()
    job = here.developer.post("/v1/jobs", json=asked).json()
    while job["state"] in ("queued", "running"):
        job = here.developer.get(f"/v1/jobs/{job['id']}?wait=30").json()
    assert time.monotonic() - began < 60, "it did not wait for the clock"
    assert job["state"] in ("released", "failed")
    monkeypatch.undo()
    paid = spent(here, agreement)
    assert paid > 0
    if job["state"] == "failed":  # its lease looked over: whatever came of it is given once, free
        assert job["problem"]["code"] == LOST.code
    until = time.monotonic() + 30
    while here.service.ledger.recover() or pool.busy(agreement):
        assert time.monotonic() < until
    replayed = here.ask(sql, agreement=agreement)
    assert (replayed["state"], replayed["replayed"]) == ("released", True)
    assert spent(here, agreement) == paid


def test_an_agreement_that_ended_stays_ended_and_its_keys_destroyed(here: Running, jump: Jump) -> None:
    agreement = here.agree(days=1)
    job = here.ask(BY_CITY, agreement=agreement, epsilon="0.5")
    assert job["state"] == "released"
    jump(25)
    here.service.end_overdue()
    for back in (25, 0, -HOURS):
        jump(back)
        body = {"agreement": agreement, "sql": BY_CITY, "epsilon": "0.5"}
        answer = here.developer.post("/v1/jobs", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "agreement_ended")
    assert here.service.govern.agreement(LOCAL, agreement).state is AgreementState.EXPIRED
    assert here.service.govern.workspace_in_force(agreement) == ""
    resumed = here.reviewer.post(f"/v1/agreements/{agreement}/resume", json={"reason": "again"})
    assert resumed.json()["code"] == "agreement_state"


def test_a_term_that_ends_between_measuring_and_release_releases_nothing(
    here: Running, jump: Jump, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreement = here.agree(days=1)
    hold = here.service.pool._hold
    monkeypatch.setattr(here.service.pool, "_hold", lambda running: (hold(running), jump(25))[0])
    job = here.ask("SELECT count(*) AS n FROM persons", agreement=agreement)
    monkeypatch.undo()
    assert job["state"] != "released"
    assert here.developer.get(f"/v1/jobs/{job['id']}/result").status_code != 200
    assert spent(here, agreement) > 0, "it touched data"


def test_a_revoked_token_and_a_stop_are_in_force_whatever_the_clock_says(here: Running, jump: Jump) -> None:
    token = here.service.govern.issue_token(LOCAL, "developer", days=1)
    here.service.govern.revoke_token(LOCAL, token.split("_")[1])
    stop = here.operator.post(
        "/v1/stops", json={"scope": "agreement", "name": here.agreement, "reason": "drill"}
    ).json()
    for hours in (HOURS, -HOURS, 0):
        jump(hours)
        headers = {"authorization": f"Bearer {token}"}
        assert here.client(None).get("/v1/me", headers=headers).status_code == 401
        body = {"agreement": here.agreement, "sql": BY_CITY}
        assert here.developer.post("/v1/jobs", json=body).json()["code"] == "stopped"
    here.reviewer.post(f"/v1/stops/{stop['id']}/lift", json={"reason": "drill"})


def test_a_lease_that_looks_over_is_not_resurrected(home: Path) -> None:
    ledger = Ledger.open(address(home), Keyring.open(home / "home").signer)
    try:
        queue, hour = Queue(ledger), 3_600_000
        now = slots.moment()
        job = queue.enqueue(
            Request("org", "dev", "a", "clinic", "run", "SELECT 1", "1"), now=now, slot=1000, lanes=1
        )
        claimed = queue.claim(now=now, slot=1000)
        assert claimed is not None
        assert queue.recover(now=now - HOURS * hour) == 0, "it lives"
        assert queue.recover(now=now + HOURS * hour) == 1
        assert not queue.end(claimed, Ending(State.RELEASED, number=1)), "its fence is over"
        for later in (-HOURS, 0, HOURS):
            assert queue.claim(now=now + later * hour, slot=1000) is None
        found = queue.get(job.id)
        assert found is not None
        assert (found.state, found.code) == (State.FAILED, LOST.code)
    finally:
        ledger.close()
