"""Recompute the whole log from its leaves, and everything that rests on it.

Found, with the number of the first record concerned: a record changed, dropped, put in or moved; a tail cut
off (against the checkpoint kept outside the database); a head not signed by the log's key; a stored hash,
balance, cap, job, stored release, party, token, agreement or stop that is not what the records make it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from sandbox.errors import IntegrityBroken
from sandbox.ledger import merkle
from sandbox.ledger.expected import Contradiction, Expected, ExpectedJob
from sandbox.ledger.jobs import commitment
from sandbox.ledger.journal import checkpoint_at, tree_head
from sandbox.ledger.note import Checkpoint, open_checkpoint
from sandbox.ledger.schema import account, charge, head, job, node, record, release
from sandbox.ledger.states import JobState
from sandbox.ledger.witness import size_of
from sandbox.nouns.event import EVENTS
from sandbox.nouns.spend import Spend

_BATCH = 1000


@dataclass(frozen=True)
class Verification:
    """What a verification found."""

    ok: bool
    records: int
    """Records that were found good, from the first on."""
    number: int | None = None
    """The first record that is broken, or that the broken entry rests on; None when all is well."""
    reason: str = ""
    """What is wrong with it, in public terms."""


class _Broken(Exception):
    def __init__(self, number: int, reason: str) -> None:
        super().__init__(reason)
        self.number = number
        self.reason = reason


def verify(
    connection: Connection, public_key: bytes, origin: str, kept: str | None, *, witnessed: bool
) -> Verification:
    """Check everything in one reader's transaction.

    Args:
        connection: sees one moment of the ledger.
        public_key: the log's key, from the keyring, never from the database.
        origin: the log's name.
        kept: the checkpoint remembered outside, read before the transaction began.
        witnessed: whether one must be remembered.
    """
    check = _Check(connection, public_key, origin)
    try:
        check.records()
        check.tree()
        check.kept(kept, witnessed=witnessed)
        check.accounts()
        check.jobs()
        check.registry()
    except _Broken as found:
        return Verification(False, min(check.size, found.number), found.number, found.reason)
    return Verification(True, check.size)


def check_tip(
    connection: Connection, public_key: bytes, origin: str, kept: str | None, *, witnessed: bool
) -> Verification:
    """The newest head alone: signed, matching the stored tree, and no older than the checkpoint kept outside.

    Costs a handful of look-ups, whatever the log's length: for every start.
    """
    size, frontier = tree_head(connection)
    counted, last = connection.execute(
        select(func.count(), func.max(record.c.number)).select_from(record)
    ).one()
    if (counted, -1 if last is None else last) != (size, size - 1):
        return Verification(False, 0, min(counted, size), "records are missing or surplus")
    check = _Check(connection, public_key, origin)
    try:
        tip = check.head_of(size) if size else Checkpoint(origin, 0, merkle.root(()))
        if tip.root != merkle.root(frontier):
            raise _Broken(max(size - 1, 0), "the stored tree does not have the signed root")
        check.size = size
        check.kept(kept, witnessed=witnessed)
    except _Broken as found:
        return Verification(False, 0, found.number, found.reason)
    return Verification(True, size)


def check_continues(connection: Connection, kept: str | None) -> None:
    """Take the log's lock, then see that the log still has the head that is remembered.

    Every transaction that may append begins with this. The lock puts the writers of all processes in order,
    so that none wait for each other crosswise. A server's database may be put back to an earlier moment under
    a running process: to append to it would sign a second history.

    Raises:
        IntegrityBroken: ``log_broken``.
    """
    size, _ = tree_head(connection, lock=True)
    known = 0 if kept is None else size_of(kept)
    if known > size or (known and checkpoint_at(connection, known) != kept):
        raise IntegrityBroken(
            "log_broken", "the disclosure log is not the one it was a moment ago",
            hint="run `sandbox log verify`; nothing is answered until this is explained",
        )  # fmt: skip


class _Check:
    def __init__(self, connection: Connection, public_key: bytes, origin: str) -> None:
        self._connection = connection
        self._key = public_key
        self._origin = origin
        self._frontier: tuple[bytes, ...] = ()
        self._expected = Expected()
        self._nodes: dict[tuple[int, int], bytes] = {}
        self.size = 0
        """Records found good so far."""

    def records(self) -> None:
        """Every record in order: number, leaf, stored hash, signed head, sense."""
        for row in self._rows():
            number = self.size
            if row.number != number:
                raise _Broken(number, "the record is missing")
            if number % _BATCH == 0:
                self._load_nodes(number, number + _BATCH)
            body = _parse(row.leaf, number)
            if (row.kind, row.dataset) != (body["kind"], body.get("dataset")):
                raise _Broken(number, "the record is filed under another kind or dataset")
            self._frontier, made = merkle.append(number, self._frontier, row.leaf)
            self._check_nodes(number, made)
            signed = open_checkpoint(row.checkpoint, self._key, origin=self._origin)
            if signed != Checkpoint(self._origin, number + 1, merkle.root(self._frontier)):
                raise _Broken(number, "the record is not the one that was signed")
            try:
                self._expected.add(number, body)
            except Contradiction as found:
                raise _Broken(number, str(found)) from None
            self.size += 1

    def tree(self) -> None:
        """The stored head and the number of stored hashes; each hash was checked with its record."""
        size, frontier = tree_head(self._connection)
        if size != self.size:
            raise _Broken(min(size, self.size), "records are missing or surplus at the end")
        if frontier != self._frontier:
            raise _Broken(max(size - 1, 0), "the stored frontier is not that of the records")
        surplus = self._connection.execute(select(func.count()).select_from(node)).scalar_one()
        heads = self._connection.execute(select(func.count()).select_from(head)).scalar_one()
        if surplus != 2 * size - size.bit_count() or heads != 1:
            raise _Broken(max(size - 1, 0), "the stored tree has surplus hashes")

    def kept(self, kept: str | None, *, witnessed: bool) -> None:
        """The log continues the checkpoint that was remembered outside the database."""
        if kept is None:
            if witnessed:
                raise _Broken(self.size, "the checkpoint kept outside the database is missing")
            return
        remembered = open_checkpoint(kept, self._key, origin=self._origin)
        if remembered is None:
            raise _Broken(self.size, "the checkpoint kept outside the database is not the log's")
        if remembered.size > self.size:
            raise _Broken(self.size, "the log is shorter than it once was")
        root = self.head_of(remembered.size).root if remembered.size else merkle.root(())
        if root != remembered.root:
            raise _Broken(max(remembered.size - 1, 0), "the log is not the one it once was")

    def accounts(self) -> None:
        """Every balance is the sum of its records."""
        stored = {
            (row.scope, row.name): (
                Spend(row.cap_rho, row.cap_delta),
                Spend(row.roof_rho, row.roof_delta),
                Spend(row.spent_rho, row.spent_delta),
            )
            for row in self._connection.execute(select(account))
        }
        expected = self._expected.accounts
        for key, item in sorted(expected.items(), key=lambda pair: pair[1].number):
            if stored.get(key) != (item.cap, item.roof, item.spent):
                raise _Broken(item.number, "a budget account is not the sum of its records")
        if len(stored) != len(expected):
            raise _Broken(self.size, "there is a budget account without a record")

    def jobs(self) -> None:
        """Every job, charge and stored release is what the records say."""
        rows = {row.job: row for row in self._connection.execute(select(job))}
        charges: dict[str, set[tuple[str, str]]] = {}
        for row in self._connection.execute(select(charge)):
            charges.setdefault(row.job, set()).add((row.scope, row.name))
        releases = {row.job: row for row in self._connection.execute(select(release))}
        for name, item in self._expected.jobs.items():
            _check_job(item, rows.get(name), charges.get(name))
            _check_release(item, releases.get(name), rows[name])
        if (
            len(rows) != len(self._expected.jobs)
            or len(charges) != len(rows)
            or releases.keys() - rows.keys()
        ):
            raise _Broken(self.size, "there is a job without a record")

    def registry(self) -> None:
        """Every row of people's acts is what its records say."""
        for number, table in self._expected.registry.differences(self._connection):
            if number is None:
                raise _Broken(self.size, f"there is a row of {table} without a record")
            raise _Broken(number, f"a row of {table} is not what its records say")

    def head_of(self, size: int) -> Checkpoint:
        """The signed head of the first ``size`` records."""
        note = self._connection.execute(
            select(record.c.checkpoint).where(record.c.number == size - 1)
        ).scalar()
        found = None if note is None else open_checkpoint(note, self._key, origin=self._origin)
        if found is None or found.size != size:
            raise _Broken(size - 1, "the record's checkpoint is not signed by the log's key")
        return found

    def _rows(self) -> Iterator[Row[Any]]:
        """All records by number, a batch at a time."""
        last = -(2**63)
        while batch := self._connection.execute(
            select(record).where(record.c.number > last).order_by(record.c.number).limit(_BATCH)
        ).all():
            yield from batch
            last = batch[-1].number

    def _check_nodes(self, number: int, made: list[merkle.Node]) -> None:
        """The stored hashes of the subtrees that a record completes. ``made`` climbs from the leaf."""
        for level, position, digest in made:
            if self._nodes.get((level, position)) != digest:
                raise _Broken(number, "a stored hash is not that of the records")

    def _load_nodes(self, start: int, end: int) -> None:
        """Fetch the stored hashes that records [start, end) complete: a query a level, not one a hash."""
        self._nodes = {
            (level, row.position): row.hash
            for level in range(end.bit_length())
            for row in self._connection.execute(
                select(node.c.position, node.c.hash).where(
                    node.c.level == level, node.c.position.between(start >> level, (end - 1) >> level)
                )
            )
        }


def _parse(leaf: bytes, number: int) -> dict[str, Any]:
    try:
        body = json.loads(leaf)
        again = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, UnicodeError):
        raise _Broken(number, "the record is not canonical JSON") from None
    if again != leaf or not isinstance(body, dict) or body.get("kind") not in EVENTS:
        raise _Broken(number, "the record is not canonical JSON of a known kind")
    return body


def _check_job(item: ExpectedJob, row: Row[Any] | None, charges: set[tuple[str, str]] | None) -> None:
    if (
        row is None
        or JobState(row.state) not in item.states
        or (row.rho, row.delta) != (item.price.rho, item.price.delta)
        or (row.submitted, row.ended) != (item.submitted, item.ended)
        or charges != set(item.accounts)
    ):
        last = item.submitted if item.ended is None else item.ended
        raise _Broken(last, "a job is not what its records say")


def _check_release(item: ExpectedJob, row: Row[Any] | None, job_row: Row[Any]) -> None:
    if not item.stored:
        if row is not None:
            raise _Broken(item.submitted, "there is a stored release without a record")
        return
    assert item.ended is not None
    if (
        row is None
        or row.number != item.ended
        or row.sha256 != item.result
        or commitment(row.replay_key, row.path, row.sha256) != item.stored
        or job_row.replay_key not in (None, row.replay_key)
    ):
        raise _Broken(item.ended, "a stored release is not what its record says")
