from __future__ import annotations

import random
from pathlib import Path

import pytest

from sandbox.classify import draft_policy, grade_column
from sandbox.nouns.policy import ColumnClass
from sandbox.policy import check_policy
from tests.classify.numbers import VALID

NAMES = ["张伟", "王芳", "欧阳娜娜", "李秀英", "阿依古丽·买买提", "刘洋"] * 5


@pytest.mark.parametrize("entity", ["CN_RESIDENT_ID", "CN_MOBILE", "CN_BANK_CARD", "CN_USCC"])
def test_values_say_what_a_column_is_whatever_its_name(entity: str) -> None:
    rng = random.Random(1)
    evidence = grade_column("c1", [VALID[entity](rng) for _ in range(50)] + [None, ""])
    assert (evidence.kind, evidence.suggested, evidence.grade) == (entity, ColumnClass.DIRECT, 4)
    assert evidence.samples == 50
    assert evidence.shares[entity] >= 0.95


def test_names_are_known_by_their_surnames() -> None:
    evidence = grade_column("c", NAMES)
    assert (evidence.kind, evidence.mask) == ("PERSON_NAME", "drop")


@pytest.mark.parametrize("values", [["郑州市", "开封市"], ["内科", "外科", "儿科"], ["糖尿病", "感冒"]])
def test_other_words_are_not_names(values: list[str]) -> None:
    assert grade_column("c", values * 10).kind == ""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("出生日期", "BIRTH_DATE"), ("birth_date", "BIRTH_DATE"), ("性别", "SEX"), ("region", "REGION"),
        ("家庭住址", "ADDRESS"), ("备注", "FREE_TEXT"), ("诊断名称", "HEALTH"), ("amount", ""),
    ],
)  # fmt: skip
def test_headings_in_two_languages_are_hints(name: str, kind: str) -> None:
    assert grade_column(name, []).kind == kind


def test_long_text_is_free_text() -> None:
    note = "患者一周前出现咳嗽，夜间加重，联系电话13800138000，建议复查。"
    assert grade_column("c", [note] * 5).kind == "FREE_TEXT"


def test_evidence_never_holds_a_value() -> None:
    evidence = grade_column("c", ["13800138000", "13911112222"])
    assert "138" not in repr(evidence)


def evidence_of_a_clinic() -> list:
    rng = random.Random(2)
    return [
        grade_column("id_card", [VALID["CN_RESIDENT_ID"](rng) for _ in range(30)]),
        grade_column("姓名", NAMES),
        grade_column("mobile", [VALID["CN_MOBILE"](rng) for _ in range(30)]),
        grade_column("birth_date", ["1990-01-01"] * 5, type="date"),
        grade_column("性别", ["男", "女"]),
        grade_column("city", ["郑州市"] * 5),
        grade_column("visited_on", ["2025-01-02"] * 5, type="date"),
        grade_column('amount "x": {y}', [12.5, 99999.25], type="number"),
        grade_column("days", [1, 2], type="integer"),
        grade_column("备注", ["无异常"] * 5),
        grade_column("odd, name # here", ["a", "b"]),
    ]


def test_a_draft_passes_the_check_as_it_stands(tmp_path: Path) -> None:
    text = draft_policy("data/门诊.csv", "csv", "门诊", evidence_of_a_clinic())
    file = tmp_path / "p.yaml"
    file.write_text(text, encoding="utf-8")
    policy, mistakes, _ = check_policy(file)
    assert [str(mistake) for mistake in mistakes] == []
    assert policy is not None
    table = policy.tables[0]
    assert (table.unit, table.unit_format) == ("id_card", "resident_id")
    assert len(table.columns) == 11


def test_nothing_in_a_draft_comes_from_rows() -> None:
    text = draft_policy("v.csv", "csv", "v", evidence_of_a_clinic())
    for value in ("12.5", "99999", "1990", "2025", "张伟", "无异常"):
        assert value not in text


def test_a_draft_without_a_person_asks_for_one() -> None:
    assert "FILL_IN" in draft_policy("v.csv", "csv", "v", [grade_column("a", ["1"])])
