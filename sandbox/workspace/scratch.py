"""Memory-backed room for unsealed files.

A scratch folder belongs to one process and vanishes with it: on a normal end by ``close``, after a
``kill -9`` by the next process, which sweeps the folders of the dead.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.errors import Unavailable

PREFIX = "data-sandbox-"
MEMORY_FILE_SYSTEMS = {"tmpfs", "ramfs"}


class Scratch:
    """A private folder for unsealed files; a context manager.

    Raises:
        Unavailable: ``no_scratch`` when there is too little room, ``scratch_not_memory`` when the folder is
            on a disk that the operator has not declared encrypted.
    """

    def __init__(self, memory_folder: Path, *, declared: Path | None = None, needed: int = 64 << 20) -> None:
        parent = declared or memory_folder
        if declared is None and not _memory_backed(parent):
            raise Unavailable(
                "scratch_not_memory",
                "the folder for unsealed files is not memory-backed",
                hint="point SANDBOX_MEMORY_FOLDER at a tmpfs, or declare an encrypted folder with "
                "SANDBOX_SCRATCH_FOLDER",
            )
        sweep(parent)
        require_room(parent, needed)
        self.path = parent / f"{PREFIX}{os.getpid()}-{_started(os.getpid())}-{secrets.token_hex(4)}"
        self.path.mkdir(mode=0o700)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder and everything in it; idempotent."""
        shutil.rmtree(self.path, ignore_errors=True)

    def folder(self, name: str) -> Path:
        """A fresh sub-folder."""
        path = self.path / name
        path.mkdir(mode=0o700)
        return path


def require_room(folder: Path, needed: int) -> None:
    """Check that ``needed`` bytes are free.

    Raises:
        Unavailable: ``no_scratch`` with what is needed and found, in MiB.
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise Unavailable(
            "no_scratch",
            f"unsealed files need {needed >> 20} MiB of room, {free >> 20} MiB are free",
            hint="free memory, enlarge the tmpfs (containers: --shm-size), or declare an encrypted folder "
            "with SANDBOX_SCRATCH_FOLDER",
        )


def sweep(parent: Path) -> None:
    """Remove the scratch folders of processes that are gone."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            pid, started = folder.name.removeprefix(PREFIX).split("-")[:2]
            alive = _started(int(pid)) == started
        except ValueError:
            continue
        if not alive:
            shutil.rmtree(folder, ignore_errors=True)


def _started(pid: int) -> str:
    """Start time of a process in clock ticks since boot: tells a process from a later one of its number."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "gone"
    return stat.rpartition(")")[2].split()[19]


def _memory_backed(folder: Path) -> bool:
    """Whether the file system that holds ``folder`` lives in memory."""
    try:
        target = folder.resolve(strict=True)
        mounts = Path("/proc/mounts").read_text().splitlines()
    except OSError:
        return False
    best, kind = "", ""
    for line in mounts:
        _, point, file_system, *_ = line.split()
        inside = point == "/" or target == Path(point) or Path(point) in target.parents
        if inside and len(point) >= len(best):
            best, kind = point, file_system
    return kind in MEMORY_FILE_SYSTEMS
