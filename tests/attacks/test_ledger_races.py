"""However many ask at once, no cap is passed and no charge is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.errors import Refused
from sandbox.ledger import JobState, Ledger, WrongState
from sandbox.nouns.spend import Spend
from tests.attacks.test_ledger_crashes import child
from tests.ledger.makers import ACCOUNTS, PRICE, failed, finish, open_ledger, reserve, submitted, with_caps


def granted(ledger: Ledger, job: str, price: Spend = PRICE) -> bool:
    try:
        reserve(ledger, job, price)
    except Refused as refusal:
        if refusal.code != "budget_exhausted":
            raise
        return False
    return True


def all_spent(ledger: Ledger) -> Spend:
    (only,) = {ledger.balance(scope, name)[1] for scope, name in ACCOUNTS}
    return only


@pytest.mark.parametrize("tightest", range(3))
def test_64_threads_never_pass_any_of_three_caps(home: Path, tightest: int) -> None:
    ledger = with_caps(home, Spend(PRICE.rho * 50, PRICE.delta * 50))
    ledger.set_cap(*ACCOUNTS[tightest], Spend(PRICE.rho * 11 + 6, PRICE.delta * 40))
    with ThreadPoolExecutor(64) as pool:
        grants = list(pool.map(lambda number: granted(ledger, str(number)), range(64)))
    assert sum(grants) == 11
    assert all_spent(ledger) == Spend(PRICE.rho * 11, PRICE.delta * 11)
    assert ledger.verify().ok
    ledger.close()


def test_4_processes_of_8_threads_never_pass_a_cap(home: Path) -> None:
    with_caps(home, Spend(PRICE.rho * 21, PRICE.delta * 99)).close()
    processes = [child("reserve", str(home), f"p{number}", "16") for number in range(4)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    grants = [int(process.communicate()[0]) for process in processes]
    assert sum(grants) == 21
    ledger = open_ledger(home)
    assert all_spent(ledger) == Spend(PRICE.rho * 21, PRICE.delta * 21)
    assert ledger.verify().ok
    ledger.close()


def test_several_ledgers_on_one_file_write_one_log(home: Path) -> None:
    ledgers = [with_caps(home, Spend(10**6, 10**6)) for _ in range(4)]

    def job(number: int) -> int:
        ledger = ledgers[number % 4]
        reserve(ledger, str(number))
        ledger.touch(str(number))
        return finish(ledger, str(number))

    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(job, range(40)))
    assert len(set(numbers)) == 40
    assert all(ledger.verify().ok for ledger in ledgers)
    assert all_spent(ledgers[0]) == Spend(PRICE.rho * 40, PRICE.delta * 40)
    for ledger in ledgers:
        ledger.close()


def test_one_job_is_finished_once_however_many_try(home: Path) -> None:
    ledger = with_caps(home, Spend(70, 30))
    reserve(ledger, "j")
    ledger.touch("j")

    def end(number: int) -> bool:
        try:
            finish(ledger, "j") if number % 2 else ledger.fail("j", failed("j", touched=True))
        except WrongState:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(end, range(32))) == 1
    assert all_spent(ledger) == PRICE
    assert ledger.verify().ok
    ledger.close()


def test_one_question_is_paid_once_however_many_ask(home: Path) -> None:
    ledger = with_caps(home, Spend(700, 300))

    def ask(number: int) -> str:
        try:
            reserve(ledger, str(number), replay_key="the question")
        except Refused as refusal:
            return refusal.code
        return "granted"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(32)))
    assert sorted(set(answers)) == ["granted", "job_in_progress"]
    assert answers.count("granted") == 1
    assert all_spent(ledger) == PRICE
    ledger.close()


class TestDefectsOfPeers:
    """Two ways in which a ledger of another product lost budget; neither works here."""

    def test_no_update_is_lost_among_8_threads_with_25_jobs_each(self, home: Path) -> None:
        """Read balance, add, write back: 20 granted under a cap of 10, and 2.5 recorded."""
        price = Spend(10**11)
        ledger = with_caps(home, Spend(100 * price.rho))

        def thread(name: int) -> int:
            return sum(granted(ledger, f"{name}-{number}", price) for number in range(25))

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(thread, range(8))) == 100
        assert all_spent(ledger) == Spend(100 * price.rho)
        assert ledger.verify().ok
        ledger.close()

    def test_the_charge_comes_before_the_run_and_not_after(self, home: Path) -> None:
        """Run first, check the budget when the result is there: an answer exists that nobody pays for."""
        ledger = with_caps(home, Spend(PRICE.rho, PRICE.delta))
        assert granted(ledger, "first")
        assert not granted(ledger, "second")
        assert ledger.state("second") is None  # refused outright: it does not stay in progress
        for step in (lambda: ledger.touch("second"), lambda: finish(ledger, "second")):
            with pytest.raises(WrongState):
                step()
        with pytest.raises(WrongState):
            finish(ledger, "first")  # reserved is not enough: touch is durable before data is
        ledger.touch("first")
        ledger.fail("first", failed("first", touched=True))
        assert ledger.state("first") is JobState.FAILED
        assert all_spent(ledger) == PRICE
        ledger.close()

    def test_a_refused_job_may_ask_again_for_less(self, home: Path) -> None:
        ledger = with_caps(home, Spend(5, 5))
        assert not granted(ledger, "j")
        ledger.reserve("j", ACCOUNTS, Spend(5, 5), submitted("j", Spend(5, 5)))
        ledger.close()
