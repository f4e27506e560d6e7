"""Which process a job belongs to, so that recovery never takes a living process's job."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_PROC = Path("/proc")
_DEAD = "ZX"


@dataclass(frozen=True)
class Owner:
    """A process, named so that a later one cannot be taken for it.

    A process that is thought dead by mistake (it lives in another PID namespace) loses its open jobs: its
    next step on them is refused, so nothing is answered free.
    """

    boot: str
    """The running kernel's boot id."""
    pid: int
    started: int
    """Start of the process in clock ticks since boot: numbers of processes are used again."""

    @staticmethod
    def current() -> Owner:
        """This process."""
        return _own(os.getpid())

    @staticmethod
    def parse(text: str) -> Owner | None:
        """The process that ``str`` of it names; None for any other text."""
        match text.split(":"):
            case [boot, pid, started] if pid.isdecimal() and started.isdecimal():
                return Owner(boot, int(pid), int(started))
        return None

    def __str__(self) -> str:
        return f"{self.boot}:{self.pid}:{self.started}"

    def alive(self) -> bool:
        """Whether the process still runs on this machine."""
        return self.boot == _boot() and self.started == _start(self.pid)


@lru_cache(maxsize=1)
def _own(pid: int) -> Owner:
    """By number: a child of a fork is another process."""
    return Owner(_boot(), pid, _start(pid) or 0)


@lru_cache(maxsize=1)
def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def _start(pid: int) -> int | None:
    """Start time of a process, None when it has ended (a zombie has)."""
    try:
        text = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return None if fields[0] in _DEAD else int(fields[19])
