"""The durable queue: every step is one conditional update in the control database.

A job is *booked* when it is admitted: its start and its visible moment follow from the bookings before it
and a public slot length alone, so neither tells how long anything took on data.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from sandbox.errors import Refused
from sandbox.jobs.states import TRANSITIONS, State
from sandbox.ledger import Ledger
from sandbox.ledger.owner import Owner
from sandbox.ledger.queue_tables import queue

MOST_LANES = 64
UNDER_WAY = (State.QUEUED, State.RUNNING)
"""What comes to its end by itself; a held job waits for a person."""
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


@dataclass(frozen=True)
class Most:
    """How many jobs may be queued or running at once."""

    agreement: int
    """Of one agreement."""
    user: int
    """Of one user, over all agreements."""


class Queue:
    """Jobs in the control database. Safe to use from several threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def enqueue(
        self, request: Request, *, now: int, slot: int, lanes: int | None, most: Most | None = None
    ) -> Job:
        """Admit a job: it starts when a lane and its agreement are free of bookings.

        Args:
            request: what was submitted.
            now: the moment.
            slot: milliseconds a job may take.
            lanes: how many run at once, each for its whole slot; None: jobs start as soon as they can.
            most: how many may be open at once; None: any number.

        Raises:
            Refused: ``too_many_jobs``.
        """

        def work(connection: Connection) -> Job:
            if most is not None:
                _check_room(connection, request, most, slot)
            starts = now if lanes is None else max(now, *_free_at(connection, request.agreement, lanes))
            return _insert(connection, request, Ending(State.QUEUED), now, starts, starts + slot)

        return self._ledger.transact(work)

    def record(self, request: Request, ending: Ending, *, now: int) -> Job:
        """Write a job that is over already: a preview, or a refusal at the door."""
        return self._ledger.transact(lambda it: _insert(it, request, ending, now, now, now))

    def due(self, *, now: int) -> bool:
        """Whether a job's start has come: an idle lane that looks does not keep the writer busy."""
        return self._ledger.read(lambda it: it.execute(_due(now)).one_or_none()) is not None

    def claim(self, *, now: int, slot: int, lanes: int = MOST_LANES) -> Job | None:
        """Take the next job whose start has come; None when there is none. One at a time of an agreement, at
        most ``lanes`` of all processes together.

        A job that starts late (the server was down) is booked anew, so that it has its whole slot.
        """
        busy = select(func.count()).where(queue.c.state == State.RUNNING)

        def work(connection: Connection) -> Job | None:
            row = connection.execute(_due(now)).one_or_none()
            if row is None or connection.execute(busy).scalar_one() >= lanes:
                return None
            late = now > row.starts_at + slot // 4
            visible = now + slot if late else row.visible_at
            taken = connection.execute(
                update(queue)
                .where(queue.c.id == row.id, queue.c.state == State.QUEUED)
                .values(
                    state=State.RUNNING, fence=row.fence + 1, visible_at=visible,
                    starts_at=now if late else row.starts_at, lease_until=visible + LEASE_MARGIN,
                    owner=str(Owner.current()),
                )
            )  # fmt: skip
            return _get(connection, row.id) if taken.rowcount == 1 else None

        return self._ledger.transact(work)

    def end(self, job: Job, ending: Ending) -> bool:
        """End a running job; False when another worker's fence or a recovery came first."""
        assert ending.state in TRANSITIONS[State.RUNNING]

        def work(connection: Connection) -> bool:
            done = connection.execute(
                update(queue)
                .where(queue.c.id == job.id, queue.c.state == State.RUNNING, queue.c.fence == job.fence)
                .values(**_values(ending))
            )
            return done.rowcount == 1

        return self._ledger.transact(work)

    def cancel(self, ids: Sequence[str], ending: Ending) -> int:
        """Cancel those of these jobs that are still queued or held; returns how many."""

        def work(connection: Connection) -> int:
            done = connection.execute(
                update(queue)
                .where(queue.c.id.in_(ids), queue.c.state.in_([State.QUEUED, State.HELD]))
                .values(**_values(ending))
            )
            return int(done.rowcount)

        return self._ledger.transact(work)

    def recover(self, *, now: int, everything: bool = False) -> int:
        """Fail the running jobs of dead workers, and those whose lease is over; returns how many.

        Args:
            now: the moment.
            everything: at the start of a process that is alone, nobody else can be running any.

        No job is worked on twice: whether its worker touched data is the ledger's to say, which gives the
        price of an untouched one back.
        """
        self._ledger.recover()
        running = select(queue.c.id, queue.c.fence, queue.c.owner, queue.c.lease_until).where(
            queue.c.state == State.RUNNING
        )
        rows = self._ledger.read(lambda it: it.execute(running).all())
        lost = [row for row in rows if everything or row.lease_until < now or not _alive(row.owner)]

        def work(connection: Connection) -> int:
            ended = 0
            for row in lost:
                same = (queue.c.id == row.id) & (queue.c.fence == row.fence)
                statement = update(queue).where(same, queue.c.state == State.RUNNING)
                ended += connection.execute(statement.values(**_values(LOST))).rowcount
            return ended

        return self._ledger.transact(work) if lost else 0

    def get(self, name: str) -> Job | None:
        """A job by its id."""
        return self._ledger.read(lambda connection: _get(connection, name))

    def ended(self, ids: Collection[str]) -> list[str]:
        """Which of these jobs have ended."""
        query = select(queue.c.id).where(queue.c.id.in_(ids), queue.c.state.not_in(UNDER_WAY))
        return self._ledger.read(lambda it: list(it.execute(query).scalars()))

    def open(self) -> list[Job]:
        """Queued and running jobs, in order."""
        query = select(queue).where(queue.c.state.in_([State.QUEUED, State.RUNNING])).order_by(queue.c.place)
        return self._ledger.read(lambda it: [_job(row) for row in it.execute(query)])

    def page(self, organisation: str | None, *, before: str | None, limit: int) -> list[Job]:
        """The newest jobs of an organisation (of all when None), older than the job ``before``.

        Pages go by a job's id: its place would tell how many jobs everybody else has submitted.
        """
        query = select(queue).order_by(queue.c.place.desc()).limit(limit)
        if organisation is not None:
            query = query.where(queue.c.organisation == organisation)
        if before is not None:
            place = select(queue.c.place).where(queue.c.id == before)
            if organisation is not None:
                place = place.where(queue.c.organisation == organisation)
            query = query.where(queue.c.place < place.scalar_subquery())
        return self._ledger.read(lambda it: [_job(row) for row in it.execute(query)])

    def count(self) -> dict[str, int]:
        """State → jobs in it, for operators."""
        query = select(queue.c.state, func.count()).group_by(queue.c.state)
        return self._ledger.read(lambda it: {row[0]: row[1] for row in it.execute(query)})


def _due(now: int) -> Select[Any]:
    """The job to run next."""
    running = select(queue.c.agreement).where(queue.c.state == State.RUNNING)
    return (
        select(queue)
        .where(queue.c.state == State.QUEUED, queue.c.starts_at <= now)
        .where(queue.c.agreement.not_in(running))
        .order_by(queue.c.starts_at, queue.c.place)
        .limit(1)
    )


def find(connection: Connection, name: str) -> Job | None:
    """A job by its id, inside a transaction."""
    return _get(connection, name)


def rebook(connection: Connection, job: Job, *, now: int, slot: int, lanes: int | None) -> None:
    """Put a held job back into the queue, booked as if it were new."""
    assert State.QUEUED in TRANSITIONS[State.HELD]
    starts = now if lanes is None else max(now, *_free_at(connection, job.agreement, lanes))
    connection.execute(
        update(queue)
        .where(queue.c.id == job.id, queue.c.state == State.HELD)
        .values(**_values(Ending(State.QUEUED)), starts_at=starts, visible_at=starts + slot)
    )


def leave(connection: Connection, name: str, ending: Ending) -> bool:
    """End a held job without a release; False when it was not held."""
    assert ending.state in TRANSITIONS[State.HELD]
    done = connection.execute(
        update(queue).where(queue.c.id == name, queue.c.state == State.HELD).values(**_values(ending))
    )
    return done.rowcount == 1


LOST = Ending(
    State.FAILED,
    "job_lost",
    "the server stopped while the job ran; whatever it had reserved by then stays as the log says",
    "submit it again: what was released is given again free",
)
"""Of a job whose worker died."""


def _check_room(connection: Connection, request: Request, most: Most, slot: int) -> None:
    opened = select(func.count()).where(queue.c.state.in_([State.QUEUED, State.RUNNING]))
    for whose, column, name, limit in (
        ("this agreement", queue.c.agreement, request.agreement, most.agreement),
        ("you", queue.c.actor, request.actor, most.user),
    ):
        if connection.execute(opened.where(column == name)).scalar_one() >= limit:
            raise Refused(
                "too_many_jobs", f"{limit} jobs of {whose} are waiting or running already",
                hint="wait until some have ended, or cancel those that wait",
                status=429, wait=max(1, slot // 1000),
            )  # fmt: skip


def _free_at(connection: Connection, agreement: str, lanes: int) -> tuple[int, int]:
    """When a lane is free of bookings, and when this agreement is."""
    booked = select(queue.c.visible_at).where(queue.c.state.in_([State.QUEUED, State.RUNNING]))
    ends = connection.execute(booked.order_by(queue.c.visible_at.desc()).limit(lanes)).scalars().all()
    own = connection.execute(
        booked.where(queue.c.agreement == agreement).order_by(queue.c.visible_at.desc()).limit(1)
    ).scalar()
    return (ends[-1] if len(ends) == lanes else 0), own or 0


def _insert(
    connection: Connection, request: Request, ending: Ending, now: int, starts: int, visible: int
) -> Job:
    name = secrets.token_hex(12)
    place = (connection.execute(select(func.max(queue.c.place))).scalar() or 0) + 1
    values = {each.name: getattr(request, each.name) for each in fields(request)}
    connection.execute(
        insert(queue).values(
            id=name, place=place, submitted_at=now, starts_at=starts, visible_at=visible,
            lease_until=0, fence=0, owner="", **values, **_values(ending),
        )
    )  # fmt: skip
    job = _get(connection, name)
    assert job is not None
    return job


def _values(ending: Ending) -> dict[str, object]:
    return {each.name: getattr(ending, each.name) for each in fields(ending)} | {
        "replayed": int(ending.replayed)
    }


def _alive(owner: str) -> bool:
    process = Owner.parse(owner)
    return process is not None and process.alive()


def _get(connection: Connection, name: str) -> Job | None:
    row = connection.execute(select(queue).where(queue.c.id == name)).one_or_none()
    return None if row is None else _job(row)


def _job(row: object) -> Job:
    values = dict(row._mapping)  # type: ignore[attr-defined]  # SQLAlchemy's Row, untyped here
    return Job(**values | {"state": State(values["state"]), "replayed": bool(values["replayed"])})
