"""A job as a row of the queue: its nouns, and how it is written and found inside a transaction."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from sandbox.errors import Refused
from sandbox.jobs.states import State
from sandbox.ledger.owner import Owner
from sandbox.ledger.queue_tables import queue

LEASE_MARGIN = 120_000
"""Milliseconds after its visible moment at which a worker that never ended its job is taken for dead."""


@dataclass(frozen=True)
class Request:
    """What was submitted."""

    organisation: str
    actor: str
    agreement: str
    dataset: str
    mode: str
    sql: str
    epsilon: str
    """Decimal text; empty for the policy's ``per_job.epsilon``."""


@dataclass(frozen=True)
class Ending:
    """How a job ended: public text alone."""

    state: State
    code: str = ""
    reason: str = ""
    hint: str = ""
    position: str = ""
    number: int | None = None
    """Number of its record in the disclosure log."""
    replayed: bool = False
    others: str = ""
    """Further problems of a refused statement: JSON, a list of code, reason, hint and position."""

    @staticmethod
    def refused(refusal: Refused) -> Ending:
        """A statement that is not answered, with every problem of it."""
        others = [[each.code, each.reason, each.hint, each.position] for each in refusal.others]
        return Ending(
            State.REFUSED, refusal.code, refusal.reason, refusal.hint, refusal.position,
            others=json.dumps(others, ensure_ascii=False) if others else "",
        )  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One row of the queue. Times are UTC milliseconds since 1970."""

    id: str
    place: int
    """Order of admission; pages go by it."""
    state: State
    organisation: str
    actor: str
    agreement: str
    dataset: str
    mode: str
    sql: str
    epsilon: str
    submitted_at: int
    starts_at: int
    visible_at: int
    """When its answer appears, fixed at admission."""
    lease_until: int
    fence: int
    code: str
    reason: str
    hint: str
    position: str
    number: int | None
    replayed: bool
    owner: str
    """The process that took it last."""
    others: str

    @property
    def refusals(self) -> tuple[Refused, ...]:
        """Further problems of a refused statement, after the one that it ended with."""
        told = json.loads(self.others or "[]")
        return tuple(Refused(code, reason, hint=hint, position=at) for code, reason, hint, at in told)


def add(
    connection: Connection, request: Request, ending: Ending, now: int, starts: int, visible: int,
    **worker: Any,
) -> Job:  # fmt: skip
    """Write a job; ``worker`` as from ``taken``, where one had it."""
    name = secrets.token_hex(12)
    place = (connection.execute(_LAST).scalar() or 0) + 1
    values = {each.name: getattr(request, each.name) for each in fields(request)}
    values |= {"lease_until": 0, "fence": 0, "owner": ""} | worker
    times = {"submitted_at": now, "starts_at": starts, "visible_at": visible}
    connection.execute(_ADD, {"id": name, "place": place, **times, **values, **values_of(ending)})
    job = find(connection, name)
    assert job is not None
    return job


def taken(fence: int, visible: int) -> dict[str, object]:
    """What a row says of the worker that took it: this process."""
    return {"fence": fence, "lease_until": visible + LEASE_MARGIN, "owner": str(Owner.current())}


def values_of(ending: Ending) -> dict[str, object]:
    """The columns of an ending."""
    return {each.name: getattr(ending, each.name) for each in fields(ending)} | {
        "replayed": int(ending.replayed)
    }


_LAST = select(func.max(queue.c.place))
_ADD = insert(queue)
_ONE = select(queue).where(queue.c.id == bindparam("name"))


def find(connection: Connection, name: str) -> Job | None:
    """A job by its id."""
    row = connection.execute(_ONE, {"name": name}).one_or_none()
    return None if row is None else job_of(row)


def job_of(row: object) -> Job:
    """A row as its noun."""
    values = dict(row._mapping)  # type: ignore[attr-defined]  # SQLAlchemy's Row, untyped here
    return Job(**values | {"state": State(values["state"]), "replayed": bool(values["replayed"])})
