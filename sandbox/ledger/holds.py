"""Failures after touch, counted: each may tell a bit, so an agreement gets few before somebody looks."""

from __future__ import annotations

from sandbox.ledger.ledger import Ledger
from sandbox.nouns.event import Failed, Notice

MOST_FAILURES = 3
"""Failures after touch that an agreement may have before somebody must look at them."""
REVIEWED = "failures_reviewed"
"""The notice by which an operator has looked at an agreement's failures."""


def touched_failures(ledger: Ledger, dataset: str, agreement: str) -> int:
    """Jobs of an agreement that failed after they had touched data, ever."""
    failures = ledger.all_of(Failed.kind, dataset)
    return sum(1 for each in failures if each["touched"] and each["agreement"] == agreement)


def unreviewed_failures(ledger: Ledger, dataset: str, agreement: str) -> int:
    """The same, without those that an operator has looked at."""
    reviews = [
        int(notice["details"]["failures"])
        for notice in ledger.all_of(Notice.kind, dataset)
        if notice["what"] == REVIEWED and notice["details"]["agreement"] == agreement
    ]
    return touched_failures(ledger, dataset, agreement) - max(reviews, default=0)
