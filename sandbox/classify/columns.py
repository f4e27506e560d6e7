"""Evidence about a column: what its values and its name say, and what to do about it. 列级识别.

For operators: what is suggested is read by a person before it becomes a policy.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.classify.scan import scan_text
from sandbox.nouns.policy import ColumnClass

SHARE = 0.6
"""Share of values from which a column is of a kind."""
NAME_SHARE = 0.8
"""Share of values that look like a person's name from which a column holds names."""
LONG = 20
"""Mean length in characters from which text counts as free text."""

SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗"
    "凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛"
    "禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌"
    "霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳"
    "汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印"
    "宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农"
    "温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧利师巩聂关闫肖代佟岳帅"
) | {
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "夏侯",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "司徒",
    "端木",
    "南宫",
}
"""Common surnames (百家姓 and compound names)."""
_NAME = re.compile(r"[一-鿿]{2,4}|[一-鿿]{1,10}·[一-鿿]{1,10}")

_HINTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(words, re.IGNORECASE))
    for kind, words in (
        ("CN_RESIDENT_ID", r"身份证|证件号|公民身份|id_?card|id_?no\b|ssn|sfz"),
        ("CN_MOBILE", r"手机|移动电话|mobile|phone|sjh"),
        ("CN_LANDLINE", r"座机|固话|电话|telephone|\btel"),
        ("EMAIL_ADDRESS", r"邮箱|e-?mail"),
        ("CN_BANK_CARD", r"银行卡|卡号|bank_?card|card_?no|account_?no|账号"),
        ("CN_USCC", r"信用代码|税号|uscc|credit_?code"),
        ("CN_PLATE", r"车牌|号牌|plate"),
        ("CN_PASSPORT", r"护照|passport"),
        ("IP_ADDRESS", r"\bip(_|$)|ip地址"),
        ("BIRTH_DATE", r"出生|生日|birth|\bdob\b|csrq"),
        ("SEX", r"性别|\bsex\b|gender|^xb$"),
        ("ADDRESS", r"地址|住址|address|\baddr"),
        ("REGION", r"地区|区划|城市|市州|地市|省份|region|city|province|district"),
        ("PERSON_NAME", r"姓名|^(full_?|patient_?|person_?)?name$|^xm$"),
        ("FREE_TEXT", r"备注|说明|描述|病历|主诉|意见|note|remark|comment|description"),
        ("HEALTH", r"诊断|疾病|病种|diagnos|disease|icd"),
    )
)
"""Kind → words of a column's name, Chinese and English; the first that fits counts."""

_DIRECT = (
    "CN_RESIDENT_ID", "CN_MOBILE", "CN_LANDLINE", "EMAIL_ADDRESS", "CN_BANK_CARD", "CN_USCC", "CN_PLATE",
    "CN_PASSPORT", "CN_TRAVEL_PERMIT", "IP_ADDRESS", "PERSON_NAME",
)  # fmt: skip


@dataclass(frozen=True)
class ColumnEvidence:
    """What speaks for a column being personal. Shares and counts; never a value."""

    name: str
    samples: int
    """Values looked at, empty ones left out."""
    shares: dict[str, float]
    """Entity → share of the values that hold it (anywhere in the value)."""
    names: float
    """Share of values that look like a Chinese person's name."""
    hint: str
    """Kind that the column's name suggests, or empty."""
    kind: str
    """What it most likely is: an entity, or BIRTH_DATE, SEX, REGION, ADDRESS, FREE_TEXT, HEALTH, or empty."""
    suggested: ColumnClass
    mask: str
    """Suggested mask as YAML."""
    grade: int
    """Suggested grade before masking, 1 to 4 (the default scheme)."""
    type: str = "text"
    """Declared type of the source column: text, integer, number, date, timestamp or boolean."""


def grade_column(name: str, samples: Sequence[object], *, type: str = "text") -> ColumnEvidence:
    """Evidence about one column from sampled values.

    Args:
        samples: values as the source gives them; None and empty text are left out.
        type: the source's declared type, in the policy's words.
    """
    values = [text for text in (str(value).strip() for value in samples if value is not None) if text]
    hint = next((kind for kind, words in _HINTS if words.search(name)), "")
    shares = _shares(name, values)
    names = sum(_is_name(value) for value in values) / len(values) if values else 0.0
    kind = _kind(hint, shares, names, values, type)
    return ColumnEvidence(
        name=name, samples=len(values), shares=shares, names=round(names, 3), hint=hint, kind=kind,
        suggested=_class_of(kind), mask=_mask_of(kind), grade=_grade_of(kind), type=type,
    )  # fmt: skip


def _shares(name: str, values: Sequence[str]) -> dict[str, float]:
    counts: dict[str, int] = {}
    for value in values:
        for entity in {finding.entity for finding in scan_text(value, context=name)}:
            counts[entity] = counts.get(entity, 0) + 1
    return {entity: round(count / len(values), 3) for entity, count in sorted(counts.items())}


def _is_name(value: str) -> bool:
    return bool(_NAME.fullmatch(value)) and ("·" in value or value[0] in SURNAMES or value[:2] in SURNAMES)


def _kind(hint: str, shares: dict[str, float], names: float, values: Sequence[str], declared: str) -> str:
    """Values before names: a check digit does not lie, a heading may."""
    entity = max(shares, key=lambda one: shares[one], default="")
    mean = sum(map(len, values)) / len(values) if values else 0
    free = declared == "text" and mean >= LONG
    if entity and shares[entity] >= SHARE and not free:
        return entity
    if names >= NAME_SHARE and hint not in ("REGION", "SEX", "HEALTH", "ADDRESS"):
        return "PERSON_NAME"
    if hint:
        return hint
    return "FREE_TEXT" if free or shares else ""


def _class_of(kind: str) -> ColumnClass:
    if kind in _DIRECT:
        return ColumnClass.DIRECT
    return {
        "BIRTH_DATE": ColumnClass.QUASI, "SEX": ColumnClass.QUASI, "REGION": ColumnClass.QUASI,
        "ADDRESS": ColumnClass.QUASI, "FREE_TEXT": ColumnClass.TEXT, "HEALTH": ColumnClass.SENSITIVE,
    }.get(kind, ColumnClass.OTHER)  # fmt: skip


def _mask_of(kind: str) -> str:
    return {
        "CN_MOBILE": "{pseudonym: {domain: mobile}}",
        "BIRTH_DATE": "{age_band: {width: 5, top: 90}}",
        "REGION": "{region: {level: city}}",
        "ADDRESS": "{region: {level: city}}",
        "FREE_TEXT": "{scan: {on_hit: token}}",
    }.get(kind, "drop" if kind in _DIRECT else "keep")


def _grade_of(kind: str) -> int:
    if kind in _DIRECT or kind in ("FREE_TEXT", "HEALTH"):
        return 4
    return 3 if kind in ("BIRTH_DATE", "REGION", "ADDRESS", "SEX") else 2
