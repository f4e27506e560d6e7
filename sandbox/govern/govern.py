"""``Govern``: everything people decide, each act with its record in one transaction. 授权运营.

Who may act is asked of ``permissions``; what a state permits, of the transitions in ``nouns.agreement``.
A developer sees its own organisation's things; to everyone else's it gets the answer of things that do not
exist.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from sandbox.errors import Refused
from sandbox.govern import agreements, applications, grants, parties, stops, tokens
from sandbox.govern.packs import load_pack
from sandbox.govern.permissions import Act, check
from sandbox.govern.rows import checked_text, new_id, stamp
from sandbox.ledger import Ledger
from sandbox.ledger.journal import Journal
from sandbox.nouns.agreement import (
    Agreement,
    AgreementState,
    Application,
    ApplicationState,
    RegulationPack,
    Stop,
    StopScope,
)
from sandbox.nouns.event import DisclosureViewed, TokenIssued, TokenRevoked
from sandbox.nouns.load import Manifest
from sandbox.nouns.party import Organisation, OrganisationType, Principal, Role, TokenInfo
from sandbox.nouns.policy import Policy
from sandbox.seal import Keyring
from sandbox.workspace.agreed import Agreed

SYSTEM = "system"


def utc_now() -> dt.datetime:
    """The moment, in UTC."""
    return dt.datetime.now(dt.UTC)


class Govern:
    """Parties, tokens, applications, agreements and stops. Safe to use from several threads.

    Args:
        ledger: where all of it is kept and recorded.
        policies: the policy in force of a dataset; raises Refused ``dataset_unknown``.
        home: the installation's folder, where workspaces of agreements are.
        keyring: destroys their keys.
        now: the moment, UTC.
        pack: the regulation.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        policies: Callable[[str], Policy],
        home: Path,
        keyring: Keyring,
        now: Callable[[], dt.datetime] = utc_now,
        pack: RegulationPack | None = None,
    ) -> None:
        self._ledger = ledger
        self._policies = policies
        self._home = home
        self._keyring = keyring
        self._now = now
        self.pack = pack or load_pack()

    # -- parties and tokens ----------------------------------------------------------------------------------

    def add_organisation(
        self, who: Principal, name: str, type: OrganisationType, credit_code: str = ""
    ) -> Organisation:
        """Add a party; a developer needs a valid credit code."""
        check(who, Act.ADD_ORGANISATION)
        added = Organisation(name, OrganisationType(type), credit_code)
        self._ledger.act(lambda log: parties.add_organisation(log, who, added, self._now()))
        return added

    def add_user(self, who: Principal, name: str, organisation: str, role: Role) -> Principal:
        """Add a user; the organisation's type says which roles are possible."""
        check(who, Act.ADD_USER)
        return self._ledger.act(
            lambda log: parties.add_user(log, who, name, organisation, Role(role), self._now())
        )

    def organisations(self, who: Principal) -> list[Organisation]:
        """All parties."""
        check(who, Act.ADD_ORGANISATION)
        return self._ledger.read(parties.organisations)

    def users(self, who: Principal) -> list[Principal]:
        """All users."""
        check(who, Act.ADD_USER)
        return self._ledger.read(parties.users)

    def cap_organisation(self, who: Principal, organisation: str, dataset: str, epsilon: object) -> None:
        """Cap what an organisation may spend on a dataset over all its agreements; the dataset's cap unless
        set. A cap below what is spent leaves nothing.

        Raises:
            Refused: ``organisation_unknown``, ``dataset_unknown``, ``agreement_epsilon``.
        """
        check(who, Act.CAP_ORGANISATION)
        policy = self._policies(dataset)
        cap = applications.cap_of(grants.check_epsilon(epsilon, policy), policy)
        self._ledger.read(lambda it: parties.type_of(it, organisation))
        self._ledger.set_cap("organisation", f"{organisation}/{policy.account}", cap, actor=who.user)

    def issue_token(self, who: Principal, user: str, *, days: int = 90, scopes: Sequence[str] = ()) -> str:
        """Make a token for a user. It is returned once and kept nowhere.

        Args:
            who: an operator.
            user: whose token it is.
            days: 1 to ``tokens.LONGEST_DAYS``.
            scopes: acts it is limited to; none: everything the user's role may.
        """
        check(who, Act.ISSUE_TOKEN)
        kept = tokens.check_terms(who, days, scopes)
        now = self._now()
        number, text = tokens.make()
        expires = stamp(now + dt.timedelta(days=days))
        self._ledger.read(lambda it: parties.user(it, user))

        def work(log: Journal) -> None:
            tokens.store(log.connection, number, text, user, kept, stamp(now), expires)
            log.append(
                TokenIssued(
                    at=stamp(now),
                    actor=who.user,
                    token=number,
                    user=user,
                    scopes=sorted(kept),
                    expires=expires,
                )
            )

        self._ledger.act(work)
        return text

    def tokens(self, who: Principal, user: str | None = None) -> list[TokenInfo]:
        """What may be known of tokens: of a user, or all."""
        check(who, Act.ISSUE_TOKEN)
        return self._ledger.read(lambda it: tokens.listed(it, user))

    def revoke_token(self, who: Principal, token: str) -> None:
        """End a token now, by its number."""
        check(who, Act.REVOKE_TOKEN)
        now = self._now()

        def work(log: Journal) -> None:
            user = tokens.revoke(log.connection, token, stamp(now))
            log.append(TokenRevoked(at=stamp(now), actor=who.user, token=token, user=user))

        self._ledger.act(work)

    def authenticate(self, secret: str, *, source: str = "") -> Principal:
        """Who a token belongs to.

        Args:
            secret: the token as presented.
            source: the caller's address, if failures are to count against it too.

        Raises:
            Refused: ``unauthenticated`` (401), ``locked_out`` (429).
        """
        now = self._now()
        presented = tokens.read(secret)
        exists, who = self._ledger.read(lambda it: tokens.principal(it, presented, now))
        subjects = tokens.subjects(presented.id if exists else "", source)
        locked: bool = self._ledger.read(lambda it: tokens.locked(it, subjects, now))
        if locked:
            raise Refused(
                "locked_out", f"{tokens.MOST_FAILURES} wrong sign-ins locked this token or address",
                hint=f"wait {tokens.LOCK // 60} minutes, or ask the operator for a new token", status=429,
            )  # fmt: skip
        if who is None:
            for subject in subjects:
                self._ledger.act(partial(tokens.count_failure, subject=subject, now=now))
            raise Refused(
                "unauthenticated", "the token is not valid",
                hint="check it, or ask the operator for a new one", status=401,
            )  # fmt: skip
        return who

    # -- applications ----------------------------------------------------------------------------------------

    def apply(
        self, who: Principal, *, dataset: str, purpose: str, columns: grants.Asked, epsilon: object, days: int
    ) -> Application:
        """File an application: one scenario, its data need, its budget and term.

        Raises:
            Refused: ``not_permitted``, ``dataset_unknown``, ``grant_not_in_policy``, ``grants_empty``,
                ``agreement_epsilon``, ``term_invalid``, ``text_invalid``.
        """
        check(who, Act.FILE_APPLICATION)
        policy = self._policies(dataset)
        filed = Application(
            id=new_id(), organisation=who.organisation, applicant=who.user, dataset=policy.dataset,
            purpose=checked_text(purpose, "the purpose"), grants=grants.check_grants(policy, columns),
            epsilon=grants.check_epsilon(epsilon, policy), days=grants.check_days(days, self.pack),
            state=ApplicationState.FILED, filed=self._now(),
        )  # fmt: skip
        self._ledger.act(lambda log: applications.file(log, filed, policy, self.pack))
        return filed

    def review(
        self, who: Principal, application: str, *, approve: bool, reason: str = "", basis: str = ""
    ) -> Application:
        """Approve or reject an application of another organisation; an approval makes the agreement.

        Raises:
            Refused: ``not_permitted``, ``application_unknown``, ``own_application``, ``application_decided``,
                ``review_incomplete``, and those of ``apply`` when the policy has changed since.
        """
        check(who, Act.REVIEW_APPLICATION)
        reason, basis = applications.check_verdict(approve, reason, basis)
        asked = self._ledger.read(lambda it: applications.get(it, application, None))
        applications.check_reviewer(who, asked)
        policy = self._policies(asked.dataset)
        if approve and asked.state is ApplicationState.FILED:
            grants.check_grants(policy, asked.grants)
            grants.check_epsilon(asked.epsilon, policy)
            grants.check_days(asked.days, self.pack)
        now = self._now()

        def work(log: Journal) -> Application:
            decided = applications.decide(
                log, who, asked, approve=approve, reason=reason, basis=basis, pack=self.pack, now=now
            )
            if approve:
                applications.make_agreement(log, who, decided, policy, now)
            return applications.get(log.connection, application, None)

        return self._ledger.act(work)

    def applications(self, who: Principal) -> list[Application]:
        """Applications that one may see, oldest first."""
        check(who, Act.READ_APPLICATIONS)
        return self._ledger.read(lambda it: applications.listed(it, _reach(who)))

    def application(self, who: Principal, number: str) -> Application:
        """One application."""
        check(who, Act.READ_APPLICATIONS)
        return self._ledger.read(lambda it: applications.get(it, number, _reach(who)))

    # -- agreements ------------------------------------------------------------------------------------------

    def agreements(self, who: Principal) -> list[Agreement]:
        """Agreements that one may see, oldest first."""
        check(who, Act.READ_AGREEMENTS)
        return self._ledger.read(lambda it: agreements.listed(it, _reach(who)))

    def agreement(self, who: Principal, number: str) -> Agreement:
        """One agreement; ``agreement.at(now)`` is its state now."""
        check(who, Act.READ_AGREEMENTS)
        return self._ledger.read(lambda it: agreements.get(it, number, _reach(who)))

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

    def exit(self, who: Principal, number: str, reason: str) -> Agreement:
        """End an agreement for good and destroy its workspace's keys; repeating it finishes a cut-off end."""
        check(who, Act.EXIT_AGREEMENT)
        found = self._ledger.read(lambda it: agreements.get(it, number, _reach(who)))
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

    # -- stops -----------------------------------------------------------------------------------------------

    def stop(self, who: Principal, *, scope: StopScope, id: str = "", reason: str) -> Stop:
        """Stop a job, an agreement, a dataset or the platform at once (article 18)."""
        check(who, Act.ORDER_STOP)
        told = checked_text(reason, "the reason")
        return self._ledger.act(lambda log: stops.order(log, who, StopScope(scope), id, told, self._now()))

    def lift(self, who: Principal, stop: str, reason: str) -> Stop:
        """Let work go on; by a second person, of no lower rank than who ordered the stop."""
        check(who, Act.LIFT_STOP)
        told = checked_text(reason, "the reason")
        return self._ledger.act(lambda log: stops.lift(log, who, stop, told, self._now()))

    def stops(self, who: Principal, *, active: bool = True) -> list[Stop]:
        """Stops in force, or all with ``active=False``."""
        check(who, Act.READ_STOPS)
        return self._ledger.read(lambda it: stops.listed(it, active=active))

    # -- workspaces ------------------------------------------------------------------------------------------

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

    def viewed(self, who: Principal, number: int) -> None:
        """Record that someone looked at a disclosure in full."""
        self._ledger.append(DisclosureViewed(at=stamp(self._now()), actor=who.user, number=number))

    # -- within ----------------------------------------------------------------------------------------------

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


def _reach(who: Principal) -> str | None:
    """Whose things one may see: a developer its own organisation's, everyone else all."""
    return who.organisation if who.role is Role.DEVELOPER else None
