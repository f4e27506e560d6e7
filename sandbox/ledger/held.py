"""Jobs that wait for a reviewer, inside a transaction: noted, found, approved, forgotten."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from sandbox.ledger import jobs
from sandbox.ledger.hold_tables import hold as table
from sandbox.ledger.journal import Journal
from sandbox.ledger.schema import record
from sandbox.ledger.states import JobState, WrongState
from sandbox.nouns.event import HoldReviewed, JobHeld


@dataclass(frozen=True)
class Sealed:
    """A measured answer that waits."""

    job: str
    """The ledger's job: touched, and its price spent."""
    replay_key: str
    """The question's key: whoever asks it again meets the hold, not another draw."""
    path: str
    """Name under which it is sealed."""


@dataclass(frozen=True)
class Hold:
    """A submission that waits for a reviewer."""

    case: str
    """Id of the submission."""
    agreement: str
    number: int
    """Record of the hold."""
    until: int
    """UTC milliseconds at which it is refused without a verdict."""
    approved: int | None
    """Record of the reviewer's release; ``is_approved`` looks whether there is such a record."""
    answer: Sealed | None
    """None: nothing was touched yet."""


def note(log: Journal, event: JobHeld, until: int, answer: Sealed | None) -> int:
    """Note that a job waits; returns the record's number.

    Raises:
        WrongState: the answer's job is not touched: another process ended it.
    """
    if answer is not None and jobs.state_of(log.connection, answer.job) is not JobState.TOUCHED:
        raise WrongState("only a touched job has an answer to hold")
    _question_is_over(log.connection, event.case)
    number = log.append(event)
    kept = (answer.job, answer.replay_key, answer.path) if answer else (None, None, None)
    log.connection.execute(
        insert(table).values(
            case_id=event.case, agreement=event.agreement, number=number, until=until, approved=None,
            job=kept[0], replay_key=kept[1], path=kept[2],
        )
    )  # fmt: skip
    return number


def of_case(connection: Connection, case: str) -> Hold | None:
    """What a submission waits for, or waited for before it was approved."""
    return next(iter(_found(connection, table.c.case_id == case)), None)


def of_question(connection: Connection, replay_key: str) -> Hold | None:
    """The hold on a question's measured answer."""
    return next(iter(_found(connection, table.c.replay_key == replay_key)), None)


def listed(connection: Connection) -> list[Hold]:
    """All holds, oldest first."""
    return _found(connection)


def approve(connection: Connection, case: str, number: int) -> None:
    """Note the record of a reviewer's release.

    Raises:
        WrongState: it was approved or ended already.
    """
    done = connection.execute(
        update(table).where(table.c.case_id == case, table.c.approved.is_(None)).values(approved=number)
    )
    if done.rowcount != 1:
        raise WrongState("nothing waits here")


def is_approved(connection: Connection, hold: Hold) -> bool:
    """Whether the log has the reviewer's release of this very hold: the row beside it is not believed."""
    leaf = connection.execute(select(record.c.leaf).where(record.c.number == hold.approved)).scalar()
    body: dict[str, Any] = json.loads(leaf or b"{}")
    told = {"kind": HoldReviewed.kind, "case": hold.case, "held": hold.number, "release": True}
    return body | told == body


def forget(connection: Connection, *, job: str | None = None, case: str | None = None) -> None:
    """A job has ended: nothing of it waits any more."""
    which = table.c.job == job if job is not None else table.c.case_id == case
    connection.execute(delete(table).where(which))


def _question_is_over(connection: Connection, case: str) -> None:
    """A question that was let go on waits no more; its answer waits for a verdict of its own."""
    over = (table.c.case_id == case) & table.c.job.is_(None) & table.c.approved.is_not(None)
    connection.execute(delete(table).where(over))


def _found(connection: Connection, *which: ColumnElement[bool]) -> list[Hold]:
    rows = connection.execute(select(table).where(*which).order_by(table.c.number))
    return [
        Hold(
            case=row.case_id, agreement=row.agreement, number=row.number, until=row.until,
            approved=row.approved, answer=Sealed(row.job, row.replay_key, row.path) if row.job else None,
        )
        for row in rows
    ]  # fmt: skip
