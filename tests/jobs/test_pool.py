"""An answer leaves at its booked moment or not at all."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.jobs.pool import Overdue, Pool


def hold(left: float) -> SimpleNamespace:
    waited: list[float] = []
    pool: Any = SimpleNamespace(
        slots=SimpleNamespace(fixed=True),
        _wait=lambda running, unless: waited.append(running.left),
        _clock=SimpleNamespace(book=waited.append),
    )
    running: Any = SimpleNamespace(job=SimpleNamespace(visible_at=7), left=left, measured=False, killed=None)
    Pool._hold(pool, running)
    return SimpleNamespace(waited=waited, measured=running.measured)


def test_an_answer_waits_for_its_moment_and_is_booked_to_it() -> None:
    assert hold(60.0).waited == [60.0, 7]


def test_an_answer_later_than_its_moment_is_dropped() -> None:
    with pytest.raises(Overdue):
        hold(-0.001)
