"""SQL text of names, literals and normalised values: the only place that quotes.

Every expression built here is total: no value in a row can make it fail.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.nouns.china import FULL_WIDTH, FULL_WIDTH_MARK, HALF_WIDTH

BLANKS = " \t\r\n\u3000\u00a0"


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier.

    >>> identifier('a"b')
    '"a""b"'
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a quoted SQL literal.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def enum(values: Iterable[str]) -> str:
    """The ENUM type of these values, in their order."""
    return f"ENUM({', '.join(literal(value) for value in values)})"


def as_text(sql: str) -> str:
    """Any value as text; what has no text becomes NULL."""
    return f"TRY_CAST({sql} AS VARCHAR)"


def half_width(text: str) -> str:
    """Full-width letters, digits and signs become ASCII; other text stays.

    ``translate`` costs microseconds a row, so it runs only where a full-width character was seen.
    """
    mark = f"strlen({text}) > length({text}) AND regexp_matches({text}, {literal(FULL_WIDTH_MARK)})"
    folded = f"translate({text}, {literal(FULL_WIDTH)}, {literal(HALF_WIDTH)})"
    return f"CASE WHEN {mark} THEN {folded} ELSE {text} END"


def trimmed(text: str) -> str:
    """Blanks at both ends removed, ideographic space included; nothing left becomes NULL."""
    return f"nullif(trim({text}, {literal(BLANKS)}), '')"


def normalised(sql: str) -> str:
    """The canonical form under which equal identifiers are equal: half-width, trimmed, upper case."""
    return trimmed(f"upper({half_width(as_text(sql))})")
