"""The server's queue, its loads, and its answers to repeated requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _wholes(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, _WHOLE, nullable=False) for name in names]


def upgrade() -> None:
    """Make the three tables, empty."""
    op.create_table(
        "queue",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("place", _WHOLE, nullable=False, unique=True),
        *_texts("state", "organisation", "actor", "agreement", "dataset", "mode", "sql", "epsilon"),
        *_wholes("submitted_at", "starts_at", "visible_at", "lease_until", "fence"),
        *_texts("code", "reason", "hint", "position"),
        sa.Column("number", _WHOLE),
        sa.Column("replayed", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'held', 'released', 'refused', 'failed', 'cancelled')",
            name="queue_state_known",
        ),
        sqlite_strict=True,
    )
    op.create_index("queue_state", "queue", ["state", "starts_at"])
    op.create_index("queue_organisation", "queue", ["organisation", "place"])
    op.create_table(
        "task",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("dataset", "actor", "state", "code", "reason", "hint"),
        *_wholes("started_at"),
        sa.Column("ended_at", _WHOLE),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name="task_state_known"),
        sqlite_strict=True,
    )
    op.create_table(
        "answered",
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        *_texts("digest"),
        sa.Column("status", sa.Integer, nullable=False),
        *_texts("body"),
        *_wholes("at"),
        sqlite_strict=True,
    )
