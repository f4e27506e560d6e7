"""Processor seconds and memory of this process and all its descendants, jailed engines included.

The jail's processes are not this process's own children, so ``getrusage`` does not see them: ``/proc`` does.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Self

EVERY = 0.05
"""Seconds between two looks; what a process uses after the last look at it is not counted."""
TICKS = os.sysconf("SC_CLK_TCK")


class Watch:
    """A context that watches from a thread; figures are whole once it has ended.

    Args:
        folder: file system whose growth counts as memory (memory-backed scratch, and whatever else is there).
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._start = self._used()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._cpu: dict[int, float] = {}
        self._before = 0.0
        self.peak = 0
        """Bytes: anonymous memory of all processes plus growth of the file system, at the worst moment."""

    @property
    def busy(self) -> float:
        """Processor seconds since the start."""
        return sum(self._cpu.values()) - self._before

    def __enter__(self) -> Self:
        self._look()
        self._before = sum(self._cpu.values())
        self._thread.start()
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    def _run(self) -> None:
        while not self._done.wait(EVERY):
            self._look()

    def _used(self) -> int:
        found = os.statvfs(self._folder)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    def _look(self) -> None:
        memory = 0
        for process in descendants():
            try:
                fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
                status = Path(f"/proc/{process}/status").read_text()
            except OSError:
                continue
            self._cpu[process] = (int(fields[11]) + int(fields[12])) / TICKS
            if "RssAnon:" in status:
                memory += int(status.split("RssAnon:")[1].split()[0]) << 10
        self.peak = max(self.peak, memory + max(0, self._used() - self._start))


def descendants(root: int | None = None) -> list[int]:
    """A process (this one when None) and everything under it."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children[parent].append(int(entry.name))
    found, waiting = [], [os.getpid() if root is None else root]
    while waiting:
        process = waiting.pop()
        found.append(process)
        waiting += children[process]
    return found


def proportional(process: int) -> tuple[int, int]:
    """Proportional set size in bytes: of a process, and of it with everything under it."""
    sizes = []
    for each in (process, *descendants(process)[1:]):
        try:
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        sizes.append(int(rollup.split("Pss:")[1].split()[0]) << 10)
    return sizes[0], sum(sizes)
