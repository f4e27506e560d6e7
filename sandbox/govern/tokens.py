"""Tokens and sign-in: 256 random bits, kept as a hash, scoped, expiring, revocable; lock-out after failures.

A token reads ``dsb_<number>_<secret>``: the number names it, the secret proves it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from sandbox.errors import Refused
from sandbox.govern.permissions import Act
from sandbox.govern.rows import moment, new_id, stamp
from sandbox.ledger.govern_tables import attempt, member, organisation, token
from sandbox.ledger.journal import Journal
from sandbox.nouns.event import SignInFailed
from sandbox.nouns.party import OrganisationType, Principal, Role, TokenInfo

PREFIX = "dsb"
SECRET_BYTES = 32
MOST_FAILURES = 10
"""Wrong secrets of one subject within ``WINDOW`` that lock it. Public."""
WINDOW = 900
"""Seconds in which failures add up."""
LOCK = 900
"""Seconds a lock lasts."""
LONGEST_DAYS = 365
_NOBODY = hashlib.sha256(b"nobody").hexdigest()


@dataclass(frozen=True)
class Presented:
    """A token as it was presented: its number, and the hash of its secret."""

    id: str
    sha256: str


def make() -> tuple[str, str]:
    """(number, token): the token is shown once and kept nowhere."""
    number = new_id()
    return number, f"{PREFIX}_{number}_{secrets.token_urlsafe(SECRET_BYTES)}"


def digest(text: str) -> str:
    """SHA-256 of a whole token. One round is enough: 256 random bits cannot be guessed, only stolen."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read(text: str) -> Presented:
    """Take a presented token apart; what is no token has no number."""
    parts = text.split("_", 2)
    known = len(parts) == 3 and parts[0] == PREFIX and len(text) < 200
    return Presented(parts[1] if known else "", digest(text))


def check_terms(issuer: Principal, days: int, scopes: Sequence[str]) -> frozenset[str]:
    """Scopes and term that an issuer may give.

    Raises:
        Refused: ``token_terms``, ``scope_unknown``, ``scope_missing`` when a limited token would make a
            wider one.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= LONGEST_DAYS:
        raise Refused(
            "token_terms", f"a token is good for 1 to {LONGEST_DAYS} days", hint="give days in this range"
        )
    unknown = sorted(set(scopes) - {act.value for act in Act})
    if unknown:
        raise Refused(
            "scope_unknown", "a scope is not an act", hint="known: " + ", ".join(act.value for act in Act)
        )
    if issuer.scopes and (not scopes or not set(scopes) <= issuer.scopes):
        raise Refused(
            "scope_missing", "a limited token cannot make a wider one",
            hint="issue it with a token that has no scopes, or ask for fewer", status=403,
        )  # fmt: skip
    return frozenset(str(scope) for scope in scopes)


def store(
    connection: Connection,
    number: str,
    text: str,
    user: str,
    scopes: frozenset[str],
    issued: str,
    expires: str,
) -> None:
    """Write a token's row: its hash, never itself."""
    connection.execute(
        insert(token).values(
            id=number, member=user, sha256=digest(text), scopes=" ".join(sorted(scopes)),
            issued=issued, expires=expires, revoked=None,
        )
    )  # fmt: skip


def listed(connection: Connection, user: str | None) -> list[TokenInfo]:
    """Tokens of a user, or of all."""
    query = select(token).order_by(token.c.issued)
    if user is not None:
        query = query.where(token.c.member == user)
    return [
        TokenInfo(
            row.id,
            row.member,
            frozenset(row.scopes.split()),
            row.issued,
            row.expires,
            row.revoked is not None,
        )
        for row in connection.execute(query)
    ]


def principal(
    connection: Connection, presented: Presented, now: dt.datetime
) -> tuple[bool, Principal | None]:
    """(whether the number exists, who it is); the comparison takes the same time for every wrong secret."""
    row = connection.execute(
        select(token, member.c.role, organisation.c.name.label("home"), organisation.c.type)
        .join(member, member.c.name == token.c.member)
        .join(organisation, organisation.c.name == member.c.organisation)
        .where(token.c.id == presented.id)
    ).one_or_none()
    same = hmac.compare_digest(presented.sha256, _NOBODY if row is None else row.sha256)
    if row is None or not same or row.revoked is not None or now >= moment(row.expires):
        return row is not None, None
    return True, Principal(
        user=row.member, organisation=row.home, organisation_type=OrganisationType(row.type),
        role=Role(row.role), scopes=frozenset(row.scopes.split()), token=row.id,
    )  # fmt: skip


def revoke(connection: Connection, number: str, at: str) -> str:
    """End a token; returns whose it was. Raises Refused ``token_unknown``."""
    row = connection.execute(select(token).where(token.c.id == number)).one_or_none()
    if row is None or row.revoked is not None:
        raise Refused("token_unknown", "there is no such token in force", hint="list the tokens", status=404)
    connection.execute(update(token).where(token.c.id == number).values(revoked=at))
    return str(row.member)


def subjects(known: str, source: str) -> list[str]:
    """What failures count against: the token, if there is such a one, and the address, if it is given."""
    found = [f"token:{known}"] if known else []
    return [*found, f"from:{hashlib.sha256(source.encode()).hexdigest()[:16]}"] if source else found


def locked(connection: Connection, names: Sequence[str], now: dt.datetime) -> bool:
    """Whether one of the subjects is locked."""
    found = connection.execute(
        select(attempt.c.subject).where(
            attempt.c.subject.in_(names), attempt.c.locked_until > int(now.timestamp())
        )
    ).first()
    return found is not None


def count_failure(log: Journal, subject: str, now: dt.datetime) -> None:
    """Count a failure and record it; a locked subject is left as it is, so nobody can fill the log."""
    at = int(now.timestamp())
    row = log.connection.execute(select(attempt).where(attempt.c.subject == subject)).one_or_none()
    if row is not None and row.locked_until > at:
        return
    again = row is not None and at - row.since < WINDOW and not row.locked_until
    failures, since = (row.failures + 1, row.since) if row is not None and again else (1, at)
    lock = at + LOCK if failures >= MOST_FAILURES else 0
    values = {"failures": failures, "since": since, "locked_until": lock}
    if row is None:
        log.connection.execute(insert(attempt).values(subject=subject, **values))
    else:
        log.connection.execute(update(attempt).where(attempt.c.subject == subject).values(values))
    log.append(SignInFailed(at=stamp(now), actor="nobody", subject=subject, locked=bool(lock)))
