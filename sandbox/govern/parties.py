"""Organisations and users inside a transaction of the log."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, exists, insert, select

from sandbox.classify.checks import uscc
from sandbox.errors import Refused
from sandbox.govern.rows import checked_name, stamp
from sandbox.ledger.govern_tables import departed, identity, member, organisation, waiting
from sandbox.ledger.journal import Journal
from sandbox.nouns.event import OrganisationAdded, UserAdded, UserEnded
from sandbox.nouns.party import ROLES, Organisation, OrganisationType, Principal, Role

PROVIDER = "oidc"
"""``Principal.token`` of whoever the identity provider vouched for."""


def add_organisation(log: Journal, who: Principal, added: Organisation, now: dt.datetime) -> None:
    """Write a party and its record.

    Raises:
        Refused: ``party_name_invalid``, ``credit_code_invalid``, ``name_taken``.
    """
    checked_name(added.name, "an organisation")
    needed = added.type is OrganisationType.DEVELOPER
    if (needed or added.credit_code) and not uscc(added.credit_code):
        raise Refused(
            "credit_code_invalid",
            "the unified social credit code is missing or its check character is wrong",
            hint="a developer is a legal person (article 3): give its 18 characters",
        )
    _check_free(log.connection, organisation, added.name)
    log.connection.execute(
        insert(organisation).values(
            name=added.name, type=added.type, credit_code=added.credit_code, added=stamp(now)
        )
    )
    log.append(
        OrganisationAdded(
            at=stamp(now), actor=who.user, organisation=added.name, type=added.type.value,
            credit_code=added.credit_code,
        )
    )  # fmt: skip


def add_user(
    log: Journal,
    who: Principal,
    name: str,
    home: str,
    role: Role,
    now: dt.datetime,
    subject: str = "",
    *,
    waits: bool = False,
) -> Principal:
    """Write a user and its record.

    Args:
        log: of this transaction.
        who: who adds.
        name: the user's.
        home: its organisation.
        role: one that the organisation's type has.
        now: the moment.
        subject: ``<issuer>#<value of the claim>`` that signs in as this user; empty: tokens only.
        waits: it does not count until it is confirmed.

    Raises:
        Refused: ``party_name_invalid``, ``organisation_unknown``, ``role_not_permitted``, ``name_taken``,
            ``subject_taken``.
    """
    checked_name(name, "a user")
    kind = type_of(log.connection, home)
    if role not in ROLES[kind]:
        raise Refused(
            "role_not_permitted",
            f"users of an organisation of type {kind.value} cannot be {role.value}",
            hint="possible here: " + ", ".join(sorted(each.value for each in ROLES[kind])),
        )
    _check_free(log.connection, member, name)
    log.connection.execute(insert(member).values(name=name, organisation=home, role=role, added=stamp(now)))
    if subject:
        _check_subject(log.connection, subject)
        log.connection.execute(insert(identity).values(subject=subject, member=name))
    log.append(
        UserAdded(
            at=stamp(now), actor=who.user, user=name, organisation=home, role=role.value, subject=subject,
            waits=waits,
        )
    )  # fmt: skip
    return Principal(user=name, organisation=home, organisation_type=kind, role=role)


def type_of(connection: Connection, name: str) -> OrganisationType:
    """An organisation's type; raises Refused ``organisation_unknown``."""
    found = connection.execute(select(organisation.c.type).where(organisation.c.name == name)).scalar()
    if found is None:
        raise Refused(
            "organisation_unknown", "there is no organisation of this name", hint="add it first", status=404
        )
    return OrganisationType(found)


def is_waiting(what: str, name: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a user or a token still waits for a confirmation."""
    return exists().where(waiting.c.what == what, waiting.c.name == name)


ADMITTED = (
    select(member.c.name.label("user"), member.c.organisation, member.c.role, organisation.c.type)
    .join(organisation, organisation.c.name == member.c.organisation)
    .where(~exists().where(departed.c.member == member.c.name), ~is_waiting("user", member.c.name))
)
"""Users that may sign in: confirmed where that is needed, and not out."""
_KNOWN = ADMITTED.join(identity, identity.c.member == member.c.name).where(
    identity.c.subject == bindparam("known")
)


def principal_of(
    row: Row[*tuple[Any, ...]], *, scopes: frozenset[str] = frozenset(), token: str = ""
) -> Principal:
    """A row of ``ADMITTED``."""
    return Principal(
        user=row.user, organisation=row.organisation, organisation_type=OrganisationType(row.type),
        role=Role(row.role), scopes=scopes, token=token,
    )  # fmt: skip


def of_subject(connection: Connection, subject: str) -> Principal | None:
    """Who an identity provider's subject is here; None when nobody, or somebody who may not sign in."""
    row = connection.execute(_KNOWN, {"known": subject}).one_or_none()
    return None if row is None else principal_of(row, token=PROVIDER)


def check_user(connection: Connection, name: str) -> Principal:
    """A user who is not out; raises Refused ``user_unknown``."""
    found = next((each for each in users(connection, name)), None)
    if found is None:
        raise Refused("user_unknown", "there is no user of this name", hint="add the user first", status=404)
    return found


def end_user(log: Journal, who: Principal, name: str, now: dt.datetime) -> None:
    """Shut a user out for good, with all tokens and the identity; raises Refused ``user_unknown``."""
    check_user(log.connection, name)
    log.connection.execute(insert(departed).values(member=name, at=stamp(now)))
    log.connection.execute(delete(identity).where(identity.c.member == name))
    log.append(UserEnded(at=stamp(now), actor=who.user, user=name))


def organisations(connection: Connection) -> list[Organisation]:
    """All parties, by name."""
    rows = connection.execute(select(organisation).order_by(organisation.c.name))
    return [Organisation(row.name, OrganisationType(row.type), row.credit_code) for row in rows]


def users(connection: Connection, name: str | None = None) -> list[Principal]:
    """Users who are not out, by name; those who wait for a confirmation too."""
    query = (
        select(member.c.name.label("user"), member.c.organisation, member.c.role, organisation.c.type)
        .join(organisation, organisation.c.name == member.c.organisation)
        .where(~exists().where(departed.c.member == member.c.name))
        .order_by(member.c.name)
    )
    if name is not None:
        query = query.where(member.c.name == name)
    return [principal_of(row) for row in connection.execute(query)]


def _check_free(connection: Connection, table: Table, name: str) -> None:
    if connection.execute(select(table.c.name).where(table.c.name == name)).first() is not None:
        raise Refused("name_taken", "this name is taken", hint="choose another name", status=409)


def _check_subject(connection: Connection, subject: str) -> None:
    if connection.execute(select(identity.c.member).where(identity.c.subject == subject)).first() is not None:
        raise Refused(
            "subject_taken", "this subject signs in as another user already",
            hint="end that user first, or give another subject", status=409,
        )  # fmt: skip
