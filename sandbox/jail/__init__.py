"""One isolated process: what it sees, what it may use, how to talk to it, and proof that it holds. 隔离."""

from __future__ import annotations

from sandbox.jail.cell import Mount
from sandbox.jail.frames import InmateFailure, Kind
from sandbox.jail.inmate import Inmate, Limits, Reply, Tier
from sandbox.jail.standing import Check, Standing, choose, examine

__all__ = [
    "Check",
    "Inmate",
    "InmateFailure",
    "Kind",
    "Limits",
    "Mount",
    "Reply",
    "Standing",
    "Tier",
    "choose",
    "examine",
]
