from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import LoadFailed
from sandbox.mask import age_bands
from sandbox.nouns import mask as masks
from sandbox.nouns.policy import Column, ColumnType
from tests.mask.masked import load, one_column, render

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)


def column(mask: masks.Operator, **options: object) -> Column:
    return Column(name="c", mask=mask, **options)


def test_every_operator_that_stores_something_is_rendered() -> None:
    from sandbox.mask.operators import RENDERERS

    assert set(RENDERERS) == set(masks.OPERATORS.values()) - {masks.Drop}


def test_a_dropped_column_is_neither_read_nor_stored() -> None:
    made = render(Column(name="secret", mask=masks.Drop()), Column(name="c"))
    assert made.source_columns == ("id", "c")
    assert [stored.name for stored in made.columns] == ["c"]
    assert "secret" not in made.select


def test_constant_is_the_same_for_everybody() -> None:
    made = column(masks.Constant(value="it's 机密"))
    rows = load(render(made), pa.table({"id": ["a", "b"]}))
    assert [row["c"] for row in rows] == ["it's 机密"] * 2


def test_pseudonyms_are_equal_within_a_domain_and_different_across() -> None:
    values = ["13800138000", "１３８００１３８０００", "13800138001", None, ""]
    phone = one_column(column(masks.Pseudonym(domain="mobile")), values)
    other = one_column(column(masks.Pseudonym(domain="fax")), values)
    assert phone[0] == phone[1] != phone[2]
    assert phone[3] is None
    assert phone[4] is None
    assert not set(phone[:3]) & set(other[:3])
    assert all(re.fullmatch("[0-9a-f]{32}", value) for value in phone[:3])


@settings(max_examples=60, deadline=None)
@given(first=st.integers(0, 6), last=st.integers(0, 6), values=st.lists(TEXTS, min_size=1, max_size=20))
def test_partial_never_shows_more_than_it_declares(first: int, last: int, values: list[str]) -> None:
    stored = one_column(column(masks.Partial(first=first, last=last)), values)
    for value, shown in zip(values, stored, strict=True):
        if len(value) <= first + last:
            assert shown is None
        else:
            assert shown == value[:first] + "****" + (value[len(value) - last :] if last else "")


def test_age_bands_follow_full_years_on_the_reference_date() -> None:
    mask = masks.AgeBand(width=5, top=90, on="2025-03-01")
    born = [
        dt.date(1995, 3, 1), dt.date(1995, 3, 2), dt.date(1935, 3, 1), dt.date(1935, 3, 2),
        dt.date(1896, 1, 1), dt.date(2025, 2, 28), dt.date(2026, 1, 1), dt.date(2027, 1, 1),
        dt.date(1800, 1, 1), None,
    ]  # fmt: skip
    assert one_column(column(mask), born) == [
        "30-34", "25-29", "90+", "85-89", "90+", "0-4", "0-4", None, None, None,
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(born=st.dates(), width=st.integers(1, 50), top=st.integers(1, 130))
def test_every_age_band_is_in_the_declared_list(born: dt.date, width: int, top: int) -> None:
    mask = masks.AgeBand(width=width, top=top, on="2025-07-01")
    [band] = one_column(column(mask), [born])
    age = 2025 - born.year - ((born.month, born.day) > (7, 1))
    if born > dt.date(2026, 6, 1) or age > 130:
        assert band is None
        return
    assert band in age_bands(mask)
    if age >= top:
        assert band == f"{top}+"
    else:
        low, _, high = band.partition("-")
        assert int(low) <= max(age, 0) <= int(high or low)


def test_dates_are_read_from_what_sources_hold() -> None:
    texts = ["2025-03-14", "20250314", "2025/3/14", "2025.03.14", "2025年3月14日", "14th of March", ""]
    kept = one_column(column(masks.Keep(), type=ColumnType.DATE), texts)
    assert kept == [dt.date(2025, 3, 14)] * 5 + [None, None]
    assert one_column(column(masks.Keep(), type=ColumnType.DATE), [20250314]) == [dt.date(2025, 3, 14)]


@pytest.mark.parametrize(
    ("unit", "first"),
    [
        ("week", dt.date(2025, 5, 12)),
        ("month", dt.date(2025, 5, 1)),
        ("quarter", dt.date(2025, 4, 1)),
        ("year", dt.date(2025, 1, 1)),
    ],
)
def test_date_trunc_gives_the_first_day(unit: str, first: dt.date) -> None:
    made = column(masks.DateTrunc(unit=unit), type=ColumnType.DATE)
    assert one_column(made, [dt.date(2025, 5, 14)]) == [first]


def test_dates_of_one_person_move_together_and_by_at_most_the_declared_days() -> None:
    days = [dt.date(2025, 1, 1) + dt.timedelta(days=place % 300) for place in range(3000)]
    ids = [f"p{place % 500}" for place in range(3000)]
    made = column(masks.DateShift(days=15), type=ColumnType.DATE)
    shifts: dict[str, set[int]] = {}
    for person, before, after in zip(ids, days, one_column(made, days, ids), strict=True):
        shifts.setdefault(person, set()).add((after - before).days)
    assert all(len(of_person) == 1 for of_person in shifts.values())
    assert {day for of_person in shifts.values() for day in of_person} == set(range(-15, 16))


def test_a_shifted_time_keeps_its_time_of_day() -> None:
    made = column(masks.DateShift(days=15), type=ColumnType.TIMESTAMP)
    [moved] = one_column(made, [dt.datetime(2025, 5, 5, 8, 30)])
    assert (moved.hour, moved.minute) == (8, 30)
    assert abs((moved.date() - dt.date(2025, 5, 5)).days) <= 15


def test_shifts_need_a_unit() -> None:
    with pytest.raises(LoadFailed, match="mask_needs_unit"):
        render(column(masks.DateShift(days=3)), unit=None, public=True)


@pytest.mark.parametrize(
    ("level", "value", "expected"),
    [
        ("province", "410105", "410000"), ("city", "410105", "410100"), ("county", "410105", "410105"),
        ("city", 410105, "410100"), ("city", "410105001001", "410100"), ("city", "41", None),
        ("city", "郑州市", "郑州市"), ("city", "河南省郑州市金水区花园路1号", "郑州市"),
        ("province", "河南省郑州市金水区", "河南省"), ("province", "河南郑州", "河南省"),
        ("county", "河南省郑州市金水区花园路1号", "郑州市金水区"), ("city", "北京市朝阳区", "北京市"),
        ("county", "北京市朝阳区建国路", "北京市朝阳区"), ("city", "吉林省吉林市", "吉林市"),
        ("city", "吉林省延边朝鲜族自治州延吉市", "延边朝鲜族自治州"),
        ("province", "新疆维吾尔自治区喀什地区", "新疆维吾尔自治区"),
        ("city", "内蒙古自治区锡林郭勒盟", "锡林郭勒盟"), ("city", "花园路1号张三", None), ("city", "", None),
    ],
)  # fmt: skip
def test_regions(level: str, value: object, expected: str | None) -> None:
    assert one_column(column(masks.Region(level=level)), [value]) == [expected]


def test_a_region_outside_the_domain_is_null() -> None:
    made = column(masks.Region(), domain=("郑州市", "开封市"))
    assert one_column(made, ["郑州市", "河南省开封市兰考县", "洛阳市"]) == ["郑州市", "开封市", None]


def test_codes_become_their_ancestors(tmp_path: Path) -> None:
    (tmp_path / "icd.csv").write_text(
        "code,chapter,group\nJ45,J,喘息\nJ18,J,it's\nI10,I,高血压\n", encoding="utf-8"
    )
    made = column(masks.Hierarchy(file="icd.csv", level=2))
    stored = one_column(made, ["I10", "J45 ", "J18", "Z99", None], folder=str(tmp_path))
    assert stored == ["高血压", "喘息", "it's", None, None]


@pytest.mark.parametrize("text", ["", "code,a\n", "code,a\nJ45\n", "code,a\nJ45,x\nJ45,y\n"])
def test_a_broken_hierarchy_stops_the_load(tmp_path: Path, text: str) -> None:
    (tmp_path / "h.csv").write_text(text, encoding="utf-8")
    with pytest.raises(LoadFailed, match="hierarchy_invalid"):
        render(column(masks.Hierarchy(file="h.csv")), folder=str(tmp_path))


NOTE = (
    "患者电话13800138000，身份证11010519491231002X，邮箱zhangsan@example.com，"
    "卡6222 0212 0010 0000 007，１３９００１３９０００"
)


def test_free_text_loses_every_number_of_a_person() -> None:
    [tokens] = one_column(column(masks.Scan()), [NOTE])
    assert tokens == (
        "患者电话<CN_MOBILE>，身份证<CN_RESIDENT_ID>，邮箱<EMAIL_ADDRESS>，卡<CN_BANK_CARD>，<CN_MOBILE>".replace(
            "，", ","
        )
    )
    [stars] = one_column(column(masks.Scan(on_hit="redact")), [NOTE])
    assert not re.search("[0-9]", stars)
    assert one_column(column(masks.Scan(on_hit="null")), [NOTE, "无异常"]) == [None, "无异常"]
