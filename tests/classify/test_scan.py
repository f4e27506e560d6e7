from __future__ import annotations

import random
import re
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.classify import (
    Finding,
    looks_like_identifier,
    mask_text,
    needs_scan,
    prefilter_sql,
    scan_text,
    scan_values,
)
from sandbox.classify.china import SPECS
from sandbox.nouns import mask as masks
from sandbox.nouns.china import FULL_WIDTH, HALF_WIDTH, SUSPECTS
from sandbox.nouns.policy import Column, ColumnType
from tests.classify.numbers import HARMLESS, VALID, bank_card, mobile, resident_id, uscc

WIDE = str.maketrans(HALF_WIDTH, FULL_WIDTH)
CASES = 300


def entities(text: str, context: str = "") -> set[str]:
    return {finding.entity for finding in scan_text(text, context=context)}


def test_every_recognizer_has_a_prefilter() -> None:
    assert [spec.entity for spec in SPECS] == [
        spec.entity for spec in SPECS if spec.prefilter == SUSPECTS[spec.entity]
    ]
    assert {spec.entity for spec in SPECS} == set(SUSPECTS)


@pytest.mark.parametrize("entity", VALID)
def test_valid_numbers_are_found_glued_to_han_and_full_width(entity: str) -> None:
    rng = random.Random(entity)
    found = {"alone": 0, "glued": 0, "wide": 0}
    for _ in range(CASES):
        value = VALID[entity](rng)
        found["alone"] += entity in entities(value)
        found["glued"] += entity in entities(f"患者{value}，复诊")
        found["wide"] += entity in entities(f"患者{value}，复诊".translate(WIDE))
    assert min(found.values()) >= 0.98 * CASES, found


def test_spans_are_of_the_text_as_given() -> None:
    text = "电话１３８００１３８０００，邮箱zhangsan@example.com呢"
    assert [text[finding.start : finding.end] for finding in scan_text(text)] == [
        "１３８００１３８０００",
        "zhangsan@example.com",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002X", "11010519491231002x", "身份证11010519491231002X号", "510107 19660806 7105",
        "公民身份号码：110105-19491231-002X",
    ],
)  # fmt: skip
def test_resident_numbers_in_every_dress(text: str) -> None:
    assert entities(text) == {"CN_RESIDENT_ID"}


@pytest.mark.parametrize(
    "text",
    [
        "110105194912310021", "110105194913310020", "160105194912310020", "410105195512229826199",
        "3.1415926535897932", "13800138000123", "A13800138000", "13800138000.55", "E12345678",
        "20251123456789012", "J45.901", "版本 2.0", "", "市",
    ],
)  # fmt: skip
def test_near_misses_are_left_alone(text: str) -> None:
    assert entities(text) == set()


def test_false_hits_stay_few() -> None:
    rng = random.Random(7)
    texts = [make(rng) for make in HARMLESS for _ in range(CASES)]
    hits = [text for text in texts if scan_text(text)]
    assert len(hits) <= len(texts) // 200, hits[:5]


def test_an_identity_number_wins_over_a_card_and_a_credit_code() -> None:
    rng = random.Random(3)
    for _ in range(CASES):
        assert entities(f"卡号{resident_id(rng)}") == {"CN_RESIDENT_ID"}


def test_a_name_of_the_column_is_context() -> None:
    assert entities("E12345678") == set()
    assert entities("E12345678", context="护照号码") == {"CN_PASSPORT"}
    assert entities("037165789012", context="联系电话") == {"CN_LANDLINE"}
    assert entities("037165789012") == set()


def test_masking_replaces_with_tokens() -> None:
    text, findings = mask_text("张三 13800138000，身份证11010519491231002X。")
    assert text == "张三 <CN_MOBILE>，身份证<CN_RESIDENT_ID>。"
    assert {finding.entity for finding in findings} == {"CN_MOBILE", "CN_RESIDENT_ID"}
    assert mask_text("郑州市") == ("郑州市", ())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(list(VALID)), max_size=3), st.integers(0, 2**32), st.text(max_size=10))
def test_masked_text_holds_nothing_more_to_find(kinds: list[str], seed: int, noise: str) -> None:
    rng = random.Random(seed)
    text = noise + "，".join(VALID[kind](rng) for kind in kinds) + noise
    masked, findings = mask_text(text)
    assert scan_text(masked) == ()
    assert len(re.findall("<[A-Z_]+>", masked)) >= len(findings)


def test_a_finding_never_holds_its_text() -> None:
    [finding] = scan_text("13800138000")
    assert "138" not in repr(finding)
    assert set(vars(finding)) == {"entity", "start", "end", "score"}
    assert isinstance(finding, Finding)


@pytest.mark.parametrize("literal", ["13800138000", "%13800138000%", "11010519491231002X", "E12345678"])
def test_literals_that_name_one_person(literal: str) -> None:
    assert looks_like_identifier(literal)


@pytest.mark.parametrize("literal", ["郑州市", "J45", "2025-01-01", "内科%", "H0282", "", "410105"])
def test_ordinary_literals_name_nobody(literal: str) -> None:
    assert not looks_like_identifier(literal)


def prefiltered(values: list[str]) -> list[bool]:
    with duckdb.connect() as connection:
        connection.register("t", pa.table({"v": values}))
        return [bool(row[0]) for row in connection.execute(f"SELECT {prefilter_sql('v')} FROM t").fetchall()]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32), st.lists(st.text("0123456789Xx-（）＋@.aHE豫 ·１３　", max_size=24), max_size=20)
)
def test_whatever_is_found_passes_the_prefilter(seed: int, texts: list[str]) -> None:
    rng = random.Random(seed)
    texts += [make(rng) for make in VALID.values()] + [make(rng) for make in HARMLESS]
    texts += ["a@b.cn", "1.1.1.1"]
    texts += [text.translate(WIDE) for text in texts] + [f"电话{text}" for text in texts]
    for text, candidate in zip(texts, prefiltered(texts), strict=True):
        assert candidate or not scan_text(text, context="电话 护照 通行证 卡号")


def test_the_prefilter_takes_whole_numbers() -> None:
    with duckdb.connect() as connection:
        sql = f"SELECT {prefilter_sql('v')} FROM (VALUES (13800138000), (12), (NULL)) AS t(v)"
        assert connection.execute(sql).fetchall() == [(True,), (False,), (False,)]


def test_values_are_counted_by_entity() -> None:
    rng = random.Random(5)
    values = [mobile(rng), bank_card(rng), uscc(rng), "高血压", None, 13800138000]
    assert scan_values("note", values) == {"CN_MOBILE": 2, "CN_BANK_CARD": 1, "CN_USCC": 1}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column(name="c"), True),
        (Column(name="c", type=ColumnType.INTEGER), True),
        (Column(name="c", mask=masks.Scan()), True),
        (Column(name="c", mask=masks.Partial(first=12)), True),
        (Column(name="c", domain=("x",)), False),
        (Column(name="c", mask=masks.Drop()), False),
        (Column(name="c", mask=masks.Pseudonym(domain="m")), False),
        (Column(name="c", mask=masks.Region()), False),
        (Column(name="c", type=ColumnType.NUMBER), False),
        (Column(name="c", type=ColumnType.INTEGER, bounds=(Decimal(0), Decimal(9))), False),
        (Column(name="c", type=ColumnType.DATE), False),
    ],
)
def test_only_what_can_hold_an_identifier_is_scanned(column: Column, expected: bool) -> None:
    assert needs_scan(column) is expected
