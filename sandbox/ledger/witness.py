"""A copy of the newest checkpoint outside the database.

A database cut back to an earlier moment (records dropped at the tail, an old backup slipped in) is consistent
in itself; only someone who remembers a later head can tell. The file is that memory on this machine; copied
to another party it is one there.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import Unavailable
from sandbox.ledger.database import unavailable

RESTORED = "restored.json"
"""Beside the checkpoint: this ledger came from a backup, and nobody has shown yet that it is the newest."""


class Witness:
    """The file ``checkpoint.txt``: only ever replaced by a later checkpoint."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._owed: str | None = None

    def read(self) -> str | None:
        """The checkpoint kept, or None."""
        if self._path is None:
            return None
        try:
            return self._path.read_text()
        except FileNotFoundError:
            return None

    @property
    def expected(self) -> bool:
        """Whether a file is kept at all."""
        return self._path is not None

    def check_not_restored(self) -> None:
        """Nothing is opened on a restored ledger: what was spent since the backup would be spent again.

        Raises:
            Unavailable: ``restored_frozen``.
        """
        if self._path is not None and self._path.with_name(RESTORED).exists():
            raise Unavailable(
                "restored_frozen", "this home folder was restored from a backup and is frozen",
                hint="show that nothing is missing: `sandbox backup thaw --checkpoint FILE`, with the newest "
                "checkpoint that a third party kept",
            )  # fmt: skip

    def keep(self, note: str | None) -> None:
        """Remember a committed checkpoint. A failure is owed, not raised: what is committed has happened."""
        if note is None or self._path is None:
            return
        self._owed = note
        try:
            self._write(self._path, note)
            self._owed = None
        except OSError:
            return

    def settle(self) -> None:
        """Write what is owed before anything new happens.

        Raises:
            Unavailable: ``ledger_unavailable``, the file still cannot be written.
        """
        if self._owed is not None:
            self.keep(self._owed)
        if self._owed is not None:
            raise unavailable()

    def _write(self, path: Path, note: str) -> None:
        with _locked(path):
            former = self.read()
            if former is not None and size_of(former) >= size_of(note):
                return  # another process was faster with a later one
            draft = path.with_suffix(".new")
            with draft.open("w") as stream:
                stream.write(note)
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(path)


def size_of(note: str) -> int:
    """The size a checkpoint claims. An unreadable one is a failure: replacing it would hide that."""
    match = re.match(r"[^\n]+\n(\d{1,19})\n", note)
    if match is None:
        raise OSError("the kept checkpoint is unreadable")
    return int(match[1])


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
