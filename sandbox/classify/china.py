"""What we look for: one ``Spec`` an entity. 个人信息识别规则.

Patterns see half-width text. They name ASCII digits and letters, and say what may not stand beside a match:
``\\b`` finds nothing beside Han characters. The prefilter of an entity is its pattern without neighbours and
without check digit (``SUSPECTS``), so that the engine may look first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.classify import checks
from sandbox.nouns.china import PLATE_PROVINCES, SUSPECTS

THRESHOLD = 0.4
"""Findings below this score are dropped."""
CONTEXT = 0.35
"""What a context word nearby adds."""

_BEGIN = r"(?<![0-9A-Za-z])(?<![0-9]\.)"
_END = r"(?![0-9A-Za-z])(?!\.[0-9])"
_PLATE = "0-9A-HJ-NP-Za-hj-np-z"


@dataclass(frozen=True)
class Spec:
    """One kind of identifier."""

    entity: str
    patterns: tuple[tuple[str, float], ...]
    """(Python pattern, score before context and check)."""
    check: Callable[[str], bool] | None = None
    """Judges the matched text; a pass scores 1, a failure drops the match. None: structure alone."""
    context: tuple[str, ...] = ()
    """Words that raise the score when they stand nearby or name the column."""

    @property
    def prefilter(self) -> str:
        """RE2 pattern that matches whenever a pattern of this entity does."""
        return SUSPECTS[self.entity]


SPECS: tuple[Spec, ...] = (
    Spec(
        "CN_RESIDENT_ID",
        ((_BEGIN + r"[1-9][0-9]{5}[ -]?[0-9]{8}[ -]?[0-9]{3}[0-9Xx]" + _END, 0.6),),
        checks.resident_id,
        ("身份证", "证件", "公民", "id_card", "idcard", "id_no"),
    ),
    Spec(
        "CN_USCC",
        ((_BEGIN + r"[1-9ANYany][1-9][0-9]{6}[0-9A-HJ-NP-RTUW-Ya-hj-np-rtuw-y]{10}" + _END, 0.5),),
        checks.uscc,
        ("信用代码", "税号", "uscc"),
    ),
    Spec(
        "EMAIL_ADDRESS",
        (
            (
                r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]{1,64}@"
                r"(?:[A-Za-z0-9][A-Za-z0-9\-]{0,62}\.)+[A-Za-z]{2,24}(?![A-Za-z0-9])",
                0.9,
            ),
        ),
    ),
    Spec(
        "CN_BANK_CARD",
        ((_BEGIN + r"[3-9][0-9]{3}(?:[ -]?[0-9]){9,15}" + _END, 0.5),),
        checks.known_card,
        ("银行", "卡号", "账号", "card", "account"),
    ),
    Spec(
        "CN_MOBILE",
        (
            (
                _BEGIN + r"(?:(?:\+|00)?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9])(?!\.[0-9])",
                0.7,
            ),
        ),
        None,
        ("手机", "电话", "mobile", "phone"),
    ),
    Spec(
        "CN_LANDLINE",
        (
            (_BEGIN + r"0(?:10|2[0-9]|[3-9][0-9]{2})[ -][2-9][0-9]{2,3}[ -]?[0-9]{4}" + _END, 0.5),
            (r"[(]0(?:10|2[0-9]|[3-9][0-9]{2})[)][ -]?[2-9][0-9]{2,3}[ -]?[0-9]{4}" + _END, 0.5),
            (_BEGIN + r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-9][0-9]{6,7}" + _END, 0.25),
        ),
        None,
        ("电话", "座机", "固话", "tel", "phone"),
    ),
    Spec(
        "CN_PLATE",
        (
            (
                rf"[{PLATE_PROVINCES}][A-HJ-NP-Za-hj-np-z][·• ]?"
                rf"(?:[{_PLATE}]{{5,6}}|[{_PLATE}]{{4}}[挂学警港澳])(?![0-9A-Za-z])",
                0.6,
            ),
        ),
        None,
        ("车牌", "号牌", "plate"),
    ),
    Spec(
        "CN_PASSPORT",
        (
            (
                _BEGIN
                + r"(?:[EGeg][0-9]{8}|[Ee][A-HJ-NP-Za-hj-np-z][0-9]{7}|[DSPdsp][Ee]?[0-9]{7}"
                + r"|[Kk][Jj]?[0-9]{7,8}|[Mm][Aa][0-9]{7})"
                + _END,
                0.3,
            ),
        ),
        None,
        ("护照", "passport"),
    ),
    Spec(
        "CN_TRAVEL_PERMIT",
        ((_BEGIN + r"(?:[HMhm][0-9]{8}(?:[0-9]{2})?|[CWcw][A-Za-z]?[0-9]{7,8}|[LTlt][0-9]{8})" + _END, 0.3),),
        None,
        ("通行证", "回乡证", "台胞证", "permit"),
    ),
    Spec(
        "IP_ADDRESS",
        (
            (
                r"(?<![0-9A-Za-z.])(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}"
                r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?![0-9A-Za-z])(?!\.[0-9])",
                0.6,
            ),
        ),
        None,
        ("ip",),
    ),
)
"""In the order in which overlapping findings win."""
