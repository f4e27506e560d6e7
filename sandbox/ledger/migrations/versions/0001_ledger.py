"""The first form of the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_LARGEST = 2**62 - 1


def _key(name: str) -> sa.Column[int]:
    return sa.Column(name, _WHOLE, primary_key=True, autoincrement=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _amounts(*names: str) -> list[sa.schema.SchemaItem]:
    columns: list[sa.schema.SchemaItem] = [sa.Column(name, _WHOLE, nullable=False) for name in names]
    ranges = [sa.CheckConstraint(f"{name} BETWEEN 0 AND {_LARGEST}", name=f"{name}_range") for name in names]
    return [*columns, *ranges]


def upgrade() -> None:
    """Make all tables, with an empty log."""
    _make_log()
    _make_accounts()
    _make_jobs()


def _make_log() -> None:
    op.create_table(
        "record",
        _key("number"),
        _text("kind"),
        _text("dataset"),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        _text("checkpoint"),
        sqlite_strict=True,
    )
    op.create_index("record_kind", "record", ["kind", "dataset", "number"])
    op.create_table(
        "node",
        _key("level"),
        _key("position"),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    head = op.create_table(
        "head",
        _key("id"),
        sa.Column("size", _WHOLE, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("id = 1", name="one_head"),
        sqlite_strict=True,
    )
    op.bulk_insert(head, [{"id": 1, "size": 0, "frontier": b""}])


def _make_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        *_amounts("cap_rho", "cap_delta", "roof_rho", "roof_delta", "spent_rho", "spent_delta"),
        sa.CheckConstraint("spent_rho <= roof_rho", name="rho_under_roof"),
        sa.CheckConstraint("spent_delta <= roof_delta", name="delta_under_roof"),
        sqlite_strict=True,
    )


def _make_jobs() -> None:
    op.create_table(
        "job",
        sa.Column("job", sa.Text, primary_key=True),
        _text("state"),
        *_amounts("rho", "delta"),
        sa.Column("replay_key", sa.Text, unique=True),
        sa.Column("submitted", _WHOLE, sa.ForeignKey("record.number"), nullable=False),
        sa.Column("ended", _WHOLE, sa.ForeignKey("record.number")),
        _text("boot"),
        sa.Column("pid", _WHOLE, nullable=False),
        sa.Column("started", _WHOLE, nullable=False),
        sa.CheckConstraint("state IN ('reserved', 'touched', 'released', 'failed')", name="state_known"),
        sqlite_strict=True,
    )
    op.create_index("job_state", "job", ["state"])
    op.create_table(
        "charge",
        sa.Column("job", sa.Text, sa.ForeignKey("job.job"), primary_key=True),
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.ForeignKeyConstraint(["scope", "name"], ["account.scope", "account.name"]),
        sqlite_strict=True,
    )
    op.create_table(
        "release",
        sa.Column("number", _WHOLE, sa.ForeignKey("record.number"), primary_key=True, autoincrement=False),
        sa.Column("job", sa.Text, sa.ForeignKey("job.job"), nullable=False, unique=True),
        _text("replay_key"),
        _text("path"),
        _text("sha256"),
        sqlite_strict=True,
    )
    op.create_index("release_replay_key", "release", ["replay_key"])
