"""Tables of parties, tokens, applications, agreements and stops. Moments are UTC, ISO 8601 text.

Rows here are what the log's records made; they change in the transaction that appends the record.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, Table, Text

from sandbox.ledger.schema import Whole, metadata


def text(name: str) -> Column[str]:
    """A column of text that is always there."""
    return Column(name, Text, nullable=False)


organisation = Table(
    "organisation",
    metadata,
    Column("name", Text, primary_key=True),
    text("type"),
    text("credit_code"),
    text("added"),
    CheckConstraint(
        "type IN ('owner', 'agency', 'operator', 'developer', 'authority', 'regulator')",
        name="organisation_type_known",
    ),
    sqlite_strict=True,
)
"""Parties."""

member = Table(
    "member",
    metadata,
    Column("name", Text, primary_key=True),
    Column("organisation", Text, ForeignKey("organisation.name"), nullable=False),
    text("role"),
    text("added"),
    CheckConstraint("role IN ('developer', 'operator', 'reviewer', 'regulator')", name="role_known"),
    sqlite_strict=True,
)
"""Users."""

token = Table(
    "token",
    metadata,
    Column("id", Text, primary_key=True),
    Column("member", Text, ForeignKey("member.name"), nullable=False),
    text("sha256"),
    text("scopes"),
    text("issued"),
    text("expires"),
    Column("revoked", Text),
    Index("token_member", "member"),
    Index("token_sha256", "sha256", unique=True),
    sqlite_strict=True,
)
"""Tokens by their hash: a reader of the database cannot sign in. ``scopes`` are acts, joined by spaces."""

identity = Table(
    "identity",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("member", Text, ForeignKey("member.name"), nullable=False, unique=True),
    sqlite_strict=True,
)
"""Who an identity provider's subject is here: ``<issuer>#<value of the claim>`` → user."""

departed = Table(
    "departed",
    metadata,
    Column("member", Text, ForeignKey("member.name"), primary_key=True),
    text("at"),
    sqlite_strict=True,
)
"""Users whose access has ended, for good."""

waiting = Table(
    "waiting",
    metadata,
    Column("what", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    CheckConstraint("what IN ('user', 'token')", name="waiting_known"),
    sqlite_strict=True,
)
"""Users and tokens that do not count until somebody who watches has confirmed them."""

application = Table(
    "application",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, ForeignKey("organisation.name"), nullable=False),
    Column("applicant", Text, ForeignKey("member.name"), nullable=False),
    text("dataset"),
    text("purpose"),
    text("grants"),
    text("epsilon"),
    Column("days", Integer, nullable=False),
    text("state"),
    text("filed"),
    text("reviewer"),
    text("reason"),
    text("basis"),
    CheckConstraint("state IN ('filed', 'approved', 'rejected')", name="application_state_known"),
    CheckConstraint("state <> 'rejected' OR (reason <> '' AND basis <> '')", name="rejection_has_basis"),
    Index("application_organisation", "organisation", "filed"),
    sqlite_strict=True,
)
"""Applications with their one review. ``grants`` is JSON: table → column → uses."""

agreement = Table(
    "agreement",
    metadata,
    Column("id", Text, primary_key=True),
    Column("application", Text, ForeignKey("application.id"), nullable=False, unique=True),
    Column("organisation", Text, ForeignKey("organisation.name"), nullable=False),
    text("dataset"),
    text("account"),
    text("purpose"),
    text("grants"),
    text("epsilon"),
    text("starts"),
    text("ends"),
    text("state"),
    text("held_by"),
    text("workspace"),
    Column("destroyed", Whole, ForeignKey("record.number")),
    CheckConstraint("state IN ('active', 'suspended', 'expired', 'exited')", name="agreement_state_known"),
    Index("agreement_organisation", "organisation", "starts"),
    sqlite_strict=True,
)
"""Agreements. ``held_by``: role that suspended it; ``workspace``: SHA-256 of its sealed workspace in force;
``destroyed``: the record of the workspace's destruction."""

stop = Table(
    "stop",
    metadata,
    Column("id", Text, primary_key=True),
    text("scope"),
    text("name"),
    text("reason"),
    text("ordered_by"),
    text("role"),
    text("at"),
    text("lifted_by"),
    text("lifted_at"),
    CheckConstraint("scope IN ('job', 'agreement', 'dataset', 'platform')", name="stop_scope_known"),
    CheckConstraint("lifted_by <> ordered_by", name="stop_needs_second_person"),
    Index("stop_open", "lifted_at", "scope", "name"),
    sqlite_strict=True,
)
"""Stops; ``lifted_at`` is empty while one is in force."""
