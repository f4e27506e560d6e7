"""Hierarchies: a code becomes its ancestor by a public table of the operator."""

from __future__ import annotations

import csv
from pathlib import Path

from sandbox.errors import LoadFailed
from sandbox.mask.text import as_text, enum, literal, trimmed
from sandbox.nouns.mask import Hierarchy

MOST_ROWS = 50_000
"""Most codes of one hierarchy: they become part of the statement."""


def hierarchy(sql: str, mask: Hierarchy, folder: str) -> str:
    """The ancestor at the mask's level; codes the table lacks become NULL.

    The codes become an ENUM, its number the place in a list of ancestors: one hash look-up a row.
    """
    table = read_hierarchy(Path(folder) / mask.file, mask.level)
    ancestors = ", ".join(literal(ancestor) for ancestor in table.values())
    place = f"enum_code(TRY_CAST({trimmed(as_text(sql))} AS {enum(table)}))"
    return f"([{ancestors}])[{place}::INTEGER + 1]"


def read_hierarchy(path: Path, level: int) -> dict[str, str]:
    """Code → ancestor at ``level`` of a UTF-8 CSV with a heading and the columns value, level 1, level 2 …

    Raises:
        LoadFailed: ``hierarchy_invalid``.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = [[cell.strip() for cell in row] for row in csv.reader(lines) if row][1:]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise _invalid(path, "cannot be read as UTF-8 CSV") from None
    if not 1 <= len(rows) <= MOST_ROWS:
        raise _invalid(path, f"needs between 1 and {MOST_ROWS} codes")
    if any(len(row) <= level or not row[0] or not row[level] for row in rows):
        raise _invalid(path, f"lacks a code or its level {level} in some line")
    table = {row[0]: row[level] for row in rows}
    if len(table) != len({(row[0], row[level]) for row in rows}):
        raise _invalid(path, "gives one code two ancestors")
    return table


def _invalid(path: Path, what: str) -> LoadFailed:
    return LoadFailed(
        "hierarchy_invalid",
        f"the hierarchy file {path.name} {what}",
        hint="write a heading, then one line a code: value,level 1,level 2 …",
    )
