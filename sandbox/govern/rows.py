"""Rows of the govern tables as nouns, and the texts that stand in them."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from sandbox.errors import Refused
from sandbox.nouns.agreement import (
    Agreement,
    AgreementState,
    Application,
    ApplicationState,
    Grants,
    Stop,
    StopScope,
)
from sandbox.nouns.policy import Use

LONGEST_TEXT = 2000
"""Characters of a purpose or a reason."""
RESERVED = ("local", "system")
"""Names that stand for this machine itself."""
_NAME = re.compile(r"\w[\w.@()（）·-]{0,63}")


def stamp(moment: dt.datetime) -> str:
    """UTC, ISO 8601 with milliseconds; such texts sort by time."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> dt.datetime:
    """What ``stamp`` wrote."""
    return dt.datetime.fromisoformat(text)


def new_id() -> str:
    """A fresh number of 64 random bits: a name of rows, files and accounts."""
    return secrets.token_hex(8)


def plain(grants: Grants) -> dict[str, dict[str, list[str]]]:
    """Grants as sorted plain data, for the log and the database."""
    return {
        table: {column: sorted(uses) for column, uses in sorted(columns.items())}
        for table, columns in sorted(grants.items())
    }


def grants_text(grants: Grants) -> str:
    """Grants as JSON."""
    return json.dumps(plain(grants), ensure_ascii=False, sort_keys=True)


def grants_of(text: str) -> Grants:
    """What ``grants_text`` wrote."""
    raw: Mapping[str, Mapping[str, list[str]]] = json.loads(text)
    return {
        table: {column: frozenset(map(Use, uses)) for column, uses in columns.items()}
        for table, columns in raw.items()
    }


def checked_name(name: str, what: str) -> str:
    """A name of an organisation or user.

    Raises:
        Refused: ``party_name_invalid``.
    """
    sound = isinstance(name, str) and _NAME.fullmatch(name) is not None
    if sound:  # one spelling a name: no full-width letters, no decomposed signs; Chinese brackets stand
        sound = unicodedata.normalize("NFKC", name) == name.replace("（", "(").replace("）", ")")
    if not sound or name in RESERVED:
        raise Refused(
            "party_name_invalid",
            f"this cannot be the name of {what}",
            hint="1 to 64 letters, digits, Han characters or . @ - _ ( ), not 'local' or 'system'",
        )
    return name


def checked_text(text: str, what: str, *, needed: bool = True) -> str:
    """A purpose or reason that people will read, without control characters.

    Raises:
        Refused: ``text_invalid``.
    """
    sound = isinstance(text, str) and len(text) <= LONGEST_TEXT
    if sound and any(unicodedata.category(sign) in ("Cc", "Cs", "Cf") and sign != "\n" for sign in text):
        sound = False
    if not sound or (needed and not text.strip()):
        raise Refused(
            "text_invalid",
            f"{what} is missing, too long, or holds control characters",
            hint=f"write 1 to {LONGEST_TEXT} characters of plain text",
        )
    return text.strip()


def application_of(row: Row[Any], agreement: str | None = None) -> Application:
    """A row of ``application``."""
    return Application(
        id=row.id, organisation=row.organisation, applicant=row.applicant, dataset=row.dataset,
        purpose=row.purpose, grants=grants_of(row.grants), epsilon=Decimal(row.epsilon), days=row.days,
        state=ApplicationState(row.state), filed=moment(row.filed), reviewer=row.reviewer,
        reason=row.reason, basis=row.basis, agreement=agreement or "",
    )  # fmt: skip


def agreement_of(row: Row[Any]) -> Agreement:
    """A row of ``agreement``."""
    return Agreement(
        id=row.id, application=row.application, organisation=row.organisation, dataset=row.dataset,
        account=row.account, purpose=row.purpose, grants=grants_of(row.grants),
        epsilon=Decimal(row.epsilon), starts=moment(row.starts), ends=moment(row.ends),
        state=AgreementState(row.state),
    )  # fmt: skip


def stop_of(row: Row[Any]) -> Stop:
    """A row of ``stop``."""
    return Stop(
        id=row.id, scope=StopScope(row.scope), name=row.name, reason=row.reason, by=row.ordered_by,
        role=row.role, at=row.at, lifted_by=row.lifted_by, lifted_at=row.lifted_at,
    )  # fmt: skip
