"""The steps of a job, each inside one transaction of the log: budget, job and record move together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sandbox.ledger import accounts as budget
from sandbox.ledger import held, jobs
from sandbox.ledger.accounts import Account
from sandbox.ledger.jobs import StoredRelease
from sandbox.ledger.journal import Journal, Record
from sandbox.ledger.states import JobState, WrongState
from sandbox.nouns.event import Failed, Released, Submitted
from sandbox.nouns.spend import Spend


@dataclass(frozen=True)
class Recovered:
    """A job that a dead process left open, now ended."""

    job: str
    touched: bool
    """True: its price stays spent. False: it was given back."""
    number: int
    """Its record in the log."""


def check_submission(job: str, accounts: Sequence[Account], price: Spend, event: Submitted) -> None:
    """Raises ValueError unless job, accounts, price and record belong together."""
    for scope, name in accounts:
        budget.check_account(scope, name)
    if not job or not accounts or len(set(accounts)) != len(accounts):
        raise ValueError("a job has a name and at least one account, each named once")
    if event.job != job or Spend(event.rho, event.delta) != price:
        raise ValueError("the record is of another job or price")


def reserve(log: Journal, accounts: Sequence[Account], event: Submitted, replay_key: str | None) -> int:
    """Charge every account, record the submission, write the job."""
    if jobs.state_of(log.connection, event.job) is not None:
        raise WrongState("a job of this name exists")
    if replay_key is not None:
        jobs.check_free(log.connection, replay_key)
    price = Spend(event.rho, event.delta)
    ordered = sorted(accounts)  # one order for all: row locks cannot meet crosswise
    budget.charge(log.connection, ordered, price)
    number = log.append(replace(event, accounts=[list(account) for account in ordered]))
    jobs.admit(log.connection, event.job, ordered, price, number=number, replay_key=replay_key)
    return number


def finish(log: Journal, event: Released, replay_key: str, path: str) -> int:
    """Release a touched job: record it and write the row of its stored answer."""
    price, key = jobs.price_of(log.connection, event.job)
    if not Spend(event.rho, event.delta).within(price) or key not in (None, replay_key):
        raise ValueError("the release costs more than was reserved, or answers another question")
    jobs.move(log.connection, event.job, JobState.TOUCHED, JobState.RELEASED)
    number = log.append(replace(event, stored=jobs.commitment(replay_key, path, event.result)))
    jobs.end(log.connection, event.job, number, keep_key=True)
    held.forget(log.connection, job=event.job)
    jobs.store(log.connection, StoredRelease(number, path, event.result, event.job), replay_key)
    return number


def fail(log: Journal, event: Failed) -> int:
    """End a job without an answer; only an untouched one gets its price back."""
    price, _ = jobs.price_of(log.connection, event.job)
    before = JobState.TOUCHED if event.touched else JobState.RESERVED
    jobs.move(log.connection, event.job, before, JobState.FAILED)
    if not event.touched:
        budget.refund(log.connection, jobs.charged(log.connection, event.job), price)
    kept = price if event.touched else Spend(0)
    number = log.append(replace(event, rho=kept.rho, delta=kept.delta))
    jobs.end(log.connection, event.job, number, keep_key=False)
    held.forget(log.connection, job=event.job)
    return number


def left_behind(submission: Record, actor: str, *, touched: bool) -> Failed:
    """The record of a job whose process died."""
    body = submission.body
    return Failed(
        at=now(), actor=actor, dataset=body["dataset"], job=body["job"], agreement=body["agreement"],
        error="process_died", touched=touched, rho=0, delta=0,
    )  # fmt: skip


def now() -> str:
    """The moment in UTC, ISO 8601 with milliseconds."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
