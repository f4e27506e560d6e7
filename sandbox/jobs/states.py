"""States of a job as the outside sees it, and which may follow which. 作业状态."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    """Waits for a reviewer, before data is touched or with its answer sealed."""
    RELEASED = "released"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing follows."""
        return not TRANSITIONS[self]


TRANSITIONS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
    State.RUNNING: frozenset({State.RELEASED, State.REFUSED, State.FAILED, State.HELD}),
    State.HELD: frozenset({State.QUEUED, State.REFUSED, State.CANCELLED}),
    State.RELEASED: frozenset(),
    State.REFUSED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
"""State → states that may follow. A reviewer's release alone leads back to ``queued``: the question that
waited is asked then, the answer that waited is given; nothing is measured twice."""
