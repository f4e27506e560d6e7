"""A whole control database, row by row, into an empty one of either kind: for backups and moves."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, inspect, select

from sandbox.errors import Refused
from sandbox.ledger import govern_tables as govern_tables  # its tables belong to the same schema
from sandbox.ledger import hold_tables as hold_tables  # its tables belong to the same schema
from sandbox.ledger import queue_tables as queue_tables  # its tables belong to the same schema
from sandbox.ledger.schema import head, metadata

AT_ONCE = 1000
"""Rows that are held in memory."""
VERSION = "alembic_version"
"""Alembic's own table."""


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy every row, as ``source`` sees them at one moment, into tables that hold nothing yet."""
    target.execute(delete(head))  # a migration has begun an empty log
    for table in metadata.sorted_tables:
        found = source.execute(select(table).execution_options(yield_per=AT_ONCE))
        for rows in found.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in rows])


def check_no_others(connection: Connection) -> None:
    """Raises ``Refused("database_not_empty")`` when the database has tables of somebody else."""
    if {*inspect(connection).get_table_names()} - {*metadata.tables, VERSION}:
        raise _not_empty()


def check_unused(connection: Connection) -> None:
    """Raises ``Refused("database_not_empty")`` when any table of ours has rows. Keeps writers waiting."""
    if connection.execute(select(head.c.size).with_for_update()).scalar_one():
        raise _not_empty()
    for table in metadata.sorted_tables:
        if table is not head and connection.execute(select(func.count()).select_from(table)).scalar_one():
            raise _not_empty()


def _not_empty() -> Refused:
    return Refused(
        "database_not_empty", "the control database that SANDBOX_DATABASE_URL names is not empty",
        hint="make a database of its own for the restore; nothing was changed in this one",
    )  # fmt: skip
