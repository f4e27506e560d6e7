"""Which columns of a protected table have a first-row flag in its workspace.

For a flagged column, bit b of the stored ``_first`` says: this is the row of lowest ``_rank`` in which its
unit has this value of the column (NULL is a value). Counting flagged rows of a value then counts units,
exactly and for every row bound, at the price of a count. The bits follow from the policy alone, so that the
load that writes them and the plan that reads them agree without looking at each other.
"""

from __future__ import annotations

from sandbox.nouns.mask import Drop
from sandbox.nouns.policy import ColumnType, Table, Use

MOST_VALUES = 62
"""Declared values of a flagged column: the values seen so far are a set in one 64-bit word, with NULL."""
MOST_COLUMNS = 32
"""Flagged columns of one table: ``_first`` is a UINTEGER. Later columns have no flag."""


def first_bits(table: Table) -> dict[str, int]:
    """Column → bit of ``_first``, in the policy's order; empty for a public table."""
    if table.public or table.unit is None:
        return {}
    flagged = [
        column.name
        for column in table.columns
        if column.type is ColumnType.TEXT
        and column.domain is not None
        and len(column.domain) <= MOST_VALUES
        and Use.GROUP in column.use
        and column.name != table.unit
        and not isinstance(column.mask, Drop)
    ]
    return {name: bit for bit, name in enumerate(flagged[:MOST_COLUMNS])}
