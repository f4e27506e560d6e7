"""The disclosure log inside a transaction: leaves, tree, signed heads.

A leaf is the canonical JSON of an event (sorted keys, no spaces, no floats), so a record can be checked byte
for byte by whoever holds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlalchemy import Connection, bindparam, insert, select, update

from sandbox.ledger import merkle
from sandbox.ledger.note import Checkpoint, format_proof, sign_checkpoint
from sandbox.ledger.schema import head, node, record, sight
from sandbox.nouns.event import DEVELOPERS_SEE, EVENTS, Event
from sandbox.seal import Signer

_HEAD = select(head.c.size, head.c.frontier)
_HEAD_LOCKED = _HEAD.with_for_update()
_SIGNED = select(record.c.checkpoint).where(record.c.number == bindparam("last"))
_BODIES = (
    select(record.c.number, record.c.leaf)
    .where(record.c.kind == bindparam("kind"), record.c.dataset == bindparam("dataset"))
    .order_by(record.c.number.desc())
)
_ONE = select(record.c.number, record.c.leaf).where(record.c.number == bindparam("number"))
_WRITTEN, _SEEN, _GROWN, _MOVED = insert(record), insert(sight), insert(node), update(head)
# put together once: every transaction that records something asks most of them


@dataclass(frozen=True)
class Record:
    """One entry of the disclosure log."""

    number: int
    """Place in the log, from 0, without gaps."""
    leaf: bytes
    """Canonical JSON: what the tree hashes and a proof proves."""

    @property
    def body(self) -> Mapping[str, Any]:
        """The record as plain data, with its ``kind``."""
        body: dict[str, Any] = json.loads(self.leaf)
        return body

    @property
    def kind(self) -> str:
        """Which act it records."""
        return str(self.body["kind"])

    @property
    def event(self) -> Event:
        """The record as its noun."""
        body = dict(self.body)
        return EVENTS[body.pop("kind")](**body)


class Journal:
    """Appends to the log within one transaction."""

    def __init__(self, connection: Connection, signer: Signer, origin: str) -> None:
        self.connection = connection
        self.note: str | None = None
        """The signed head after the last append of this transaction."""
        self._signer = signer
        self._origin = origin

    def append(self, event: Event) -> int:
        """Record an event; returns its number."""
        leaf = leaf_of(event)
        size, frontier = tree_head(self.connection, lock=True)
        frontier, made = merkle.append(size, frontier, leaf)
        head_now = Checkpoint(self._origin, size + 1, merkle.root(frontier))
        self.note = sign_checkpoint(head_now, self._signer)
        self.connection.execute(_MOVED, {"size": size + 1, "frontier": b"".join(frontier)})
        self.connection.execute(
            _WRITTEN,
            {
                "number": size, "kind": event.kind, "dataset": event.dataset, "leaf": leaf,
                "checkpoint": self.note,
            },
        )  # fmt: skip
        if (agreement := sight_of(event.kind, event.body())) is not None:
            self.connection.execute(_SEEN, {"agreement": agreement, "number": size})
        self.connection.execute(
            _GROWN, [dict(zip(("level", "position", "hash"), item, strict=True)) for item in made]
        )
        return size


def sight_of(kind: str, body: Mapping[str, Any]) -> str | None:
    """The agreement whose developers may see a record; None when it is not for developers."""
    return str(body["agreement"]) if kind in DEVELOPERS_SEE else None


def seen(connection: Connection, agreements: Iterable[str], start: int, limit: int) -> list[Record]:
    """Up to ``limit`` records from ``start`` on that the developers of some agreements may see, in order.

    A few look-ups an agreement, however long the log is.
    """
    pages = []
    for agreement in agreements:
        query = select(sight.c.number).where(sight.c.agreement == agreement, sight.c.number >= start)
        pages.append(connection.execute(query.order_by(sight.c.number).limit(limit)).scalars().all())
    numbers = sorted(number for page in pages for number in page)[:limit]
    query = select(record.c.number, record.c.leaf).where(record.c.number.in_(numbers))
    return [Record(row.number, row.leaf) for row in connection.execute(query.order_by(record.c.number))]


def one(connection: Connection, number: int) -> Record | None:
    """The record of this number, or None."""
    row = connection.execute(_ONE, {"number": number}).one_or_none()
    return None if row is None else Record(row.number, row.leaf)


def leaf_of(event: Event) -> bytes:
    """Canonical JSON of an event.

    Raises:
        ValueError: the event holds a float or text that is no Unicode: neither has one canonical spelling.
    """
    try:
        leaf = event.canonical()
    except UnicodeEncodeError:
        raise ValueError(f"a {event.kind} record holds text that is not Unicode") from None
    json.loads(leaf, parse_float=_no_float)
    return leaf


def tree_head(connection: Connection, *, lock: bool = False) -> tuple[int, tuple[bytes, ...]]:
    """(size, frontier) of the tree; ``lock`` keeps other writers out until the transaction ends."""
    size, joined = connection.execute(_HEAD_LOCKED if lock else _HEAD).one()
    parts = [joined[start : start + merkle.HASH] for start in range(0, len(joined), merkle.HASH)]
    return size, tuple(parts)


def bodies(
    connection: Connection, kind: str, dataset: str, limit: int | None = None
) -> Iterator[Mapping[str, Any]]:
    """Records of a kind about a dataset, as plain data with their ``number``, newest first."""
    query = _BODIES if limit is None else _BODIES.limit(limit)
    for row in connection.execute(query, {"kind": kind, "dataset": dataset}).all():
        yield {**Record(row.number, row.leaf).body, "number": row.number}


def checkpoint_at(connection: Connection, size: int) -> str | None:
    """The signed head of the first ``size`` records, as it was signed then."""
    found: str | None = connection.execute(_SIGNED, {"last": size - 1}).scalar()
    return found


def prove(connection: Connection, number: int) -> str:
    """A tlog-proof that record ``number`` is in the log as it is now.

    Raises:
        KeyError: there is no such record.
    """
    size, _ = tree_head(connection)
    note = checkpoint_at(connection, size)
    if not 0 <= number < size or note is None:
        raise KeyError(number)
    return format_proof(number, merkle.inclusion(stored_nodes(connection), number, size), note)


def stored_nodes(connection: Connection) -> merkle.Stored:
    """Lookup of the stored roots of full subtrees."""

    def stored(level: int, position: int) -> bytes:
        found: bytes = connection.execute(
            select(node.c.hash).where(node.c.level == level, node.c.position == position)
        ).scalar_one()
        return found

    return stored


def _no_float(_text: str) -> NoReturn:
    raise ValueError("a record holds a float; amounts are integers or decimal text")
