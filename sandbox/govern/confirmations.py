"""The second person for whoever watches: an operator alone makes neither a reviewer, nor a regulator, nor a
token of one.

The first of them, and the first way in for it, have nobody who could confirm them: their records say that
they did not wait, and that is the bootstrap. From then on a new one counts once somebody who watches has
confirmed it. When all who watch have been shut out, which the log shows, the next one is a first one again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, Select, delete, exists, insert, or_, select

from sandbox.errors import Refused
from sandbox.govern import parties
from sandbox.govern.rows import stamp
from sandbox.ledger.govern_tables import identity, member, token, waiting
from sandbox.ledger.journal import Journal
from sandbox.nouns.event import Confirmed
from sandbox.nouns.party import Principal, Role

WATCHING = (Role.REVIEWER, Role.REGULATOR)
"""Roles whose users decide on what others ask, so that nobody may invent them alone."""


@dataclass(frozen=True)
class Waiting:
    """A user or a token that does not count yet."""

    what: str
    """``user`` or ``token``."""
    name: str
    """The user's name, the token's number."""
    user: str
    organisation: str
    role: Role


def user_waits(connection: Connection, role: Role) -> bool:
    """Whether a new user of a role needs a confirmation now: somebody is there to give it."""
    return role in WATCHING and connection.execute(_watchers().limit(1)).first() is not None


def token_waits(connection: Connection, owner: Principal) -> bool:
    """Whether a new token of a user needs a confirmation now: somebody who watches has had a way in."""
    if owner.role not in WATCHING:
        return False
    way_in = or_(
        exists().where(identity.c.member == member.c.name),
        exists().where(token.c.member == member.c.name, ~parties.is_waiting("token", token.c.id)),
    )
    return connection.execute(_watchers().where(way_in).limit(1)).first() is not None


def wait(connection: Connection, what: str, name: str) -> None:
    """Let a user or a token wait."""
    connection.execute(insert(waiting).values(what=what, name=name))


def listed(connection: Connection) -> list[Waiting]:
    """What waits, users first."""
    found = []
    for row in connection.execute(select(waiting).order_by(waiting.c.what.desc(), waiting.c.name)):
        name = row.name
        if row.what == "token":
            name = connection.execute(select(token.c.member).where(token.c.id == row.name)).scalar_one()
        for owner in parties.users(connection, name):  # none, once it is out
            found.append(Waiting(row.what, row.name, owner.user, owner.organisation, owner.role))
    return found


def confirm(log: Journal, who: Principal, what: str, name: str, now: dt.datetime) -> None:
    """Let a user or a token count from now on; raises Refused ``nothing_waits``."""
    mine = (waiting.c.what == what) & (waiting.c.name == name)
    if log.connection.execute(delete(waiting).where(mine)).rowcount != 1:
        raise Refused(
            "nothing_waits", "no such user or token waits for a confirmation",
            hint="list what waits", status=404,
        )  # fmt: skip
    log.append(Confirmed(at=stamp(now), actor=who.user, what=what, name=name))


def _watchers() -> Select[str]:
    return parties.ADMITTED.where(member.c.role.in_(WATCHING))
