"""Tables of the ledger. Amounts are exact integers: ρ in 10⁻¹², δ in 10⁻¹⁸; on SQLite every table is STRICT.

What the newest migration leaves behind is exactly this (a test compares them).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

REVISION = "0008"
"""The newest migration."""

LARGEST = 2**62 - 1
"""Largest amount that is kept: two of them still add up within 64 bits."""

metadata = MetaData()
Whole = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit integer."""


def amount(name: str) -> tuple[Column[int], CheckConstraint]:
    """A column of an amount, never negative."""
    return (
        Column(name, Whole, nullable=False),
        CheckConstraint(f"{name} BETWEEN 0 AND {LARGEST}", name=f"{name}_range"),
    )


record = Table(
    "record",
    metadata,
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("checkpoint", Text, nullable=False),
    Index("record_kind", "kind", "dataset", "number"),
    sqlite_strict=True,
)
"""The disclosure log: leaf ``number`` of the tree, and the signed head of the tree that it completes."""

sight = Table(
    "sight",
    metadata,
    Column("agreement", Text, primary_key=True),
    Column("number", Whole, ForeignKey("record.number"), primary_key=True, autoincrement=False),
    sqlite_strict=True,
)
"""Which records the developers of an agreement may see: a page of them costs what it holds, not the log."""

node = Table(
    "node",
    metadata,
    Column("level", Whole, primary_key=True, autoincrement=False),
    Column("position", Whole, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_strict=True,
)
"""Roots of full subtrees, for proofs."""

head = Table(
    "head",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False),
    Column("size", Whole, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="one_head"),
    sqlite_strict=True,
)
"""One row: the tree's size and frontier. Its row lock puts writers in order where rows are locked."""

account = Table(
    "account",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    *amount("cap_rho"),
    *amount("cap_delta"),
    *amount("roof_rho"),
    *amount("roof_delta"),
    *amount("spent_rho"),
    *amount("spent_delta"),
    CheckConstraint("spent_rho <= roof_rho", name="rho_under_roof"),
    CheckConstraint("spent_delta <= roof_delta", name="delta_under_roof"),
    sqlite_strict=True,
)
"""Budget accounts. The roof is the cap, or what was already spent when the cap was set: a second lock."""

job = Table(
    "job",
    metadata,
    Column("job", Text, primary_key=True),
    Column("state", Text, nullable=False),
    *amount("rho"),
    *amount("delta"),
    Column("replay_key", Text, unique=True),
    Column("submitted", Whole, ForeignKey("record.number"), nullable=False),
    Column("ended", Whole, ForeignKey("record.number")),
    Column("boot", Text, nullable=False),
    Column("pid", Whole, nullable=False),
    Column("started", Whole, nullable=False),
    CheckConstraint("state IN ('reserved', 'touched', 'released', 'failed')", name="state_known"),
    Index("job_state", "state"),
    sqlite_strict=True,
)
"""Jobs with their price and their process. ``replay_key`` lets one job alone work on a question at a time."""

charge = Table(
    "charge",
    metadata,
    Column("job", Text, ForeignKey("job.job"), primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    ForeignKeyConstraint(["scope", "name"], ["account.scope", "account.name"]),
    sqlite_strict=True,
)
"""Which accounts a job is charged to, each in full."""

release = Table(
    "release",
    metadata,
    Column("number", Whole, ForeignKey("record.number"), primary_key=True, autoincrement=False),
    Column("job", Text, ForeignKey("job.job"), nullable=False, unique=True),
    Column("replay_key", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Index("release_replay_key", "replay_key"),
    sqlite_strict=True,
)
"""Stored releases; the record's ``stored`` commits to the row."""
