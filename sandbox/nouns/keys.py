"""Keys that a developer lists: the groups of a query become a public grid. 列出的分组键.

They travel as the last line of the statement, a comment, so that the log, a reviewer and a replay see one
text::

    SELECT region, COUNT(*) AS n FROM visits GROUP BY region
    -- keys: {"region": ["郑州市", "开封市"]}
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal

from sandbox.errors import Refused

MOST_LISTED = 10_000
"""Values that one key may list."""
MOST_CHARACTERS = 400_000
"""Length of the line of keys."""
Listed = Mapping[str, tuple[str | bool | None, ...]]
"""Item of GROUP BY → its values; numbers and dates as text."""
_LINE = re.compile(r"\n-- keys: ([^\n]*)\s*\Z")


def with_keys(sql: str, keys: object) -> str:
    """The statement with its keys as its last line; unchanged for None.

    Args:
        sql: one SELECT.
        keys: name of an item of GROUP BY → list of texts, numbers, dates, booleans or None.

    Raises:
        Refused: ``keys_invalid``.

    >>> with_keys("SELECT 1", {"a": [1, None]})
    'SELECT 1\\n-- keys: {"a": ["1", null]}'
    """
    if keys is None:
        return sql
    if not isinstance(keys, Mapping) or not keys:
        raise _invalid("keys is a mapping of a name to a list of values")
    listed = {_name(name): _values(values) for name, values in keys.items()}
    line = json.dumps(listed, ensure_ascii=False)
    if len(line) > MOST_CHARACTERS:
        raise _invalid(f"keys take more than {MOST_CHARACTERS} characters")
    return f"{sql}\n-- keys: {line}"


def split_keys(text: str) -> tuple[str, Listed]:
    """A statement and the keys of its last line.

    Raises:
        Refused: ``keys_invalid`` for a line that begins as one of keys and is none.
    """
    found = _LINE.search(text)
    if found is None:
        return text, {}
    if len(found.group(1)) > MOST_CHARACTERS:
        raise _invalid(f"keys take more than {MOST_CHARACTERS} characters")
    try:
        keys = json.loads(found.group(1))
    except (ValueError, RecursionError):
        raise _invalid("the line of keys is not JSON") from None
    if not isinstance(keys, dict) or not keys:
        raise _invalid("the line of keys is no object")
    listed = {_name(name): tuple(_values(values)) for name, values in keys.items()}
    return text[: found.start()], listed


def texts(listed: Listed) -> tuple[str, ...]:
    """Every listed text, for the scan for identity numbers."""
    return tuple(value for values in listed.values() for value in values if isinstance(value, str))


def _name(name: object) -> str:
    if not isinstance(name, str) or not name.strip():
        raise _invalid("a key is named by a text")
    return name


def _values(values: object) -> list[str | bool | None]:
    if not isinstance(values, (list, tuple)) or not 1 <= len(values) <= MOST_LISTED:
        raise _invalid(f"a key has a list of 1 to {MOST_LISTED} values")
    return list(dict.fromkeys(_value(value) for value in values))


def _value(value: object) -> str | bool | None:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and not any("\ud800" <= sign <= "\udfff" or sign < " " for sign in value):
        return value
    if isinstance(value, (int, Decimal)) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date):
        return value.isoformat()
    raise _invalid("a key's values are texts, finite numbers, dates, booleans or None")


def _invalid(reason: str) -> Refused:
    return Refused("keys_invalid", reason, hint='for example keys={"region": ["A", "B", None]}')
