"""Tokens: 256 random bits, kept as a hash, scoped, expiring, revocable.

A token reads ``dsb_<number>_<secret>``: the number names it for people, and the hash of the whole is what it
is found by. So a wrong secret of a token that exists and a token that never was take the same way, and nobody
who knows a number can keep its holder out: 256 bits need no lock against guessing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, select, update

from sandbox.errors import Refused
from sandbox.govern import parties
from sandbox.govern.permissions import Act
from sandbox.govern.rows import moment, new_id
from sandbox.ledger.govern_tables import member, token
from sandbox.nouns.party import Principal, TokenInfo

PREFIX = "dsb"
SECRET_BYTES = 32
LONGEST_DAYS = 365
_PRESENTED = (
    parties.ADMITTED.add_columns(token)
    .join(token, token.c.member == member.c.name)
    .where(token.c.sha256 == bindparam("presented"), ~parties.is_waiting("token", token.c.id))
)
"""Whose token has a hash; asked with every request, so it is put together once."""


def make() -> tuple[str, str]:
    """(number, token): the token is shown once and kept nowhere."""
    number = new_id()
    return number, f"{PREFIX}_{number}_{secrets.token_urlsafe(SECRET_BYTES)}"


def digest(text: str) -> str:
    """SHA-256 of a whole token. One round is enough: 256 random bits cannot be guessed, only stolen."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def commitment(text: str) -> str:
    """What the log keeps of a token: the SHA-256 of its kept hash."""
    return hashlib.sha256(digest(text).encode()).hexdigest()


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


def principal(connection: Connection, text: str, now: dt.datetime) -> Principal | None:
    """Who a presented token belongs to; None when it is wrong, over, revoked or unconfirmed, or its user is
    out."""
    row = connection.execute(_PRESENTED, {"presented": digest(text)}).one_or_none()
    if row is None or row.revoked is not None or now >= moment(row.expires):
        return None
    return parties.principal_of(row, scopes=frozenset(row.scopes.split()), token=row.id)


def revoke(connection: Connection, number: str, at: str) -> str:
    """End a token; returns whose it was. Raises Refused ``token_unknown``."""
    row = connection.execute(select(token).where(token.c.id == number)).one_or_none()
    if row is None or row.revoked is not None:
        raise Refused("token_unknown", "there is no such token in force", hint="list the tokens", status=404)
    connection.execute(update(token).where(token.c.id == number).values(revoked=at))
    return str(row.member)
