"""The queue: booked moments, one worker a job, nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.jobs.queue import Queue
from sandbox.jobs.rows import Ending, Request
from sandbox.jobs.states import TRANSITIONS, State
from sandbox.ledger import Ledger
from sandbox.seal import Keyring
from tests.postgres import address

DONE = Ending(State.RELEASED, number=1)


@pytest.fixture
def queue(home: Path) -> Iterator[Queue]:
    ledger = Ledger.open(address(home), Keyring.open(home / "home").signer)
    yield Queue(ledger)
    ledger.close()


def request(agreement: str = "a") -> Request:
    return Request("org", "dev", agreement, "clinic", "run", "SELECT 1", "1")


def test_jobs_of_one_agreement_are_booked_one_after_the_other(queue: Queue) -> None:
    jobs = [queue.enqueue(request(), now=0, slot=1000, lanes=4) for _ in range(3)]
    assert [(job.starts_at, job.visible_at) for job in jobs] == [(0, 1000), (1000, 2000), (2000, 3000)]


def test_jobs_of_several_agreements_share_the_lanes(queue: Queue) -> None:
    starts = [queue.enqueue(request(name), now=0, slot=1000, lanes=2).starts_at for name in "abcde"]
    assert starts == [0, 0, 1000, 1000, 2000]


def test_a_booking_follows_from_bookings_alone_not_from_how_long_a_job_took(queue: Queue) -> None:
    for taken in (1, 999):
        first = queue.enqueue(request(f"x{taken}"), now=0, slot=1000, lanes=1)
        second = queue.enqueue(request(f"y{taken}"), now=0, slot=1000, lanes=1)
        assert second.starts_at == first.visible_at
        for job in (first, second):
            claimed = queue.claim(now=job.starts_at, slot=1000)
            assert claimed is not None
            assert claimed.visible_at == job.visible_at
            assert queue.end(claimed, DONE)


def test_a_job_is_claimed_once_and_not_before_its_start(queue: Queue) -> None:
    queue.enqueue(request(), now=100, slot=1000, lanes=1)
    assert queue.claim(now=99, slot=1000) is None
    claimed = queue.claim(now=100, slot=1000)
    assert claimed is not None
    assert (claimed.state, claimed.fence) == (State.RUNNING, 1)
    assert queue.claim(now=100, slot=1000) is None


def test_two_jobs_of_an_agreement_never_run_together(queue: Queue) -> None:
    queue.enqueue(request(), now=0, slot=1000, lanes=None)
    queue.enqueue(request(), now=0, slot=1000, lanes=None)
    first = queue.claim(now=0, slot=1000)
    assert first is not None
    assert queue.claim(now=0, slot=1000) is None
    queue.end(first, DONE)
    assert queue.claim(now=0, slot=1000) is not None


def test_a_late_start_keeps_a_whole_slot(queue: Queue) -> None:
    queue.enqueue(request(), now=0, slot=1000, lanes=1)
    claimed = queue.claim(now=60_000, slot=1000)
    assert claimed is not None
    assert (claimed.starts_at, claimed.visible_at) == (60_000, 61_000)


def test_a_worker_that_was_given_up_ends_nothing(queue: Queue) -> None:
    queue.enqueue(request(), now=0, slot=1000, lanes=1)
    claimed = queue.claim(now=0, slot=1000)
    assert claimed is not None
    assert queue.recover(now=0) == 0
    assert queue.recover(now=10_000_000) == 1
    assert not queue.end(claimed, DONE)
    found = queue.get(claimed.id)
    assert found is not None
    assert (found.state, found.code) == (State.FAILED, "job_lost")


def test_only_a_waiting_job_is_cancelled(queue: Queue) -> None:
    first = queue.enqueue(request(), now=0, slot=1000, lanes=1)
    second = queue.enqueue(request(), now=0, slot=1000, lanes=1)
    queue.claim(now=0, slot=1000)
    assert queue.cancel([first.id, second.id], Ending(State.CANCELLED, "job_cancelled")) == 1
    states = {job.id: job.state for job in queue.page(None, before=None, limit=10)}
    assert states == {first.id: State.RUNNING, second.id: State.CANCELLED}


def test_nothing_but_a_reviewers_release_leads_back_to_the_queue() -> None:
    assert [state for state, after in TRANSITIONS.items() if State.QUEUED in after] == [State.HELD]
    assert {state for state in State if state.final} == {
        State.RELEASED, State.REFUSED, State.FAILED, State.CANCELLED,
    }  # fmt: skip
