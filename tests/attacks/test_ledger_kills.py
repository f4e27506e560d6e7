"""Workers killed at random moments, many times, on both databases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def kill(home: Path, count: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.attacks.ledger_kills", str(home), str(count)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert "all are there" in done.stdout
    print(done.stdout)


def test_25_kills_lose_nothing_and_give_nothing_free(home: Path) -> None:
    kill(home, 25)


@pytest.mark.full
def test_1000_kills_lose_nothing_and_give_nothing_free(home: Path) -> None:
    kill(home, 500)
