"""Agreements inside a transaction of the log: found, moved from state to state, their workspaces noted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, select, update

from sandbox.errors import Refused
from sandbox.govern.permissions import check_rank
from sandbox.govern.rows import agreement_of, stamp
from sandbox.ledger.govern_tables import agreement
from sandbox.ledger.holds import REVIEWED, counts
from sandbox.ledger.journal import Journal, bodies
from sandbox.ledger.states import WrongState
from sandbox.nouns.agreement import AGREEMENT_TRANSITIONS, Agreement, AgreementState
from sandbox.nouns.event import AgreementChanged, Failed, Notice, WorkspaceBuilt, WorkspaceDestroyed
from sandbox.nouns.load import Manifest
from sandbox.nouns.party import Principal, Role

_ALL = select(agreement).order_by(agreement.c.starts, agreement.c.id)
_OF = agreement.c.organisation == bindparam("whose")
_ALL_OF = _ALL.where(_OF)
_ONE = select(agreement).where(agreement.c.id == bindparam("number"))
_ONE_OF = _ONE.where(_OF)
_IN_FORCE = select(agreement.c.workspace).where(agreement.c.id == bindparam("number"))
# put together once: every request asks one of them


def get(connection: Connection, number: str, organisation: str | None = None) -> Agreement:
    """An agreement; one of another organisation is as unknown as one that never was.

    Raises:
        Refused: ``agreement_unknown``.
    """
    asked = {"number": number} if organisation is None else {"number": number, "whose": organisation}
    row = connection.execute(_ONE if organisation is None else _ONE_OF, asked).one_or_none()
    if row is None:
        raise Refused(
            "agreement_unknown", "there is no such agreement", hint="list the agreements", status=404
        )
    return agreement_of(row)


def listed(connection: Connection, organisation: str | None) -> list[Agreement]:
    """Agreements of an organisation (of all when None), oldest first."""
    rows = (
        connection.execute(_ALL)
        if organisation is None
        else connection.execute(_ALL_OF, {"whose": organisation})
    )
    return [agreement_of(row) for row in rows]


def check_running(found: Agreement, now: dt.datetime) -> None:
    """What the state says about work under it now.

    Raises:
        Refused: ``agreement_ended``, ``agreement_suspended``.
    """
    state = found.at(now)
    if state is AgreementState.SUSPENDED:
        raise Refused(
            "agreement_suspended", "the agreement is suspended",
            hint="ask the reviewer; nothing was lost", status=409,
        )  # fmt: skip
    if state is not AgreementState.ACTIVE:
        raise Refused("agreement_ended", "the agreement has ended", hint="file a new application", status=409)


def move(
    log: Journal,
    actor: str,
    number: str,
    after: AgreementState,
    reason: str,
    now: dt.datetime,
    held_by: str = "",
) -> Agreement:
    """Take an agreement to another state, if the transitions allow it.

    Raises:
        Refused: ``agreement_unknown``, ``agreement_state``.
    """
    found = get(log.connection, number)
    before = found.at(now)
    overdue_now = before is after is not found.state  # the term was over before the row said so
    if not overdue_now and after not in AGREEMENT_TRANSITIONS[before]:
        raise Refused(
            "agreement_state", f"an agreement that is {before.value} cannot become {after.value}",
            hint="what has ended needs a new application", status=409,
        )  # fmt: skip
    moved = log.connection.execute(
        update(agreement)
        .where(agreement.c.id == number, agreement.c.state == found.state)
        .values(state=after, held_by=held_by)
    ).rowcount
    if moved != 1:
        raise WrongState("another process moved the agreement")
    log.append(
        AgreementChanged(
            at=stamp(now), actor=actor, dataset=found.dataset, agreement=number, before=found.state.value,
            after=after.value, reason=reason, held_by=held_by,
        )
    )  # fmt: skip
    return get(log.connection, number)


def check_may_resume(connection: Connection, who: Principal, number: str) -> None:
    """Whether a suspension may be undone by this person.

    Raises:
        Refused: ``order_of_higher_rank`` when a higher rank suspended the agreement, ``second_person`` for
            whoever suspended it.
    """
    held = connection.execute(select(agreement.c.held_by).where(agreement.c.id == number)).scalar()
    if held:
        check_rank(who, Role(held))
    if held and who.user == suspended_by(connection, number):
        raise Refused(
            "second_person", "a suspension is lifted by someone other than who ordered it",
            hint="ask a second person", status=403,
        )  # fmt: skip


def check_other(who: Principal, found: Agreement) -> None:
    """Raises ``Refused("own_agreement")``: nobody reviews the work of its own organisation."""
    if who.organisation == found.organisation:
        raise Refused(
            "own_agreement", "work under an agreement is reviewed by another organisation",
            hint="ask a reviewer of the agency", status=403,
        )  # fmt: skip


def suspended_by(connection: Connection, number: str) -> str:
    """Who suspended an agreement last, as the log has it; empty when nobody did."""
    found = get(connection, number)
    for body in bodies(connection, AgreementChanged.kind, found.dataset):
        if body["agreement"] == number and body["after"] == AgreementState.SUSPENDED:
            return str(body["actor"])
    return ""


def unreviewed(connection: Connection, found: Agreement) -> tuple[int, int]:
    """(failures after touch, those of them that nobody has looked at) of an agreement."""
    failures = sum(counts(body, found.id) for body in bodies(connection, Failed.kind, found.dataset))
    reviews = [
        int(body["details"]["failures"])
        for body in bodies(connection, Notice.kind, found.dataset)
        if body["what"] == REVIEWED and body["details"]["agreement"] == found.id
    ]
    return failures, failures - max(reviews, default=0)


def review_failures(log: Journal, who: Principal, found: Agreement, reason: str, now: dt.datetime) -> int:
    """Record that an agreement's failed jobs were looked at; returns how many were new."""
    failures, new = unreviewed(log.connection, found)
    if new:
        details = {"agreement": found.id, "reason": reason, "failures": str(failures)}
        log.append(
            Notice(at=stamp(now), actor=who.user, dataset=found.dataset, what=REVIEWED, details=details)
        )
    return new


def overdue(connection: Connection, now: dt.datetime) -> list[str]:
    """Agreements whose term is over and whose row does not say so yet."""
    running = [state for state, ways in AGREEMENT_TRANSITIONS.items() if AgreementState.EXPIRED in ways]
    query = select(agreement.c.id).where(agreement.c.state.in_(running), agreement.c.ends <= stamp(now))
    return list(connection.execute(query).scalars())


def undestroyed(connection: Connection) -> list[str]:
    """Ended agreements without a certificate of destruction."""
    ended = [AgreementState.EXPIRED, AgreementState.EXITED]
    query = select(agreement.c.id).where(agreement.c.state.in_(ended), agreement.c.destroyed.is_(None))
    return list(connection.execute(query).scalars())


def note_workspace(
    log: Journal,
    actor: str,
    number: str,
    built: Manifest,
    columns: Mapping[str, Sequence[str]],
    now: dt.datetime,
) -> None:
    """Record a new workspace as the one in force; raises as ``check_running`` once it has ended."""
    found = get(log.connection, number)
    if found.at(now) is not AgreementState.SUSPENDED:
        check_running(found, now)
    log.connection.execute(
        update(agreement).where(agreement.c.id == number).values(workspace=built.workspace_sha256)
    )
    log.append(
        WorkspaceBuilt(
            at=stamp(now), actor=actor, dataset=found.dataset, agreement=number, policy=built.policy,
            snapshot=built.snapshot_sha256, workspace=built.workspace_sha256,
            columns={table: list(names) for table, names in columns.items()},
        )
    )  # fmt: skip


def workspace_in_force(connection: Connection, number: str) -> str:
    """SHA-256 of the agreement's workspace in force; empty before the first."""
    return connection.execute(_IN_FORCE, {"number": number}).scalar() or ""


def certify(log: Journal, actor: str, number: str, names: Sequence[str], now: dt.datetime) -> int:
    """Record the destruction of an ended agreement's workspace; returns the record's number."""
    found = get(log.connection, number)
    record = log.append(
        WorkspaceDestroyed(
            at=stamp(now), actor=actor, dataset=found.dataset, agreement=number, workspaces=list(names)
        )
    )
    log.connection.execute(
        update(agreement).where(agreement.c.id == number).values(workspace="", destroyed=record)
    )
    return record
