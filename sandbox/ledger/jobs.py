"""Jobs inside a transaction: every step is one conditional UPDATE, so it is taken once or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, insert, select, update

from sandbox.errors import Refused
from sandbox.ledger.accounts import Account
from sandbox.ledger.hold_tables import hold
from sandbox.ledger.owner import Owner
from sandbox.ledger.schema import charge, job, release
from sandbox.ledger.states import TRANSITIONS, JobState, WrongState
from sandbox.nouns.spend import Spend


@dataclass(frozen=True)
class StoredRelease:
    """A release that can be given again, free."""

    number: int
    """Its record in the log."""
    path: str
    """Where the caller stored it."""
    sha256: str
    """SHA-256 of what was stored, hexadecimal."""
    job: str


def admit(
    connection: Connection,
    name: str,
    accounts: Sequence[Account],
    price: Spend,
    *,
    number: int,
    replay_key: str | None,
) -> None:
    """Write a job as reserved by this process, with its charges."""
    owner = Owner.current()
    connection.execute(
        insert(job).values(
            job=name, state=JobState.RESERVED, rho=price.rho, delta=price.delta, replay_key=replay_key,
            submitted=number, boot=owner.boot, pid=owner.pid, started=owner.started,
        )
    )  # fmt: skip
    connection.execute(
        insert(charge), [{"job": name, "scope": scope, "name": account} for scope, account in accounts]
    )


def move(connection: Connection, name: str, before: JobState, after: JobState) -> None:
    """Take a job from one state to another.

    Raises:
        WrongState: the job is not in the state ``before``.
    """
    assert after in TRANSITIONS[before]
    moved = connection.execute(
        update(job).where(job.c.job == name, job.c.state == before).values(state=after)
    ).rowcount
    if moved != 1:
        raise WrongState(f"the job is not {before.value}")


def end(connection: Connection, name: str, number: int, *, keep_key: bool) -> None:
    """Note the record that ended a job; a failed one gives its question free to others."""
    values = {"ended": number} if keep_key else {"ended": number, "replay_key": None}
    connection.execute(update(job).where(job.c.job == name).values(values))


def state_of(connection: Connection, name: str) -> JobState | None:
    """A job's state, None when unknown."""
    state = connection.execute(select(job.c.state).where(job.c.job == name)).scalar()
    return None if state is None else JobState(state)


def price_of(connection: Connection, name: str) -> tuple[Spend, str | None]:
    """(price, replay key given at reservation) of a job.

    Raises:
        WrongState: there is no such job.
    """
    row = connection.execute(
        select(job.c.rho, job.c.delta, job.c.replay_key).where(job.c.job == name)
    ).one_or_none()
    if row is None:
        raise WrongState("there is no such job")
    return Spend(row.rho, row.delta), row.replay_key


def charged(connection: Connection, name: str) -> list[Account]:
    """Accounts that a job was charged to."""
    rows = connection.execute(
        select(charge.c.scope, charge.c.name).where(charge.c.job == name).order_by(*charge.primary_key)
    )
    return [(row.scope, row.name) for row in rows]


def check_free(connection: Connection, replay_key: str) -> None:
    """Raises Refused when another job has this question: it would be paid twice."""
    state = connection.execute(select(job.c.state).where(job.c.replay_key == replay_key)).scalar()
    if state is not None:
        raise Refused(
            "job_in_progress" if state != JobState.RELEASED else "already_released",
            "the same question is being answered or has been answered",
            hint="ask again: the stored release is given free once it is there",
        )


def open_jobs(connection: Connection) -> list[tuple[str, JobState, int, Owner]]:
    """(job, state, number of its submission, owner) of the jobs that have not ended and do not wait for a
    reviewer: those wait for a person, not for the process that measured them."""
    rows = connection.execute(
        select(job)
        .where(job.c.state.in_([JobState.RESERVED, JobState.TOUCHED]))
        .where(job.c.job.not_in(select(hold.c.job).where(hold.c.job.is_not(None))))
        .order_by(job.c.submitted)
    )
    return [
        (row.job, JobState(row.state), row.submitted, Owner(row.boot, row.pid, row.started)) for row in rows
    ]


def store(connection: Connection, kept: StoredRelease, replay_key: str) -> None:
    """Write the row of a stored release."""
    connection.execute(
        insert(release).values(
            number=kept.number, job=kept.job, replay_key=replay_key, path=kept.path, sha256=kept.sha256
        )
    )


def stored(connection: Connection, replay_key: str) -> StoredRelease | None:
    """The newest stored release of a question."""
    return _found(connection, release.c.replay_key == replay_key)


def released(connection: Connection, number: int) -> StoredRelease | None:
    """The stored release with this record."""
    return _found(connection, release.c.number == number)


def _found(connection: Connection, which: ColumnElement[bool]) -> StoredRelease | None:
    query = select(release).where(which).order_by(release.c.number.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else StoredRelease(row.number, row.path, row.sha256, row.job)


def commitment(replay_key: str, path: str, sha256: str) -> str:
    """What a release's record says of its stored row: a hash, since places have no business in a log."""
    return hashlib.sha256(json.dumps([replay_key, path, sha256]).encode()).hexdigest()
