"""An answer leaves at its booked moment or not at all."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.jobs.pool import Overdue, Pool
from sandbox.jobs.slots import moment


def hold(visible_at: int) -> SimpleNamespace:
    waited: list[int] = []
    pool: Any = SimpleNamespace(
        slots=SimpleNamespace(fixed=True),
        _wait=lambda running, unless: waited.append(running.job.visible_at),
        _clock=SimpleNamespace(book=waited.append),
    )
    running: Any = SimpleNamespace(job=SimpleNamespace(visible_at=visible_at), measured=False, killed=None)
    Pool._hold(pool, running)
    return SimpleNamespace(waited=waited, measured=running.measured)


def test_an_answer_waits_for_its_moment_and_is_booked_to_it() -> None:
    at = moment() + 60_000
    assert hold(at).waited == [at, at]


def test_an_answer_later_than_its_moment_is_dropped() -> None:
    with pytest.raises(Overdue):
        hold(moment() - 1)
