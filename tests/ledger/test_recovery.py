"""Jobs that nobody works on any more are ended once, by whoever looks first."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import Unavailable
from sandbox.ledger import JobState, Ledger
from sandbox.ledger.owner import Owner
from sandbox.nouns.spend import Spend
from tests.ledger.makers import ACCOUNTS, PRICE, failed, open_ledger, reserve


def spent(ledger: Ledger) -> set[Spend]:
    return {spent for _, spent in ledger.balances(ACCOUNTS)}


def test_a_step_that_the_database_did_not_answer_gives_the_job_up(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner lives, and no longer knows what has happened."""
    for job in ("lost", "kept"):
        reserve(ledger, job)

    def silent(*_: object) -> None:
        raise Unavailable("ledger_unavailable", "")

    with monkeypatch.context() as patch:
        patch.setattr(ledger._writer, "run", silent)
        with pytest.raises(Unavailable):
            ledger.touch("lost")
    assert [(each.job, each.touched) for each in ledger.recover()] == [("lost", False)]
    assert ledger.recover() == []
    assert (ledger.state("lost"), ledger.state("kept")) == (JobState.FAILED, JobState.RESERVED)
    assert spent(ledger) == {PRICE}


def test_a_job_that_another_process_ends_first_is_not_ended_again(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_ledger(tmp_path)
    reserve(ledger, "j")

    def dead(_owner: Owner) -> bool:
        other.fail("j", failed("j", touched=False))
        return False

    monkeypatch.setattr(Owner, "alive", dead)
    assert ledger.recover() == []
    assert spent(ledger) == {Spend(0)}
    other.close()
