"""Make a backup while everything runs: one moment of the database and the files that it speaks of."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.backup.archive import pack
from sandbox.backup.contents import COPIED, DATABASE, FACTS, listed
from sandbox.errors import LoadFailed, Refused
from sandbox.ledger import Ledger
from sandbox.ledger.restored import MADE
from sandbox.ledger.steps import now
from sandbox.nouns.event import Notice
from sandbox.seal import Keyring
from sandbox.seal.files import appearing, make_folder, storage_errors
from sandbox.workspace.agreed import FOLDER, Agreed
from sandbox.workspace.store import Store

WAIT_SECONDS = 60.0
"""How long a backup waits for a load that runs."""


@dataclass(frozen=True)
class Backup:
    """What was made."""

    archive: str
    """Its number, also in the log."""
    files: int
    size: int
    """Bytes of the archive."""
    checkpoint: str
    """The newest head of the log in it."""


def create(home: Path, ledger: Ledger, keyring: Keyring, target: Path) -> Backup:
    """Write a backup of a home folder.

    Loads and the building of workspaces wait while the database is copied and files are linked: well under a
    second with SQLite, as long as reading it takes with a server. Jobs and answers go on.

    Args:
        home: the home folder; it needs room for a second copy of the database.
        ledger: its ledger, open; a record is made of the backup.
        keyring: its keys.
        target: a new file.

    Raises:
        Refused: ``backup_exists``.
        LoadFailed: ``load_running``, for longer than ``WAIT_SECONDS``.
        Unavailable: ``no_scratch``, ``storage_failed``.
    """
    if target.exists():
        raise taken()
    archive, at = secrets.token_hex(8), now()
    ledger.append(Notice(at=at, actor="local", what=MADE, details={"archive": archive}))
    staging = home / f".backup-{archive}"
    with storage_errors():
        try:
            staging.mkdir(mode=0o700)
            note = _stage(home, ledger, staging)
            facts = {"format": "1", "archive": archive, "at": at, "checkpoint": note}
            (staging / FACTS).write_text(json.dumps(facts), encoding="utf-8")
            names = [FACTS, DATABASE, *listed(staging)]
            with appearing(target, replace=False) as stream:
                pack(staging, names, keyring, stream)
        except FileExistsError:
            raise taken() from None
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return Backup(archive, len(names), target.stat().st_size, note)


def _stage(home: Path, ledger: Ledger, staging: Path) -> str:
    """Copy the database, then hold on to its files: what it speaks of was there before it spoke."""
    with ExitStack() as locks:
        _hold(home, locks)
        note = ledger.copy(staging / DATABASE)
        for name in listed(home):
            make_folder((staging / name).parent)
            with suppress(FileNotFoundError):  # of a job that failed meanwhile: the copy does not know it
                if name.startswith(COPIED):
                    shutil.copyfile(home / name, staging / name)
                else:
                    os.link(home / name, staging / name, follow_symlinks=False)
    return note


def _hold(home: Path, locks: ExitStack) -> None:
    """Keep loads and builds away: they change several files together."""
    folder = home / "manifests"
    for path in sorted(folder.glob("*.lock")):
        _enter_patiently(Store(home, path.stem), locks)
    for path in sorted((folder / FOLDER).glob("*.lock")):
        locks.enter_context(Agreed(home, path.stem).building())


def _enter_patiently(store: Store, locks: ExitStack) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            locks.enter_context(store.reading())
        except LoadFailed:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def taken() -> Refused:
    """The answer to a target that exists: a backup replaces nothing."""
    return Refused("backup_exists", "there is a file of this name already", hint="name a new file")
