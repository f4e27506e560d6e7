"""A failure after touch may tell a bit: an agreement gets few of them, then somebody looks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import Refused, Sandbox, gateway
from sandbox.errors import JobFailed
from sandbox.ledger.holds import MOST_FAILURES
from sandbox.workspace import EngineFailure
from tests import clinic

QUESTION = "SELECT count(*) FROM visits WHERE amount > {}"


def test_after_a_few_failures_nothing_is_answered_until_the_operator_has_looked(tmp_path: Path) -> None:
    policy, home = clinic.small(tmp_path, people=40), tmp_path / "home"
    with Sandbox.local(str(policy), home=str(home)) as box:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gateway.OpenWorkspace, "exact", failing)
            for turn in range(MOST_FAILURES):
                with pytest.raises(JobFailed):
                    box.query(QUESTION.format(turn), epsilon="0.1")
        spent = box.ledger.balance("dataset", "clinic")[1]
        with pytest.raises(Refused, match="agreement_held"):
            box.query(QUESTION.format(99), epsilon="0.1")
        assert box.ledger.balance("dataset", "clinic")[1] == spent
    with Sandbox.local(str(policy), home=str(home)) as box, pytest.raises(Refused, match="agreement_held"):
        box.query(QUESTION.format(99), epsilon="0.1")
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from sandbox.cli import main; main()", "log", "review", str(policy)),
            *("--home", str(home), "--reason", "the engine was killed by hand"),
        ],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, f"{MOST_FAILURES} failed jobs reviewed\n"), done.stderr
    with Sandbox.local(str(policy), home=str(home)) as box:
        assert box.query(QUESTION.format(99), epsilon="0.1").rows()
        assert box.review_failures("nothing new") == 0
        assert box.ledger.verify().ok


def failing(workspace: object, sql: str, *beside: object) -> object:
    raise EngineFailure("died")
