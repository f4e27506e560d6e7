"""One server process: keys, ledger, parties, datasets, queue, lanes, put together."""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Self

from sandbox import classify, noise, release
from sandbox.errors import SandboxError
from sandbox.intake import stamp
from sandbox.jobs.bell import Bell
from sandbox.jobs.counter import Counter
from sandbox.jobs.holding import hold_home
from sandbox.jobs.holds import Holds, approved
from sandbox.jobs.loads import Loads
from sandbox.jobs.opening import now
from sandbox.jobs.pool import Pool
from sandbox.jobs.queue import Queue
from sandbox.jobs.rows import Job
from sandbox.jobs.slots import slots_of
from sandbox.ledger import Ledger
from sandbox.nouns.agreement import AgreementState
from sandbox.nouns.job import Case
from sandbox.nouns.party import LOCAL
from sandbox.nouns.release import Release
from sandbox.seal import Keyring
from sandbox.settings import Settings

PATIENCE = 5.0
"""Seconds that running jobs get at the end of a server, at fixed moments after their slot."""
TIDY_SECONDS = 30.0
"""How often ended agreements are looked for. ``still_allowed`` does not wait for it."""
log = logging.getLogger("sandbox.jobs")


class Service(Counter):
    """Everything behind the REST face, or a worker beside it. One per home folder with SQLite, several with
    PostgreSQL; ``open`` sees to it."""

    def __init__(
        self, settings: Settings, keyring: Keyring, ledger: Ledger, lock: int, *, works: bool = True
    ) -> None:
        super().__init__(settings, keyring, ledger, works=works)
        self.queue = Queue(ledger)
        self.bell = Bell(self.queue.ended)
        self.loads = Loads(ledger, self._load)
        self._lock = lock
        slots = slots_of(settings)
        self.holds = Holds(ledger, keyring, settings.home, slots, self.govern.moment)
        self.pool = Pool(self.queue, self, self._clock, slots, works=works)
        self._over = threading.Event()
        self._tidying = threading.Thread(target=self._tidy, name="sandbox-tidy", daemon=True)

    @classmethod
    def open(cls, settings: Settings, *, works: bool = True) -> Self:
        """Open a home folder for serving or working.

        Args:
            settings: of this installation.
            works: whether this process takes jobs and loads; otherwise workers do.

        Raises:
            Unavailable: ``server_running`` when the home folder is held by a server that must be the only
                one; no jail, no keys, no database.
            IntegrityBroken: the log does not verify.
        """
        lock = hold_home(settings.home, alone=settings.database_url is None)
        try:
            keyring = Keyring.open(settings.home)
            ledger = Ledger.of(settings, keyring.signer)
        except BaseException:
            os.close(lock)
            raise
        try:
            ledger.recover()
            return cls(settings, keyring, ledger, lock, works=works)
        except BaseException:
            ledger.close()
            os.close(lock)
            raise

    def start(self) -> None:
        """Begin to work off jobs and loads."""
        alone = self.settings.database_url is None
        if self._works:
            self.loads.work(alone=alone)
            noise.warm()
        self.pool.start(alone=alone)
        self.bell.start()
        self._tidying.start()

    @staticmethod
    def warm() -> None:
        """Import what the first answer needs, which would otherwise count as its own time."""
        _warm()

    def drain(self, unless: threading.Event, seconds: float = math.inf) -> None:
        """Take no more jobs and let those that run end, ``unless`` something is set; then ``close``."""
        self.pool.drain(unless, seconds)

    @property
    def patience(self) -> float:
        """Seconds that a server which ends gives the jobs that run."""
        return PATIENCE + (self.pool.slots.length / 1000 if self.pool.slots.fixed else 0)

    def close(self) -> None:
        """Stop working, end all engines, release the home folder."""
        self._over.set()
        self.bell.close()
        if self._tidying.is_alive():
            self._tidying.join()
        self.pool.close()
        self.loads.close()
        self.workspaces.close()
        self.dummies.close()
        with suppress(SandboxError):  # a ledger that cannot be written now loses a count of failures, no more
            self.govern.settle(everything=True)
        self.ledger.close()
        os.close(self._lock)

    # -- what the lanes ask ----------------------------------------------------------------------------------

    def check_ready(self) -> None:
        """Whether jobs can be taken and answered now.

        Raises:
            Unavailable: ``ledger_unavailable``, ``no_scratch``.
        """
        self.ledger.checkpoint()
        self.check_room()

    def keep(self, job: Job, answer: Release) -> None:
        """Seal an answer from invented rows for its developer; a release is sealed where it was recorded."""
        if job.mode == "dummy":
            self.keyring.seal_bytes(release.dump(answer), self._result(job.id), f"result/{job.id}")

    def ended(self, job: Job) -> None:
        """Wake who waits for a job."""
        self.bell.ring(job.id)

    def case(self, job: Job) -> Case:
        """The job as reviewers know it: until when a hold of it lasts, and whether it may go on."""
        until = job.visible_at + round(3_600_000 * self.settings.hold_hours)
        return Case(job.id, until, approved=self.ledger.read(lambda it: approved(it, job.id)))

    def let_go(self, job: Job, permitted: Callable[[], None], hold: Callable[[], None]) -> Release | None:
        """Release the answer that a reviewer let go, at its booked moment; None when none waits.

        Raises:
            IntegrityBroken: ``job_foreign``.
        """
        self._check_own(job)
        return self.holds.let_go(job, permitted, hold, lambda: stamp(self._clock.now()))

    def failed(self, job: Job) -> None:
        """Hold the agreement of a job that failed after data was touched, until a reviewer resumes it."""
        self.govern.hold(job.agreement, reason="job_failed")

    # -- what ends by itself --------------------------------------------------------------------------------

    def end_overdue(self) -> None:
        """End agreements whose term is over, destroy their workspaces, and close engines that have them open,
        also of agreements that another process ended; then end holds that nobody may decide any more."""
        self.govern.expire()
        live = (AgreementState.ACTIVE, AgreementState.SUSPENDED)
        for number in {*self.workspaces.held(), *self.dummies.held()}:
            if self.govern.agreement(LOCAL, number).at(now()) not in live:
                self.drop(number)
        self.holds.tidy()

    def _tidy(self) -> None:
        while not self._over.wait(TIDY_SECONDS):
            try:
                self.end_overdue()
                self.govern.settle()
            except Exception as error:
                log.error("tidy: %s", type(error).__name__)


@cache
def _warm() -> None:
    """OpenDP, Presidio's recognizers, and pandas, which Arrow's first column of Python values brings in: none
    may be imported between touching data and an answer's booked moment. An idle server has none of them."""
    import pyarrow as pa

    noise.warm().join()
    pa.array([0])
    classify.mask_text("13800138000")
