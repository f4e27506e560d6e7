"""Who may use a home folder: one server with SQLite, several processes with PostgreSQL, never both."""

from __future__ import annotations

import os
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path

from sandbox.errors import Unavailable


def hold_home(home: Path, *, alone: bool) -> int:
    """Lock a home folder until the descriptor that is returned is closed, or this process dies.

    Args:
        home: made where it does not exist.
        alone: shut every other process out; otherwise those that want to be alone.

    Raises:
        Unavailable: ``server_running``.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(home / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        flock(lock, (LOCK_EX if alone else LOCK_SH) | LOCK_NB)
    except OSError:
        os.close(lock)
        raise Unavailable(
            "server_running", "another server uses this home folder",
            hint="stop it first, or name another home folder with SANDBOX_HOME",
        ) from None  # fmt: skip
    return lock
