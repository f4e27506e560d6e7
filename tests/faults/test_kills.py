"""Whole servers and workers killed at random moments while developers ask over REST, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.test_processes import ROOT
from tests.postgres import address

FEW = int(os.environ.get("SANDBOX_TEST_KILLS", "6"))
"""Kills on each database in a usual run."""


def kill(home: Path, memory: Path, count: int) -> None:
    where = address(home)
    url = [where] if isinstance(where, str) else []
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.kills", str(home), str(memory), str(count), *url],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    assert "all are there" in done.stdout
    print(done.stdout)


def test_a_few_kills_lose_no_answer_and_give_none_free(home: Path, memory_folder: Path) -> None:
    kill(home, memory_folder, FEW)


@pytest.mark.full
def test_1000_kills_lose_no_answer_and_give_none_free(home: Path, memory_folder: Path) -> None:
    kill(home, memory_folder, 500)
