"""Kill processes that work with one ledger, again and again, and hold what they said against what is there.

ledger_kills HOME COUNT [SEED]    two workers at a time; one is killed after a random moment, and replaced

A worker says each step once it is durable. Whatever the moment of its death: what was said is there, nothing
is answered twice or free, no cap is passed, and the log verifies. Workers are forked from this process, which
has imported everything and opens no ledger of its own, so a kill costs a tenth of a second.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.errors import Refused
from sandbox.ledger import JobState
from sandbox.nouns.event import Released
from sandbox.nouns.spend import Spend
from tests.ledger.makers import ACCOUNTS, PRICE, finish, open_ledger, reserve, stored

LONGEST = 0.12
"""Longest life of a worker beyond its start, seconds."""
AT_WORK = 0.9
"""Share of the kills that wait until a worker has opened its ledger; the others hit it while it opens."""


@dataclass
class Said:
    """What workers have said."""

    touched: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)

    def take(self, text: str) -> None:
        for line in text.splitlines(keepends=True):
            word, _, job = line.strip().partition(" ")
            if line.endswith("\n") and word in ("data", "answer"):  # one cut by the kill says nothing
                (self.touched if word == "data" else self.answered).add(job)


@dataclass
class Worker:
    pid: int
    reading: int

    @classmethod
    def fork(cls, home: Path, name: str) -> Worker:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _run(lambda: _work(home, name, writing))
        os.close(writing)
        return cls(pid, reading)

    def kill(self) -> str:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        with os.fdopen(self.reading, "rb") as stream:
            return stream.read().decode()


def _work(home: Path, name: str, writing: int) -> None:
    """Job after job; every question is asked under a key that other workers ask, too."""
    ledger = open_ledger(home)
    ledger.recover()
    os.write(writing, b"open\n")
    for number in range(1_000_000):
        job = f"{name}-{number}"
        try:
            reserve(ledger, job, replay_key=f"key of {job}")
        except Refused:
            time.sleep(600)  # the cap is reached: nothing more to do but to be killed
        ledger.touch(job)
        os.write(writing, f"data {job}\n".encode())
        finish(ledger, job)
        os.write(writing, f"answer {job}\n".encode())


def _run(act: Callable[[], None]) -> None:
    """Act in a forked child, which never returns."""
    try:
        act()
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def in_a_child(act: Callable[[], None]) -> None:
    pid = os.fork()
    if pid == 0:
        _run(act)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, "a check failed"


def check(home: Path, said: Said, cap: Spend) -> None:
    """Everything that was said is in the ledger, once, and paid for."""
    ledger = open_ledger(home)
    ledger.recover()
    assert ledger.verify().ok
    for job in said.answered:
        assert ledger.state(job) is JobState.RELEASED
        assert stored(ledger, f"key of {job}") is not None
    for job in said.touched:
        assert ledger.state(job) in (JobState.RELEASED, JobState.FAILED)
    records = ledger.records(0, 10**6)
    paid = [
        each.body["job"] for each in records
        if each.kind == Released.kind or (each.kind == "failure" and each.body["touched"])
    ]  # fmt: skip
    assert len(paid) == len(set(paid)), "a job ended twice"
    assert said.touched <= set(paid), "somebody saw data and did not pay"
    for scope, name in ACCOUNTS:
        limit, spent = ledger.balance(scope, name)
        assert spent == Spend(PRICE.rho * len(paid), PRICE.delta * len(paid))
        assert spent.within(limit)
        assert limit == cap
    ledger.close()


def main(home: Path, kills: int, seed: int) -> Said:
    chance = random.Random(seed)
    cap = Spend(PRICE.rho * kills * 50, PRICE.delta * kills * 50)

    def prepare() -> None:
        ledger = open_ledger(home)
        for scope, name in ACCOUNTS:
            ledger.set_cap(scope, name, cap)
        ledger.close()

    in_a_child(prepare)
    said = Said()
    workers = [Worker.fork(home, f"w{seed}-{number}") for number in range(2)]
    for turn in range(kills):
        place = chance.randrange(2)
        if chance.random() < AT_WORK:
            select.select([workers[place].reading], [], [])
        time.sleep(chance.random() * LONGEST)
        said.take(workers[place].kill())
        workers[place] = Worker.fork(home, f"k{seed}-{turn}")
    for worker in workers:
        said.take(worker.kill())
    in_a_child(lambda: check(home, said, cap))
    return said


if __name__ == "__main__":
    began = time.monotonic()
    number = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(2**31)
    found = main(Path(sys.argv[1]), int(sys.argv[2]), number)
    seconds = time.monotonic() - began
    assert found.answered, "nobody lived long enough"
    print(
        f"seed {number}: {sys.argv[2]} kills in {seconds:.0f} s, {len(found.touched)} jobs saw data, "
        f"{len(found.answered)} were answered; all are there"
    )
