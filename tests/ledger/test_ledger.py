"""Budget, job and record move together, exactly once."""

import json
import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.errors import IntegrityBroken, Refused, SandboxError, Unavailable
from sandbox.ledger import JobState, Ledger, WrongState, jobs
from sandbox.ledger.schema import LARGEST
from sandbox.nouns.event import EVENTS, Notice, Submitted
from sandbox.nouns.spend import Spend
from sandbox.seal import Ed25519Signer
from tests.ledger.makers import (
    ACCOUNTS,
    PRICE,
    RESULT,
    answer,
    failed,
    finish,
    notice,
    open_ledger,
    released,
    reserve,
    stored,
    submitted,
    with_caps,
)  # fmt: skip


def spent(ledger: Ledger) -> set[Spend]:
    return {ledger.balance(scope, name)[1] for scope, name in ACCOUNTS}


def refusal(ledger: Ledger, job: str, price: Spend) -> Refused:
    with pytest.raises(Refused) as caught:
        reserve(ledger, job, price)
    return caught.value


class TestBudget:
    def test_a_reservation_counts_as_spent_on_every_account(self, ledger: Ledger) -> None:
        reserve(ledger, "j")
        assert spent(ledger) == {PRICE}

    def test_a_price_that_fits_exactly_fits(self, ledger: Ledger) -> None:
        reserve(ledger, "j", Spend(70, 30))
        assert spent(ledger) == {Spend(70, 30)}

    @pytest.mark.parametrize("price", [Spend(71, 30), Spend(70, 31), Spend(2**64, 0), Spend(0, 2**64)])
    def test_a_price_over_the_cap_writes_nothing(self, ledger: Ledger, price: Spend) -> None:
        before = ledger.checkpoint()
        assert refusal(ledger, "j", price).code == "budget_exhausted"
        assert spent(ledger) == {Spend(0)}
        assert ledger.checkpoint() == before
        assert ledger.state("j") is None

    @pytest.mark.parametrize("scope", ["dataset", "agreement", "organisation"])
    def test_the_smallest_cap_holds_and_is_named(self, ledger: Ledger, scope: str) -> None:
        ledger.set_cap(scope, dict(ACCOUNTS)[scope], Spend(6, 30))
        assert scope in refusal(ledger, "j", PRICE).reason
        assert spent(ledger) == {Spend(0)}

    def test_an_account_that_was_never_made_has_no_room(self, ledger: Ledger) -> None:
        with pytest.raises(Refused) as caught:
            ledger.reserve("j", [("dataset", "unknown")], PRICE, submitted("j"))
        assert caught.value.code == "budget_exhausted"
        assert ledger.balance("dataset", "unknown") == (Spend(0), Spend(0))

    def test_a_cap_below_what_is_spent_lets_nothing_more_in(self, ledger: Ledger) -> None:
        answer(ledger, "j1")
        ledger.set_cap("dataset", ACCOUNTS[0][1], Spend(1, 1))
        assert refusal(ledger, "j2", Spend(1, 0)).code == "budget_exhausted"
        assert ledger.balance(*ACCOUNTS[0]) == (Spend(1, 1), PRICE)
        assert ledger.verify().ok

    @pytest.mark.parametrize("account", [("person", "x"), ("dataset", "")])
    def test_only_a_proper_account_has_a_cap(self, ledger: Ledger, account: tuple[str, str]) -> None:
        with pytest.raises(ValueError, match="account"):
            ledger.set_cap(*account, PRICE)

    def test_setting_the_same_cap_again_records_nothing(self, ledger: Ledger) -> None:
        before = ledger.checkpoint()
        ledger.set_cap(*ACCOUNTS[0], Spend(70, 30))
        assert ledger.checkpoint() == before
        ledger.set_cap(*ACCOUNTS[0], Spend(71, 30))
        assert json.loads(ledger.records()[-1].leaf)["details"]["rho"] == "71"

    def test_an_endless_cap_is_kept_as_the_largest_amount(self, ledger: Ledger) -> None:
        ledger.set_cap("dataset", "large", Spend(2**80, 2**80))
        largest = Spend(LARGEST, LARGEST)
        ledger.reserve("j", [("dataset", "large")], largest, submitted("j", largest))
        assert ledger.balance("dataset", "large") == (largest, largest)
        with pytest.raises(Refused):
            ledger.reserve("k", [("dataset", "large")], Spend(1), submitted("k", Spend(1)))
        assert ledger.verify().ok

    def test_amounts_are_exact(self, tmp_path: Path) -> None:
        odd = 2**53 + 1  # no float holds it
        ledger = with_caps(tmp_path, Spend(2 * odd, 2 * odd))
        reserve(ledger, "a", Spend(odd, odd))
        reserve(ledger, "b", Spend(odd, odd))
        assert spent(ledger) == {Spend(2 * odd, 2 * odd)}
        assert refusal(ledger, "c", Spend(1, 0)).code == "budget_exhausted"
        ledger.close()


class TestJobs:
    def test_a_job_that_is_answered_stays_spent_and_is_stored(self, ledger: Ledger) -> None:
        number = answer(ledger, "j")
        found = stored(ledger, "key of j")
        assert found is not None
        assert (found.number, found.path, found.sha256, found.job) == (number, "release/j", RESULT, "j")
        other = answer(ledger, "k")
        assert ledger.read(lambda it: jobs.released(it, number)) == found
        assert ledger.read(lambda it: jobs.released(it, other + 1)) is None
        assert spent(ledger) == {PRICE + PRICE}
        assert ledger.state("j") is JobState.RELEASED
        assert stored(ledger, "another key") is None

    def test_a_failure_before_touch_gives_the_price_back(self, ledger: Ledger) -> None:
        reserve(ledger, "j")
        number = ledger.fail("j", failed("j", touched=False))
        assert spent(ledger) == {Spend(0)}
        assert ledger.record(number).body["rho"] == 0

    def test_a_failure_after_touch_keeps_the_price(self, ledger: Ledger) -> None:
        reserve(ledger, "j")
        ledger.touch("j")
        number = ledger.fail("j", failed("j", touched=True))
        assert spent(ledger) == {PRICE}
        assert (ledger.record(number).body["rho"], ledger.record(number).body["delta"]) == (7, 3)

    def test_a_touched_job_cannot_claim_that_it_touched_nothing(self, ledger: Ledger) -> None:
        reserve(ledger, "j")
        ledger.touch("j")
        with pytest.raises(WrongState):
            ledger.fail("j", failed("j", touched=False))
        assert spent(ledger) == {PRICE}

    def test_an_untouched_job_cannot_claim_touch(self, ledger: Ledger) -> None:
        reserve(ledger, "j")
        with pytest.raises(WrongState):
            ledger.fail("j", failed("j", touched=True))
        assert ledger.state("j") is JobState.RESERVED

    def test_no_step_is_taken_twice_or_out_of_order(self, ledger: Ledger) -> None:
        reserve(ledger, "j")
        with pytest.raises(WrongState):
            reserve(ledger, "j")
        with pytest.raises(WrongState):
            finish(ledger, "j")
        ledger.touch("j")
        with pytest.raises(WrongState):
            ledger.touch("j")
        finish(ledger, "j")
        before = ledger.checkpoint()
        for step in (
            lambda: finish(ledger, "j"),
            lambda: ledger.touch("j"),
            lambda: ledger.fail("j", failed("j", touched=True)),
            lambda: ledger.fail("j", failed("j", touched=False)),
        ):
            with pytest.raises(WrongState):
                step()
        assert ledger.checkpoint() == before
        assert spent(ledger) == {PRICE}

    def test_unknown_jobs_take_no_step(self, ledger: Ledger) -> None:
        for step in (
            lambda: ledger.touch("x"),
            lambda: finish(ledger, "x"),
            lambda: ledger.fail("x", failed("x", touched=False)),
        ):
            with pytest.raises(WrongState):
                step()

    def test_a_release_never_costs_more_than_was_reserved(self, ledger: Ledger) -> None:
        reserve(ledger, "j")
        ledger.touch("j")
        for price in (Spend(8, 3), Spend(7, 4)):
            with pytest.raises(ValueError, match="more than was reserved"):
                finish(ledger, "j", price)
        assert ledger.state("j") is JobState.TOUCHED
        assert stored(ledger, "key of j") is None

    def test_records_of_another_job_price_or_result_are_refused(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="another job or price"):
            ledger.reserve("j", ACCOUNTS, PRICE, submitted("k"))
        with pytest.raises(ValueError, match="another job or price"):
            ledger.reserve("j", ACCOUNTS, PRICE, submitted("j", Spend(6, 3)))
        for job, result in (("j", "cd" * 32), ("k", RESULT)):
            with pytest.raises(ValueError, match="another job or result"):
                ledger.finish("j", released(job), replay_key="k", path="p", result_sha256=result)
        with pytest.raises(ValueError, match="another job"):
            ledger.fail("j", failed("k", touched=False))

    @pytest.mark.parametrize(
        "accounts", [[], [ACCOUNTS[0], ACCOUNTS[0]], [("person", "x")], [("dataset", "")]]
    )
    def test_a_job_is_charged_to_proper_accounts(
        self, ledger: Ledger, accounts: list[tuple[str, str]]
    ) -> None:
        with pytest.raises(ValueError, match="account"):
            ledger.reserve("j", accounts, PRICE, submitted("j"))

    def test_a_job_has_a_name(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="has a name"):
            reserve(ledger, "")
        assert spent(ledger) == {Spend(0)}


class TestReplayKey:
    def test_two_jobs_never_work_on_one_question(self, ledger: Ledger) -> None:
        reserve(ledger, "j1", replay_key="q")
        with pytest.raises(Refused) as caught:
            reserve(ledger, "j2", replay_key="q")
        assert caught.value.code == "job_in_progress"
        assert spent(ledger) == {PRICE}
        ledger.touch("j1")
        finish(ledger, "j1", key="q")
        with pytest.raises(Refused) as caught:
            reserve(ledger, "j2", replay_key="q")
        assert caught.value.code == "already_released"
        assert ledger.verify().ok

    def test_a_failed_job_sets_its_question_free(self, ledger: Ledger) -> None:
        reserve(ledger, "j1", replay_key="q")
        ledger.fail("j1", failed("j1", touched=False))
        reserve(ledger, "j2", replay_key="q")
        assert spent(ledger) == {PRICE}

    def test_a_job_cannot_answer_another_question_than_it_reserved(self, ledger: Ledger) -> None:
        reserve(ledger, "j", replay_key="q")
        ledger.touch("j")
        with pytest.raises(ValueError, match="another question"):
            finish(ledger, "j", key="other")

    def test_measured_afresh_the_newest_release_is_the_stored_one(self, ledger: Ledger) -> None:
        for job in ("j1", "j2"):
            reserve(ledger, job)
            ledger.touch(job)
            number = finish(ledger, job, key="q")
        found = stored(ledger, "q")
        assert found is not None
        assert (found.number, found.job) == (number, "j2")


class TestLog:
    def test_records_come_back_as_their_nouns(self, ledger: Ledger) -> None:
        number = reserve(ledger, "j")
        event = ledger.record(number).event
        assert event == replace(submitted("j"), accounts=[list(account) for account in sorted(ACCOUNTS)])
        assert isinstance(event, Submitted)
        assert ledger.record(number).kind in EVENTS

    def test_records_are_numbered_from_nought_without_gaps(self, ledger: Ledger) -> None:
        for job in range(5):
            answer(ledger, str(job))
        assert [record.number for record in ledger.records()] == list(range(3 + 10))
        assert [record.number for record in ledger.records(4, 3)] == [4, 5, 6]
        with pytest.raises(KeyError):
            ledger.record(13)
        with pytest.raises(KeyError):
            ledger.record(-1)
        with pytest.raises(KeyError):
            ledger.proof(13)

    def test_the_latest_record_of_a_kind_is_found(self, ledger: Ledger) -> None:
        ledger.append(notice("one"))
        ledger.append(notice("two"))
        ledger.append(Notice(at="t", actor="x", dataset="other", what="three", details={}))
        latest = ledger.latest("notice", "门诊结算")
        assert latest is not None
        assert latest["what"] == "two"
        assert ledger.latest("load", "门诊结算") is None

    def test_only_the_budget_writes_records_of_the_budget(self, ledger: Ledger) -> None:
        for event in (submitted("j"), released("j"), failed("j", touched=True), notice("cap")):
            with pytest.raises(ValueError, match="moves budget"):
                ledger.append(event)

    def test_what_has_no_canonical_spelling_is_not_recorded(self, ledger: Ledger) -> None:
        before = ledger.checkpoint()
        with pytest.raises(ValueError, match="float"):
            ledger.append(Notice(at="t", actor="x", what="w", details={"a": 0.5}))  # type: ignore[dict-item]
        with pytest.raises(ValueError, match="not Unicode") as caught:
            ledger.append(notice("secret\ud800"))
        assert "secret" not in str(caught.value)
        assert ledger.checkpoint() == before

    def test_the_place_of_a_stored_release_is_not_in_the_log(self, ledger: Ledger) -> None:
        number = answer(ledger, "j")
        assert b"release/j" not in ledger.record(number).leaf


class TestOpening:
    def test_everything_outlives_the_process(self, tmp_path: Path) -> None:
        first = with_caps(tmp_path, Spend(70, 30))
        answer(first, "j")
        note = first.checkpoint()
        first.close()
        second = open_ledger(tmp_path)
        assert second.checkpoint() == note
        assert spent(second) == {PRICE}
        assert second.verify().ok
        second.close()

    def test_only_the_owner_reads_the_ledger(self, ledger: Ledger, tmp_path: Path) -> None:
        answer(ledger, "j")
        for path in tmp_path.glob("ledger.db*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path

    def test_the_checkpoint_beside_the_database_is_the_newest(self, ledger: Ledger, tmp_path: Path) -> None:
        answer(ledger, "j")
        assert (tmp_path / "log" / "checkpoint.txt").read_text() == ledger.checkpoint()

    def test_a_ledger_signed_by_another_key_does_not_open(self, ledger: Ledger, tmp_path: Path) -> None:
        ledger.close()
        with pytest.raises(IntegrityBroken) as caught:
            Ledger.open(tmp_path / "ledger.db", Ed25519Signer(bytes(32)))
        assert caught.value.code == "log_broken"

    def test_a_closed_ledger_answers_nothing(self, ledger: Ledger) -> None:
        ledger.close()
        ledger.close()
        with pytest.raises(Unavailable):
            reserve(ledger, "j")

    def test_a_ledger_of_a_later_version_does_not_open(self, ledger: Ledger, tmp_path: Path) -> None:
        ledger.close()
        with sqlite3.connect(tmp_path / "ledger.db") as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
        with pytest.raises(Unavailable) as caught:
            open_ledger(tmp_path)
        assert caught.value.code == "ledger_newer"

    def test_a_ledger_does_not_cross_a_fork(self, ledger: Ledger) -> None:
        child = os.fork()
        if child == 0:
            try:
                ledger.append(notice())
            except RuntimeError:
                os._exit(7)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


class TestFailures:
    def failing(self, ledger: Ledger, path: Path) -> None:
        for step in (lambda: reserve(ledger, "j"), lambda: ledger.append(notice())):
            with pytest.raises(SandboxError) as caught:
                step()
            assert caught.value.code == "ledger_unavailable"
            assert str(path) not in str(caught.value)
            assert "SELECT" not in str(caught.value)

    def test_a_database_that_is_locked_answers_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sandbox.ledger.database.BUSY_SECONDS", 0.05)
        ledger = with_caps(tmp_path, Spend(70, 30))
        other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        self.failing(ledger, tmp_path)
        other.execute("ROLLBACK")
        other.close()
        reserve(ledger, "j")
        assert ledger.verify().ok
        ledger.close()

    def test_a_full_disk_writes_nothing(self, tmp_path: Path) -> None:
        ledger = with_caps(tmp_path, Spend(70, 30))
        with ledger._database.writer.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        done, code = 0, ""
        while not code:
            try:
                ledger.append(notice(f"act {done}" * 100))
                done += 1
            except Unavailable as error:
                code = error.code
        assert code == "ledger_unavailable"
        assert len(ledger.records(0, 10_000)) == 3 + done
        assert ledger.verify().ok
        ledger.close()

    def test_a_database_that_is_no_database_is_said_without_its_path(self, tmp_path: Path) -> None:
        (tmp_path / "ledger.db").write_bytes(b"not a database, really not" * 100)
        with pytest.raises(Unavailable) as caught:
            open_ledger(tmp_path)
        assert caught.value.code == "ledger_unavailable"
        assert str(tmp_path) not in str(caught.value)

    def test_a_checkpoint_that_cannot_be_kept_stops_what_comes_next(
        self, ledger: Ledger, tmp_path: Path
    ) -> None:
        file = tmp_path / "log" / "checkpoint.new"
        file.mkdir()
        answered = ledger.append(notice())  # committed before the copy failed
        with pytest.raises(Unavailable):
            reserve(ledger, "j")
        assert spent(ledger) == {Spend(0)}
        file.rmdir()
        assert reserve(ledger, "j") == answered + 1
        assert (tmp_path / "log" / "checkpoint.txt").read_text() == ledger.checkpoint()

    def test_a_mistake_in_one_unit_leaves_the_writer_alive(self, ledger: Ledger) -> None:
        with pytest.raises(TypeError):
            ledger.append(Notice(at="t", actor="x", what="w", details={"a": object()}))  # type: ignore[dict-item]
        assert ledger.append(notice()) == 3
