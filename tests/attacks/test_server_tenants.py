"""One tenant of a server against another, and against the operator's limits."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.api.formats import CSV, rendered
from sandbox.errors import Refused
from sandbox.jobs.pool import Clock, Pool, Running
from sandbox.jobs.queue import LOST, Most, Queue
from sandbox.jobs.rows import Ending, Request
from sandbox.jobs.slots import Slots
from sandbox.jobs.states import State
from sandbox.jobs.workspaces import Workspaces
from sandbox.ledger import Ledger
from sandbox.nouns.policy import ColumnType
from sandbox.nouns.release import Cost, Release, ReleaseColumn
from sandbox.seal import Keyring
from tests import clinic
from tests.api import conftest as server

COUNT = "SELECT count(*) AS n FROM visits"


class Gateway:
    """What the shelf of workspaces sees of a gateway."""

    def __init__(self) -> None:
        self.workspace = self
        self.closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        yield from server.running(tmp_path_factory.mktemp("server"), slots=False)


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    ledger = Ledger.open(tmp_path / "ledger.db", Keyring.open(tmp_path / "home").signer)
    yield Queue(ledger)
    ledger.close()


def request(organisation: str) -> Request:
    return Request(organisation, "dev", organisation, "clinic", "run", "SELECT 1", "1")


def test_nobody_fills_the_log_with_what_costs_nothing(here: server.Running) -> None:
    long = f"{COUNT} -- {'x' * 9_000}"
    assert here.ask(long, epsilon="0.1")["state"] == "released"
    ledger = here.service.ledger
    before = len(ledger.records(limit=10_000))
    for mode, sql in (("preview", long), ("dummy", long), ("run", long), ("run", f"SELEKT {long}")):
        here.ask(sql, epsilon="0.1", mode=mode)
    free = ledger.records(before, limit=100)
    assert {"preview", "dummy", "replay", "refusal"} <= {record.kind for record in free}
    assert max(len(record.leaf) for record in free) < 5_000


def test_previews_of_many_agreements_close_no_engine_that_a_job_uses() -> None:
    held: dict[str, Gateway] = {}

    def opened(name: str) -> Any:
        return held.setdefault(name, Gateway())

    shelf = Workspaces(opened, most=2, busy=lambda it: it == "victim")
    for name in ("victim", "a", "b", "c", "d"):
        shelf.get(name)
    assert not held["victim"].closed
    assert [held[name].closed for name in "abcd"] == [True, True, True, False]


def test_a_lane_tells_whose_job_it_has(queue: Queue) -> None:
    pool = Pool(queue, None, Clock(), Slots(1000, fixed=False, lanes=1))  # type: ignore[arg-type]
    job = queue.enqueue(request("victim"), now=0, slot=1, lanes=None)
    pool._running[job.id] = Running(job)
    assert pool.busy("victim")
    assert not pool.busy("other")


def test_the_cursor_of_jobs_does_not_count_the_jobs_of_others(queue: Queue) -> None:
    mine = [queue.record(request("a"), Ending(State.RELEASED), now=0) for _ in range(2)]
    theirs = [queue.record(request("b"), Ending(State.RELEASED), now=0) for _ in range(3)]
    assert queue.page("a", before=mine[1].id, limit=5) == [mine[0]]
    with pytest.raises(KeyError):
        queue.page("a", before=theirs[2].id, limit=5)


def test_nobody_fills_the_queue(queue: Queue) -> None:
    most, full = Most(agreement=3, user=5), "too_many_jobs 429 5"

    def submit(user: str, agreement: str) -> str:
        asked = replace(request("a"), actor=user, agreement=agreement)
        try:
            return queue.enqueue(asked, now=0, slot=5000, lanes=2, most=most).id
        except Refused as refusal:
            return f"{refusal.code} {refusal.status} {refusal.wait}"

    first = [submit("one", "x") for _ in range(4)]
    assert first[3] == full
    assert submit("two", "x") == full, "the agreement is full, whoever asks"
    assert [submit("one", "y") == full for _ in range(3)] == [False, False, True]
    assert submit("one", "z") == full, "the user is at the limit, wherever"
    assert submit("two", "z") != full
    queue.cancel([first[0]], Ending(State.CANCELLED))
    assert submit("one", "x") != full


def test_a_page_of_jobs_names_a_job_as_the_next(here: server.Running) -> None:
    for _ in range(2):
        here.ask(COUNT, epsilon="0.1", mode="preview")
    first = here.developer.get("/v1/jobs", params={"limit": 1}).json()
    assert first["next"] == first["items"][0]["id"]
    second = here.developer.get("/v1/jobs", params={"limit": 1, "cursor": first["next"]}).json()
    assert second["items"][0]["id"] != first["items"][0]["id"]


@pytest.mark.parametrize("place", ["-5", "9" * 70])
def test_a_forged_cursor_is_refused(here: server.Running, place: str) -> None:
    cursor = base64.urlsafe_b64encode(place.encode()).decode()
    for path in ("/v1/disclosures", "/v1/agreements"):
        answer = here.developer.get(path, params={"cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


def twin(here: server.Running, epsilon: str, dataset: str = "twin") -> str:
    """The clinic's policy under another name, on the same account."""
    account = here.service.datasets.policy("clinic").account
    text = clinic.POLICY.replace("dataset: clinic", f"dataset: {dataset}").replace(
        "epsilon: 20", f"epsilon: {epsilon}"
    )
    assert f"epsilon: {epsilon}" in text
    return text + (f"\ncatalogue:\n  code: {account}\n" if account == "clinic" else "")


def test_a_second_dataset_cannot_raise_the_budget_of_an_account(here: server.Running) -> None:
    before = here.service.ledger.balance("dataset", "clinic")
    assert here.operator.post("/v1/datasets", json={"policy": twin(here, "25")}).status_code == 201
    assert here.service.ledger.balance("dataset", "clinic") == before
    assert here.operator.post("/v1/datasets", json={"policy": twin(here, "19")}).status_code == 201
    assert here.service.ledger.balance("dataset", "clinic")[0].rho < before[0].rho, "the smaller one holds"
    assert here.operator.post("/v1/datasets", json={"policy": twin(here, "20")}).status_code == 201
    assert here.service.ledger.balance("dataset", "clinic") == before


def test_a_source_keeps_its_account_under_every_name_and_number(here: server.Running) -> None:
    renamed = clinic.POLICY.replace("dataset: clinic", "dataset: fresh")
    renumbered = clinic.POLICY + "\ncatalogue:\n  code: 410000-NEW\n"
    elsewhere = renamed.replace("path: ", "path: ./")
    for text in (renamed, renumbered, elsewhere):
        answer = here.operator.post("/v1/datasets", json={"policy": text})
        assert (answer.status_code, answer.json()["code"]) == (409, "source_accounted"), answer.text
    assert here.operator.get("/v1/datasets/fresh").json()["code"] == "dataset_unknown"
    assert {name for scope, name in here.service.ledger.accounts() if scope == "dataset"} == {"clinic"}


def test_an_approval_moves_no_cap_of_a_dataset(here: server.Running) -> None:
    before = here.service.ledger.balance("dataset", "clinic")
    assert here.operator.post("/v1/datasets", json={"policy": twin(here, "19")}).status_code == 201
    lowered = here.service.ledger.balance("dataset", "clinic")
    here.agree()
    assert here.service.ledger.balance("dataset", "clinic") == lowered
    assert here.operator.post("/v1/datasets", json={"policy": twin(here, "20")}).status_code == 201
    assert here.service.ledger.balance("dataset", "clinic") == before


def test_a_body_of_a_thousand_mistakes_is_answered_in_short(here: server.Running) -> None:
    body = {f"{place}{'x' * 100}": 1 for place in range(1000)}
    answer = here.developer.post("/v1/jobs", json=body)
    assert answer.status_code == 422
    assert len(answer.json()["problems"]) <= 20
    assert "x" * 65 not in answer.text


def test_a_key_that_looks_like_a_formula_is_a_text_in_csv() -> None:
    columns = (ReleaseColumn("=city", ColumnType.TEXT, False), ReleaseColumn("n", ColumnType.INTEGER, True))
    answer = Release(
        id=1, columns=columns, data=(("=cmd|'/c calc'!A0", -3), ("郑州", 4)), spreads=((0.0, 1.0),) * 2,
        half_widths=((0.0, 2.0),) * 2, cost=Cost(0.1, 0.0, 0.5), replayed=False, notes=(),
    )  # fmt: skip
    lines = bytes(rendered(answer, CSV).body).decode().splitlines()
    assert lines[0].startswith("'=city,")
    assert lines[1].startswith("'=cmd")
    assert ",-3," in lines[1]
    assert lines[2].startswith("郑州,")


def test_an_answer_that_cannot_be_sealed_is_not_said_to_be_free(
    here: server.Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(job: object, answer: object) -> None:
        raise OSError

    monkeypatch.setattr(here.service, "keep", full)
    assert here.ask(COUNT, epsilon="0.2")["problem"]["code"] == LOST.code
    monkeypatch.undo()
    again = here.ask(COUNT, epsilon="0.2")
    assert (again["state"], again["replayed"]) == ("released", True)


def test_a_policy_that_was_replaced_runs_no_job_that_was_queued_under_it(here: server.Running) -> None:
    assert here.ask(COUNT, epsilon="0.1")["state"] == "released"  # its workspace is open now
    newer = clinic.POLICY + "\n# narrower\n"
    assert here.operator.post("/v1/datasets", json={"policy": newer}).status_code == 201
    waiting = Request(
        "甲方", "developer", here.agreement, "clinic", "run", COUNT + " WHERE amount > 1", "0.1"
    )
    job = here.service.queue.enqueue(waiting, now=0, slot=60_000, lanes=None)
    while not (found := here.developer.get(f"/v1/jobs/{job.id}", params={"wait": 10}).json())["problem"]:
        assert found["state"] in ("queued", "running"), found
    assert (found["state"], found["problem"]["code"]) == ("refused", "workspace_missing")


@pytest.mark.parametrize("epsilon", ["1e-9", "1e-400", "1e-999999"])
def test_a_vanishing_epsilon_is_refused_before_anyone_searches_its_rho(
    here: server.Running, epsilon: str
) -> None:
    for mode in ("run", "preview"):
        body = {"agreement": here.agreement, "sql": COUNT, "epsilon": epsilon, "mode": mode}
        answer = here.developer.post("/v1/jobs", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "epsilon_invalid")
    filed: dict[str, object] = {
        "dataset": "clinic", "purpose": "Planning", "grants": server.GRANTS, "epsilon": epsilon, "days": 30,
    }  # fmt: skip
    assert here.developer.post("/v1/applications", json=filed).status_code == 422
