"""A process that works with a ledger until it is killed; run as a program by the tests.

ledger_child stop HOME POINT     one job; says POINT and waits there for ever
ledger_child reserve HOME NAME COUNT    COUNT reservations from 8 threads; says how many were granted
ledger_child work HOME NAME      job after job; says each step once it is durable
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sandbox.errors import Refused
from sandbox.ledger import database, jobs, steps, witness
from tests.ledger.makers import finish, open_ledger, reserve

JOB = "the-job"


def say(text: str) -> None:
    print(text, flush=True)


def wait(point: str) -> None:
    say(point)
    time.sleep(600)


def stop(home: Path, point: str) -> None:
    """Run one job and stay at a named moment of it."""
    step, _, moment = point.partition(":")
    current = {"step": "open"}
    _stop_within(step, moment, current, point)
    ledger = open_ledger(home)
    for name, act in (
        ("reserve", lambda: reserve(ledger, JOB)),
        ("touch", lambda: ledger.touch(JOB)),
        ("finish", lambda: finish(ledger, JOB)),
    ):
        current["step"] = name
        act()
        if (name, "returned") == (step, moment):
            wait(point)


def _stop_within(step: str, moment: str, current: dict[str, str], point: str) -> None:
    def after(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            result = function(*arguments, **options)
            if current["step"] == step and moment == "uncommitted":
                wait(point)
            return result

        return wrapped

    def before(function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **options: Any) -> Any:
            if current["step"] == step and moment == "committed":
                wait(point)
            return function(*arguments, **options)

        return wrapped

    patch.object(database, "_upgrade", after(database._upgrade)).start()
    patch.object(steps, "reserve", after(steps.reserve)).start()
    patch.object(steps, "finish", after(steps.finish)).start()
    patch.object(jobs, "move", after(jobs.move) if step == "touch" else jobs.move).start()
    patch.object(witness.Witness, "keep", before(witness.Witness.keep)).start()


def reserve_many(home: Path, name: str, count: int) -> None:
    ledger = open_ledger(home)

    def once(number: int) -> bool:
        try:
            reserve(ledger, f"{name}-{number}")
        except Refused as refusal:
            if refusal.code != "budget_exhausted":
                raise
            return False
        return True

    say("ready")
    sys.stdin.readline()
    with ThreadPoolExecutor(8) as pool:
        say(str(sum(pool.map(once, range(count)))))
    ledger.close()


def work(home: Path, name: str) -> None:
    ledger = open_ledger(home)
    for number in range(1_000_000):
        job = f"{name}-{number}"
        reserve(ledger, job)
        ledger.touch(job)
        say(f"data {job}")
        finish(ledger, job)
        say(f"answer {job}")


if __name__ == "__main__":
    act, home = sys.argv[1], Path(sys.argv[2])
    if act == "stop":
        stop(home, sys.argv[3])
    elif act == "reserve":
        reserve_many(home, sys.argv[3], int(sys.argv[4]))
    else:
        work(home, sys.argv[3])
