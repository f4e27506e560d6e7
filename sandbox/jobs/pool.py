"""The lanes of one server process: threads that take jobs through the gateway, and a watch over them.

A running job ends in one of four ways: its answer is recorded at its visible moment; it is refused untouched;
it fails; or the watch kills its engine, because its time is up or because its agreement may no longer run
(a stop, an expiry). The watch looks every ``WATCH_SECONDS``.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from sandbox.errors import JobFailed, Refused, SandboxError, Unavailable
from sandbox.gateway import Gateway, StillAllowed
from sandbox.jobs.holds import HELD_ANSWER, HELD_QUERY
from sandbox.jobs.queue import LOST, Queue
from sandbox.jobs.rows import Ending, Job, Request
from sandbox.jobs.slots import Slots, moment
from sandbox.jobs.states import State
from sandbox.nouns.job import Case, Question, Waiting, to_epsilon
from sandbox.nouns.release import Release

WATCH_SECONDS = 0.25
"""How often running and queued jobs are checked for time and permission."""
log = logging.getLogger("sandbox.jobs")


class Desk(Protocol):
    """What the lanes need of the rest of the server."""

    def warm(self) -> None:
        """Import what an answer needs."""
        ...

    def gateway(self, agreement: str, *, dummy: bool = False) -> Gateway:
        """The open gateway of an agreement's workspace, or of its dummy; its clock is ``Clock.now``."""
        ...

    def done(self, gateway: Gateway) -> None:
        """A job no longer uses a gateway."""
        ...

    def still_allowed(self, agreement: str, job: str = "") -> None:
        """Raises Refused when the agreement has ended or a stop is in force."""
        ...

    def check_room(self) -> None:
        """Raises Unavailable when an answer could not be sealed."""
        ...

    def keep(self, job: Job, answer: Release) -> None:
        """Seal an answer for its developer."""
        ...

    def ended(self, job: Job) -> None:
        """A job has ended, and everybody may know."""
        ...

    def case(self, job: Job) -> Case:
        """The job as reviewers know it."""
        ...

    def let_go(self, job: Job, permitted: StillAllowed, hold: Callable[[], None]) -> Release | None:
        """Release the answer that a reviewer let go; None when none of this job waits."""
        ...

    def failed(self, job: Job) -> None:
        """A job failed after data was touched: hold its agreement."""
        ...

    def drop(self, agreement: str) -> None:
        """Close the agreement's workspace; the next job opens the one in force."""
        ...


class Clock:
    """The moment that a job's records show: booked moments, so that no record tells a duration."""

    def __init__(self) -> None:
        self._thread = threading.local()

    def now(self) -> dt.datetime:
        """The booked moment of this thread's job; the real one outside jobs."""
        booked: int | None = getattr(self._thread, "booked", None)
        return dt.datetime.now(dt.UTC) if booked is None else dt.datetime.fromtimestamp(booked / 1000, dt.UTC)

    def book(self, moment: int | None) -> None:
        """Fix what this thread sees; None: the real time again."""
        self._thread.booked = moment


@dataclass(eq=False)
class Running:
    """A job on a lane."""

    job: Job
    gateway: Gateway | None = None
    killed: threading.Event = field(default_factory=threading.Event)
    """Its time is up, or it may no longer run."""
    measured: bool = False
    """Its answer is there and waits for its moment."""
    public: bool = False
    """Killed for a reason that anyone may know: shown at once."""
    until: float = field(init=False)
    """End of its time by the monotonic clock: nobody who sets the wall clock makes it longer or shorter."""

    def __post_init__(self) -> None:
        self.until = time.monotonic() + (self.job.visible_at - moment()) / 1000

    @property
    def left(self) -> float:
        """Seconds until its moment; below 0 once that is over."""
        return self.until - time.monotonic()


class TooLate(Unavailable):
    """Too little of the slot is left; nothing was touched, and the workspace is open for the next job."""


class Overdue(RuntimeError):
    """A measured answer has missed the moment that was fixed for it at admission."""


class Pool:
    """Lanes and watch; ``start`` once, ``close`` at the end.

    A process that does not work has no lanes: others take the jobs, and its watch still cancels and recovers.
    """

    def __init__(self, queue: Queue, desk: Desk, clock: Clock, slots: Slots, *, works: bool = True) -> None:
        self._queue, self._desk, self._clock, self.slots = queue, desk, clock, slots
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._over = threading.Event()
        self._wanted = threading.Condition()
        self._looking = threading.Lock()
        self._lanes = [
            threading.Thread(target=self._lane, name=f"sandbox-lane-{lane}", daemon=True)
            for lane in range(slots.lanes if works else 0)
        ]
        watch = threading.Thread(target=self._watch, name="sandbox-watch", daemon=True)
        self._threads = [*self._lanes, watch]

    def start(self, *, alone: bool = True) -> None:
        """Fail what a dead process left running, then begin; ``alone``, everything that runs was left."""
        self._queue.recover(now=moment(), everything=alone)
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Kill what runs, end all threads; queued jobs wait for the next start."""
        self._closing.set()
        self._over.set()
        self.wake()
        self._kill(lambda _: True, public=True)
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def drain(self, unless: threading.Event, seconds: float = math.inf) -> None:
        """Take no more jobs, and wait until every lane is at its end, ``unless`` something is set, for some
        seconds at most."""
        self._closing.set()
        self.wake()
        until = time.monotonic() + seconds
        while any(lane.is_alive() for lane in self._lanes) and time.monotonic() < until:
            if unless.wait(IDLE_SECONDS):
                return

    def wake(self) -> None:
        """A job has been admitted: an idle lane need not wait for its next look."""
        with self._wanted:
            self._wanted.notify_all()

    def busy(self, agreement: str) -> bool:
        """Whether a job of this agreement is on a lane."""
        with self._lock:
            return any(it.job.agreement == agreement for it in self._running.values())

    def enforce(self) -> None:
        """Kill and cancel what is no longer allowed, now."""
        forbidden = set()
        for job in self._queue.open():
            refusal = self._forbidden(job)
            if refusal is None:
                continue
            forbidden.add(job.id)
            if job.state is State.QUEUED:
                why = Ending(State.CANCELLED, refusal.code, refusal.reason, refusal.hint)
                self._queue.cancel([job.id], why)
                self._desk.ended(job)
        self._kill(lambda it: it.job.id in forbidden, public=True)

    def _forbidden(self, job: Job) -> Refused | None:
        try:
            self._desk.still_allowed(job.agreement, job.id)
        except Refused as refusal:
            return refusal
        return None

    def _lane(self) -> None:
        while not self._closing.is_set():
            try:
                job = self._looked_for()
                if job is not None:
                    self._work(Running(job))
            except Exception as error:  # the ledger is gone, or a mistake of ours: the lane lives on
                log.error("lane: %s", type(error).__name__)
                self._over.wait(1.0)

    def _looked_for(self) -> Job | None:
        """The next job, whenever it comes; None at the end. One idle lane looks for all of them."""
        with self._looking:
            while not self._closing.is_set():
                job = self._next()
                if job is not None:
                    return job
                with self._wanted:
                    self._wanted.wait(IDLE_SECONDS)
        return None

    def _next(self) -> Job | None:
        """The job to run now. What the first one of a process needs is imported before it is booked."""
        if not self._queue.due(now=moment()):
            return None
        self._desk.warm()
        return self._queue.claim(now=moment(), slot=self.slots.length, lanes=self.slots.lanes)

    def _work(self, running: Running) -> None:
        """One job, from claim to end."""
        job = running.job
        with self._lock:
            self._running[job.id] = running
        self._clock.book(job.starts_at if self.slots.fixed else None)
        try:
            ending = self._ending(running)
        finally:
            self._clock.book(None)
            with self._lock:
                del self._running[job.id]
            if running.gateway is not None:
                self._desk.done(running.gateway)
        if ending.state is State.FAILED and not running.public:
            self._wait(running, self._over)
        self._written(lambda: self._queue.end(job, ending))
        self._desk.ended(job)

    def _written(self, write: Callable[[], object]) -> None:
        """Write what must be; while the control database is gone, nothing else can be done."""
        while True:
            try:
                write()
                return
            except Unavailable:
                if self._over.wait(1.0):
                    return

    def _ending(self, running: Running) -> Ending:
        """Take the job through the gateway; however it ends, only public text comes out."""
        job = running.job
        try:
            answer = self._answered(running)
            if not self._kept(job, answer):
                return LOST
            return Ending(State.RELEASED, number=answer.id, replayed=answer.replayed)
        except Refused as refusal:
            return Ending.refused(refusal)
        except Waiting as waits:
            return replace(HELD_QUERY if waits.what == "query" else HELD_ANSWER, number=waits.number)
        except JobFailed as failed:
            if not running.public:
                with suppress(SandboxError):
                    self._written(lambda: self._desk.failed(job))
            return Ending(State.FAILED, failed.code, failed.reason, failed.hint)
        except TooLate:
            return UNTOUCHED
        except Exception as error:
            log.error("job: %s", getattr(error, "code", type(error).__name__))
            self._desk.drop(job.agreement)
            return UNTOUCHED

    def _answered(self, running: Running) -> Release:
        """The answer: one that a reviewer let go, or a new one."""
        job, permission = running.job, self._permission(running)

        def hold() -> None:
            self._hold(running)

        released = self._desk.let_go(job, permission, hold)
        if released is not None:
            return released
        running.gateway = self._desk.gateway(job.agreement, dummy=job.mode == "dummy")
        question = question_of(job, running.gateway)

        def in_time() -> None:
            permission()
            if running.measured:
                return
            if self._late(running):
                raise TooLate(UNTOUCHED.code, UNTOUCHED.reason, hint=UNTOUCHED.hint)
            self._desk.check_room()

        return running.gateway.answer(question, in_time, hold=hold, case=self._desk.case(job))

    def _late(self, running: Running) -> bool:
        """Whether too little of a job's slot is left to touch data: opening its workspace took the rest."""
        return self.slots.fixed and running.left < self.slots.length / 1000 * LEAST_SHARE

    def _kept(self, job: Job, answer: Release) -> bool:
        """Seal a recorded answer for its developer; one that cannot be sealed is paid all the same."""
        try:
            self._desk.keep(job, answer)
        except Exception as error:
            log.error("result: %s", getattr(error, "code", type(error).__name__))
            return False
        return True

    def _permission(self, running: Running) -> StillAllowed:
        def still_allowed() -> None:
            self._desk.still_allowed(running.job.agreement, running.job.id)
            if running.killed.is_set():
                raise Unavailable(UNTOUCHED.code, UNTOUCHED.reason, hint=UNTOUCHED.hint)

        return still_allowed

    def _hold(self, running: Running) -> None:
        """Wait for the visible moment, unless the job is killed; then the records show that moment.

        An answer that is later than its moment is dropped: its own moment would tell how long it took.
        """
        if self.slots.fixed and running.left < 0:
            raise Overdue
        running.measured = True
        self._wait(running, running.killed)
        if self.slots.fixed:
            self._clock.book(running.job.visible_at)

    def _wait(self, running: Running, unless: threading.Event) -> None:
        if self.slots.fixed:
            unless.wait(max(0, running.left))

    def _watch(self) -> None:
        while not self._over.wait(WATCH_SECONDS):
            try:
                self._kill(lambda it: it.left < 0 and not it.measured, public=False)
                self.enforce()
                self._queue.recover(now=moment())
            except Exception as error:
                log.error("watch: %s", type(error).__name__)

    def _kill(self, which: Callable[[Running], bool], *, public: bool) -> None:
        """Kill running jobs; under the lock, so that no engine is another job's by now."""
        with self._lock:
            for running in self._running.values():
                if which(running) and not running.killed.is_set():
                    running.public = public
                    running.killed.set()
                    if running.gateway is not None:
                        running.gateway.workspace.interrupt()


LEAST_SHARE = 0.5
"""Share of a slot that must be left to touch data: an answer that misses its moment is lost, and paid."""
IDLE_SECONDS = 0.05
"""How often an idle lane looks for a job."""
UNTOUCHED = Ending(
    State.FAILED,
    "job_not_started",
    "the job could not be started; nothing was touched or charged",
    "submit it again; if it happens again, tell the operator",
)
"""Of a job that failed before data was touched."""


def question_of(job: Job | Request, gateway: Gateway) -> Question:
    """The question that a job asks; its organisation pays from its account with this dataset.

    Raises:
        Refused: ``epsilon_invalid``, ``epsilon_too_large``.
    """
    most = gateway.policy.privacy.per_job.epsilon
    return Question(
        sql=job.sql, epsilon=to_epsilon(job.epsilon or most, most=most), actor=job.actor,
        agreement=job.agreement, organisation=f"{job.organisation}/{gateway.policy.account}",
    )  # fmt: skip
