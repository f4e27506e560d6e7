"""Alembic's entry: runs the steps on the connection it is handed, inside that connection's transaction."""

from __future__ import annotations

from alembic import context

from sandbox.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False
)
context.run_migrations()
