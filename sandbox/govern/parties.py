"""Organisations and users inside a transaction of the log."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, Table, insert, select

from sandbox.classify.checks import uscc
from sandbox.errors import Refused
from sandbox.govern.rows import checked_name, stamp
from sandbox.ledger.govern_tables import member, organisation
from sandbox.ledger.journal import Journal
from sandbox.nouns.event import OrganisationAdded, UserAdded
from sandbox.nouns.party import ROLES, Organisation, OrganisationType, Principal, Role


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


def add_user(log: Journal, who: Principal, name: str, home: str, role: Role, now: dt.datetime) -> Principal:
    """Write a user and its record.

    Raises:
        Refused: ``party_name_invalid``, ``organisation_unknown``, ``role_not_permitted``, ``name_taken``.
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
    log.append(UserAdded(at=stamp(now), actor=who.user, user=name, organisation=home, role=role.value))
    return Principal(user=name, organisation=home, organisation_type=kind, role=role)


def type_of(connection: Connection, name: str) -> OrganisationType:
    """An organisation's type; raises Refused ``organisation_unknown``."""
    found = connection.execute(select(organisation.c.type).where(organisation.c.name == name)).scalar()
    if found is None:
        raise Refused(
            "organisation_unknown", "there is no organisation of this name", hint="add it first", status=404
        )
    return OrganisationType(found)


def user(connection: Connection, name: str) -> Principal:
    """A user by name; raises Refused ``user_unknown``."""
    row = connection.execute(
        select(member, organisation.c.type)
        .join(organisation, organisation.c.name == member.c.organisation)
        .where(member.c.name == name)
    ).one_or_none()
    if row is None:
        raise Refused("user_unknown", "there is no user of this name", hint="add the user first", status=404)
    return Principal(
        user=row.name, organisation=row.organisation,
        organisation_type=OrganisationType(row.type), role=Role(row.role),
    )  # fmt: skip


def organisations(connection: Connection) -> list[Organisation]:
    """All parties, by name."""
    rows = connection.execute(select(organisation).order_by(organisation.c.name))
    return [Organisation(row.name, OrganisationType(row.type), row.credit_code) for row in rows]


def users(connection: Connection) -> list[Principal]:
    """All users, by name."""
    rows = connection.execute(
        select(member, organisation.c.type)
        .join(organisation, organisation.c.name == member.c.organisation)
        .order_by(member.c.name)
    )
    return [Principal(row.name, row.organisation, OrganisationType(row.type), Role(row.role)) for row in rows]


def _check_free(connection: Connection, table: Table, name: str) -> None:
    if connection.execute(select(table.c.name).where(table.c.name == name)).first() is not None:
        raise Refused("name_taken", "this name is taken", hint="choose another name", status=409)
