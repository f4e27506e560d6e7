"""Withdrawn releases, found in the log itself: what nobody can forge, nobody can take back silently."""

from __future__ import annotations

from sqlalchemy import Connection

from sandbox.errors import Refused
from sandbox.ledger.journal import bodies
from sandbox.nouns.event import Withdrawn


def category_of(connection: Connection, dataset: str, number: int) -> str | None:
    """Why the release with this record was withdrawn, as anyone may know; None when it was not."""
    found = bodies(connection, Withdrawn.kind, dataset)
    return next((str(body["category"]) for body in found if body["release"] == number), None)


def check_none(connection: Connection, dataset: str, number: int) -> None:
    """Raises ``Refused("withdrawn")`` (410) for a release that may no longer be fetched or given again."""
    category = category_of(connection, dataset, number)
    if category is not None:
        raise Refused(
            "withdrawn", f"this release was withdrawn ({category})",
            hint="delete your copies; what it cost stays spent; ask the reviewer why", status=410,
        )  # fmt: skip
