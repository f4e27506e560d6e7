"""The control database goes away in the middle of a job, and comes back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import Unavailable
from sandbox.ledger import JobState, Ledger
from sandbox.nouns.spend import Spend
from tests.ledger.makers import (
    ACCOUNTS,
    PRICE,
    SIGNER,
    answer,
    finish,
    notice,
    open_ledger,
    reserve,
    stored,
    with_caps,
)
from tests.postgres import Server

ROOT = Path(__file__).parents[2]


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that this test may stop."""
    server = Server.make()
    yield server
    server.remove()


@pytest.fixture
def ledger(own: Server, tmp_path: Path) -> Iterator[Ledger]:
    url = own.url(own.migrated())
    opened = Ledger.open(url, SIGNER, checkpoint=tmp_path / "log" / "checkpoint.txt")
    for scope, name in ACCOUNTS:
        opened.set_cap(scope, name, Spend(70, 30))
    yield opened
    opened.close()


def test_what_it_cannot_write_it_does_not_answer_and_it_recovers_by_itself(
    own: Server, ledger: Ledger
) -> None:
    reserve(ledger, "untouched")
    reserve(ledger, "touched")
    ledger.touch("touched")
    own.stop()
    attempts = (
        lambda: ledger.touch("untouched"), lambda: finish(ledger, "touched"), lambda: reserve(ledger, "new"),
        lambda: ledger.append(notice()), lambda: ledger.checkpoint(), lambda: ledger.balance(*ACCOUNTS[0]),
    )  # fmt: skip
    for attempt in attempts:
        with pytest.raises(Unavailable) as raised:
            attempt()
        assert raised.value.code == "ledger_unavailable"
        assert str(own.folder) not in str(raised.value)
    own.start()
    # nobody works on them any more, though this process lives: the untouched one costs nothing
    assert {each.job: each.touched for each in ledger.recover()} == {"untouched": False, "touched": True}
    assert ledger.state("new") is None
    assert ledger.state("touched") is JobState.FAILED
    assert stored(ledger, "key of touched") is None
    assert ledger.balance(*ACCOUNTS[0])[1] == PRICE
    answer(ledger, "next")
    assert ledger.balance(*ACCOUNTS[0])[1] == PRICE + PRICE
    assert ledger.verify().ok


def test_recovery_leaves_the_jobs_that_are_worked_on_alone(own: Server, ledger: Ledger) -> None:
    reserve(ledger, "other")
    own.stop()
    with pytest.raises(Unavailable):
        reserve(ledger, "lost")
    own.start()
    assert ledger.recover() == []
    assert ledger.state("other") is JobState.RESERVED


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from sandbox.errors import Unavailable
from tests.ledger.makers import answer, open_ledger
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
home = Path(sys.argv[1])
ledger = open_ledger(home)
largest = max(path.stat().st_size for path in home.iterdir() if path.is_file())
resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 40_000, resource.RLIM_INFINITY))
for number in range(1000):
    try:
        answer(ledger, str(number))
    except Unavailable as full:
        assert full.code == "ledger_unavailable"
        break
    print("answered", number, flush=True)
else:
    raise AssertionError("the disk never was full")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
ledger.recover()
answer(ledger, "with room again")
assert ledger.verify().ok
"""


def test_a_full_disk_ends_answers_and_loses_none_that_was_given(tmp_path: Path) -> None:
    with_caps(tmp_path, Spend(10**6, 10**6)).close()
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answered = [line.split()[1] for line in done.stdout.splitlines()]
    assert answered
    ledger = open_ledger(tmp_path)
    for job in answered:
        assert ledger.state(job) is JobState.RELEASED
    released = len(answered) + 1
    spent = ledger.balance(*ACCOUNTS[0])[1]
    assert Spend(PRICE.rho * released, PRICE.delta * released).within(spent)
    assert ledger.verify().ok
    ledger.close()
