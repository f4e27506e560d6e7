"""Chinese or English: the demo speaks the reader's language, or both where nobody said."""

from __future__ import annotations

import os
from enum import StrEnum


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
