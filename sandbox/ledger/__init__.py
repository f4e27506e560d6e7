"""Budget accounts, jobs, stored releases and the disclosure log, changed in one transaction. 披露日志.

``Ledger`` is loaded on first use: whoever only verifies a proof (``verify_proof``) needs no database package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.ledger.note import verify_proof
from sandbox.ledger.states import JobState, WrongState

if TYPE_CHECKING:
    from sandbox.ledger.jobs import StoredRelease
    from sandbox.ledger.journal import Record
    from sandbox.ledger.ledger import Ledger
    from sandbox.ledger.steps import Recovered
    from sandbox.ledger.verify import Verification

__all__ = [
    "JobState",
    "Ledger",
    "Record",
    "Recovered",
    "StoredRelease",
    "Verification",
    "WrongState",
    "verify_proof",
]

_HOMES = {
    "Ledger": "ledger",
    "Record": "journal",
    "Recovered": "steps",
    "StoredRelease": "jobs",
    "Verification": "verify",
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"sandbox.ledger.{_HOMES[name]}"), name)
