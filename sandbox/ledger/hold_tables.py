"""The table of what waits for a reviewer. Answers that wait are sealed files beside the database."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table, Text

from sandbox.ledger.schema import Whole, metadata

hold = Table(
    "hold",
    metadata,
    Column("case_id", Text, primary_key=True),
    Column("agreement", Text, nullable=False),
    Column("number", Whole, ForeignKey("record.number"), nullable=False),
    Column("until", Whole, nullable=False),
    Column("approved", Whole, ForeignKey("record.number")),
    Column("job", Text, ForeignKey("job.job"), unique=True),
    Column("replay_key", Text),
    Column("path", Text),
    CheckConstraint("(job IS NULL) = (path IS NULL)", name="answer_is_whole"),
    CheckConstraint("(job IS NULL) = (replay_key IS NULL)", name="answer_has_its_question"),
    sqlite_strict=True,
)
"""What waits, by the id of its submission, until its job ends. ``number``: record of the hold, which has the
hash of what is sealed; ``until``: UTC milliseconds when it is refused without a verdict; ``approved``:
record of the reviewer's release. ``job``, ``replay_key``, ``path``: of a measured answer; the ledger's job
stays ``touched``, paid for, until the answer is released or dropped."""
