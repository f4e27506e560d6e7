"""A line about a job that is waited for: on a terminal or in a notebook, nowhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

PATIENCE = 1.0
"""Seconds before anything is shown."""
WORDS = {"queued": "等待 queued", "running": "运行 running"}


class Progress:
    """Shows the state of a job and the seconds since it was submitted; a context manager.

    The server tells no place in the queue: its length would tell what others do.
    """

    def __init__(self, show: Callable[[str], None] | None = None) -> None:
        self._show = show or _shower()
        self._since = time.monotonic()
        self._shown = False

    @property
    def watched(self) -> bool:
        """Whether anybody sees it."""
        return self._show is not None

    def __call__(self, state: str) -> None:
        """Show a state, or a last word about a job."""
        seconds = time.monotonic() - self._since
        if self._show is None or (seconds < PATIENCE and state in WORDS):
            return
        self._shown = True
        self._show(f"{WORDS[state]} · {seconds:.0f} s" if state in WORDS else state)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown and self._show is not None and error is None:
            self._show("")


def _shower() -> Callable[[str], None] | None:
    """How to show a line here; None: not at all."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and hasattr(shell, "kernel"):
        return _Cell()
    return _terminal if sys.stderr.isatty() and sys.stdout.isatty() else None


def _terminal(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()


class _Cell:
    """One output of a notebook's cell, replaced by each line."""

    def __init__(self) -> None:
        self._handle: Any = None

    def __call__(self, text: str) -> None:
        from IPython.display import Pretty, display

        line = Pretty(text)  # type: ignore[no-untyped-call]  # IPython has no types here
        if self._handle is None:
            self._handle = display(line, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(line)
