"""Answers at rest: released ones, which are given again free, and those that wait for a reviewer.

Each is sealed under a key of its own. A waiting answer lies with its agreement's workspaces: whatever ends
the agreement destroys its key too. It is released or dropped, never measured again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from sandbox.errors import IntegrityBroken, Refused
from sandbox.ledger import Ledger, held, jobs, journal, withdrawals
from sandbox.ledger.held import Hold, Sealed
from sandbox.ledger.jobs import StoredRelease
from sandbox.nouns.event import JobHeld, Released
from sandbox.nouns.release import Release
from sandbox.release.assemble import dump, load
from sandbox.seal import Keyring

Permitted = Callable[[], None]
"""Raises Refused when the agreement has ended or a stop is in force."""


class Places(Protocol):
    """Where sealed answers lie."""

    def release(self, job: str) -> Path:
        """Path of a released answer."""
        ...

    def sealed(self, name: str) -> Path:
        """Path of any other sealed file by its name."""
        ...


@dataclass(frozen=True)
class Shelf:
    """The sealed answers of an installation."""

    keyring: Keyring
    ledger: Ledger
    places: Places

    def release(
        self, job: str, key: str, answer: Release, record: Released, at: str, permitted: Permitted
    ) -> Release:
        """Seal an answer, log it and mark the job released in one transaction, then hand it out.

        Args:
            job: a touched job.
            key: the question's replay key.
            answer: what leaves.
            record: its record; hash and last state are filled in here.
            at: the moment that the record shows.
            permitted: asked inside the transaction.
        """
        data = dump(answer)
        digest = hashlib.sha256(data).hexdigest()
        name = f"release/{job}"
        self.keyring.seal_bytes(data, self.places.release(job), name)
        record = replace(record, result=digest, states=[*record.states, ["released", at]])
        number = self.ledger.finish(
            job, record, replay_key=key, path=name, result_sha256=digest, permitted=permitted
        )
        return replace(answer, id=number)

    def stored(self, key: str) -> Release | None:
        """The release of a question, if there is one.

        Raises:
            Refused: ``answer_waits`` while the question's answer waits for a reviewer; ``withdrawn``.
            IntegrityBroken: ``release_broken``.
        """

        def work(connection: Connection) -> StoredRelease | None:
            if held.of_question(connection, key) is not None:
                raise Refused(
                    "answer_waits", "the answer to this very question is paid for and waits for a reviewer",
                    hint="ask again once it has been released: it is then given free", status=409,
                )  # fmt: skip
            stored = jobs.stored(connection, key)
            return None if stored is None else self._given(connection, stored)

        found = self.ledger.read(work)
        return None if found is None else replace(self._unsealed(found), replayed=True)

    def fetch(self, number: int, agreement: str) -> Release:
        """The release with this record, if the log says that it is this agreement's.

        Raises:
            Refused: ``withdrawn``.
            IntegrityBroken: ``release_broken``.
        """

        def work(connection: Connection) -> StoredRelease:
            stored = jobs.released(connection, number)
            if stored is None:
                raise _broken()
            return self._given(connection, stored, agreement)

        return self._unsealed(self.ledger.read(work))

    def _given(
        self, connection: Connection, stored: StoredRelease, agreement: str | None = None
    ) -> StoredRelease:
        """The same, if it was not withdrawn, and is the agreement's when one is named."""
        record = journal.one(connection, stored.number)
        if record is None or agreement not in (None, record.body["agreement"]):
            raise _broken()
        withdrawals.check_none(connection, str(record.body["dataset"]), stored.number)
        return stored

    def _unsealed(self, stored: StoredRelease) -> Release:
        data = self.keyring.unseal_bytes(self.places.release(stored.job), stored.path)
        if hashlib.sha256(data).hexdigest() != stored.sha256:
            raise _broken()
        return replace(load(data), id=stored.number)

    def keep_back(
        self, sealed: Sealed, answer: Release, record: Released, event: JobHeld, until: int,
        permitted: Permitted,
    ) -> int:  # fmt: skip
        """Seal a measured answer for its reviewer; returns the number of the hold's record."""
        body = record.body()
        del body["kind"]
        kept = {"answer": dump(answer).decode(), "record": body, "key": sealed.replay_key}
        data = json.dumps(kept, ensure_ascii=False, sort_keys=True).encode()
        path = self.places.sealed(sealed.path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.keyring.seal_bytes(data, path, sealed.path)
        event = replace(event, result=hashlib.sha256(data).hexdigest())
        return self.ledger.hold(event, until=until, answer=sealed, permitted=permitted)

    def waiting(self, hold: Hold) -> tuple[Release, Released]:
        """An answer that waits, and its record, if they are what the log says was sealed.

        Raises:
            IntegrityBroken: ``release_broken``, or it cannot be unsealed.
            Unavailable: ``key_missing``: its agreement has ended.
        """
        assert hold.answer is not None
        data = self.keyring.unseal_bytes(self.places.sealed(hold.answer.path), hold.answer.path)
        if hashlib.sha256(data).hexdigest() != self.ledger.record(hold.number).body["result"]:
            raise _broken()
        body = json.loads(data)
        if body["key"] != hold.answer.replay_key:  # or it would be given to whoever asks another question
            raise _broken()
        return load(body["answer"].encode()), Released(**body["record"])

    def drop(self, job: str) -> None:
        """Destroy what a job that ended without a release has sealed. Idempotent."""
        self.keyring.destroy(f"release/{job}")
        self.places.release(job).unlink(missing_ok=True)

    def drop_waiting(self, sealed: Sealed) -> None:
        """Destroy an answer that waited: it was released, refused, or nobody may have it. Idempotent."""
        self.keyring.destroy(sealed.path)
        self.places.sealed(sealed.path).unlink(missing_ok=True)


def _broken() -> IntegrityBroken:
    return IntegrityBroken(
        "release_broken", "a stored release is not what the log says it was",
        hint="run `sandbox log verify`",
    )  # fmt: skip
