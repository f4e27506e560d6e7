"""Agreements: in force, suspended, ended; what may run under them, and their workspaces. 应用协议."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection

from sandbox.govern import agreements, stops
from sandbox.govern.desk import SYSTEM, Desk, reach
from sandbox.govern.permissions import Act, check
from sandbox.govern.rows import checked_text
from sandbox.ledger.journal import Journal
from sandbox.nouns.agreement import Agreement, AgreementState
from sandbox.nouns.load import Manifest
from sandbox.nouns.party import Principal, Role
from sandbox.workspace.agreed import Agreed


class Terms(Desk):
    """Agreements and their workspaces."""

    def agreements(self, who: Principal) -> list[Agreement]:
        """Agreements that one may see, oldest first."""
        check(who, Act.READ_AGREEMENTS)
        return self._ledger.read(lambda it: agreements.listed(it, reach(who)))

    def agreement(self, who: Principal, number: str) -> Agreement:
        """One agreement; ``agreement.at(now)`` is its state now."""
        check(who, Act.READ_AGREEMENTS)
        return self._ledger.read(lambda it: agreements.get(it, number, reach(who)))

    def suspend(self, who: Principal, number: str, reason: str) -> Agreement:
        """Let nothing run under an agreement until it is resumed."""
        check(who, Act.SUSPEND_AGREEMENT)
        return self._move(who, number, AgreementState.SUSPENDED, reason)

    def hold(self, number: str, reason: str) -> Agreement:
        """Suspend an agreement without a person, after a failed job: a reviewer resumes it.

        One that is suspended already, or has ended, stays as it is.
        """
        now = self._now()

        def work(log: Journal) -> Agreement:
            found = agreements.get(log.connection, number)
            if found.at(now) is not AgreementState.ACTIVE:
                return found
            return agreements.move(
                log, SYSTEM, number, AgreementState.SUSPENDED, reason, now, held_by=Role.REVIEWER
            )

        return self._ledger.act(work)

    def resume(self, who: Principal, number: str, reason: str) -> Agreement:
        """Put a suspended agreement back in force; not against the order of a higher rank."""
        check(who, Act.RESUME_AGREEMENT)
        told = checked_text(reason, "the reason")

        def work(log: Journal) -> Agreement:
            agreements.check_may_resume(log.connection, who, number)
            return agreements.move(log, who.user, number, AgreementState.ACTIVE, told, self._now())

        return self._ledger.act(work)

    def failures(self, who: Principal, number: str) -> tuple[int, int]:
        """(jobs that failed after they had touched data, those that nobody has looked at)."""
        check(who, Act.REVIEW_FAILURES)
        return self._ledger.read(lambda it: agreements.unreviewed(it, agreements.get(it, number)))

    def review_failures(self, who: Principal, number: str, reason: str) -> int:
        """Record that failed jobs were looked at, which lifts the hold they put on asking; how many were new.

        Raises:
            Refused: ``not_permitted``, ``agreement_unknown``, ``own_agreement``.
        """
        check(who, Act.REVIEW_FAILURES)
        told = checked_text(reason, "the reason")

        def work(log: Journal) -> int:
            found = agreements.get(log.connection, number)
            agreements.check_other(who, found)
            return agreements.review_failures(log, who, found, told, self._now())

        return self._ledger.act(work)

    def exit(self, who: Principal, number: str, reason: str) -> Agreement:
        """End an agreement for good and destroy its workspace's keys; repeating it finishes a cut-off end."""
        check(who, Act.EXIT_AGREEMENT)
        found = self._ledger.read(lambda it: agreements.get(it, number, reach(who)))
        if found.state is not AgreementState.EXITED:
            found = self._move(who, number, AgreementState.EXITED, reason)
        self._destroy(who.user, number)
        return found

    def expire(self) -> list[str]:
        """End what has run out, and destroy the workspaces of all that ended; returns what ended now.

        For a worker to call now and then. ``still_allowed`` does not wait for it.
        """
        now = self._now()
        over = self._ledger.read(lambda it: agreements.overdue(it, now))
        for number in over:
            self._ledger.act(
                partial(
                    agreements.move,
                    actor=SYSTEM,
                    number=number,
                    after=AgreementState.EXPIRED,
                    reason="the term is over",
                    now=now,
                )
            )
        for number in self._ledger.read(agreements.undestroyed):
            self._destroy(SYSTEM, number)
        return over

    def still_allowed(self, agreement: str, *, job: str = "") -> None:
        """Asked when a job is admitted, before it touches data, and before its answer is released.

        Raises:
            Refused: ``stopped``, ``agreement_ended``, ``agreement_suspended``, ``agreement_unknown``.
        """

        def work(connection: Connection) -> Agreement:
            found = agreements.get(connection, agreement)
            stops.check_none(connection, found, job)
            return found

        agreements.check_running(self._ledger.read(work), self._now())

    def agreed(self, number: str) -> Agreed:
        """Where an agreement's sealed workspaces and their manifest are."""
        return Agreed(self._home, number)

    def workspace_in_force(self, number: str) -> str:
        """SHA-256 of the agreement's workspace in force, as the log has it; empty before the first."""
        return self._ledger.read(lambda it: agreements.workspace_in_force(it, number))

    def note_workspace(self, number: str, built: Manifest, columns: Mapping[str, Sequence[str]]) -> None:
        """Record a workspace as the one in force.

        Raises:
            Refused: ``agreement_ended``: it ended while the workspace was built.
        """
        self._ledger.act(
            lambda log: agreements.note_workspace(log, SYSTEM, number, built, columns, self._now())
        )

    def _move(self, who: Principal, number: str, after: AgreementState, reason: str) -> Agreement:
        told = checked_text(reason, "the reason")
        held_by = who.role.value if after is AgreementState.SUSPENDED else ""
        return self._ledger.act(
            lambda log: agreements.move(log, who.user, number, after, told, self._now(), held_by=held_by)
        )

    def _destroy(self, actor: str, number: str) -> None:
        """Destroy the keys of an ended agreement's workspaces, then certify it."""
        names = self.agreed(number).destroy(self._keyring)
        if number in self._ledger.read(agreements.undestroyed) or names:
            self._ledger.act(lambda log: agreements.certify(log, actor, number, names, self._now()))
