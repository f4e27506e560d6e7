from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import LoadFailed
from sandbox.mask.stored import LONGEST_TEXT
from sandbox.nouns import mask as masks
from sandbox.nouns.policy import Column, ColumnType
from tests.mask.masked import flags, load, one_column, render

AMOUNT = Column(name="c", type=ColumnType.NUMBER, bounds=(Decimal(0), Decimal(20000)))


def test_a_bounded_number_is_a_decimal_of_the_declared_scale() -> None:
    assert render(AMOUNT).columns[0].sql_type == "DECIMAL(18,3)"


def test_numbers_are_clamped_and_nan_is_null() -> None:
    values = [1.2345, -5.0, 1e308, float("inf"), float("-inf"), float("nan"), None, 20000.0]
    expected = ["1.235", "0.000", "20000.000", "20000.000", "0.000", None, None, "20000.000"]
    assert [None if v is None else str(v) for v in one_column(AMOUNT, values)] == expected
    assert flags(AMOUNT, values) == [0, 1, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("mask", [masks.Keep(), masks.Scan()])
def test_a_long_text_is_cut_and_counted(mask: masks.Operator) -> None:
    note = Column(name="c", mask=mask)
    values = ["省" * (LONGEST_TEXT * 3), None, "省" * LONGEST_TEXT]
    stored = one_column(note, values)
    assert len(stored[0]) == LONGEST_TEXT
    assert stored[1] is None
    assert flags(note, values)[:2] == [1, 0]


def test_a_text_of_a_public_table_is_as_long_as_it_is() -> None:
    made = render(Column(name="c"), unit=None, public=True)
    (row,) = load(made, pa.table({"c": ["省" * (LONGEST_TEXT + 1)]}))
    assert len(row["c"]) == LONGEST_TEXT + 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.floats(), st.none()), min_size=1, max_size=30))
def test_no_double_leaves_its_bounds(values: list[float | None]) -> None:
    for before, after in zip(values, one_column(AMOUNT, [0.0, *values])[1:], strict=True):
        if before is None or before != before:
            assert after is None
        else:
            assert abs(after - Decimal(min(max(before, 0), 20000))) <= Decimal("0.0005")


def test_bounds_are_rounded_inward() -> None:
    tight = Column(name="c", type=ColumnType.NUMBER, bounds=(Decimal("0.00001"), Decimal("19999.99999")))
    assert one_column(tight, [0.0, 1e9]) == [Decimal("0.001"), Decimal("19999.999")]


def test_whole_numbers_are_clamped_exactly_at_the_ends_of_64_bits() -> None:
    made = Column(name="c", type=ColumnType.INTEGER, bounds=(Decimal(-10), Decimal(10)))
    assert one_column(made, [-(2**63), 2**63 - 1, 3]) == [-10, 10, 3]
    assert one_column(made, ["-9999999999999999999999", "1e400", "x", "7"]) == [-10, 10, None, 7]


@pytest.mark.parametrize(
    "bounds", [(Decimal(0), Decimal(10) ** 17), (Decimal("20000.0001"), Decimal("20000.0002"))]
)
def test_bounds_that_cannot_be_stored_stop_the_load(bounds: tuple[Decimal, Decimal]) -> None:
    with pytest.raises(LoadFailed, match="bounds_invalid"):
        render(Column(name="c", type=ColumnType.NUMBER, bounds=bounds))


def test_an_unbounded_number_is_a_double_without_nan_and_infinity() -> None:
    made = Column(name="c", type=ColumnType.NUMBER)
    assert one_column(made, [1.5, float("nan"), float("inf"), None]) == [1.5, None, None, None]


def test_dates_are_clamped_and_flagged() -> None:
    made = Column(name="c", type=ColumnType.DATE, bounds=(dt.date(2025, 1, 1), dt.date(2025, 12, 31)))
    values = ["2024-06-01", "2025-06-01", "9999-12-31", "0001-01-01", "nonsense", None]
    assert one_column(made, values) == [
        dt.date(2025, 1, 1), dt.date(2025, 6, 1), dt.date(2025, 12, 31), dt.date(2025, 1, 1), None, None,
    ]  # fmt: skip
    assert flags(made, values) == [1, 0, 1, 1, 1, 0]


def test_a_time_never_passes_its_last_day() -> None:
    made = Column(name="c", type=ColumnType.TIMESTAMP, bounds=(dt.date(2025, 1, 1), dt.date(2025, 12, 31)))
    assert one_column(made, ["2025-12-31 23:59:59"]) == [dt.datetime(2025, 12, 31)]


def test_values_outside_a_domain_become_null_and_are_flagged() -> None:
    made = Column(name="c", domain=("男", "女", 'it\'s "x"'))
    values = ["男", " 女 ", 'it\'s "x"', "未知", None]
    assert one_column(made, values) == ["男", "女", 'it\'s "x"', None, None]
    assert flags(made, values) == [0, 0, 0, 1, 0]
    assert render(made).columns[0].sql_type == """ENUM('男', '女', 'it''s "x"')"""


def test_a_domain_of_other_types_keeps_the_type() -> None:
    made = Column(name="c", type=ColumnType.INTEGER, domain=("1", "2"))
    assert render(made).columns[0].sql_type == "BIGINT"
    assert one_column(made, ["1", "2", "3"]) == [1, 2, None]
    day = Column(name="c", type=ColumnType.DATE, domain=("2025-01-01",))
    assert one_column(day, ["2025-01-01", "2025-01-02"]) == [dt.date(2025, 1, 1), None]


def test_booleans_are_read_in_two_languages() -> None:
    made = Column(name="c", type=ColumnType.BOOLEAN)
    assert one_column(made, ["是", "否", "true", "0", "Y", "maybe"]) == [True, False, True, False, True, None]
