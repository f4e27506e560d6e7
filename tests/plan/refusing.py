"""What the planner says of a statement that it refuses."""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.nouns.plan import Facts
from sandbox.plan import plan
from tests.plan.world import FACTS


def refused(sql: str, known: Facts = FACTS) -> Refused:
    """The first problem of a statement; ``others`` holds the rest."""
    with pytest.raises(Refused) as caught:
        plan(sql, known)
    return caught.value


def codes(sql: str, known: Facts = FACTS) -> set[str]:
    """The codes of all its problems."""
    first = refused(sql, known)
    return {first.code, *(other.code for other in first.others)}
