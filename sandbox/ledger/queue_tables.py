"""Tables of the server's own work: queued jobs, loads, and answers to repeated requests.

They hold public text, names and states; results are sealed files beside the database. Times are UTC
milliseconds since 1970.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text

from sandbox.ledger.schema import Whole, metadata

queue = Table(
    "queue",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place", Whole, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("agreement", Text, nullable=False),
    Column("dataset", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("sql", Text, nullable=False),
    Column("epsilon", Text, nullable=False),
    Column("submitted_at", Whole, nullable=False),
    Column("starts_at", Whole, nullable=False),
    Column("visible_at", Whole, nullable=False),
    Column("lease_until", Whole, nullable=False),
    Column("fence", Whole, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("position", Text, nullable=False),
    Column("number", Whole),
    Column("replayed", Integer, nullable=False),
    Column("owner", Text, nullable=False, server_default=""),
    Column("others", Text, nullable=False, server_default=""),
    CheckConstraint(
        "state IN ('queued', 'running', 'held', 'released', 'refused', 'failed', 'cancelled')",
        name="queue_state_known",
    ),
    Index("queue_state", "state", "starts_at"),
    Index("queue_organisation", "organisation", "place"),
    sqlite_strict=True,
)
"""Submitted jobs. ``owner`` is the process that runs one; ``fence`` grows with each that takes it: only the
last one may end it. ``others`` are further problems of a refused statement, as JSON."""

task = Table(
    "task",
    metadata,
    Column("id", Text, primary_key=True),
    Column("dataset", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("started_at", Whole, nullable=False),
    Column("ended_at", Whole),
    Column("owner", Text, nullable=False, server_default=""),
    Column("step", Text, nullable=False, server_default=""),
    Column("percent", Integer),
    CheckConstraint("state IN ('running', 'done', 'failed')", name="task_state_known"),
    sqlite_strict=True,
)
"""Loads that a request started. ``owner`` is the process that runs one, empty until one takes it."""

answered = Table(
    "answered",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Whole, nullable=False),
    Index("answered_at", "at"),
    sqlite_strict=True,
)
"""Answers to requests with an ``Idempotency-Key``, kept for a day; status 0 while the first one is being
answered."""
