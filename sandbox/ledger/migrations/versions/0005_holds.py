"""Jobs that wait for a reviewer, and the sealed answers among them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table of holds, empty."""
    op.create_table(
        "hold",
        sa.Column("case_id", sa.Text, primary_key=True),
        sa.Column("agreement", sa.Text, nullable=False),
        sa.Column("number", _WHOLE, sa.ForeignKey("record.number"), nullable=False),
        sa.Column("until", _WHOLE, nullable=False),
        sa.Column("approved", _WHOLE, sa.ForeignKey("record.number")),
        sa.Column("job", sa.Text, sa.ForeignKey("job.job"), unique=True),
        sa.Column("replay_key", sa.Text),
        sa.Column("path", sa.Text),
        sa.CheckConstraint("(job IS NULL) = (path IS NULL)", name="answer_is_whole"),
        sa.CheckConstraint("(job IS NULL) = (replay_key IS NULL)", name="answer_has_its_question"),
        sqlite_strict=True,
    )
