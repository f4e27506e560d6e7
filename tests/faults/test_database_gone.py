"""The control database goes away under a served house, in the middle of jobs, and comes back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.faults import checks
from tests.faults.clients import ENDED, Developer, code_of
from tests.faults.house import EPSILON, House
from tests.jobs.test_processes import until
from tests.postgres import Server

OUTAGES = 2
SLOT = 6
"""Seconds; the time that a touched job waits with its answer."""
WARM = "SELECT count(*) AS n FROM persons"
"""Opens the workspace, which on a busy machine takes more than a slot."""
TOUCHED = "SELECT count(*) AS n FROM job WHERE state = 'touched'"


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that this test may stop."""
    server = Server.make()
    yield server
    server.remove()


@pytest.fixture
def house(own: Server, tmp_path: Path, memory_folder: Path) -> House:
    """A house whose one server process works itself."""
    opened = House(tmp_path, memory_folder, own.url(own.migrated()))
    opened.prepare()
    return opened


def ended(client: httpx2.Client, asked: dict[str, str]) -> dict[str, Any]:
    """A job at its end."""
    job: dict[str, Any] = client.post("/v1/jobs", json=asked).json()
    while job["state"] not in ENDED:
        job = client.get(f"/v1/jobs/{job['id']}", params={"wait": 10}).json()
    return job


def serving(house: House) -> list[str]:
    return ["serve", "--port", str(house.port), "--workers", "1"]


def says_no(client: httpx2.Client, method: str, path: str, **body: object) -> None:
    """It answers at once, by a problem that says when to come back."""
    answer = client.request(method, path, **({"json": body} if body else {}))
    assert (answer.status_code, code_of(answer)) == (503, "unavailable"), path
    assert int(answer.headers["retry-after"]) > 0


def test_developers_who_ask_through_outages_lose_nothing_they_were_told(own: Server, house: House) -> None:
    over = threading.Event()
    developers = [Developer(house, party, place, over) for place, party in enumerate(house.parties.values())]
    with house.process(*serving(house)):
        house.wait_until_served()
        for each in developers:
            each.start()
        for _ in range(OUTAGES):
            answered = sum(len(each.seen.answers) for each in developers)
            until(lambda had=answered: sum(len(each.seen.answers) for each in developers) > had, 300)
            own.stop()
            time.sleep(1)
            own.start()
        house.wait_until_served()
        over.set()
        for each in developers:
            each.join()
        told = [each.seen for each in developers]
        checks.served(house, told)
    assert any("unavailable" in each.problems for each in told)
    checks.at_rest(house, told)


def test_a_job_whose_database_goes_after_it_touched_data_fails_paid_and_held_and_is_never_answered(
    own: Server, house: House
) -> None:
    house.extra = {"SANDBOX_SLOTS": "true", "SANDBOX_SLOT_SECONDS": str(SLOT)}
    party = house.parties["rich"]
    asked = {"agreement": party.agreement, "sql": "SELECT count(*) AS n FROM visits", "epsilon": EPSILON}
    with house.process(*serving(house)), house.client(party.token) as client:
        house.wait_until_served()
        until(lambda: ended(client, asked | {"sql": WARM})["state"] == "released", 300)
        job = client.post("/v1/jobs", json=asked).json()["id"]
        with house.inside() as service:
            until(lambda: service.ledger.read(lambda it: it.exec_driver_sql(TOUCHED).scalar()), 300)
        own.stop()
        for path in (
            f"/v1/jobs/{job}",
            f"/v1/jobs/{job}/result",
            "/v1/budgets",
            "/v1/log/checkpoint",
            "/readyz",
        ):
            says_no(client, "GET", path)
        says_no(client, "POST", "/v1/jobs", **asked)
        assert client.get("/healthz").status_code == 200
        time.sleep(SLOT)
        own.start()
        house.wait_until_served()
        until(lambda: client.get(f"/v1/jobs/{job}").json()["state"] in ENDED, 30)
        found = client.get(f"/v1/jobs/{job}").json()
        assert (found["state"], found["problem"]["code"]) == ("failed", "job_failed")
        again = client.post("/v1/jobs", json=asked)
        assert code_of(again) == "agreement_suspended", "a failure after touch is looked at first"
    kinds = checks.at_rest(house, [])
    assert kinds["release"] == 1, "the first one alone"
