"""An agreement that ends, or a stop, between admission and release: nothing leaves, wherever the job is.

Real engines, over REST. ``in_slot`` is a job whose answer is measured and waits for its moment.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.govern.desk import utc_now
from sandbox.nouns.party import LOCAL, Role
from tests.api.conftest import BY_CITY, Running, running
from tests.api.test_holds import TARGETED, leaky

SLOT = 4.0
NOW = 2.0
"""Seconds within which a stop must have ended what waits or runs."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, control_database: str | None) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        folder = tmp_path_factory.mktemp("server")
        yield from running(folder, write=leaky, slots=True, slot_seconds=SLOT, database_url=control_database)


def expire(here: Running, _number: str, _job: str) -> None:
    """The term ends: a month and a day have gone by."""
    here.service.govern._now = lambda: utc_now() + dt.timedelta(days=31)


def suspend(here: Running, number: str, _job: str) -> None:
    assert here.operator.post(f"/v1/agreements/{number}/suspend", json={"reason": "look"}).status_code == 200


def exit_(here: Running, number: str, _job: str) -> None:
    assert here.developer.post(f"/v1/agreements/{number}/exit", json={"reason": "done"}).status_code == 200


def stop(scope: str) -> Callable[[Running, str, str], None]:
    def order(here: Running, number: str, job: str) -> None:
        name = {"job": job, "agreement": number, "dataset": "clinic", "platform": ""}[scope]
        body = {"scope": scope, "name": name, "reason": "drill"}
        assert here.operator.post("/v1/stops", json=body).status_code == 201

    return order


ENDS: dict[str, Callable[[Running, str, str], None]] = {
    "expired": expire, "suspended": suspend, "exited": exit_,
    **{f"stop_{scope}": stop(scope) for scope in ("job", "agreement", "dataset", "platform")},
}  # fmt: skip


def submit(here: Running, number: str, sql: str = BY_CITY) -> str:
    body = {"agreement": number, "sql": sql, "epsilon": "0.3"}
    return str(here.developer.post("/v1/jobs", json=body).json()["id"])


def state(here: Running, job: str) -> str:
    return str(here.developer.get(f"/v1/jobs/{job}").json()["state"])


def until(true: Callable[[], bool], seconds: float) -> float:
    """Wait for something; how long it took."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < seconds, "too late"
        time.sleep(0.02)
    return time.monotonic() - begun


def measured(here: Running, job: str) -> bool:
    running_job = here.service.pool._running.get(job)
    return running_job is not None and running_job.measured


def releases(here: Running) -> int:
    return sum(record.kind == "release" for record in here.service.ledger.records(limit=100_000))


def lift_all(here: Running) -> None:
    """A second person lets work go on, at the time it is."""
    here.service.govern._now = utc_now
    for each in here.operator.get("/v1/stops").json()["items"]:
        if each["active"]:
            alone = here.operator.post(f"/v1/stops/{each['id']}/lift", json={"reason": "over"})
            assert (alone.status_code, alone.json()["code"]) == (403, "second_person")
            lifted = here.reviewer.post(f"/v1/stops/{each['id']}/lift", json={"reason": "over"})
            assert lifted.status_code == 200


@pytest.mark.parametrize("end", ENDS)
def test_nothing_leaves_after_the_end_wherever_the_job_was(here: Running, end: str) -> None:
    number = here.agree(epsilon="3")
    held = here.ask(TARGETED.format("12.5"), agreement=number, epsilon="0.3")
    assert held["state"] == "held"
    in_slot = submit(here, number)
    queued = submit(here, number, BY_CITY + " HAVING count(*) > 3")
    until(lambda: measured(here, in_slot), SLOT)
    assert state(here, queued) == "queued"
    before = releases(here)
    ENDS[end](here, number, in_slot)
    until(lambda: state(here, in_slot) == "failed", NOW)
    if end != "stop_job":
        until(lambda: state(here, queued) == "cancelled", NOW)
        verdict = here.reviewer.post(f"/v1/jobs/{held['id']}/reviews", json={"decision": "release"})
        assert verdict.status_code == 409
        refused = here.developer.post("/v1/jobs", json={"agreement": number, "sql": BY_CITY})
        assert refused.status_code == 409
    else:
        here.developer.post(f"/v1/jobs/{queued}/cancel")
    assert releases(here) == before
    assert here.developer.get(f"/v1/jobs/{in_slot}/result").status_code >= 400
    here.service.end_overdue()
    lift_all(here)
    assert state(here, held["id"]) == ("cancelled" if end in ("expired", "exited") else "held")
    assert here.service.ledger.verify().ok


@pytest.mark.parametrize("end", ["suspended", "stop_platform", "expired"])
def test_an_end_that_arrives_while_the_release_is_written_wins(
    here: Running, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last question before the release is asked inside its own transaction, after every earlier one."""
    number = here.agree(epsilon="1")
    shelf = type(here.service.holds._shelf("clinic"))
    genuine, ended = shelf.release, threading.Event()

    def late(self: Any, *arguments: Any) -> Any:
        if not ended.is_set():
            ended.set()
            ENDS[end](here, number, "")  # all earlier questions have been answered: it may
        return genuine(self, *arguments)

    monkeypatch.setattr(shelf, "release", late)
    monkeypatch.setattr(here.service.pool, "enforce", lambda: None)
    before = releases(here)
    job = here.ask(BY_CITY, agreement=number, epsilon="0.3")
    assert ended.is_set()
    assert job["state"] == "failed"
    assert releases(here) == before
    lift_all(here)


def test_a_running_statement_dies_within_two_seconds_of_a_stop(
    here: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = here.agree(epsilon="1")
    begun = threading.Event()
    gateway = here.service.workspaces.get(number)

    def slow(*_: object) -> object:
        engine = gateway.workspace.data()
        begun.set()
        return engine.query("SELECT count(*) FROM range(1000000) a, range(1000000) b", seconds=600)

    monkeypatch.setattr(gateway.workspace, "exact", slow)
    job = submit(here, number)
    assert begun.wait(SLOT)
    ENDS["stop_agreement"](here, number, job)
    took = until(lambda: state(here, job) == "failed", NOW)
    print(f"killed and shown within {took:.2f} s")
    lift_all(here)


def test_an_order_of_another_process_reaches_the_server_through_the_database(here: Running) -> None:
    """Another process has only the control database in common: the watch finds its order."""
    number = here.agree(epsilon="1")
    job = submit(here, number)
    until(lambda: measured(here, job), SLOT)
    govern = here.service.govern
    operator = next(each for each in govern.users(LOCAL) if each.role is Role.OPERATOR)
    govern.stop(operator, scope="agreement", id=number, reason="from elsewhere")  # type: ignore[arg-type]
    until(lambda: state(here, job) == "failed", NOW)
    lift_all(here)
