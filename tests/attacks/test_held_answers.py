"""What waits for a reviewer leaves by a reviewer's verdict alone, which is on the log, and one verdict lets
one thing go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from sandbox.jobs.states import State
from sandbox.ledger import held
from sandbox.ledger.hold_tables import hold
from sandbox.ledger.queue_tables import queue
from tests.api.conftest import Running, running
from tests.api.test_holds import hold_answer, hold_query, leaky, review, spent, wait

BOTH = (
    "SELECT diagnosis, count(*) AS n, count(*) FILTER (WHERE city = '郑州市' AND amount = 12.5) AS one "
    "FROM visits GROUP BY diagnosis"
)
"""Is aimed at one row, and has an answer with a phone number in it."""


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        yield from running(tmp_path_factory.mktemp("server"), write=leaky, slots=False)


def approve_in_the_tables(here: Running, case: str, number: int) -> None:
    """What somebody with the database alone can write: a verdict that nobody gave."""
    ledger = here.service.ledger
    ledger.transact(lambda it: it.execute(update(hold).where(hold.c.case_id == case).values(approved=number)))
    ledger.transact(
        lambda it: it.execute(update(queue).where(queue.c.id == case).values(state=State.QUEUED, code=""))
    )
    here.service.pool.wake()


def test_a_question_let_go_on_is_no_answer_let_out(here: Running) -> None:
    job = here.ask(BOTH, epsilon="0.9")
    assert job["problem"]["code"] == "query_held"
    assert review(here, job["id"], "release", reason="a study").status_code == 201
    found = wait(here, job["id"])
    assert (found["state"], found["problem"]["code"]) == ("held", "answer_held")
    assert here.developer.get(f"/v1/jobs/{job['id']}/result").status_code == 409
    paid = spent(here)
    assert review(here, job["id"], "release", reason="a shop's number").status_code == 201
    assert wait(here, job["id"])["state"] == "released"
    assert spent(here) == paid


@pytest.mark.parametrize("own_record", [True, False])
def test_a_verdict_that_only_the_tables_know_lets_no_answer_out(here: Running, own_record: bool) -> None:
    job = hold_answer(here, "0.9", agreement=here.agree(epsilon="2"))
    waits = here.service.ledger.read(lambda it: held.of_case(it, job["id"]))
    assert waits is not None
    approve_in_the_tables(here, job["id"], waits.number if own_record else 0)
    assert wait(here, job["id"])["state"] != "released"
    assert here.developer.get(f"/v1/jobs/{job['id']}/result").status_code >= 400


def test_a_verdict_on_one_hold_lets_no_other_go_on(here: Running) -> None:
    number = here.agree(epsilon="2")
    first = hold_query(here, "31.5", agreement=number)
    assert review(here, first["id"], "release", reason="a study").status_code == 201
    given = here.service.ledger.latest("hold_reviewed", first["dataset"])
    assert given is not None
    assert given["case"] == first["id"]
    other = hold_query(here, "32.5", agreement=number)
    approve_in_the_tables(here, other["id"], given["number"])
    assert wait(here, other["id"])["state"] != "released"
