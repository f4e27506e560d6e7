"""Answers that wait for a reviewer: paid for once, owned by no process, and over when their job is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from unittest.mock import patch

import pytest

from sandbox.errors import IntegrityBroken
from sandbox.ledger import JobState, Ledger, WrongState, held
from sandbox.ledger.held import Hold, Sealed
from sandbox.ledger.owner import Owner
from sandbox.nouns.event import Event, HoldReviewed, JobHeld
from sandbox.nouns.spend import Spend
from tests.ledger.makers import (
    ACCOUNTS,
    PRICE,
    RESULT,
    WHO,
    failed,
    finish,
    notice,
    released,
    reserve,
    stored,
)


def waits(case: str) -> JobHeld:
    return JobHeld(
        **WHO, case=case, agreement="a1", what="answer", sql="SELECT 1", plan={}, measures=[], rho=7, delta=3,
        epsilon="0.5", findings={},
    )  # fmt: skip


def hold(ledger: Ledger, job: str, permitted: Callable[[], None] = lambda: None) -> int:
    """Hold the answer of a job; the case has its name."""
    sealed = Sealed(job, f"key of {job}", f"hold/{job}")
    return ledger.hold(waits(job), until=5, answer=sealed, permitted=permitted)


def touched(ledger: Ledger, *names: str) -> None:
    for name in names:
        reserve(ledger, name)
        ledger.touch(name)


def held_jobs(ledger: Ledger) -> list[str]:
    return [each.case for each in ledger.read(held.listed)]


def test_only_a_job_that_has_touched_data_has_an_answer_to_hold(ledger: Ledger) -> None:
    reserve(ledger, "j")
    with pytest.raises(WrongState):
        hold(ledger, "j")
    with pytest.raises(WrongState):
        hold(ledger, "unknown")
    assert held_jobs(ledger) == []
    ledger.touch("j")
    number = hold(ledger, "j")
    (found,) = ledger.read(held.listed)
    assert found == Hold("j", "a1", number, 5, None, Sealed("j", "key of j", "hold/j"))
    assert ledger.read(lambda it: held.of_case(it, "j")) == found
    assert ledger.read(lambda it: held.of_question(it, "key of j")) == found
    assert ledger.read(lambda it: held.of_question(it, "key of k")) is None
    assert ledger.state("j") is JobState.TOUCHED
    assert ledger.balance(*ACCOUNTS[0])[1] == PRICE


def test_no_death_of_a_process_ends_a_job_that_waits_for_a_person(ledger: Ledger) -> None:
    touched(ledger, "waits", "ran")
    reserve(ledger, "began")
    hold(ledger, "waits")
    with patch.object(Owner, "alive", lambda _owner: False):
        ended = ledger.recover()
    assert [(each.job, each.touched) for each in ended] == [("ran", True), ("began", False)]
    assert ledger.state("waits") is JobState.TOUCHED
    assert held_jobs(ledger) == ["waits"]
    assert ledger.balance(*ACCOUNTS[0])[1] == PRICE + PRICE


@pytest.mark.parametrize("end", [finish, lambda ledger, job: ledger.fail(job, failed(job, touched=True))])
def test_a_job_that_has_ended_waits_no_more_and_others_do(
    ledger: Ledger, end: Callable[[Ledger, str], object]
) -> None:
    touched(ledger, "one", "two")
    hold(ledger, "one")
    hold(ledger, "two")
    end(ledger, "one")
    assert held_jobs(ledger) == ["two"]


def test_a_stop_that_is_seen_last_undoes_the_whole_step(ledger: Ledger) -> None:
    touched(ledger, "j")
    before = ledger.checkpoint()

    def stopped() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        hold(ledger, "j", stopped)
    with pytest.raises(LookupError):
        ledger.finish("j", released("j"), replay_key="k", path="p", result_sha256=RESULT, permitted=stopped)
    assert (ledger.checkpoint(), ledger.state("j")) == (before, JobState.TOUCHED)
    assert held_jobs(ledger) == []
    assert stored(ledger, "k") is None


def verdict(number: int, **changed: object) -> HoldReviewed:
    made = HoldReviewed(
        **WHO, case="j", agreement="a1", held=number, organisation="o2", release=True, reason="r", basis="b"
    )
    return replace(made, **changed)  # type: ignore[arg-type]


def approved(ledger: Ledger, event: Event) -> bool:
    """Whether the hold of ``j`` counts as approved after its row names this record."""
    number = ledger.append(event)
    ledger.act(lambda log: held.approve(log.connection, "j", number))
    (found,) = ledger.read(held.listed)
    assert found.approved == number
    return ledger.read(lambda it: held.is_approved(it, found))


def test_an_approval_is_the_logs_word_on_this_very_hold(ledger: Ledger) -> None:
    touched(ledger, "j")
    number = hold(ledger, "j")
    (found,) = ledger.read(held.listed)
    assert not ledger.read(lambda it: held.is_approved(it, found))
    assert not ledger.read(lambda it: held.is_approved(it, replace(found, approved=number + 99)))
    assert approved(ledger, verdict(number))
    with pytest.raises(WrongState):
        ledger.act(lambda log: held.approve(log.connection, "j", number))
    with pytest.raises(WrongState):
        ledger.act(lambda log: held.approve(log.connection, "another", number))


@pytest.mark.parametrize("changed", [{"case": "k"}, {"held": 0}, {"release": False}, None])
def test_a_row_that_names_another_record_approves_nothing(
    ledger: Ledger, changed: dict[str, object] | None
) -> None:
    touched(ledger, "j")
    number = hold(ledger, "j")
    assert not approved(ledger, notice() if changed is None else verdict(number, **changed))


def test_a_question_let_go_on_waits_no_more_but_its_answer_may(ledger: Ledger) -> None:
    touched(ledger, "j")
    asked = {case: ledger.hold(waits(case), until=5) for case in ("other", "j")}
    assert [each.answer for each in ledger.read(held.listed)] == [None, None]
    for case, number in asked.items():
        ledger.act(lambda log, case=case, number=number: held.approve(log.connection, case, number))
    number = hold(ledger, "j")
    others, found = ledger.read(held.listed)
    assert (others.case, others.approved) == ("other", asked["other"])
    assert (found.number, found.approved, found.answer is not None) == (number, None, True)


@pytest.mark.parametrize("measured", [False, True])
def test_a_case_waits_for_one_verdict_at_a_time(ledger: Ledger, measured: bool) -> None:
    """A question that nobody let go on makes no room for another hold; an answer never does."""
    touched(ledger, "j")
    number = hold(ledger, "j") if measured else ledger.hold(waits("j"), until=5)
    if measured:
        ledger.act(lambda log: held.approve(log.connection, "j", number))
    with pytest.raises(IntegrityBroken):
        hold(ledger, "j")
    assert [each.number for each in ledger.read(held.listed)] == [number]


def test_a_case_that_is_over_is_forgotten_by_its_name(ledger: Ledger) -> None:
    ledger.hold(waits("one"), until=5)
    ledger.hold(waits("two"), until=5)
    ledger.act(lambda log: held.forget(log.connection, case="one"))
    assert held_jobs(ledger) == ["two"]
    assert ledger.balance(*ACCOUNTS[0])[1] == Spend(0)
