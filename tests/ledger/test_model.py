"""Any order of steps keeps every cap, and every balance is the sum of its records."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event

from sandbox.errors import Refused
from sandbox.ledger import JobState, Ledger, WrongState, steps
from sandbox.ledger.owner import Owner
from sandbox.nouns.spend import Spend
from tests.ledger.makers import ACCOUNTS, failed, finish, notice, open_ledger, reserve, stored, with_caps
from tests.postgres import Server

SPENDS = st.builds(Spend, st.integers(0, 12), st.integers(0, 12))
CAPS = st.builds(Spend, st.integers(0, 60), st.integers(0, 60))
Copy = Callable[[Path], None]
COPY: list[Copy] = []
"""Makes a home whose accounts have no room yet; one for each example."""
MOMENTS = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2090, 1, 1))


@pytest.fixture(params=["sqlite", "postgresql"])
def _homes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    """Homes on either database."""
    empty = tmp_path / "empty"
    empty.mkdir()
    if request.param == "sqlite":
        with_caps(empty, Spend(0)).close()
        COPY.append(lambda home: shutil.copytree(empty, home) and None)
        yield
    else:
        server: Server = request.getfixturevalue("postgres")
        template = server.migrated()
        (empty / "database.url").write_text(server.url(template))
        with_caps(empty, Spend(0)).close()

        def copy(home: Path) -> None:
            shutil.copytree(empty, home)
            (home / "database.url").write_text(server.url(server.database(template)))

        COPY.append(copy)
        yield
    COPY.clear()


class Crash(Exception):
    """Stands for a process that dies before its transaction is committed."""


class LedgerMachine(RuleBasedStateMachine):
    """The ledger beside the simplest model of it."""

    jobs = Bundle("jobs")

    @initialize()
    def start(self) -> None:
        self.home = Path(tempfile.mkdtemp()) / "home"
        COPY[0](self.home)
        self.handles = [open_ledger(self.home) for _ in range(2)]
        self.turns = itertools.cycle((0, 1, 1, 0, 0, 1))
        self.names = map(str, itertools.count())
        self.caps = dict.fromkeys(ACCOUNTS, Spend(0))
        self.spent = Spend(0)
        self.states: dict[str, JobState] = {}
        self.prices: dict[str, Spend] = {}
        self.acknowledged: dict[int, bytes] = {}

    @property
    def ledger(self) -> Ledger:
        """One of two open at once, as two processes have it."""
        return self.handles[next(self.turns)]

    @rule(account=st.sampled_from(ACCOUNTS), cap=CAPS)
    def set_cap(self, account: tuple[str, str], cap: Spend) -> None:
        self.ledger.set_cap(*account, cap)
        self.caps[account] = cap

    @rule(target=jobs, price=SPENDS)
    def reserve(self, price: Spend) -> str:
        job = next(self.names)
        fits = all((self.spent + price).within(cap) for cap in self.caps.values())
        try:
            reserve(self.ledger, job, price, replay_key=f"key of {job}")
        except Refused as refusal:
            if fits or refusal.code != "budget_exhausted":
                raise
        else:
            assert fits
            self.spent, self.states[job], self.prices[job] = self.spent + price, JobState.RESERVED, price
        return job

    @rule(job=jobs, step=st.sampled_from(("reserve", "touch", "finish", "fail")))
    def crash(self, job: str, step: str) -> None:
        """The transaction's work is done, and it is never committed: nothing has happened."""
        acts: dict[str, Callable[[Ledger], object]] = {
            "reserve": lambda it: reserve(it, f"crashed {job}", Spend(1)),
            "touch": lambda it: it.touch(job),
            "finish": lambda it: finish(it, job, self.prices.get(job, Spend(1))),
            "fail": lambda it: it.fail(job, failed(job, touched=self.states.get(job) is JobState.TOUCHED)),
        }
        ledger = self.ledger
        committed = ledger._database.writer

        def never(_connection: object) -> None:
            raise Crash

        event.listen(committed, "commit", never)
        try:
            acts[step](ledger)
        except (Crash, WrongState, Refused):
            pass
        finally:
            event.remove(committed, "commit", never)
        assert ledger.state(f"crashed {job}") is None

    @rule(job=jobs)
    def ask_again(self, job: str) -> None:
        """The question of a job that runs or was answered is not drawn a second time."""
        state = self.states.get(job)
        if state in (JobState.TOUCHED, JobState.RESERVED, JobState.RELEASED):
            with pytest.raises(Refused) as refused:
                reserve(self.ledger, f"again {job}", Spend(0), replay_key=f"key of {job}")
            assert refused.value.code in ("job_in_progress", "already_released")
        assert (stored(self.ledger, f"key of {job}") is not None) == (state is JobState.RELEASED)

    @rule(moment=MOMENTS)
    def jump(self, moment: dt.datetime) -> None:
        """The clock shows another year; nothing rests on it."""
        shown = moment.isoformat(timespec="milliseconds") + "Z"
        with patch.object(steps, "now", lambda: shown):
            self.ledger.set_cap(*ACCOUNTS[0], Spend(moment.year - 1980, 7))
            assert self.ledger.recover() == []
        self.caps[ACCOUNTS[0]] = Spend(moment.year - 1980, 7)

    @rule(job=jobs)
    def touch(self, job: str) -> None:
        allowed = self.states.get(job) is JobState.RESERVED
        assert self._taken(lambda: self.ledger.touch(job)) == allowed
        if allowed:
            self.states[job] = JobState.TOUCHED

    @rule(job=jobs)
    def finish(self, job: str) -> None:
        allowed = self.states.get(job) is JobState.TOUCHED
        assert self._taken(lambda: finish(self.ledger, job, self.prices.get(job, Spend(1)))) == allowed
        if allowed:
            self.states[job] = JobState.RELEASED

    @rule(job=jobs, touched=st.booleans())
    def fail(self, job: str, touched: bool) -> None:
        allowed = self.states.get(job) is (JobState.TOUCHED if touched else JobState.RESERVED)
        assert self._taken(lambda: self.ledger.fail(job, failed(job, touched=touched))) == allowed
        if allowed:
            self._end(job, touched)

    @rule()
    def append(self) -> None:
        ledger = self.ledger
        number = ledger.append(notice())
        self.acknowledged[number] = ledger.record(number).leaf

    @rule(lived=st.booleans())
    def restart(self, lived: bool) -> None:
        for each in self.handles:
            each.close()
        self.handles = [open_ledger(self.home) for _ in range(2)]
        with patch.object(Owner, "alive", lambda _owner: lived):
            recovered = self.ledger.recover()
        left = {job for job, state in self.states.items() if state in (JobState.RESERVED, JobState.TOUCHED)}
        assert {item.job for item in recovered} == (set() if lived else left)
        for item in recovered:
            assert item.touched == (self.states[item.job] is JobState.TOUCHED)
            self._end(item.job, item.touched)

    @invariant()
    def balances_are_the_models(self) -> None:
        if hasattr(self, "handles"):
            for account, cap in self.caps.items():
                assert self.ledger.balance(*account) == (cap, self.spent)

    def teardown(self) -> None:
        if hasattr(self, "handles"):
            assert all(each.verify().ok for each in self.handles)
            for number, leaf in self.acknowledged.items():
                assert self.ledger.record(number).leaf == leaf
            for job, state in self.states.items():
                assert self.ledger.state(job) is state
                assert (stored(self.ledger, f"key of {job}") is not None) == (state is JobState.RELEASED)
            for each in self.handles:
                each.close()
            shutil.rmtree(self.home.parent)

    def _end(self, job: str, touched: bool) -> None:
        self.states[job] = JobState.FAILED
        if not touched:
            price = self.prices[job]
            self.spent = Spend(self.spent.rho - price.rho, self.spent.delta - price.delta)

    @staticmethod
    def _taken(step: object) -> bool:
        try:
            step()  # type: ignore[operator]
        except WrongState:
            return False
        return True


@pytest.mark.usefixtures("_homes")
def test_any_order_of_steps_keeps_the_caps_and_the_sums() -> None:
    explore(examples=12, steps=25)


@pytest.mark.full
@pytest.mark.usefixtures("_homes")
def test_a_long_search_finds_no_order_that_breaks_them() -> None:
    explore(examples=150, steps=60)


def explore(*, examples: int, steps: int) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        LedgerMachine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )  # fmt: skip
