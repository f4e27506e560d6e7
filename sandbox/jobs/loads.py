"""Loads that a request started: in the background, in one of the processes, kept in the control database."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from sandbox.errors import LoadFailed, SandboxError
from sandbox.jobs.slots import moment
from sandbox.ledger import Ledger
from sandbox.ledger.owner import Owner
from sandbox.ledger.queue_tables import task
from sandbox.nouns.load import Progress

TELL_SECONDS = 0.5
"""How often a load tells how far it is, at most."""
LOOK_SECONDS = 0.5
"""How often an idle process looks for a load."""
log = logging.getLogger("sandbox.jobs")


@dataclass(frozen=True)
class Task:
    """One load. Times are UTC milliseconds since 1970."""

    id: str
    dataset: str
    actor: str
    state: str
    """``running``, ``done`` or ``failed``."""
    code: str
    reason: str
    hint: str
    started_at: int
    ended_at: int | None
    owner: str
    """The process that runs it; empty while it waits."""
    step: str = ""
    """What it is at: a table's name, or ``scan``, ``rank``, ``seal``; empty before and after."""
    percent: int | None = None
    """How much of the step is done; None where nobody knows. A share, so that no count is kept."""


class Loads:
    """Starts loads and tells how they went. Any process that works takes the next one, of each dataset one at
    a time.

    Args:
        ledger: the control database.
        load: ``load(dataset, actor, progress)`` does it.
    """

    def __init__(self, ledger: Ledger, load: Callable[[str, str, Progress], object]) -> None:
        self._ledger = ledger
        self._load = load
        self._wanted = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="sandbox-load", daemon=True)

    def work(self, *, alone: bool) -> None:
        """Begin to take loads; ``alone`` in the home folder, nobody else can be running any."""
        self.recover(everything=alone)
        self._thread.start()

    def recover(self, *, everything: bool = False) -> None:
        """Fail the loads that a dead process left running: their former load stands."""
        running = select(task.c.id, task.c.owner).where(task.c.state == "running", task.c.owner != "")
        rows = self._ledger.read(lambda it: it.execute(running).all())
        for row in rows:
            process = Owner.parse(row.owner)
            if everything or process is None or not process.alive():
                lost = LoadFailed("load_lost", "the server stopped during the load", hint="load again")
                self._end(row.id, row.owner, lost)

    def start(self, dataset: str, actor: str) -> Task:
        """Ask for a load; it begins as soon as a process is free."""
        name = secrets.token_hex(8)
        values = {"id": name, "dataset": dataset, "actor": actor, "state": "running", "started_at": moment()}

        def begin(connection: Connection) -> None:
            connection.execute(insert(task).values(code="", reason="", hint="", owner="", **values))

        self._ledger.transact(begin)
        self._wanted.set()
        found = self.get(name)
        assert found is not None
        return found

    def get(self, name: str) -> Task | None:
        """A load by its id."""

        def work(connection: Connection) -> Task | None:
            row = connection.execute(select(task).where(task.c.id == name)).one_or_none()
            return None if row is None else Task(**row._mapping)

        return self._ledger.read(work)

    def open(self) -> int:
        """How many wait or run."""
        query = select(func.count()).where(task.c.state == "running")
        return self._ledger.read(lambda it: it.execute(query).scalar_one())

    def close(self) -> None:
        """Wait for the load that runs; what waits is another process's, or the next start's."""
        self._over.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                taken = self._take()
                if taken is not None:
                    self._run(taken)
                    continue
            except Exception as error:  # the control database is gone
                log.error("loads: %s", type(error).__name__)
            self._wanted.wait(LOOK_SECONDS)
            if not self._over.is_set():
                self._wanted.clear()

    def _take(self) -> Task | None:
        """Make the oldest load that waits this process's own; none of a dataset that is being loaded."""
        self.recover()
        waiting = (task.c.state == "running") & (task.c.owner == "")
        loading = select(task.c.dataset).where(task.c.state == "running", task.c.owner != "")
        first = (
            select(task).where(waiting, task.c.dataset.not_in(loading))
            .order_by(task.c.started_at, task.c.id).limit(1)
        )  # fmt: skip
        me = str(Owner.current())

        def work(connection: Connection) -> Task | None:
            row = connection.execute(first).one_or_none()
            if row is None:
                return None
            mine = update(task).where(task.c.id == row.id, waiting).values(owner=me)
            taken = connection.execute(mine).rowcount == 1
            return Task(**{**row._mapping, "owner": me}) if taken else None

        if self._ledger.read(lambda it: it.execute(first).one_or_none()) is None:
            return None  # an idle process does not keep the writer busy
        return self._ledger.transact(work)

    def _run(self, taken: Task) -> None:
        error: SandboxError | None = None
        try:
            self._load(taken.dataset, taken.actor, self._teller(taken))
        except SandboxError as ours:
            error = ours
        except Exception as mistake:
            log.error("load: %s", type(mistake).__name__)
            error = SandboxError("internal", "a mistake of the program, not yours", hint="report it")
        while not self._ended(taken, error) and not self._over.wait(1.0):
            pass

    def _teller(self, taken: Task) -> Progress:
        """Writes how far a load is, now and then: a step that ends at once is not worth a transaction."""
        told = time.monotonic()

        def tell(step: str, done: int, total: int | None) -> None:
            nonlocal told
            if time.monotonic() - told < TELL_SECONDS:
                return
            told = time.monotonic()
            percent = min(100, 100 * done // total) if total else None
            mine = (task.c.id == taken.id) & (task.c.owner == taken.owner) & (task.c.state == "running")
            statement = update(task).where(mine).values(step=step, percent=percent)
            with suppress(SandboxError):  # how far it is, is no reason to fail
                self._ledger.transact(lambda it: it.execute(statement) and None)

        return tell

    def _ended(self, taken: Task, error: SandboxError | None) -> bool:
        try:
            self._end(taken.id, taken.owner, error)
        except SandboxError as unwritten:
            log.error("load: %s", unwritten.code)
            return False
        return True

    def _end(self, name: str, owner: str, error: SandboxError | None) -> None:
        """End a load of a process, if it runs still."""
        code, reason, hint = (error.code, error.reason, error.hint) if error else ("", "", "")
        values = {
            "state": "failed" if error else "done",
            "code": code, "reason": reason, "hint": hint, "ended_at": moment(), "step": "", "percent": None,
        }  # fmt: skip
        mine = (task.c.id == name) & (task.c.owner == owner) & (task.c.state == "running")
        self._ledger.transact(lambda it: it.execute(update(task).where(mine).values(**values)) and None)
