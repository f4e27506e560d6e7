"""States of a job in the ledger, and the only ways between them.

    reserved ──→ touched ──→ released
        └──→ failed ←──┘

Before touch nothing has seen data: failing gives the price back. After touch the price stays spent, whatever
happens.
"""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands."""

    RESERVED = "reserved"
    """Its price is set aside; no data was touched."""
    TOUCHED = "touched"
    """It may have touched data; its price is spent."""
    RELEASED = "released"
    """Its answer is stored and recorded."""
    FAILED = "failed"
    """It ended without an answer."""


TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.RESERVED: frozenset({JobState.TOUCHED, JobState.FAILED}),
    JobState.TOUCHED: frozenset({JobState.RELEASED, JobState.FAILED}),
    JobState.RELEASED: frozenset(),
    JobState.FAILED: frozenset(),
}
"""From each state to those that may follow."""


class WrongState(RuntimeError):
    """A step that the job's state does not allow: it was taken twice, or another process ended the job.

    Nothing was written. Whoever meets it must release nothing.
    """
