"""Whoever can write the control database, and no more, gets nobody's answer and no other's budget by a row of
the queue or of the holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from sandbox.ledger.hold_tables import hold
from sandbox.ledger.queue_tables import queue
from tests.api.conftest import Running, running
from tests.api.test_holds import hold_answer, leaky, review, wait
from tests.ledger.makers import stored

SQL = "SELECT count(*) AS n FROM visits WHERE amount > {}"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        yield from running(tmp_path_factory.mktemp("server"), write=leaky, slots=False)


@pytest.fixture(scope="module")
def theirs(here: Running) -> dict[str, Any]:
    """A released job of another organisation."""
    job = here.ask(SQL.format(1), by="stranger", agreement=here.agree("stranger"), epsilon="0.5")
    assert job["state"] == "released"
    return job


def copied(here: Running, job: str, name: str, **changes: object) -> str:
    """A row of the queue as another one, but for some columns."""
    ledger = here.service.ledger

    def work(connection: Any) -> None:
        row = dict(connection.execute(select(queue).where(queue.c.id == job)).one()._mapping)
        place = connection.execute(select(queue.c.place).order_by(queue.c.place.desc()).limit(1)).scalar()
        connection.execute(insert(queue).values(row | {"id": name, "place": place + 1} | changes))

    ledger.transact(work)
    here.service.pool.wake()
    return name


def result(here: Running, job: str) -> tuple[int, str]:
    answer = here.developer.get(f"/v1/jobs/{job}/result")
    return answer.status_code, answer.json().get("code", "")


def test_a_row_that_names_anothers_release_shows_it_to_nobody(here: Running, theirs: dict[str, Any]) -> None:
    own = here.ask(SQL.format(2), epsilon="0.5")
    assert result(here, own["id"])[0] == 200
    made = copied(here, own["id"], "made-of-own", number=theirs["disclosure"])
    assert result(here, made) == (503, "unavailable")
    made = copied(here, theirs["id"], "made-of-theirs", organisation="甲方")
    assert result(here, made) == (503, "unavailable")


def test_a_row_under_anothers_agreement_does_not_run(here: Running, theirs: dict[str, Any]) -> None:
    agreement = theirs["agreement"]
    before = here.service.ledger.balance("agreement", agreement)
    changes = {"state": "queued", "number": None, "sql": SQL.format(3), "organisation": "甲方"}
    made = copied(here, theirs["id"], "made-to-run", **changes)
    found = wait(here, made)
    assert (found["state"], found["problem"]["code"]) == ("failed", "job_not_started")
    assert here.service.ledger.balance("agreement", agreement) == before


def test_an_answer_that_waited_is_stored_under_no_other_question(here: Running) -> None:
    job = hold_answer(here, "0.9", agreement=here.agree(epsilon="2"))
    other = update(hold).where(hold.c.case_id == job["id"]).values(replay_key="another question's")
    here.service.ledger.transact(lambda it: it.execute(other))
    assert review(here, job["id"], "release", reason="a shop's number").status_code == 201
    assert wait(here, job["id"])["state"] == "failed"
    assert stored(here.service.ledger, "another question's") is None
