"""Failures after touch, counted: each may tell a bit, so an agreement gets few before somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from sandbox.ledger.journal import bodies
from sandbox.ledger.ledger import Ledger
from sandbox.nouns.event import Failed, Notice

MOST_FAILURES = 3
"""Failures after touch that an agreement may have before somebody must look at them."""
REVIEWED = "failures_reviewed"
"""The notice by which an operator has looked at an agreement's failures."""


HOLD_ENDED = "hold_ended"
"""``Failed.error`` of a measured answer that its developer, a reviewer or the end of a term kept back."""


def counts(body: Mapping[str, Any], agreement: str) -> bool:
    """Whether the record of a failure counts against an agreement: one after touch, which may tell a bit.

    How a hold ends rests on what the developer could compute and on the calendar, so it tells nothing.
    """
    return bool(body["agreement"] == agreement and body["touched"] and body["error"] != HOLD_ENDED)


def touched_failures(ledger: Ledger, dataset: str, agreement: str) -> int:
    """Jobs of an agreement that failed after they had touched data, ever; those that count."""
    return ledger.read(lambda it: _touched(it, dataset, agreement))


def unreviewed_failures(ledger: Ledger, dataset: str, agreement: str) -> int:
    """The same, without those that an operator has looked at."""

    def work(connection: Connection) -> int:
        reviews = [
            int(notice["details"]["failures"])
            for notice in bodies(connection, Notice.kind, dataset)
            if notice["what"] == REVIEWED and notice["details"]["agreement"] == agreement
        ]
        return _touched(connection, dataset, agreement) - max(reviews, default=0)

    return ledger.read(work)


def _touched(connection: Connection, dataset: str, agreement: str) -> int:
    return sum(counts(each, agreement) for each in bodies(connection, Failed.kind, dataset))
