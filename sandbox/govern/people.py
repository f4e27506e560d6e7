"""Organisations, users, tokens and sign-in: who takes part. 各方与登录."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sandbox.govern import applications, confirmations, grants, parties, tokens
from sandbox.govern.confirmations import Waiting
from sandbox.govern.desk import Desk
from sandbox.govern.permissions import Act, check
from sandbox.govern.rows import stamp
from sandbox.ledger.journal import Journal
from sandbox.nouns.event import TokenIssued, TokenRevoked
from sandbox.nouns.party import Organisation, OrganisationType, Principal, Role, TokenInfo


class People(Desk):
    """Parties and tokens."""

    def add_organisation(
        self, who: Principal, name: str, type: OrganisationType, credit_code: str = ""
    ) -> Organisation:
        """Add a party; a developer needs a valid credit code."""
        check(who, Act.ADD_ORGANISATION)
        added = Organisation(name, OrganisationType(type), credit_code)
        self._ledger.act(lambda log: parties.add_organisation(log, who, added, self._now()))
        return added

    def add_user(
        self, who: Principal, name: str, organisation: str, role: Role, *, subject: str = ""
    ) -> Principal:
        """Add a user; the organisation's type says which roles are possible. ``subject``: as in
        ``parties.add_user``. A reviewer or regulator waits for a confirmation: see ``confirmations``."""
        check(who, Act.ADD_USER)

        def work(log: Journal) -> Principal:
            waits = confirmations.user_waits(log.connection, Role(role))
            added = parties.add_user(
                log, who, name, organisation, Role(role), self._now(), subject, waits=waits
            )
            if waits:
                confirmations.wait(log.connection, "user", name)
            return added

        return self._ledger.act(work)

    def confirm(self, who: Principal, what: str, name: str) -> None:
        """Let a user or a token count that waits for it; raises Refused ``nothing_waits``."""
        check(who, Act.CONFIRM)
        self._ledger.act(lambda log: confirmations.confirm(log, who, what, name, self._now()))

    def waiting(self, who: Principal) -> list[Waiting]:
        """Users and tokens that wait for a confirmation."""
        check(who, Act.CONFIRM)
        return self._ledger.read(confirmations.listed)

    def end_user(self, who: Principal, name: str) -> None:
        """Shut a user out for good: its tokens and its identity sign nobody in any more."""
        check(who, Act.END_USER)
        self._ledger.act(lambda log: parties.end_user(log, who, name, self._now()))

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
        """Make a token for a user. It is returned once and kept nowhere. One of a reviewer or regulator waits
        for a confirmation: see ``confirmations``.

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

        def work(log: Journal) -> None:
            waits = confirmations.token_waits(log.connection, parties.check_user(log.connection, user))
            if waits:
                confirmations.wait(log.connection, "token", number)
            tokens.store(log.connection, number, text, user, kept, stamp(now), expires)
            log.append(
                TokenIssued(
                    at=stamp(now),
                    actor=who.user,
                    token=number,
                    user=user,
                    scopes=sorted(kept),
                    expires=expires,
                    hashed=tokens.commitment(text),
                    waits=waits,
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
        """Who a token belongs to: one of ours, or of the identity provider.

        Args:
            secret: the token as presented.
            source: the caller's address: failures are counted by it.

        Raises:
            Refused: ``unauthenticated`` (401); ``locked_out`` (429) instead, after many failures;
                ``sign_in_unavailable`` (503).
        """
        return self._sign_in.authenticate(secret, source)

    def settle(self, *, everything: bool = False) -> None:
        """Record failed sign-ins that were counted and not told yet; for a server to call now and then."""
        self._sign_in.settle(everything=everything)
