"""The bell: wakes whoever waits for a job to end, without a query of its own for each who waits."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Collection

LOOK_SECONDS = 0.1
"""How often the jobs that somebody waits for are looked at together: another process may have ended them."""
log = logging.getLogger("sandbox.jobs")
_Waiter = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class Bell:
    """One for a server process. ``ring`` may be called from any thread.

    Args:
        ended: which of some jobs have ended, by the control database.
    """

    def __init__(self, ended: Callable[[Collection[str]], Collection[str]]) -> None:
        self._ended = ended
        self._waiters: dict[str, set[_Waiter]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="sandbox-bell", daemon=True)

    def start(self) -> None:
        """Begin to look for jobs that another process ended."""
        self._thread.start()

    def close(self) -> None:
        """Wake everybody; no more is looked for."""
        self._over.set()
        with self._lock:
            waited = list(self._waiters)
        for job in waited:
            self.ring(job)
        if self._thread.is_alive():
            self._thread.join()

    async def wait(self, job: str, seconds: float) -> None:
        """Return when a job has ended, or after some seconds; it may return early.

        One that ended just before anybody listened is found by the next look.
        """
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiters.setdefault(job, set()).add(waiter)
        try:
            await asyncio.wait_for(waiter[1].wait(), seconds)
        except TimeoutError:
            return
        finally:
            with self._lock:
                left = self._waiters[job]
                left.discard(waiter)
                if not left:
                    del self._waiters[job]

    def ring(self, job: str) -> None:
        """Wake those who wait for this job."""
        with self._lock:
            for loop, event in self._waiters.get(job, ()):
                loop.call_soon_threadsafe(event.set)

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            with self._lock:
                waited = list(self._waiters)
            try:
                for job in self._ended(waited) if waited else ():
                    self.ring(job)
            except Exception as error:
                log.error("bell: %s", type(error).__name__)
