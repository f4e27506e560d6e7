"""A server and workers as processes of their own, with PostgreSQL between them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.client import RemoteSandbox
from sandbox.errors import SandboxError, Unavailable
from sandbox.jobs.rows import Job
from sandbox.jobs.service import Service
from sandbox.jobs.states import State
from sandbox.nouns.agreement import StopScope
from sandbox.nouns.party import LOCAL
from sandbox.nouns.spend import Spend
from sandbox.settings import Settings
from tests import clinic
from tests.postgres import Server

RUN = [sys.executable, "-c", "from sandbox.cli import main; main()"]
ROOT = Path(__file__).parents[2]
SLOT = 12
"""Seconds; long enough for a cold engine on a busy machine."""
COUNT = "SELECT count(*) AS n FROM visits"


@dataclass
class House:
    """A home folder with a demo's parties, served without lanes."""

    home: Path
    environment: dict[str, str]
    port: int
    tokens: dict[str, str]
    server: subprocess.Popen[str]

    @contextmanager
    def worker(self) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [*RUN, "worker", "--home", str(self.home)], stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env=self.environment,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            assert "working" in process.stdout.readline()
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=60)

    def developer(self) -> RemoteSandbox:
        return Sandbox.connect(f"http://127.0.0.1:{self.port}", token=self.tokens["developer"])

    @contextmanager
    def inside(self) -> Iterator[Service]:
        """The same home folder from within this process, without lanes."""
        url = self.environment["SANDBOX_DATABASE_URL"]
        settings = Settings(home=self.home, database_url=url, slots=True, slot_seconds=SLOT)  # type: ignore[arg-type]
        service = Service.open(settings, works=False)
        try:
            yield service
        finally:
            service.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, postgres: Server) -> Iterator[House]:
    url = postgres.url(postgres.migrated())
    folder = tmp_path_factory.mktemp("house")
    with serving(folder, url, "--workers", "0", slots="true") as opened:
        yield opened


@contextmanager
def serving(folder: Path, url: str, *arguments: str, slots: str) -> Iterator[House]:
    policy = clinic.small(folder, people=60)
    memory = tempfile.mkdtemp(dir="/dev/shm", prefix="sandbox-test-")
    port = free_port()
    environment = os.environ | {
        "SANDBOX_DATABASE_URL": url, "SANDBOX_SLOTS": slots, "SANDBOX_SLOT_SECONDS": str(SLOT),
        "SANDBOX_SOURCES_FOLDER": str(policy.parent), "SANDBOX_ENGINE_THREADS": "1",
        "SANDBOX_MEMORY_FOLDER": memory, "SANDBOX_TEST_KEY": "t" * 64,
    }  # fmt: skip
    serve = ["serve", str(policy), "--demo", "--home", str(folder / "home"), "--port", str(port)]
    server = subprocess.Popen(
        [*RUN, *serve, *arguments],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        tokens: dict[str, str] = {}
        while "developer" not in tokens:
            line = server.stdout.readline()
            assert line, "the server ended early"
            if found := re.match(r"(operator|reviewer|regulator|developer) +(\S+)", line):
                tokens[found[1]] = found[2]
        yield House(folder / "home", environment, port, tokens, server)
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
        shutil.rmtree(memory)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def until(ready: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something that must become true."""
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, "it did not become so"
        time.sleep(0.05)


def submit(service: Service, sql: str = COUNT) -> Job:
    (agreement,) = service.govern.agreements(LOCAL)
    return service.submit(agreement, "demo-developer-user", sql, "0.1", "run")


def state(service: Service, job: Job) -> State:
    found = service.queue.get(job.id)
    assert found is not None
    return found.state


def test_a_worker_answers_what_a_server_admits_and_ends_its_job_before_it_ends(house: House) -> None:
    with house.inside() as service, house.worker() as worker:
        job = submit(service)
        until(lambda: state(service, job) is State.RUNNING)
        worker.terminate()
        waiting = submit(service, "SELECT count(*) AS m FROM persons")
        assert worker.wait(timeout=30) == 0
        ended = service.queue.get(job.id)
        assert ended is not None
        assert (ended.state, ended.code) == (State.RELEASED, "")
        assert service.cancel(waiting).state is State.CANCELLED
        found = service.queue.get(job.id)
        assert found is not None
        assert len(service.result(found).rows()) == 1  # type: ignore[union-attr]
        assert service.ledger.verify().ok


def test_a_dead_workers_job_fails_once_and_the_next_worker_takes_the_next(house: House) -> None:
    with house.inside() as service:
        with house.worker() as first:
            job = submit(service)
            until(lambda: state(service, job) is State.RUNNING)
            first.kill()
        service.pool.start(alone=False)  # what any process that lives does
        until(lambda: state(service, job) is State.FAILED, 5.0)
        found = service.queue.get(job.id)
        assert found is not None
        assert found.code == "job_lost"
        with house.worker() as second:
            again = submit(service)
            until(lambda: state(service, again) is State.RUNNING)
            second.kill()
        assert service.ledger.verify().ok


def test_a_stop_ordered_at_the_server_kills_the_job_that_runs_in_a_worker(house: House) -> None:
    with house.inside() as service, house.worker():
        job = submit(service)
        until(lambda: state(service, job) is State.RUNNING)
        began = time.monotonic()
        (agreement,) = service.govern.agreements(LOCAL)
        service.govern.stop(LOCAL, scope=StopScope.AGREEMENT, id=agreement.id, reason="it is wrong")
        until(lambda: state(service, job).final, 2.0)
        assert state(service, job) is not State.RELEASED
        assert time.monotonic() - began < 2.0  # long before the answer's moment


def test_two_workers_share_the_jobs_of_one_agreement_and_a_new_load_reaches_both(
    tmp_path: Path, database_url: str
) -> None:
    with serving(tmp_path, database_url, "--workers", "2", slots="false") as house, house.developer() as box:
        workers = children(house.server.pid)
        assert len(workers) == 2
        with house.inside() as service:
            for number in range(6):
                assert len(box.query(f"{COUNT} WHERE amount > {number}", epsilon="0.1").rows()) == 1
            (agreement,) = service.govern.agreements(LOCAL)
            former = service.govern.workspace_in_force(agreement.id)
            policy = service.datasets.names()[0]
            begun = [service.load(policy, "demo-operator-user") for _ in range(2)]
            until(lambda: all(service.loads.get(each.id).state == "done" for each in begun))  # type: ignore[union-attr]
            assert service.govern.workspace_in_force(agreement.id) != former
            for number in range(6):
                assert len(box.query(f"{COUNT} WHERE amount > {number}", epsilon="0.1").rows()) == 1
            os.kill(workers[0], signal.SIGKILL)
            until(lambda: len(set(children(house.server.pid)) - {workers[0]}) == 2)
            assert len(box.query(f"{COUNT} WHERE amount > 7", epsilon="0.1").rows()) == 1
            assert service.ledger.verify().ok
    until(lambda: not [pid for pid in workers if Path(f"/proc/{pid}").exists()])


def test_a_server_that_must_be_alone_and_one_that_need_not_never_share_a_home(
    tmp_path: Path, database_url: str
) -> None:
    one = Service.open(Settings(home=tmp_path, database_url=None), works=False)
    one.ledger.set_cap("dataset", "d", Spend(7, 3))
    several = Settings(home=tmp_path, database_url=database_url)  # type: ignore[arg-type]
    with pytest.raises(Unavailable, match="server_running"):
        Service.open(several)
    one.close()
    with pytest.raises(SandboxError, match="log_broken"):  # and its budgets are in the other database
        Service.open(several)


def children(pid: int) -> list[int]:
    """The worker processes of a server."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    listed = [int(child) for path in found for child in path.read_text().split()]
    return [it for it in listed if b"worker" in Path(f"/proc/{it}/cmdline").read_bytes()]
