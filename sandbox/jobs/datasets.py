"""The datasets of a server: policies that operators sent, their caps and their loads. 数据集."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from sandbox.dummy import sample
from sandbox.errors import PolicyInvalid, Problem, Refused
from sandbox.intake import Intake, stamp
from sandbox.jail import Standing
from sandbox.jobs.opening import claim_account, now
from sandbox.ledger import Ledger
from sandbox.nouns.event import PolicyAccepted
from sandbox.nouns.load import LoadReport, Progress
from sandbox.nouns.mask import Hierarchy
from sandbox.nouns.policy import Policy
from sandbox.nouns.release import Release
from sandbox.policy import load_policy
from sandbox.seal import Keyring, pseudonym_key
from sandbox.settings import Settings
from sandbox.source.match import with_public_columns
from sandbox.workspace.store import Store

SENT = "policy"
"""What a policy that was sent is called in its mistakes: never a path of the server."""


def quiet(step: str, done: int, total: int | None) -> None:
    """A load whose progress nobody watches."""


@dataclass(frozen=True)
class Datasets:
    """Registered policies, kept as files in the home folder."""

    settings: Settings
    standing: Standing
    keyring: Keyring
    ledger: Ledger
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def register(self, text: str, actor: str) -> Policy:
        """Take a policy in: its first version, or a new one of the same dataset.

        Raises:
            PolicyInvalid: every mistake; also paths that leave the sources folder.
            Refused: ``source_accounted``.
        """
        with self._lock:
            draft = self._folder / f".{secrets.token_hex(8)}.draft"
            _write(draft, text)
            try:
                policy = self._read(draft)
                claim_account(self.ledger, policy, actor)
                draft.replace(self._folder / f"{policy.dataset}.yaml")
            finally:
                draft.unlink(missing_ok=True)
            former = self.ledger.latest(PolicyAccepted.kind, policy.dataset)
            if former is None or former["policy"] != policy.sha256:
                self.ledger.append(
                    PolicyAccepted(
                        at=stamp(now()), actor=actor, dataset=policy.dataset, policy=policy.sha256,
                        former="" if former is None else former["policy"],
                    )
                )  # fmt: skip
        return policy

    def names(self) -> list[str]:
        """Names of the registered datasets, sorted."""
        return sorted(
            name.removesuffix(".yaml") for name in os.listdir(self._folder) if name.endswith(".yaml")
        )

    def policy(self, dataset: str) -> Policy:
        """The policy in force.

        Raises:
            Refused: ``dataset_unknown``.
        """
        if dataset not in self.names():
            raise Refused(
                "dataset_unknown", "there is no dataset of this name",
                hint="GET /v1/datasets lists them", status=404,
            )  # fmt: skip
        return self._read(self._folder / f"{dataset}.yaml")

    def dummy(self, dataset: str, table: str) -> Release:
        """One table as it may look; raises as ``sandbox.dummy.sample``."""
        return sample(with_public_columns(self.policy(dataset)), table)

    def loaded(self, dataset: str) -> bool:
        """Whether a load is in force."""
        return Store(self.settings.home, dataset).manifest() is not None

    def load(self, dataset: str, actor: str, progress: Progress) -> LoadReport:
        """Load the dataset's sources and put them in force; raises as ``Intake.load``."""
        return self.intake(dataset, actor, progress).load()[1]

    def intake(self, dataset: str, actor: str, progress: Progress = quiet) -> Intake:
        """The composition that loads this dataset and builds its workspaces."""
        policy = self.policy(dataset)
        return Intake(
            policy=policy, settings=self.settings, standing=self.standing,
            store=Store(self.settings.home, policy.dataset), keyring=self.keyring, ledger=self.ledger,
            key=pseudonym_key(policy.key.env, self.settings.home), actor=actor, now=now, progress=progress,
        )  # fmt: skip

    @cached_property
    def _folder(self) -> Path:
        folder = self.settings.home / "policies"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def _read(self, path: Path) -> Policy:
        try:
            file = path.stat()
            policy = _parsed(path, file.st_ino, file.st_mtime_ns, file.st_size)
        except PolicyInvalid as invalid:
            raise PolicyInvalid(tuple(replace(each, file=SENT) for each in invalid.problems)) from None
        sources = self.settings.sources_folder or self.settings.home / "sources"
        policy = policy.model_copy(update={"folder": str(sources.resolve())})
        if outside := tuple(_outside(policy)):
            raise PolicyInvalid(outside)
        return policy


@lru_cache(maxsize=64)
def _parsed(path: Path, inode: int, changed: int, size: int) -> Policy:  # noqa: ARG001  the cache's key
    """A policy as read from this very file: reading it takes ten milliseconds, and every request asks."""
    return load_policy(path)


def _outside(policy: Policy) -> Iterator[Problem]:
    """Files that a policy names outside the sources folder: a server's other files are not sources."""
    folder = Path(policy.folder)
    for table in policy.tables:
        places = [(f"tables.{table.name}.source.path", table.source.path)]
        places += [
            (f"tables.{table.name}.columns.{column.name}.mask", column.mask.file)
            for column in table.columns
            if isinstance(column.mask, Hierarchy)
        ]
        for path, name in places:
            if "://" in name or not Path(folder, name).resolve().is_relative_to(folder):
                yield Problem(
                    SENT, 0, path, "source_outside", "the file is not in the server's sources folder",
                    "put it into SANDBOX_SOURCES_FOLDER and name it relative to that folder",
                )  # fmt: skip


def _write(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
