"""Sealed files of a dataset and the manifest that says which load is in force.

Layout under the home folder: ``sealed/<dataset>/<id>.snapshot``, ``<id>.workspace``, ``releases/<job>``, and
``manifests/<dataset>.json``. The manifest is replaced in one rename; a load that dies before leaves the
former one in force and orphans, which the next opening destroys.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any

from sandbox.errors import IntegrityBroken, LoadFailed
from sandbox.nouns.load import Manifest
from sandbox.nouns.plan import PublicTable
from sandbox.nouns.policy import ColumnType


class Store:
    """Where one dataset's sealed files and manifest are."""

    def __init__(self, home: Path, dataset: str) -> None:
        self.dataset = dataset
        self.folder = home / "sealed" / dataset
        self.releases = home / "releases"
        self._manifest = home / "manifests" / f"{dataset}.json"
        self._lock = home / "manifests" / f"{dataset}.lock"
        for folder in (self.folder.parent, self.folder, self.releases, self._manifest.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def sealed(self, name: str) -> Path:
        """Path of a sealed snapshot or workspace by its name ``<dataset>/<id>.<kind>``."""
        return self.folder.parent / name

    def release(self, job: str) -> Path:
        """Path of a job's stored release."""
        return self.releases / job

    def manifest(self) -> Manifest | None:
        """The load in force, or None before the first.

        Raises:
            IntegrityBroken: ``manifest_broken``.
        """
        try:
            raw = json.loads(self._manifest.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise IntegrityBroken(
                "manifest_broken",
                "the record of the load in force cannot be read",
                hint="load the dataset again; the disclosure log names the former snapshot",
            ) from None
        return _from_json(raw)

    def put_in_force(self, manifest: Manifest) -> None:
        """Replace the manifest durably, in one step."""
        temporary = self._manifest.with_suffix(".new")
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(asdict(manifest), file, ensure_ascii=False, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._manifest)
        directory = os.open(self._manifest.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def orphans(self, manifest: Manifest | None) -> list[str]:
        """Names of sealed files that no manifest uses."""
        used = {manifest.snapshot, manifest.workspace} if manifest else set()
        names = (f"{self.dataset}/{path.name}" for path in sorted(self.folder.iterdir()))
        return [name for name in names if name not in used]

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Hold the dataset's load lock.

        Raises:
            LoadFailed: ``load_running`` when another load of the dataset holds it.
        """
        with open(self._lock, "w", encoding="utf-8") as lock:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except OSError:
                raise LoadFailed(
                    "load_running",
                    "another load of this dataset is running",
                    hint="wait for it to finish, then load again if the source has changed since",
                ) from None
            yield


def _from_json(raw: dict[str, Any]) -> Manifest:
    public = {
        name: PublicTable(rows=int(facts["rows"]), multiplicity=facts["multiplicity"])
        for name, facts in raw.pop("public").items()
    }
    columns = {
        table: {name: ColumnType(kind) for name, kind in kinds.items()}
        for table, kinds in raw.pop("public_columns").items()
    }
    return Manifest(**{"layout": 1} | raw, public=public, public_columns=columns)
