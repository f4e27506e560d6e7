"""Jobs that wait for a reviewer: seen, let go on, refused, and ended when nobody may have them. 待审作业.

A question that singles somebody out waits before anything is reserved; a measured answer in which the egress
scan found something waits sealed, and its price stays spent. The reviewer sees what the developer could
compute: text, plan, price and classes of findings, never a value. Released, a job is booked like a new one:
the question is asked, the answer appears at its slot's end. All of it goes through the control database, so
any process may review and any lane go on.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from sandbox.errors import JobFailed, Refused, SandboxError
from sandbox.govern import Act, check
from sandbox.govern.agreements import check_other, check_running
from sandbox.govern.agreements import get as agreement_of
from sandbox.govern.applications import check_verdict
from sandbox.govern.stops import check_none
from sandbox.intake import stamp
from sandbox.jobs.queue import Queue, leave, rebook
from sandbox.jobs.rows import Ending, Job, find
from sandbox.jobs.slots import Slots, moment
from sandbox.jobs.states import State
from sandbox.ledger import Ledger, WrongState, held
from sandbox.ledger.held import Hold
from sandbox.ledger.holds import HOLD_ENDED
from sandbox.ledger.journal import Journal
from sandbox.nouns.agreement import AgreementState
from sandbox.nouns.event import Failed, HoldReviewed
from sandbox.nouns.party import Principal
from sandbox.nouns.release import Release
from sandbox.release import Shelf
from sandbox.seal import Keyring
from sandbox.workspace.store import Store

SYSTEM = "system"
LIVE = (AgreementState.ACTIVE, AgreementState.SUSPENDED)
log = logging.getLogger("sandbox.jobs")
HELD_QUERY = Ending(
    State.HELD, "query_held", "the question may single out a person, so a reviewer must let it go on",
    "nothing was touched or charged; wait, or cancel it and ask about groups",
)  # fmt: skip
HELD_ANSWER = Ending(
    State.HELD, "answer_held",
    "the answer holds text that looks like personal data, so a reviewer must release it",
    "it is measured and paid for; wait, then ask the same question again: it is given free",
)  # fmt: skip
EXPIRED = Ending(
    State.REFUSED,
    "hold_expired",
    "no reviewer decided in time",
    "what was measured stays paid and is destroyed",
)
ENDED = Ending(
    State.CANCELLED,
    "agreement_ended",
    "the agreement has ended",
    "what was measured stays paid and is destroyed",
)


@dataclass(frozen=True)
class Waiting:
    """A held job as its reviewer sees it."""

    job: Job
    hold: Hold
    record: Mapping[str, Any]
    """The record of the hold: question, plan, measures, price, classes of findings."""


class Holds:
    """The reviewers' desk. Safe to use from several threads and processes.

    Args:
        ledger: where holds are kept.
        keyring: destroys the keys of what nobody may have.
        home: the installation's folder, where waiting answers lie sealed.
        slots: how a job that goes on is booked.
        clock: the moment by which terms end, UTC.
    """

    def __init__(
        self, ledger: Ledger, keyring: Keyring, home: Path, slots: Slots, clock: Callable[[], dt.datetime]
    ) -> None:
        self._ledger, self._keyring, self._home, self._slots = ledger, keyring, home, slots
        self._now = clock
        self._queue = Queue(ledger)

    def listed(self, who: Principal) -> list[Waiting]:
        """Jobs that wait for a verdict, oldest first; a reviewer's own organisation's left out."""
        check(who, Act.REVIEW_JOB)
        found = []
        for hold in self._ledger.read(held.listed):
            job = self._queue.get(hold.case)
            if job is not None and job.state is State.HELD and job.organisation != who.organisation:
                found.append(Waiting(job, hold, self._ledger.record(hold.number).body))
        return found

    def review(self, who: Principal, case: str, *, release: bool, reason: str, basis: str = "") -> Job:
        """Let a held job go on, or refuse it.

        Args:
            who: a reviewer of another organisation than the job's, and not its submitter.
            case: id of the job.
            release: the verdict.
            reason: why; the developer is told.
            basis: the rule that a refusal rests on.

        Raises:
            Refused: ``not_permitted``, ``review_incomplete``, ``job_not_held``, ``own_agreement``; for a
                release also ``stopped``, ``agreement_suspended``, ``agreement_ended``.
        """
        check(who, Act.REVIEW_JOB)
        reason, basis = check_verdict(release, reason, basis)

        def work(journal: Journal) -> Job:
            connection = journal.connection
            job, hold = find(connection, case), held.of_case(connection, case)
            if job is None or hold is None or job.state is not State.HELD:
                raise _not_held()
            agreement = agreement_of(connection, job.agreement)
            check_other(who, agreement)
            if who.user == job.actor:
                raise _not_held()
            if release:
                check_none(connection, agreement, job.id)
                check_running(agreement, self._now())
            number = journal.append(
                HoldReviewed(
                    at=stamp(self._now()), actor=who.user, dataset=job.dataset, case=case,
                    agreement=job.agreement, held=hold.number, organisation=who.organisation,
                    release=release, reason=reason, basis=basis,
                )
            )  # fmt: skip
            if release:
                held.approve(connection, case, number)
                slots = self._slots
                rebook(connection, job, now=moment(), slot=slots.length, lanes=slots.booked)
            else:
                leave(connection, case, replace(refusal(reason, basis), number=number))
            found = find(connection, case)
            assert found is not None
            return found

        decided = self._ledger.act(work)
        self.tidy()
        return decided

    def let_go(
        self, job: Job, permitted: Callable[[], None], wait: Callable[[], None], at: Callable[[], str]
    ) -> Release | None:
        """Release the answer that a reviewer let go; None when no approved answer of this job waits.

        Args:
            job: a running job.
            permitted: asked last, inside the transaction of the release.
            wait: waits for the job's visible moment.
            at: the moment that the record shows.

        Raises:
            Refused: the agreement has ended or a stop is in force; the answer is dropped by ``tidy``.
            JobFailed: the sealed answer is not what it was, or the log has no verdict that lets it go.
        """
        hold = self._ledger.read(lambda it: held.of_case(it, job.id))
        if hold is None or hold.answer is None:
            return None
        if not self._ledger.read(lambda it: held.is_approved(it, hold)):
            log.error("held answer: a verdict without a record")
            raise JobFailed
        shelf = self._shelf(job.dataset)
        try:
            answer, record = shelf.waiting(hold)
            wait()
            sealed = hold.answer
            released = shelf.release(sealed.job, sealed.replay_key, answer, record, at(), permitted)
        except Refused:
            raise
        except Exception as error:
            log.error("held answer: %s", getattr(error, "code", type(error).__name__))
            raise JobFailed from None
        shelf.drop_waiting(hold.answer)
        return released

    def tidy(self) -> None:
        """End holds whose time is up or whose agreement has ended; destroy answers that nobody may have."""
        for hold in self._ledger.read(held.listed):
            with suppress(WrongState):
                self._tidy(hold)

    def _tidy(self, hold: Hold) -> None:
        job = self._queue.get(hold.case)
        if job is not None and job.state is State.HELD:
            ending = self._ending(hold)
            if ending is not None and self._ledger.transact(lambda it: leave(it, hold.case, ending)):
                job = self._queue.get(hold.case)
        if job is None or job.state.final:
            self._drop(hold, job)

    def _ending(self, hold: Hold) -> Ending | None:
        """Why a held job ends by itself, if it does."""
        agreement = self._ledger.read(lambda it: agreement_of(it, hold.agreement))
        if agreement.at(self._now()) not in LIVE:
            return ENDED
        return EXPIRED if hold.until < moment() else None

    def _drop(self, hold: Hold, job: Job | None) -> None:
        """A job that ended without its answer: what was measured stays paid and is destroyed."""
        dataset = "" if job is None else job.dataset
        if hold.answer is None:
            self._ledger.transact(lambda it: held.forget(it, case=hold.case))
            return
        kept_back = job is not None and job.state is not State.FAILED
        event = Failed(
            at=stamp(self._now()), actor=SYSTEM, dataset=dataset, job=hold.answer.job,
            agreement=hold.agreement, error=HOLD_ENDED if kept_back else "hold_broken", touched=True,
            rho=0, delta=0,
        )  # fmt: skip
        self._ledger.fail(hold.answer.job, event)
        with suppress(SandboxError):
            shelf = self._shelf(dataset)
            shelf.drop(hold.answer.job)
            shelf.drop_waiting(hold.answer)

    def _shelf(self, dataset: str) -> Shelf:
        return Shelf(self._keyring, self._ledger, Store(self._home, dataset))


def approved(connection: Connection, case: str) -> bool:
    """Whether a reviewer has let this job go on."""
    hold = held.of_case(connection, case)
    return hold is not None and held.is_approved(connection, hold)


def refusal(reason: str, basis: str) -> Ending:
    """What the developer is told of a refusal."""
    return Ending(
        State.REFUSED, "review_refused", f"a reviewer refused it: {reason} ({basis})",
        "what was measured stays paid and is destroyed; ask about groups",
    )  # fmt: skip


def _not_held() -> Refused:
    return Refused(
        "job_not_held",
        "no such job waits for your verdict",
        hint="GET /v1/holds lists those that do",
        status=409,
    )
