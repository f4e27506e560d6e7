"""Every problem of a refused statement."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Jobs of before show the first one alone."""
    op.add_column("queue", sa.Column("others", sa.Text, nullable=False, server_default=""))
