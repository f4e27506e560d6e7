"""The durable queue: every step is one conditional update in the control database.

A job is *booked* when it is admitted: its start and its visible moment follow from the bookings before it
and a public slot length alone, so neither tells how long anything took on data.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select, update

from sandbox.errors import Refused
from sandbox.jobs.rows import Ending, Job, Request, add, find, job_of, taken, values_of
from sandbox.jobs.states import TRANSITIONS, State
from sandbox.ledger import Ledger
from sandbox.ledger.journal import Journal
from sandbox.ledger.owner import Owner
from sandbox.ledger.queue_tables import queue
from sandbox.nouns.event import Replayed

MOST_LANES = 64
UNDER_WAY = (State.QUEUED, State.RUNNING)
"""What comes to its end by itself; a held job waits for a person."""


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
            return add(connection, request, Ending(State.QUEUED), now, starts, starts + slot)

        return self._ledger.transact(work)

    def record(self, request: Request, ending: Ending, *, now: int) -> Job:
        """Write a job that is over already: a preview, or a refusal at the door."""
        return self._ledger.transact(lambda it: add(it, request, ending, now, now, now))

    def replay(
        self, request: Request, ending: Ending, event: Replayed, permitted: Callable[[], None], *,
        now: int, slot: int, most: Most,
    ) -> Job:  # fmt: skip
        """Write a job that a stored release answers, with the record of the replay, in one transaction: as if
        a lane had taken it and ended it.

        Args:
            request: what was submitted.
            ending: ``released``, with the number of the release.
            event: the record of the replay.
            permitted: asked last, inside the transaction: a stop or an end recorded before is seen.
            now: the moment.
            slot: milliseconds a job may take.
            most: how many jobs may be open at once.

        Raises:
            Refused: ``too_many_jobs``, or as ``permitted``; nothing was written.
        """

        def work(log: Journal) -> Job:
            _check_room(log.connection, request, most, slot)
            log.append(event)
            job = add(log.connection, request, ending, now, now, now + slot, **taken(1, now + slot))
            permitted()
            return job

        return self._ledger.act(work, beside=True)

    def due(self, *, now: int) -> bool:
        """Whether a job's start has come: an idle lane that looks does not keep the writer busy."""
        return self._ledger.read(lambda it: it.execute(_DUE, {"now": now}).one_or_none()) is not None

    def claim(self, *, now: int, slot: int, lanes: int = MOST_LANES) -> Job | None:
        """Take the next job whose start has come; None when there is none. One at a time of an agreement, at
        most ``lanes`` of all processes together.

        A job that starts late (the server was down) is booked anew, so that it has its whole slot.
        """
        busy = select(func.count()).where(queue.c.state == State.RUNNING)

        def work(connection: Connection) -> Job | None:
            row = connection.execute(_DUE, {"now": now}).one_or_none()
            if row is None or connection.execute(busy).scalar_one() >= lanes:
                return None
            late = now > row.starts_at + slot // 4
            visible = now + slot if late else row.visible_at
            done = connection.execute(
                update(queue)
                .where(queue.c.id == row.id, queue.c.state == State.QUEUED)
                .values(
                    state=State.RUNNING, visible_at=visible, starts_at=now if late else row.starts_at,
                    **taken(row.fence + 1, visible),
                )
            )  # fmt: skip
            return find(connection, row.id) if done.rowcount == 1 else None

        return self._ledger.transact(work)

    def end(self, job: Job, ending: Ending) -> bool:
        """End a running job; False when another worker's fence or a recovery came first."""
        assert ending.state in TRANSITIONS[State.RUNNING]

        def work(connection: Connection) -> bool:
            done = connection.execute(
                update(queue)
                .where(queue.c.id == job.id, queue.c.state == State.RUNNING, queue.c.fence == job.fence)
                .values(**values_of(ending))
            )
            return done.rowcount == 1

        return self._ledger.transact(work)

    def cancel(self, ids: Sequence[str], ending: Ending) -> int:
        """Cancel those of these jobs that are still queued or held; returns how many."""

        def work(connection: Connection) -> int:
            done = connection.execute(
                update(queue)
                .where(queue.c.id.in_(ids), queue.c.state.in_([State.QUEUED, State.HELD]))
                .values(**values_of(ending))
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
        rows = self._ledger.read(lambda it: it.execute(_RUNNING).all())
        lost = [row for row in rows if everything or row.lease_until < now or not _alive(row.owner)]

        def work(connection: Connection) -> int:
            ended = 0
            for row in lost:
                same = (queue.c.id == row.id) & (queue.c.fence == row.fence)
                statement = update(queue).where(same, queue.c.state == State.RUNNING)
                ended += connection.execute(statement.values(**values_of(LOST))).rowcount
            return ended

        return self._ledger.transact(work) if lost else 0

    def get(self, name: str) -> Job | None:
        """A job by its id."""
        return self._ledger.read(lambda connection: find(connection, name))

    def ended(self, ids: Collection[str]) -> list[str]:
        """Which of these jobs have ended."""
        query = select(queue.c.id).where(queue.c.id.in_(ids), queue.c.state.not_in(UNDER_WAY))
        return self._ledger.read(lambda it: list(it.execute(query).scalars()))

    def open(self) -> list[Job]:
        """Queued and running jobs, in order."""
        return self._ledger.read(lambda it: [job_of(row) for row in it.execute(_OPEN)])

    def page(self, organisation: str | None, *, before: str | None, limit: int) -> list[Job]:
        """The newest jobs of an organisation (of all when None), older than the job ``before``.

        Pages go by a job's id: its place would tell how many jobs everybody else has submitted.

        Raises:
            KeyError: there is no job ``before`` here.
        """
        query = _PAGE if organisation is None else _PAGE_OF
        asked = {"limit": limit, "whose": organisation}

        def work(connection: Connection) -> list[Job]:
            if before is None:
                return [job_of(row) for row in connection.execute(query, asked)]
            place = connection.execute(
                _PLACE if organisation is None else _PLACE_OF, {**asked, "before": before}
            ).scalar()
            if place is None:
                raise KeyError(before)
            older = query.where(queue.c.place < place)
            return [job_of(row) for row in connection.execute(older, asked)]

        return self._ledger.read(work)

    def count(self) -> dict[str, int]:
        """State → jobs in it, for operators."""
        query = select(queue.c.state, func.count()).group_by(queue.c.state)
        return self._ledger.read(lambda it: {row[0]: row[1] for row in it.execute(query)})


_RUNNING = select(queue.c.id, queue.c.fence, queue.c.owner, queue.c.lease_until).where(
    queue.c.state == State.RUNNING
)
_OPEN = select(queue).where(queue.c.state.in_(UNDER_WAY)).order_by(queue.c.place)
_OPENED = select(func.count()).where(queue.c.state.in_(UNDER_WAY))
_OPEN_UNDER = _OPENED.where(queue.c.agreement == bindparam("name"))
_OPEN_BY = _OPENED.where(queue.c.actor == bindparam("name"))
_DUE = (
    select(queue)
    .where(queue.c.state == State.QUEUED, queue.c.starts_at <= bindparam("now"))
    .where(queue.c.agreement.not_in(select(queue.c.agreement).where(queue.c.state == State.RUNNING)))
    .order_by(queue.c.starts_at, queue.c.place)
    .limit(1)
)
"""The job to run next. Asked many times a second, so put together once, as those above."""
_PAGE = select(queue).order_by(queue.c.place.desc()).limit(bindparam("limit"))
_MINE = queue.c.organisation == bindparam("whose")
_PAGE_OF = _PAGE.where(_MINE)
_PLACE = select(queue.c.place).where(queue.c.id == bindparam("before"))
_PLACE_OF = _PLACE.where(_MINE)


def rebook(connection: Connection, job: Job, *, now: int, slot: int, lanes: int | None) -> None:
    """Put a held job back into the queue, booked as if it were new."""
    assert State.QUEUED in TRANSITIONS[State.HELD]
    starts = now if lanes is None else max(now, *_free_at(connection, job.agreement, lanes))
    connection.execute(
        update(queue)
        .where(queue.c.id == job.id, queue.c.state == State.HELD)
        .values(**values_of(Ending(State.QUEUED)), starts_at=starts, visible_at=starts + slot)
    )


def leave(connection: Connection, name: str, ending: Ending) -> bool:
    """End a held job without a release; False when it was not held."""
    assert ending.state in TRANSITIONS[State.HELD]
    done = connection.execute(
        update(queue).where(queue.c.id == name, queue.c.state == State.HELD).values(**values_of(ending))
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
    for whose, opened, name, limit in (
        ("this agreement", _OPEN_UNDER, request.agreement, most.agreement),
        ("you", _OPEN_BY, request.actor, most.user),
    ):
        if connection.execute(opened, {"name": name}).scalar_one() >= limit:
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


def _alive(owner: str) -> bool:
    process = Owner.parse(owner)
    return process is not None and process.alive()
