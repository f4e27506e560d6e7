"""The sealed workspaces of one agreement: granted columns only, keys of their own, built from the snapshot.

Layout under the home folder: ``sealed/_agreements/<agreement>/<id>.workspace`` (no dataset can have that
name), ``manifests/_agreements/<agreement>.json``. At most one is in force; destroying the keys of all of them
ends the agreement's access for ever.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from fcntl import LOCK_EX, flock
from pathlib import Path

from sandbox.jail import Standing
from sandbox.nouns.load import Manifest
from sandbox.nouns.policy import Policy, Table
from sandbox.nouns.ports import Engine
from sandbox.seal import Keyring
from sandbox.settings import Settings
from sandbox.workspace import build
from sandbox.workspace.engine import open_engine
from sandbox.workspace.scratch import Scratch
from sandbox.workspace.store import Store, from_json, replace_file

FOLDER = "_agreements"
_ID = re.compile(r"[0-9a-f]{16}")


class Agreed:
    """Where an agreement's workspaces and manifest are."""

    def __init__(self, home: Path, agreement: str) -> None:
        if not _ID.fullmatch(agreement):
            raise ValueError("the number of an agreement is 16 hexadecimal digits")
        self.agreement = agreement
        self._sealed = home / "sealed"
        self._manifest = home / "manifests" / FOLDER / f"{agreement}.json"

    def manifest(self) -> Manifest | None:
        """The workspace in force; None before the first, after the end, or when the record is unreadable."""
        try:
            return from_json(json.loads(self._manifest.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # built anew: the log says which one is in force, not this file

    def sealed(self, name: str) -> Path:
        """Path of a sealed workspace by its name, as ``Store.sealed`` has it."""
        return self._sealed / name

    def fits(self, former: Manifest, load: Manifest, in_force: str) -> bool:
        """Whether a workspace is the one the log names, still there, and of this load and policy."""
        same = (former.snapshot_sha256, former.policy) == (load.snapshot_sha256, load.policy)
        return same and former.workspace_sha256 == in_force and self.sealed(former.workspace).exists()

    def held(self) -> list[str]:
        """Names of the agreement's answers that wait for a reviewer."""
        folder = self._sealed / FOLDER / self.agreement
        return [held_name(self.agreement, path.stem) for path in sorted(folder.glob("*.held"))]

    def names(self) -> list[str]:
        """Names of all sealed workspaces of the agreement."""
        folder = self._sealed / FOLDER / self.agreement
        return [f"{FOLDER}/{self.agreement}/{path.name}" for path in sorted(folder.glob("*.workspace"))]

    def put_in_force(self, manifest: Manifest, keyring: Keyring) -> None:
        """Replace the manifest durably, then destroy the former workspaces."""
        self._manifest.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(self._manifest, asdict(manifest))
        self.drop(keyring, [name for name in self.names() if name != manifest.workspace])

    def destroy(self, keyring: Keyring) -> list[str]:
        """Destroy keys and files of all workspaces and waiting answers; returns their names. Idempotent."""
        with self.building():
            names = self.names() + self.held()
            self.drop(keyring, names)
            self._manifest.unlink(missing_ok=True)
        return names

    def drop(self, keyring: Keyring, names: Sequence[str]) -> None:
        """Destroy keys first, then files: a crash between leaves a file that nobody can read."""
        for name in names:
            keyring.destroy(name)
            self.sealed(name).unlink(missing_ok=True)

    @contextmanager
    def building(self) -> Iterator[None]:
        """Hold the agreement's lock: one build or destruction at a time, across processes."""
        self._manifest.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(
            self._manifest.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
        try:
            flock(descriptor, LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def held_name(agreement: str, job: str) -> str:
    """Name of an answer that waits for a reviewer: it ends with its agreement, as the workspaces do."""
    return f"{FOLDER}/{agreement}/{job}.held"


def build_workspace(
    manifest: Manifest,
    policy: Policy,
    columns: Mapping[str, Sequence[str]],
    *,
    agreed: Agreed,
    store: Store,
    keyring: Keyring,
    settings: Settings,
    standing: Standing,
) -> Manifest:
    """Build and seal a workspace of the granted columns from the snapshot in force.

    Unit codes and ranks are drawn afresh, so workspaces cannot be joined on them.

    Args:
        manifest: the load in force.
        policy: the version of that load, with public columns as the load found them.
        columns: granted columns of each granted table; other tables do not exist in the workspace.
        agreed: where it goes; the caller holds ``agreed.building()``.

    Returns:
        The load's manifest with this workspace in the place of its own; not yet in force.

    Raises:
        EngineFailure: ``memory``, ``space``, ``deadline``, ``died``.
        Unavailable: no room, no key.
    """
    name = f"{FOLDER}/{agreed.agreement}/{secrets.token_hex(8)}.workspace"
    sealed = store.sealed(manifest.snapshot)
    needed = (64 << 20) + 3 * sealed.stat().st_size
    with Scratch(settings.memory_folder, declared=settings.scratch_folder, needed=needed) as scratch:
        snapshot = scratch.path / "snapshot.duckdb"
        workspace = scratch.folder("build") / "workspace.duckdb"
        keyring.unseal(sealed, snapshot, manifest.snapshot)
        engine = open_engine(
            standing,
            files={build.SNAPSHOT: snapshot},
            build={build.WORKSPACE: workspace},
            spill=scratch.folder("spill"),
            memory_bytes=settings.engine_memory,
            threads=settings.engine_threads,
            seconds=settings.load_seconds,
        )
        try:
            snapshot.unlink()
            fill(engine, policy, [table for table in policy.tables if table.name in columns], columns)
            engine.run(f"CHECKPOINT {build.WORKSPACE}")
        finally:
            engine.close()
        agreed.sealed(name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest = keyring.seal(workspace, agreed.sealed(name), name)
    public = {table: facts for table, facts in manifest.public.items() if table in columns}
    return replace(manifest, workspace=name, workspace_sha256=digest, public=public)


def fill(
    engine: Engine, policy: Policy, tables: Sequence[Table], columns: Mapping[str, Sequence[str]]
) -> None:
    """Make the tables of a workspace: unit codes, ranks, order."""
    protected = [table for table in tables if not table.public]
    units = 0
    if protected:
        engine.run(build.units_sql(protected))
        units = build.count(engine, "units")
    for table in tables:
        listed = list(columns[table.name])
        if table.public:
            engine.run(build.public_sql(table, listed))
            continue
        engine.run(build.protected_ddl(table, listed))
        for part in build.ranges(units, build.count(engine, build.snapshot_name(table))):
            engine.run(build.protected_sql(table, listed, part, policy.key_of(table.name)))
