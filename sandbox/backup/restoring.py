"""Put a backup into an empty home folder, frozen from the first file on."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from sandbox.backup.archive import broken, unpack
from sandbox.backup.contents import DATABASE, FACTS
from sandbox.errors import Refused
from sandbox.ledger.database import Database
from sandbox.ledger.restored import freeze
from sandbox.seal import Keyring, escrow
from sandbox.seal.files import appearing, make_folder, storage_errors, sync_folder

FORMAT = "1"
IGNORED = frozenset({"lost+found"})
"""What a fresh volume may hold."""


@dataclass(frozen=True)
class Restored:
    """What was restored; it is frozen."""

    archive: str
    files: int
    checkpoint: str
    """The newest head of the log in the backup: what a third party has must not be older."""


def restore(source: Path, master: bytes, home: Path, *, address: str | None = None) -> Restored:
    """Unpack a backup into an empty home folder and freeze it. On any failure the folder is empty again.

    A backup holds the control database in one form, wherever it was: this is also how an installation moves
    from one kind of database to the other.

    Args:
        source: the archive.
        master: the master key, 32 bytes; nothing else opens the archive.
        home: a folder that is empty or not there yet.
        address: URL of the server's empty database that takes the control database in; None: SQLite.

    Raises:
        Refused: ``home_not_empty``, ``database_not_empty``.
        IntegrityBroken: ``backup_broken``, ``key_wrong``.
        Unavailable: ``no_scratch``, ``storage_failed``; for the server as ``Ledger.open``.
    """
    with storage_errors():
        make_folder(home)
        if {path.name for path in home.iterdir()} - IGNORED:
            raise Refused(
                "home_not_empty", "a backup is restored into an empty home folder only",
                hint="name another with --home; a restore never mixes with what is there",
            )  # fmt: skip
        staging = home / f".restoring-{secrets.token_hex(8)}"
        staging.mkdir(mode=0o700)
        try:
            with source.open("rb", buffering=0) as stream:
                names = unpack(stream, Keyring(staging / "keys", master), staging)
            facts = _facts(staging, names)
            with appearing(staging / "keys" / "master.key") as key:
                key.write(master)
            Keyring.open(staging, create=False)
            freeze(staging, facts["archive"], secrets.token_hex(8))
            if address is not None:
                _fill(address, staging / DATABASE)
            _move(staging, home)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return Restored(facts["archive"], len(names), facts["checkpoint"])


def _fill(address: str, copy: Path) -> None:
    """Last before the folder is there: whoever reaches the server alone finds a log whose key it lacks."""
    Database.fill(address, copy)
    for path in copy.parent.glob(f"{DATABASE}*"):
        path.unlink()


def _facts(staging: Path, names: list[str]) -> dict[str, str]:
    if FACTS not in names or DATABASE not in names:
        raise broken()
    facts: dict[str, str] = json.loads((staging / FACTS).read_text(encoding="utf-8"))
    (staging / FACTS).unlink()
    if facts["format"] != FORMAT:
        raise broken()
    return facts


def _move(staging: Path, home: Path) -> None:
    """The freeze first, the keys last: whatever a crash leaves opens for nobody."""
    rest = sorted(path.name for path in staging.iterdir() if path.name not in ("log", "keys"))
    for name in ("log", *rest, "keys"):
        os.rename(staging / name, home / name)
        sync_folder(home)


def master_of(copy: bytes, passphrase: str) -> bytes:
    """The master key of what an operator kept: the key itself, or one that a passphrase locks.

    Raises:
        IntegrityBroken: ``keys_unreadable``.
    """
    return copy if len(copy) == escrow.KEY_BYTES else escrow.unlock(copy, passphrase)
