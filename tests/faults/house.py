"""A home folder that whole server processes serve and work off, and that is killed, starved and restarted."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from sandbox.jobs.service import Service
from sandbox.nouns.party import LOCAL, OrganisationType, Role
from sandbox.settings import Settings
from tests import clinic
from tests.jobs.test_processes import ROOT, RUN, free_port

CANARY = "金丝雀KANARI"
"""Begins every cell of the source's text that no answer shows."""
EPSILON = "0.1"
GRANTS = {
    "visits": {"city": ["group", "filter"], "amount": ["aggregate", "filter"], "diagnosis": ["group"]},
    "persons": {"sex": ["group", "filter"], "age": ["aggregate", "filter"]},
}
DEVELOPERS = {"rich": ("91410100MA44TT2L9Y", "9"), "poor": ("91410100MA40FPL97E", "0.7")}
"""Developer → credit code, ε of the agreement: one that pays for thousands of jobs, one for some fifty."""


@dataclass
class Party:
    """A developer and the agreement."""

    name: str
    token: str
    agreement: str


@dataclass
class House:
    """One home folder, its parties, and the address under which it is served."""

    folder: Path
    memory: Path
    url: str | None
    """Control database; None: the home folder's SQLite."""
    parties: dict[str, Party] = field(default_factory=dict)
    reviewer: str = ""
    """Token."""
    port: int = field(default_factory=free_port)
    extra: dict[str, str] = field(default_factory=dict)
    """Further environment of the processes."""

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def environment(self) -> dict[str, str]:
        told = {
            "SANDBOX_HOME": str(self.home), "SANDBOX_SOURCES_FOLDER": str(self.folder / "sources"),
            "SANDBOX_MEMORY_FOLDER": str(self.memory), "SANDBOX_SLOTS": "false",
            "SANDBOX_ENGINE_THREADS": "1", "SANDBOX_TEST_KEY": "t" * 64,
        }  # fmt: skip
        if self.url is not None:
            told["SANDBOX_DATABASE_URL"] = self.url
        return os.environ | told | self.extra

    @property
    def log(self) -> Path:
        return self.folder / "processes.log"

    @property
    def serving(self) -> list[str]:
        """Arguments of the server: it works itself, or others do."""
        return ["serve", "--port", str(self.port), "--workers", "1" if self.url is None else "0"]

    def prepare(self) -> None:
        """Parties, a load and the agreements, from within this process."""
        policy = write(self.folder / "sources").read_text(encoding="utf-8")
        with self.inside() as service:
            service.datasets.register(policy, LOCAL.user)
            service.ensure_loaded("clinic", LOCAL.user)
            govern = service.govern
            govern.add_organisation(LOCAL, "agency", OrganisationType.AGENCY)
            govern.add_user(LOCAL, "reviewer", "agency", Role.REVIEWER)
            self.reviewer = govern.issue_token(LOCAL, "reviewer")
            reviewer = govern.authenticate(self.reviewer)
            for name, (code, epsilon) in DEVELOPERS.items():
                govern.add_organisation(LOCAL, f"of-{name}", OrganisationType.DEVELOPER, code)
                govern.add_user(LOCAL, name, f"of-{name}", Role.DEVELOPER)
                token = govern.issue_token(LOCAL, name)
                filed = govern.apply(
                    govern.authenticate(token), dataset="clinic", purpose="Planning", columns=GRANTS,
                    epsilon=epsilon, days=30,
                )  # fmt: skip
                done = service.review(reviewer, filed.id, approve=True, reason="sound", basis="")
                self.parties[name] = Party(name, token, done.agreement)

    @contextmanager
    def inside(self) -> Iterator[Service]:
        """The home folder from within this process, without lanes."""
        with _environment(self.environment):
            service = Service.open(Settings(), works=False)
            try:
                yield service
            finally:
                service.close()

    def client(self, token: str = "") -> httpx2.Client:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        address = f"http://127.0.0.1:{self.port}"
        return httpx2.Client(base_url=address, headers=headers, timeout=120, trust_env=False)

    @contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of its own, from the first import on; ended with the block."""
        with self.log.open("ab") as log:
            command = [*RUN, *(arguments or self.serving)]
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=self.environment)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)

    def wait_until_served(self, seconds: float = 300) -> None:
        end = time.monotonic() + seconds
        with self.client() as client:
            while True:
                try:
                    if client.get("/readyz").status_code == 200:
                        return
                except httpx2.TransportError:
                    pass
                assert time.monotonic() < end, self.log.read_text()[-2000:]
                time.sleep(0.02)


class Zygote:
    """Starts the processes of a house as forks: see ``tests.faults.zygote``."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert self._answer() == "ready"

    def start(self, house: House, *arguments: str) -> int:
        """Start one; returns its number."""
        wanted = {"arguments": arguments, "environment": house.environment, "log": str(house.log)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return int(self._answer())

    def close(self) -> None:
        self._process.communicate(timeout=60)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def write(folder: Path) -> Path:
    """A clinic whose text cells are canaries, but for cities."""
    rng = random.Random(11)
    visits: list[dict[str, Any]] = [
        row | {name: f"{CANARY}{row[name]}" for name in ("id_card", "name", "diagnosis")}
        for row in clinic.visits(60, 6, rng)
    ]
    persons = [row | {"id_card": f"{CANARY}{row['id_card']}"} for row in clinic.persons(60, rng)]
    return clinic.write(folder, visit_rows=visits, person_rows=persons)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    former = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(former)
