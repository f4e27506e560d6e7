"""Chinese or English: the demo speaks the reader's language, or both where nobody said."""

from __future__ import annotations

import os
import re
from enum import StrEnum

NEVER_FIRST = "，。、；：？！）》”’%,.;:?!)…"
"""Marks that must not begin a line (GB/T 15834 避头)."""
_PIECE = re.compile(rf"\s+|[⺀-鿿＀-￯][{re.escape(NEVER_FIRST)}]*|[^\s⺀-鿿＀-￯]+")


class Language(StrEnum):
    """Languages of the demo."""

    ZH = "zh"
    EN = "en"
    BOTH = "both"


def language() -> Language:
    """The language of the environment (``LC_ALL``, ``LC_MESSAGES``, ``LANG``); both if it names neither."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name, "")
        if value:
            start = value[:2].lower()
            return Language(start) if start in ("zh", "en") else Language.BOTH
    return Language.BOTH


def either(chosen: Language, zh: str, en: str, *, join: str = "\n") -> str:
    """The text in the language chosen; both, Chinese first, where both are wanted.

    >>> either(Language.BOTH, "价格", "price", join=" ")
    '价格 price'
    """
    if chosen is Language.BOTH:
        return f"{zh}{join}{en}"
    return zh if chosen is Language.ZH else en


def wrapped(text: str, width: int) -> list[str]:
    """Text as lines of at most ``width`` columns, broken at spaces and between Han characters.

    >>> wrapped("数据可用不可见：开发者提交 SQL。", 16)
    ['数据可用不可见：', '开发者提交 SQL。']
    """
    lines = [""]
    for piece in _PIECE.findall(text):
        if columns(lines[-1] + piece.rstrip()) <= width:
            lines[-1] += piece
        elif piece.strip():
            lines.append(piece)
    return [line.rstrip() for line in lines]


def columns(text: str) -> int:
    """Columns of a terminal that a text takes: two for each Han character."""
    from rich.cells import cell_len

    return cell_len(text)
