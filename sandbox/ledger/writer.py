"""One thread that writes: every unit of work is one transaction, one after the other.

Several writers in one process would only wait for each other's locks, unfairly (seconds at the 99th
percentile on SQLite); a queue serves them in order.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from sandbox.ledger.database import failures, unavailable

Result = TypeVar("Result")
Unit = Callable[[Connection], Any]
_Item = tuple[Unit, Callable[[Any], None], "Future[Any]"]


class Writer:
    """Runs units of work in order and hands each caller its own result or exception."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._serve, name="sandbox-ledger", daemon=True)
        self._thread.start()

    def run(self, unit: Callable[[Connection], Result], then: Callable[[Result], None]) -> Result:
        """Run a unit in a transaction of its own; wait until it is durable.

        Args:
            unit: gets the connection; whatever it raises rolls back and is raised here.
            then: called with the result once committed, before the next unit begins; must not raise.

        Raises:
            Unavailable: ``ledger_unavailable``; the transaction did not take place, or its end is unknown.
        """
        if os.getpid() != self._process:
            raise RuntimeError("a ledger does not cross a fork: open it in the child")
        future: Future[Result] = Future()
        with self._lock:
            if self._closed:
                raise unavailable()
            self._queue.put((unit, then, future))
        return future.result()

    def close(self) -> None:
        """Finish what is queued, then end; idempotent."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (item := self._queue.get()) is not None:
            unit, then, future = item
            try:
                result = self._transact(unit)
                then(result)
            except BaseException as error:  # crosses to the caller, whatever it is; the thread lives on
                future.set_exception(error)
            else:
                future.set_result(result)
            del item, unit, then, future

    def _transact(self, unit: Unit) -> Any:
        with failures(), self._engine.begin() as connection:
            return unit(connection)
