"""What the records alone say the accounts, jobs and stored releases must be.

The log is the truth; the tables beside it are its sum. Folding the records again and comparing finds a
balance, a cap or a job that was altered behind the log's back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.ledger.accounts import Account
from sandbox.ledger.registry import Registry
from sandbox.ledger.states import JobState
from sandbox.nouns.event import Failed, Notice, Released, Submitted
from sandbox.nouns.spend import Spend

CAP_SET = "cap"
"""``Notice.what`` of a cap that was set."""
_NOTHING = Spend(0)


@dataclass
class ExpectedAccount:
    """An account as the records make it."""

    number: int
    """The last record that moved it."""
    cap: Spend = _NOTHING
    roof: Spend = _NOTHING
    spent: Spend = _NOTHING


@dataclass
class ExpectedJob:
    """A job as the records make it."""

    submitted: int
    price: Spend
    accounts: tuple[Account, ...]
    ended: int | None = None
    states: frozenset[JobState] = frozenset({JobState.RESERVED, JobState.TOUCHED})
    """States that the records allow."""
    stored: str = ""
    """Commitment to the row of its stored release."""
    result: str = ""


class Contradiction(Exception):
    """A record that cannot follow the records before it."""


@dataclass
class Expected:
    """The sum of the records so far."""

    accounts: dict[Account, ExpectedAccount] = field(default_factory=dict)
    jobs: dict[str, ExpectedJob] = field(default_factory=dict)
    registry: Registry = field(default_factory=Registry)
    """Rows of people's acts."""

    def add(self, number: int, body: Mapping[str, Any]) -> None:
        """Fold one record in.

        Raises:
            Contradiction: no honest ledger could have written it here.
        """
        try:
            self.registry.add(number, body)
            match body["kind"]:
                case Notice.kind if body["what"] == CAP_SET:
                    self._cap(number, body["details"])
                case Submitted.kind:
                    self._submit(number, body)
                case Released.kind:
                    self._release(number, body)
                case Failed.kind:
                    self._fail(number, body)
        except (KeyError, TypeError, ValueError):
            raise Contradiction("the record does not fit the ones before it") from None

    def _cap(self, number: int, details: Mapping[str, str]) -> None:
        account = self.accounts.setdefault((details["scope"], details["name"]), ExpectedAccount(number))
        account.number = number
        account.cap = Spend(int(details["rho"]), int(details["delta"]))
        spent = account.spent
        account.roof = Spend(max(account.cap.rho, spent.rho), max(account.cap.delta, spent.delta))

    def _submit(self, number: int, body: Mapping[str, Any]) -> None:
        price = Spend(body["rho"], body["delta"])
        accounts = tuple((scope, name) for scope, name in body["accounts"])
        if body["job"] in self.jobs or not accounts:
            raise Contradiction("a job was submitted twice, or to no account")
        self.jobs[body["job"]] = ExpectedJob(number, price, accounts)
        for account in (self.accounts[key] for key in accounts):
            account.number, account.spent = number, account.spent + price
            if not account.spent.within(account.cap):
                raise Contradiction("a cap was passed")

    def _release(self, number: int, body: Mapping[str, Any]) -> None:
        job = self._end(number, body, JobState.RELEASED)
        job.stored, job.result = body["stored"], body["result"]

    def _fail(self, number: int, body: Mapping[str, Any]) -> None:
        job = self._end(number, body, JobState.FAILED)
        kept = Spend(body["rho"], body["delta"])
        if kept != (job.price if body["touched"] else Spend(0)):
            raise Contradiction("a failure keeps another amount than was reserved")
        if not body["touched"]:
            for account in (self.accounts[key] for key in job.accounts):
                spent = account.spent
                account.number = number
                account.spent = Spend(spent.rho - job.price.rho, spent.delta - job.price.delta)

    def _end(self, number: int, body: Mapping[str, Any], state: JobState) -> ExpectedJob:
        job = self.jobs[body["job"]]
        if job.ended is not None:
            raise Contradiction("a job ended twice")
        job.ended, job.states = number, frozenset({state})
        return job
