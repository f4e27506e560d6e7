"""``mode="dummy"``: a question's whole way on invented rows, free, and marked so that nobody mistakes it.

The same plan, the same refusals, the same jail, bounds, noise and egress as of a real job. The workspace
behind it was made of the policy alone (``sandbox.dummy``): nothing is reserved, touched, charged or replayed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox.errors import Unavailable
from sandbox.gateway import MOST_LOGGED, Gateway, StillAllowed
from sandbox.nouns.event import Rehearsed
from sandbox.nouns.job import Case, Question
from sandbox.nouns.release import Cost, Release

NOTE = "made of invented rows (dummy data): the figures say nothing about anybody"


@dataclass(frozen=True)
class Rehearsal(Gateway):
    """A gateway whose workspace holds invented rows."""

    def answer(
        self,
        question: Question,
        still_allowed: StillAllowed,
        *,
        hold: Callable[[], None] = lambda: None,
        case: Case | None = None,  # noqa: ARG002  nobody reviews what says nothing about anybody
    ) -> Release:
        """Answer from invented rows; ``Gateway.answer`` says what the arguments are.

        Raises:
            Refused: what the real question would be refused for, but for its budget.
            Unavailable: ``dummy_failed``; nothing was touched or charged.
        """
        offer = self._offer(question)
        self._admit(question, still_allowed)
        self._screen(question, offer, None)
        with self.turn:
            try:
                answer = self._measure(question, offer, "", [])[0]
            except Exception:  # invented rows have no secrets, but engines' texts stay here all the same
                answer = None
        if answer is None:
            raise Unavailable(
                "dummy_failed", "the question could not be answered from invented rows",
                hint="nothing was touched or charged; ask again, then tell the operator",
            )  # fmt: skip
        hold()
        still_allowed()
        number = self.ledger.append(
            Rehearsed(
                **self._who(question), agreement=question.agreement, sql=question.sql[:MOST_LOGGED],
                epsilon=str(question.epsilon),
            )
        )  # fmt: skip
        free = Cost(0.0, 0.0, float(question.epsilon))
        return replace(answer, id=number, cost=free, notes=(NOTE, *answer.notes), dummy=True)
