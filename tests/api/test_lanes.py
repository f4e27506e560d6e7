"""Jobs on a real server: slots, stops that kill, restarts that draw nothing twice."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import Unavailable
from sandbox.jobs.service import Service
from sandbox.jobs.slots import moment
from sandbox.nouns.party import LOCAL
from tests.api.conftest import BY_CITY, Running, running


@pytest.fixture
def slotted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server whose answers appear at fixed moments."""
    monkeypatch.setenv("SANDBOX_TEST_KEY", "t" * 64)
    yield from running(tmp_path, slots=True, slot_seconds=4)


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server that lets a statement run for ten minutes."""
    monkeypatch.setenv("SANDBOX_TEST_KEY", "t" * 64)
    yield from running(tmp_path, slots=False, query_seconds=600)


def block(service: Service, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Make statements over data wait inside the engine, as a long one would, until it is killed."""
    begun = threading.Event()
    (gateway,) = service.workspaces._held.values()
    workspace = gateway.workspace

    def slow(*_: object) -> object:
        engine = workspace.data()
        begun.set()
        return engine.query("SELECT count(*) FROM range(1000000) a, range(1000000) b", seconds=600)

    monkeypatch.setattr(workspace, "exact", slow)
    return begun


def kinds(service: Service) -> list[str]:
    return [record.kind for record in service.ledger.records(limit=10_000)]


def test_answers_appear_at_booked_moments_and_records_tell_no_duration(slotted: Running) -> None:
    job = slotted.ask(BY_CITY, epsilon="0.5")
    assert job["state"] == "released"
    row = slotted.service.queue.get(job["id"])
    assert row is not None
    assert row.visible_at - row.starts_at == 4000
    body = slotted.service.ledger.record(job["disclosure"]).body
    stamps = dict(body["states"])
    assert stamps["reserved"] == stamps["touched"] == stamps["measured"]
    visible = dt.datetime.fromtimestamp(row.visible_at / 1000, dt.UTC)
    assert dt.datetime.fromisoformat(stamps["released"]) == visible

    first = slotted.developer.post("/v1/jobs", json={"agreement": slotted.agreement, "sql": BY_CITY}).json()
    second = slotted.developer.post("/v1/jobs", json={"agreement": slotted.agreement, "sql": BY_CITY}).json()
    assert (first["state"], second["state"]) == ("queued", "queued")
    cancelled = slotted.developer.post(f"/v1/jobs/{second['id']}/cancel").json()
    assert (cancelled["state"], cancelled["problem"]["code"]) == ("cancelled", "job_cancelled")


def test_a_workspace_that_opens_too_slowly_costs_nothing_and_is_open_for_the_next_job(
    slotted: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    (gateway,) = slotted.service.workspaces._held.values()
    data = gateway.workspace.data

    def slow() -> object:
        time.sleep(3)
        return data()

    monkeypatch.setattr(gateway.workspace, "data", slow)
    before = slotted.service.ledger.balance("agreement", slotted.agreement)
    job = slotted.ask(BY_CITY, epsilon="0.5")
    assert (job["state"], job["problem"]["code"]) == ("failed", "job_not_started")
    row = slotted.service.queue.get(job["id"])
    assert row is not None
    assert moment() >= row.visible_at, "it keeps its lane for its slot: nobody opens workspaces without end"
    assert slotted.service.ledger.balance("agreement", slotted.agreement) == before
    monkeypatch.setattr(gateway.workspace, "data", data)
    assert slotted.ask(BY_CITY, epsilon="0.5")["state"] == "released"
    assert list(slotted.service.workspaces._held.values()) == [gateway]


def test_the_first_job_of_a_server_has_its_slot_for_itself_not_for_imports(
    slotted: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slotted.service, "warm", lambda: time.sleep(3))
    assert slotted.ask(BY_CITY, epsilon="0.5")["state"] == "released"


def test_a_server_that_ends_lets_its_running_job_end_first(
    slotted: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = threading.Event()
    (gateway,) = slotted.service.workspaces._held.values()
    exact = gateway.workspace.exact

    def noted(*asked: Any) -> object:
        begun.set()
        return exact(*asked)

    monkeypatch.setattr(gateway.workspace, "exact", noted)
    body = {"agreement": slotted.agreement, "sql": BY_CITY, "epsilon": "0.5"}
    job, waiting = (slotted.developer.post("/v1/jobs", json=body).json() for _ in range(2))
    assert begun.wait(30)
    slotted.service.drain(threading.Event(), 60)
    states = [slotted.service.queue.get(each["id"]) for each in (job, waiting)]
    assert [each.state for each in states if each is not None] == ["released", "queued"]
    assert slotted.service.patience > 4, "an answer is recorded after its slot"


def test_a_stop_kills_what_runs_and_cancels_what_waits(
    patient: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = block(patient.service, monkeypatch)
    body = {"agreement": patient.agreement, "sql": BY_CITY, "epsilon": "0.3"}
    running_job, waiting = (patient.developer.post("/v1/jobs", json=body).json() for _ in range(2))
    assert begun.wait(30)
    patient.regulator.post("/v1/stops", json={"scope": "platform", "reason": "drill"})
    ended = patient.developer.get(f"/v1/jobs/{running_job['id']}", params={"wait": 30}).json()
    assert ended["state"] == "failed", "nothing but the stop ends this statement within the wait"
    assert patient.developer.get(f"/v1/jobs/{waiting['id']}").json()["state"] == "cancelled"
    assert kinds(patient.service)[-1] == "failure"
    assert patient.service.ledger.verify().ok


def test_a_load_takes_effect_for_the_next_job_and_kills_none(
    patient: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = patient.service
    (gateway,) = service.workspaces._held.values()
    exact, begun, go_on = gateway.workspace.exact, threading.Event(), threading.Event()

    def slow(*asked: Any) -> object:
        begun.set()
        assert go_on.wait(60)
        return exact(*asked)

    monkeypatch.setattr(gateway.workspace, "exact", slow)
    body = {"agreement": patient.agreement, "sql": BY_CITY, "epsilon": "0.3"}
    job = patient.developer.post("/v1/jobs", json=body).json()
    assert begun.wait(30)
    assert patient.load()["state"] == "done"
    go_on.set()
    first = patient.developer.get(f"/v1/jobs/{job['id']}", params={"wait": 30}).json()
    second = patient.ask(BY_CITY, epsilon="0.3")
    assert (first["state"], second["state"]) == ("released", "released")
    records = [service.ledger.record(each["disclosure"]).body for each in (first, second)]
    assert records[0]["snapshot"] != records[1]["snapshot"]
    assert records[1]["workspace"] == service.govern.workspace_in_force(patient.agreement)
    assert gateway.workspace._data is None, "the engines of the old snapshot have ended"
    assert not service.workspaces._retired


def test_a_statement_past_its_slot_is_killed_and_holds_its_agreement(
    slotted: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    block(slotted.service, monkeypatch)
    job = slotted.ask(BY_CITY, epsilon="0.3")
    assert (job["state"], job["problem"]["code"]) == ("failed", "job_failed")
    refused = slotted.developer.post("/v1/jobs", json={"agreement": slotted.agreement, "sql": BY_CITY})
    assert refused.json()["code"] == "agreement_suspended"
    slotted.service.govern.resume(
        slotted.service.govern.authenticate(slotted.tokens["reviewer"]), slotted.agreement, "looked at it"
    )
    assert slotted.service.ledger.verify().ok


def test_after_a_restart_a_job_that_ran_has_failed_and_one_that_waited_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_TEST_KEY", "t" * 64)
    here = running(tmp_path, slots=False)
    first = next(here)
    agreement = first.service.govern.agreement(LOCAL, first.agreement)
    queue = first.service.queue
    first.service.pool.close()
    ran = first.service.submit(agreement, "developer", "SELECT count(*) FROM visits", "0.1", "run")
    assert queue.claim(now=ran.starts_at, slot=60_000) is not None
    waited = first.service.submit(agreement, "developer", "SELECT count(*) FROM persons", "0.1", "run")
    settings = first.service.settings
    with pytest.raises(StopIteration):
        next(here)

    service = Service.open(settings.model_copy(update={"memory_folder": Path("/dev/shm")}))
    try:
        service.start()
        with pytest.raises(Unavailable, match="server_running"):
            Service.open(settings)
        until = time.monotonic() + 30
        while (after := service.queue.get(waited.id)) is None or not after.state.final:
            assert time.monotonic() < until
            time.sleep(0.05)
        lost = service.queue.get(ran.id)
        assert lost is not None
        assert (lost.state, lost.code) == ("failed", "job_lost")
        assert after.state == "released"
        assert kinds(service).count("submission") == 1
    finally:
        service.close()
