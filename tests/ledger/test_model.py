"""Any order of steps keeps every cap, and every balance is the sum of its records."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
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

from sandbox.errors import Refused
from sandbox.ledger import JobState, WrongState
from sandbox.ledger.owner import Owner
from sandbox.nouns.spend import Spend
from tests.ledger.makers import ACCOUNTS, failed, finish, notice, open_ledger, reserve, with_caps

SPENDS = st.builds(Spend, st.integers(0, 12), st.integers(0, 12))
CAPS = st.builds(Spend, st.integers(0, 60), st.integers(0, 60))
EMPTY: list[Path] = []
"""A home whose accounts have no room yet, copied for each example."""


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path) -> Iterator[None]:
    with_caps(tmp_path / "empty", Spend(0)).close()
    EMPTY.append(tmp_path / "empty")
    yield
    EMPTY.clear()


class LedgerMachine(RuleBasedStateMachine):
    """The ledger beside the simplest model of it."""

    jobs = Bundle("jobs")

    @initialize()
    def start(self) -> None:
        self.home = Path(tempfile.mkdtemp()) / "home"
        shutil.copytree(EMPTY[0], self.home)
        self.ledger = open_ledger(self.home)
        self.names = map(str, itertools.count())
        self.caps = dict.fromkeys(ACCOUNTS, Spend(0))
        self.spent = Spend(0)
        self.states: dict[str, JobState] = {}
        self.prices: dict[str, Spend] = {}

    @rule(account=st.sampled_from(ACCOUNTS), cap=CAPS)
    def set_cap(self, account: tuple[str, str], cap: Spend) -> None:
        self.ledger.set_cap(*account, cap)
        self.caps[account] = cap

    @rule(target=jobs, price=SPENDS)
    def reserve(self, price: Spend) -> str:
        job = next(self.names)
        fits = all((self.spent + price).within(cap) for cap in self.caps.values())
        try:
            reserve(self.ledger, job, price)
        except Refused as refusal:
            if fits or refusal.code != "budget_exhausted":
                raise
        else:
            assert fits
            self.spent, self.states[job], self.prices[job] = self.spent + price, JobState.RESERVED, price
        return job

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
        self.ledger.append(notice())

    @rule(lived=st.booleans())
    def restart(self, lived: bool) -> None:
        self.ledger.close()
        self.ledger = open_ledger(self.home)
        with patch.object(Owner, "alive", lambda _owner: lived):
            recovered = self.ledger.recover()
        left = {job for job, state in self.states.items() if state in (JobState.RESERVED, JobState.TOUCHED)}
        assert {item.job for item in recovered} == (set() if lived else left)
        for item in recovered:
            assert item.touched == (self.states[item.job] is JobState.TOUCHED)
            self._end(item.job, item.touched)

    @invariant()
    def balances_are_the_models(self) -> None:
        if hasattr(self, "ledger"):
            for account, cap in self.caps.items():
                assert self.ledger.balance(*account) == (cap, self.spent)

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            assert self.ledger.verify().ok
            for job, state in self.states.items():
                assert self.ledger.state(job) is state
                assert (self.ledger.stored(f"key of {job}") is not None) == (state is JobState.RELEASED)
            self.ledger.close()
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


def test_any_order_of_steps_keeps_the_caps_and_the_sums() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        LedgerMachine,
        settings=settings(
            max_examples=20, stateful_step_count=25, deadline=None, database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )  # fmt: skip
