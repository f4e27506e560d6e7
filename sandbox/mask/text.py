"""SQL text of names, literals and normalised values: the only place that quotes.

Every expression built here is total: no value in a row can make it fail.
"""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.nouns.china import FULL_WIDTH, FULL_WIDTH_MARK, HALF_WIDTH

BLANKS = " \t\r\n\u3000\u00a0"
CANONICAL = "[!-`{-~]+"


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
    """Any value as text; what has no text becomes NULL.

    Seconds and milliseconds beyond the calendar would kill the engine (a cast that may not fail does), so
    they go by way of microseconds. ``typeof`` is known when the statement is bound: no row pays for it.
    """
    coarse = f"typeof({sql}) IN ('TIMESTAMP_S', 'TIMESTAMP_MS')"
    by_microseconds = f"TRY_CAST(TRY_CAST({sql} AS TIMESTAMP) AS VARCHAR)"
    return f"CASE WHEN {coarse} THEN {by_microseconds} ELSE TRY_CAST({sql} AS VARCHAR) END"


def named(name: str, value: str, body: str) -> str:
    """``body`` with ``value`` evaluated once and called ``name`` in it.

    SQL has no LET in an expression; a lambda over a list of one costs some 30 ns a row and keeps statements
    from doubling at every level. ``body`` names no column.

    >>> named("v", "a + 1", "v * v")
    'list_transform([a + 1], lambda v: v * v)[1]'
    """
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def half_width(text: str) -> str:
    """Full-width letters, digits and signs become ASCII; other text stays.

    ``translate`` costs microseconds a row, so it runs only where a full-width character was seen.
    """
    mark = f"strlen(w) > length(w) AND regexp_matches(w, {literal(FULL_WIDTH_MARK)})"
    folded = f"translate(w, {literal(FULL_WIDTH)}, {literal(HALF_WIDTH)})"
    return named("w", text, f"CASE WHEN {mark} THEN {folded} ELSE w END")


def trimmed(text: str) -> str:
    """Blanks at both ends removed, ideographic space included; nothing left becomes NULL."""
    return f"nullif(trim({text}, {literal(BLANKS)}), '')"


def normalised(sql: str) -> str:
    """The canonical form under which equal identifiers are equal: half-width, trimmed, upper case.

    Text that is canonical already (visible ASCII without small letters) takes the short way.
    """
    text = as_text(sql)
    slow = named("v", text, trimmed(f"upper({half_width('v')})"))
    return f"CASE WHEN regexp_full_match({text}, {literal(CANONICAL)}) THEN {text} ELSE {slow} END"
