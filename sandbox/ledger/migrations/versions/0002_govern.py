"""Parties, tokens, applications, agreements and stops."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _of(name: str, target: str, *, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, sa.ForeignKey(target), nullable=False, unique=unique)


def _known(name: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=name)


def upgrade() -> None:
    """Make the tables, empty."""
    _make_parties()
    _make_tokens()
    _make_agreements()
    _make_stops()


def _make_parties() -> None:
    op.create_table(
        "organisation",
        _key("name"),
        *_texts("type", "credit_code", "added"),
        _known(
            "organisation_type_known",
            "type",
            "owner", "agency", "operator", "developer", "authority", "regulator",
        ),
        sqlite_strict=True,
    )  # fmt: skip
    op.create_table(
        "member",
        _key("name"),
        _of("organisation", "organisation.name"),
        *_texts("role", "added"),
        _known("role_known", "role", "developer", "operator", "reviewer", "regulator"),
        sqlite_strict=True,
    )


def _make_tokens() -> None:
    op.create_table(
        "token",
        _key("id"),
        _of("member", "member.name"),
        *_texts("sha256", "scopes", "issued", "expires"),
        sa.Column("revoked", sa.Text),
        sqlite_strict=True,
    )
    op.create_index("token_member", "token", ["member"])
    op.create_table(
        "attempt",
        _key("subject"),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("since", _WHOLE, nullable=False),
        sa.Column("locked_until", _WHOLE, nullable=False),
        sqlite_strict=True,
    )


def _make_agreements() -> None:
    op.create_table(
        "application",
        _key("id"),
        _of("organisation", "organisation.name"),
        _of("applicant", "member.name"),
        *_texts("dataset", "purpose", "grants", "epsilon"),
        sa.Column("days", sa.Integer, nullable=False),
        *_texts("state", "filed", "reviewer", "reason", "basis"),
        _known("application_state_known", "state", "filed", "approved", "rejected"),
        sa.CheckConstraint(
            "state <> 'rejected' OR (reason <> '' AND basis <> '')", name="rejection_has_basis"
        ),
        sqlite_strict=True,
    )
    op.create_index("application_organisation", "application", ["organisation", "filed"])
    op.create_table(
        "agreement",
        _key("id"),
        _of("application", "application.id", unique=True),
        _of("organisation", "organisation.name"),
        *_texts("dataset", "account", "purpose", "grants", "epsilon", "starts", "ends", "state"),
        *_texts("held_by", "workspace"),
        sa.Column("destroyed", _WHOLE, sa.ForeignKey("record.number")),
        _known("agreement_state_known", "state", "active", "suspended", "expired", "exited"),
        sqlite_strict=True,
    )
    op.create_index("agreement_organisation", "agreement", ["organisation", "starts"])


def _make_stops() -> None:
    op.create_table(
        "stop",
        _key("id"),
        *_texts("scope", "name", "reason", "ordered_by", "role", "at", "lifted_by", "lifted_at"),
        _known("stop_scope_known", "scope", "job", "agreement", "dataset", "platform"),
        sa.CheckConstraint("lifted_by <> ordered_by", name="stop_needs_second_person"),
        sqlite_strict=True,
    )
    op.create_index("stop_open", "stop", ["lifted_at", "scope", "name"])
