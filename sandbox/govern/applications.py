"""Applications and their one review, inside a transaction of the log. 场景和数据需求审核."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Connection, insert, select, update

from sandbox import noise
from sandbox.errors import Refused
from sandbox.govern.rows import (
    agreement_of,
    application_of,
    checked_text,
    grants_text,
    new_id,
    plain,
    stamp,
)
from sandbox.ledger import accounts as budget
from sandbox.ledger.expected import CAP_SET
from sandbox.ledger.govern_tables import agreement, application
from sandbox.ledger.journal import Journal
from sandbox.nouns.agreement import (
    APPLICATION_TRANSITIONS,
    Agreement,
    AgreementState,
    Application,
    ApplicationState,
    RegulationPack,
)
from sandbox.nouns.event import AgreementMade, ApplicationFiled, Notice, ReviewGiven
from sandbox.nouns.party import Principal
from sandbox.nouns.policy import Policy
from sandbox.nouns.spend import Spend


def file(log: Journal, filed: Application, policy: Policy, pack: RegulationPack) -> None:
    """Write an application and its record."""
    at = stamp(filed.filed)
    log.connection.execute(
        insert(application).values(
            id=filed.id, organisation=filed.organisation, applicant=filed.applicant, dataset=filed.dataset,
            purpose=filed.purpose, grants=grants_text(filed.grants), epsilon=str(filed.epsilon),
            days=filed.days, state=filed.state, filed=at, reviewer="", reason="", basis="",
        )
    )  # fmt: skip
    log.append(
        ApplicationFiled(
            at=at, actor=filed.applicant, dataset=filed.dataset, application=filed.id,
            organisation=filed.organisation, purpose=filed.purpose, grants=plain(filed.grants),
            epsilon=str(filed.epsilon), days=filed.days, policy=policy.sha256, pack=pack.id,
        )
    )  # fmt: skip


def get(connection: Connection, number: str, organisation: str | None) -> Application:
    """An application; one of another organisation is as unknown as one that never was.

    Raises:
        Refused: ``application_unknown``.
    """
    found = listed(connection, organisation, number)
    if not found:
        raise Refused(
            "application_unknown", "there is no such application", hint="list the applications", status=404
        )
    return found[0]


def listed(connection: Connection, organisation: str | None, number: str | None = None) -> list[Application]:
    """Applications of an organisation (of all when None), oldest first."""
    query = (
        select(application, agreement.c.id.label("made"))
        .join(agreement, agreement.c.application == application.c.id, isouter=True)
        .order_by(application.c.filed, application.c.id)
    )
    if organisation is not None:
        query = query.where(application.c.organisation == organisation)
    if number is not None:
        query = query.where(application.c.id == number)
    return [application_of(row, row.made) for row in connection.execute(query)]


def check_reviewer(who: Principal, asked: Application) -> None:
    """Raises ``Refused("own_application")``: nobody reviews what its own organisation asked for."""
    if who.organisation == asked.organisation or who.user == asked.applicant:
        raise Refused(
            "own_application", "an application is reviewed by another organisation",
            hint="ask a reviewer of the agency", status=403,
        )  # fmt: skip


def check_verdict(approve: bool, reason: str, basis: str) -> tuple[str, str]:
    """Reason and basis, as they are kept.

    Raises:
        Refused: ``review_incomplete``: a rejection without reason or basis (article 15, 4); ``text_invalid``.
    """
    if not approve and not (str(reason).strip() and str(basis).strip()):
        raise Refused(
            "review_incomplete",
            "a rejection needs its reason and the rule it rests on (article 15)",
            hint="give reason and basis, for example basis='第十五条'",
        )
    return (
        checked_text(reason, "the reason", needed=False),
        checked_text(basis, "the basis", needed=False),
    )


def decide(
    log: Journal,
    who: Principal,
    asked: Application,
    *,
    approve: bool,
    reason: str,
    basis: str,
    pack: RegulationPack,
    now: dt.datetime,
) -> Application:
    """Write the one review of an application.

    Raises:
        Refused: ``application_decided``.
    """
    after = ApplicationState.APPROVED if approve else ApplicationState.REJECTED
    before = [state for state, ways in APPLICATION_TRANSITIONS.items() if after in ways]
    moved = log.connection.execute(
        update(application)
        .where(application.c.id == asked.id, application.c.state.in_(before))
        .values(state=after, reviewer=who.user, reason=reason, basis=basis)
    ).rowcount
    if moved != 1:
        raise Refused(
            "application_decided", "this application has been reviewed already",
            hint="one application, one review (article 15): file a new one", status=409,
        )  # fmt: skip
    log.append(
        ReviewGiven(
            at=stamp(now), actor=who.user, dataset=asked.dataset, application=asked.id,
            organisation=who.organisation, approve=approve, reason=reason, basis=basis, pack=pack.id,
        )
    )  # fmt: skip
    return replace(asked, state=after, reviewer=who.user, reason=reason, basis=basis)


def make_agreement(
    log: Journal, who: Principal, asked: Application, policy: Policy, now: dt.datetime
) -> Agreement:
    """Turn an approved application into an agreement in force, with the caps of its accounts."""
    number = new_id()
    log.connection.execute(
        insert(agreement).values(
            id=number, application=asked.id, organisation=asked.organisation, dataset=asked.dataset,
            account=policy.account, purpose=asked.purpose, grants=grants_text(asked.grants),
            epsilon=str(asked.epsilon), starts=stamp(now), ends=stamp(now + dt.timedelta(days=asked.days)),
            state=AgreementState.ACTIVE, held_by="", workspace="", destroyed=None,
        )
    )  # fmt: skip
    row = log.connection.execute(select(agreement).where(agreement.c.id == number)).one()
    made = agreement_of(row)
    log.append(
        AgreementMade(
            at=stamp(now), actor=who.user, dataset=made.dataset, agreement=number, application=asked.id,
            organisation=made.organisation, grants=plain(made.grants), epsilon=str(made.epsilon),
            starts=row.starts, ends=row.ends, account=made.account,
        )
    )  # fmt: skip
    whole = cap_of(policy.privacy.epsilon, policy)
    if budget.balance(log.connection, "dataset", made.account)[0] == Spend(0):
        _cap(log, who, "dataset", made.account, whole, now)
    _cap(log, who, "agreement", number, cap_of(made.epsilon, policy), now)
    if budget.balance(log.connection, "organisation", made.organisation_account)[0] == Spend(0):
        _cap(log, who, "organisation", made.organisation_account, whole, now)
    return made


def cap_of(epsilon: Decimal, policy: Policy) -> Spend:
    """A lifetime cap: ρ of ε at δ/2; the other half of δ is for key discovery."""
    half = policy.privacy.delta / 2
    return Spend.cap(noise.rho_of(epsilon, half), Fraction(half))


def _cap(log: Journal, who: Principal, scope: str, name: str, cap: Spend, now: dt.datetime) -> None:
    """Set a cap and record it, as ``Ledger.set_cap`` does, in this transaction."""
    kept = budget.kept_cap(cap)
    if budget.set_cap(log.connection, scope, name, kept):
        details = {"scope": scope, "name": name, "rho": str(kept.rho), "delta": str(kept.delta)}
        log.append(Notice(at=stamp(now), actor=who.user, what=CAP_SET, details=details))
