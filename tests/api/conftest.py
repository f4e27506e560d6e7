"""A real server on loopback, with a clinic, two developers and everybody who watches.

Whatever its clients are answered is held against the contract of the server.
"""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI

from sandbox.api import create_app, wire
from sandbox.jobs.service import Service
from sandbox.nouns.party import LOCAL, OrganisationType, Role
from sandbox.settings import Settings
from tests import clinic
from tests.api.contract import Contract

GRANTS = {
    "visits": {"city": ["group", "filter"], "amount": ["aggregate", "filter"], "diagnosis": ["group"]},
    "persons": {"sex": ["group", "filter"], "age": ["aggregate"]},
}
BY_CITY = "SELECT city, count(*) AS visits, avg(amount) AS mean FROM visits GROUP BY city"
CREDIT_CODES = {"甲方": "91410100MA44TT2L9Y", "乙方": "91410100MA40FPL97E"}


@dataclass
class Running:
    """A server and a signed-in client for each party."""

    url: str
    service: Service
    tokens: dict[str, str]
    agreement: str = ""
    app: Any = None
    clients: dict[str | None, httpx2.Client] = field(default_factory=dict)

    def __getattr__(self, name: str) -> httpx2.Client:
        if name not in self.__dict__.get("tokens", {}):
            raise AttributeError(name)
        return self.client(name)

    @cached_property
    def contract(self) -> Contract:
        return Contract(self.app.openapi())

    def client(self, name: str | None) -> httpx2.Client:
        if name not in self.clients:
            headers = {} if name is None else {"authorization": f"Bearer {self.tokens[name]}"}
            self.clients[name] = httpx2.Client(
                base_url=self.url, headers=headers, timeout=60, trust_env=False,
                event_hooks={"response": [self.contract.check]},
            )  # fmt: skip
        return self.clients[name]

    def load(self, dataset: str = "clinic") -> dict[str, Any]:
        task: dict[str, Any] = self.operator.post(f"/v1/datasets/{dataset}/load").json()
        while task["state"] == "running":
            time.sleep(0.1)
            task = self.operator.get(f"/v1/tasks/{task['id']}").json()
        return task

    def agree(self, name: str = "developer", *, epsilon: str = "15", days: int = 30) -> str:
        """An application of a developer, approved; returns the agreement's number."""
        body = {
            "dataset": "clinic", "purpose": "Planning", "grants": GRANTS, "epsilon": epsilon, "days": days,
        }  # fmt: skip
        filed = self.client(name).post("/v1/applications", json=body)
        assert filed.status_code == 201, filed.text
        decided = self.reviewer.post(
            f"/v1/applications/{filed.json()['id']}/reviews", json={"decision": "approve", "reason": "sound"}
        )
        assert decided.status_code == 201, decided.text
        return str(decided.json()["agreement"])

    def ask(self, sql: str, *, by: str = "developer", agreement: str = "", **fields: Any) -> dict[str, Any]:
        """Submit a job and wait for its end."""
        body = {"agreement": agreement or self.agreement, "sql": sql, **fields}
        answer = self.client(by).post("/v1/jobs", json=body)
        assert answer.status_code == 202, answer.text
        job: dict[str, Any] = answer.json()
        while job["state"] in ("queued", "running"):
            job = self.client(by).get(f"/v1/jobs/{job['id']}", params={"wait": 30}).json()
        return job


@dataclass(frozen=True)
class Serving:
    """A server in a thread."""

    server: uvicorn.Server
    thread: threading.Thread
    url: str
    app: FastAPI


def serve(service: Service) -> Serving:
    """Serve on a free port of loopback."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    app = create_app(service)
    config = uvicorn.Config(app, log_level="error", **wire.OPTIONS)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    return Serving(server, thread, f"http://127.0.0.1:{sock.getsockname()[1]}", app)


def parties(service: Service) -> dict[str, str]:
    """Two developers of two organisations, an operator, two reviewers, a regulator; a token each."""
    govern = service.govern
    govern.add_organisation(LOCAL, "运营方", OrganisationType.OPERATOR)
    govern.add_organisation(LOCAL, "实施机构", OrganisationType.AGENCY)
    govern.add_organisation(LOCAL, "监管", OrganisationType.REGULATOR)
    for name, code in CREDIT_CODES.items():
        govern.add_organisation(LOCAL, name, OrganisationType.DEVELOPER, code)
    members = {
        "operator": ("运营方", Role.OPERATOR), "reviewer": ("实施机构", Role.REVIEWER),
        "second": ("实施机构", Role.REVIEWER), "regulator": ("监管", Role.REGULATOR),
        "developer": ("甲方", Role.DEVELOPER), "stranger": ("乙方", Role.DEVELOPER),
    }  # fmt: skip
    tokens = {}
    for name, (organisation, role) in members.items():
        govern.add_user(LOCAL, name, organisation, role)
        tokens[name] = govern.issue_token(LOCAL, name)
    reviewer = govern.authenticate(tokens["reviewer"])
    for each in govern.waiting(reviewer):
        govern.confirm(reviewer, each.what, each.name)
    return tokens


def running(
    folder: Path, *, write: Callable[[Path], Path] = clinic.small, **settings: Any
) -> Iterator[Running]:
    """A server over a small clinic: policy registered and loaded, one agreement in force."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="sandbox-test-") as memory:
        policy = write(folder / "sources").read_text(encoding="utf-8")
        service = Service.open(
            Settings(
                home=folder / "home",
                sources_folder=folder / "sources",
                memory_folder=Path(memory),
                **settings,
            )
        )
        serving = serve(service)
        here = Running(serving.url, service, parties(service), app=serving.app)
        answer = here.operator.post("/v1/datasets", json={"policy": policy})
        assert answer.status_code == 201, answer.text
        assert here.load()["state"] == "done"
        here.agreement = here.agree()
        yield here
        for client in here.clients.values():
            client.close()
        serving.server.should_exit = True
        serving.thread.join()
        left = [path.name for path in Path(memory).rglob("*") if path.is_file()]
        assert left == [], "unsealed files outlived the server"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, control_database: str | None) -> Iterator[Running]:
    """A server that answers as soon as it can."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        yield from running(tmp_path_factory.mktemp("server"), slots=False, database_url=control_database)
