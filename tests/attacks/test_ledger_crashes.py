"""Killing the process at any moment never gives a free answer and never charges twice."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.ledger import JobState, Ledger
from sandbox.nouns.spend import Spend
from tests.attacks.ledger_child import JOB
from tests.ledger.makers import ACCOUNTS, PRICE, answer, open_ledger, stored, with_caps

ROOT = Path(__file__).parents[2]
NOTHING = Spend(0)

MOMENTS = {
    # nothing was touched: nothing may stay spent
    "reserve:uncommitted": (None, NOTHING),
    "reserve:committed": (JobState.FAILED, NOTHING),
    "reserve:returned": (JobState.FAILED, NOTHING),
    "touch:uncommitted": (JobState.FAILED, NOTHING),
    # data may have been touched: the price stays spent
    "touch:committed": (JobState.FAILED, PRICE),
    "touch:returned": (JobState.FAILED, PRICE),
    "finish:uncommitted": (JobState.FAILED, PRICE),
    # the answer is stored: it is there to be replayed, charged once
    "finish:committed": (JobState.RELEASED, PRICE),
    "finish:returned": (JobState.RELEASED, PRICE),
}


def child(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.attacks.ledger_child", *arguments],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def kill_at(home: Path, point: str) -> None:
    process = child("stop", str(home), point)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == point
    process.kill()
    process.communicate()


def spent(ledger: Ledger) -> Spend:
    (only,) = {ledger.balance(scope, name)[1] for scope, name in ACCOUNTS}
    return only


@pytest.mark.parametrize("point", MOMENTS)
def test_a_kill_at_any_step_neither_answers_free_nor_charges_twice(home: Path, point: str) -> None:
    with_caps(home, Spend(70, 30)).close()
    kill_at(home, point)
    state, price = MOMENTS[point]
    ledger = open_ledger(home)
    recovered = ledger.recover()
    assert ledger.state(JOB) is state
    assert spent(ledger) == price
    assert (stored(ledger, f"key of {JOB}") is not None) == (state is JobState.RELEASED)
    assert [item.job for item in recovered] == ([JOB] if state is JobState.FAILED else [])
    assert all(item.touched == (price != NOTHING) for item in recovered)
    assert ledger.recover() == []
    assert ledger.verify().ok
    answer(ledger, "the next job")
    assert spent(ledger) == price + PRICE
    assert ledger.verify().ok
    ledger.close()


def test_a_kill_while_the_tables_are_made_leaves_a_ledger_to_make(bare_home: Path) -> None:
    kill_at(bare_home, "open:uncommitted")
    ledger = with_caps(bare_home, Spend(70, 30))
    answer(ledger, "job")
    assert ledger.verify().ok
    ledger.close()


def test_kills_at_random_moments_lose_no_charge_and_no_answer(home: Path) -> None:
    with_caps(home, Spend(10**9, 10**9)).close()
    touched: set[str] = set()
    answered: set[str] = set()
    for turn in range(4):
        process = child("work", str(home), f"turn{turn}")
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(0.05 + 0.037 * turn)
        process.kill()
        rest, _ = process.communicate()
        for line in (first + rest).splitlines(keepends=True):
            word, _, job = line.strip().partition(" ")
            if line.endswith("\n"):
                (touched if word == "data" else answered).add(job)
        ledger = open_ledger(home)
        recovered = ledger.recover()
        assert len(recovered) <= 1
        assert ledger.verify().ok
        ledger.close()
    ledger = open_ledger(home)
    assert answered
    for job in answered:
        assert stored(ledger, f"key of {job}") is not None
    for job in touched:
        assert ledger.state(job) in (JobState.RELEASED, JobState.FAILED)
    paid = [
        record.body for record in ledger.records(0, 10**6)
        if record.kind == "release" or (record.kind == "failure" and record.body["touched"])
    ]  # fmt: skip
    assert touched <= {body["job"] for body in paid}
    assert spent(ledger) == Spend(PRICE.rho * len(paid), PRICE.delta * len(paid))
    ledger.close()


def test_recovery_leaves_the_jobs_of_a_living_process_alone(home: Path) -> None:
    with_caps(home, Spend(70, 30)).close()
    process = child("stop", str(home), "touch:returned")
    assert process.stdout is not None
    process.stdout.readline()
    ledger = open_ledger(home)
    assert ledger.recover() == []
    assert ledger.state(JOB) is JobState.TOUCHED
    process.kill()
    process.communicate()
    assert [item.touched for item in ledger.recover()] == [True]
    ledger.close()
