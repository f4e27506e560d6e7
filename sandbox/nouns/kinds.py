"""Types and uses of a column: what a developer's machine needs of a policy, light to import. 列类型、用途."""

from __future__ import annotations

from enum import StrEnum


class Use(StrEnum):
    """What a developer may do with a column."""

    AGGREGATE = "aggregate"
    GROUP = "group"
    FILTER = "filter"
    JOIN = "join"
    OUTPUT = "output"  # public tables only


class ColumnType(StrEnum):
    """Declared type of the masked column; never inferred from rows."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
