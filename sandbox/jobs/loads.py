"""Loads that a request started: one at a time, in the background, remembered in the control database."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from sandbox.errors import LoadFailed, SandboxError
from sandbox.jobs.slots import moment
from sandbox.ledger import Ledger
from sandbox.ledger.queue_tables import task

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


class Loads:
    """Starts loads and tells how they went."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sandbox-load")

    def recover(self) -> None:
        """Fail the loads that a dead process left running: their former load stands."""
        lost = LoadFailed("load_lost", "the server stopped during the load", hint="load again")
        self._ledger.transact(lambda it: _end(it, None, lost))

    def start(self, dataset: str, actor: str, work: Callable[[], object]) -> Task:
        """Begin a load in the background."""
        name = secrets.token_hex(8)
        values = {"id": name, "dataset": dataset, "actor": actor, "state": "running", "started_at": moment()}

        def begin(connection: Connection) -> None:
            connection.execute(insert(task).values(code="", reason="", hint="", **values))

        self._ledger.transact(begin)
        self._thread.submit(self._run, name, work)
        found = self.get(name)
        assert found is not None
        return found

    def get(self, name: str) -> Task | None:
        """A load by its id."""

        def work(connection: Connection) -> Task | None:
            row = connection.execute(select(task).where(task.c.id == name)).one_or_none()
            return None if row is None else Task(**row._mapping)

        return self._ledger.read(work)

    def close(self) -> None:
        """Wait for the load that runs."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _run(self, name: str, work: Callable[[], object]) -> None:
        error: SandboxError | None = None
        try:
            work()
        except SandboxError as ours:
            error = ours
        except Exception as mistake:
            log.error("load: %s", type(mistake).__name__)
            error = SandboxError("internal", "a mistake of the program, not yours", hint="report it")
        try:
            self._ledger.transact(lambda it: _end(it, name, error))
        except SandboxError as unwritten:
            log.error("load: %s", unwritten.code)


def _end(connection: Connection, name: str | None, error: SandboxError | None) -> None:
    """End a load that runs, or all of them."""
    statement = update(task).where(task.c.state == "running")
    if name is not None:
        statement = statement.where(task.c.id == name)
    code, reason, hint = (error.code, error.reason, error.hint) if error else ("", "", "")
    state = "failed" if error else "done"
    connection.execute(statement.values(state=state, code=code, reason=reason, hint=hint, ended_at=moment()))
