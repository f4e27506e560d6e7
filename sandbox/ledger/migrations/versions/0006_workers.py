"""Which process runs a job or a load, so that another one can tell when it has died."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Jobs and loads that run now belong to nobody who lives."""
    for table in ("queue", "task"):
        op.add_column(table, sa.Column("owner", sa.Text, nullable=False, server_default=""))
