"""Sign-in by identity provider, confirmations, and an index of what developers may see of the log."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SEEN = ("submission", "release", "refusal", "preview", "dummy", "replay")
"""Kinds of records that developers see, as they were when this index began."""


def upgrade() -> None:
    """Make the tables and fill the index from the records."""
    op.create_table(
        "identity",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("member", sa.Text, sa.ForeignKey("member.name"), nullable=False, unique=True),
        sqlite_strict=True,
    )
    op.create_table(
        "departed",
        sa.Column("member", sa.Text, sa.ForeignKey("member.name"), primary_key=True),
        sa.Column("at", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "waiting",
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.CheckConstraint("what IN ('user', 'token')", name="waiting_known"),
        sqlite_strict=True,
    )
    op.create_table(
        "sight",
        sa.Column("agreement", sa.Text, primary_key=True),
        sa.Column("number", _WHOLE, sa.ForeignKey("record.number"), primary_key=True, autoincrement=False),
        sqlite_strict=True,
    )
    op.drop_table("attempt")
    op.create_index("token_sha256", "token", ["sha256"], unique=True)
    op.create_index("answered_at", "answered", ["at"])
    _fill()


def _fill() -> None:
    connection = op.get_bind()
    record = sa.table("record", *map(sa.column, ("number", "kind", "leaf")))
    sight = sa.table("sight", sa.column("agreement"), sa.column("number"))
    rows = connection.execute(
        sa.select(record.c.number, record.c.leaf).where(record.c.kind.in_(_SEEN)).order_by(record.c.number)
    ).all()
    if rows:
        connection.execute(
            sa.insert(sight),
            [{"agreement": json.loads(row.leaf)["agreement"], "number": row.number} for row in rows],
        )
