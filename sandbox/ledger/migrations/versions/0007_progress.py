"""How far a load is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Loads of before tell nothing of their way."""
    op.add_column("task", sa.Column("step", sa.Text, nullable=False, server_default=""))
    op.add_column("task", sa.Column("percent", sa.Integer))
