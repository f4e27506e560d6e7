"""The disk of a served home folder fills up, in the middle of jobs, and has room again."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults import checks
from tests.faults.clients import ENDED, Developer, code_of
from tests.faults.house import EPSILON, House, Party
from tests.jobs.test_processes import until

ROOM = 48 << 20
"""Bytes of the small disk."""
TIMES = 2


@pytest.fixture
def house(tmp_path: Path, memory_folder: Path) -> Iterator[House]:
    """A house on a disk of its own, if this user may mount one."""
    opened = House(tmp_path, memory_folder, None)
    opened.home.mkdir()
    if os.geteuid() != 0:
        opened.prepare()
        yield opened
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(opened.home)], check=True)
    try:
        opened.prepare()
        yield opened
    finally:
        subprocess.run(["umount", str(opened.home)], check=True)


@contextmanager
def full(house: House, pid: int) -> Iterator[None]:
    """No room for another byte; without a disk of its own, in files that the server writes."""
    if os.geteuid() != 0:
        former = resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        yield
        resource.prlimit(pid, resource.RLIMIT_FSIZE, former)
        return
    ballast = house.home / "ballast"
    with ballast.open("wb", buffering=0) as stream:
        piece = b"\1" * 4096
        try:
            while stream.write(piece) == len(piece):
                pass
        except OSError:
            pass
    try:
        yield
    finally:
        ballast.unlink()


def question(house: House) -> tuple[Party, dict[str, str]]:
    """Who asks, and what."""
    party = house.parties["rich"]
    sql = "SELECT count(*) AS n FROM visits"
    return party, {"agreement": party.agreement, "sql": sql, "epsilon": EPSILON}


def test_a_full_disk_is_said_loses_nothing_and_is_got_over_without_a_restart(house: House) -> None:
    party, asked = question(house)
    with house.process() as server, house.client(party.token) as client:
        house.wait_until_served()

        def ask(sql: str) -> str:
            answer = client.post("/v1/jobs", json=asked | {"sql": sql})
            assert answer.status_code == 202, answer.text
            job = str(answer.json()["id"])
            until(lambda: client.get(f"/v1/jobs/{job}", params={"wait": 10}).json()["state"] in ENDED, 300)
            return job

        first = ask("SELECT count(*) AS n FROM visits")
        result = client.get(f"/v1/jobs/{first}/result")
        with full(house, server.pid):
            refused = client.post("/v1/jobs", json=asked | {"sql": "SELECT count(*) AS n FROM persons"})
            assert (refused.status_code, code_of(refused)) == (503, "unavailable")
            assert int(refused.headers["retry-after"]) > 0
            assert client.get(f"/v1/jobs/{first}/result").json() == result.json(), "what is out can be read"
            assert client.get("/healthz").status_code == 200
            if os.geteuid() == 0:
                assert client.get("/readyz").status_code == 503
        house.wait_until_served()
        second = ask("SELECT count(*) AS n FROM persons")
        assert client.get(f"/v1/jobs/{second}").json()["state"] == "released"
    kinds = checks.at_rest(house, [])
    assert (kinds["release"], kinds["failure"]) == (2, 0)


def test_developers_who_ask_while_the_disk_fills_up_lose_nothing_they_were_told(house: House) -> None:
    party, asked = question(house)
    over = threading.Event()
    developers = [Developer(house, party, place, over) for place, party in enumerate(house.parties.values())]
    answers: Callable[[], int] = lambda: sum(len(each.seen.answers) for each in developers)  # noqa: E731
    with house.process() as server:
        house.wait_until_served()
        for each in developers:
            each.start()
        for _ in range(TIMES):
            had = answers()
            until(lambda had=had: answers() > had, 300)
            with full(house, server.pid), house.client(party.token) as client:
                time.sleep(1)
                refused = client.post("/v1/jobs", json=asked)
                assert (refused.status_code, code_of(refused)) == (503, "unavailable")
        had = answers()
        until(lambda: answers() > had, 300)
        over.set()
        for each in developers:
            each.join()
        told = [each.seen for each in developers]
        checks.served(house, told)
    checks.at_rest(house, told)
