"""Regions: an administrative code (GB/T 2260) or a Chinese address becomes its province, city or county."""

from __future__ import annotations

import re

from sandbox.mask.text import as_text, enum, literal, named, trimmed
from sandbox.nouns.china import MUNICIPALITIES, PROVINCES
from sandbox.nouns.mask import Region

_SUFFIX = re.compile("(市|省|(壮族|回族|维吾尔)?自治区|特别行政区)$")
SHORT = {_SUFFIX.sub("", name): name for name in PROVINCES.values()}
"""Short name of a province → full name: 河南 → 河南省."""
_PROVINCE = "|".join(SHORT)
_PREFIX = f"(?:(?:{_PROVINCE})(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区)?)?"
_CITY = (
    f"(?:{'|'.join(MUNICIPALITIES)}|"
    r"\p{Han}{2,4}?市|\p{Han}{2,11}?自治州|\p{Han}{2,5}?地区|\p{Han}{2,5}?盟)"
)
_COUNTY = r"(?:市辖区)?\p{Han}{1,10}?(?:自治县|自治旗|林区|特区|县|区|市|旗)"
_DIGITS = {"province": 2, "city": 4, "county": 6}


def region(sql: str, mask: Region, domain: tuple[str, ...] | None = None) -> str:
    """A code is cut to its level and padded with zeros; a name or address gives its official part.

    ``410105`` → ``410100``, ``河南省郑州市金水区…`` → ``郑州市``. Anything else is NULL.
    A value that is one of the declared ``domain`` already stays: a hash look-up instead of patterns, which
    cost microseconds.
    """
    known = f"WHEN TRY_CAST(a AS {enum(domain)}) IS NOT NULL THEN a " if domain else ""
    return named(
        "a", as_text(sql), f"CASE {known}ELSE {_cut(mask.level)} END" if domain else _cut(mask.level)
    )


def _cut(level: str) -> str:
    """The value ``a`` cut to its level."""
    digits = _DIGITS[level]
    code = f"rpad(left(t, {digits}), 6, '0')"
    is_code = f"regexp_full_match(t, '[1-8][0-9]{{{digits - 1}}}([0-9]{{2}}){{0,{(12 - digits) // 2}}}')"
    return named("t", trimmed("a"), f"CASE WHEN {is_code} THEN {code} ELSE {_name('t', level)} END")


def _name(text: str, level: str) -> str:
    if level == "province":
        branches = " ".join(f"WHEN {literal(short)} THEN {literal(full)}" for short, full in SHORT.items())
        return f"CASE regexp_extract({text}, {literal(f'^({_PROVINCE})')}, 1) {branches} END"
    part = _CITY if level == "city" else _CITY + _COUNTY
    municipality = "|".join(MUNICIPALITIES)
    named = f"^(?:{municipality})" if level == "city" else f"^(?:{municipality}){_COUNTY}"
    return (
        f"coalesce(nullif(regexp_extract({text}, {literal(named)}), ''), "
        f"nullif(regexp_extract({text}, {literal(f'^{_PREFIX}({part})')}, 1), ''))"
    )
