"""Invented cells have the form of stored ones: of the mask, the domain, the bounds and the type."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.dummy.people import PEOPLE, TODAY, Draws, people
from sandbox.dummy.values import Place, cell
from sandbox.mask.dates import age_bands
from sandbox.nouns import mask as masks
from sandbox.nouns.china import RESIDENT_CHECKS, RESIDENT_WEIGHTS
from sandbox.nouns.policy import Column, ColumnType

DRAWS = Draws(b"a policy")
EVERYBODY = people(DRAWS)


def cells(column: Column, folder: str = "") -> list[object]:
    return [cell(Place(column, person, DRAWS, ("row", person.number), folder)) for person in EVERYBODY]


@pytest.mark.parametrize(
    ("column", "form"),
    [
        (Column(name="mobile", mask=masks.Pseudonym(domain="m")), r"[0-9a-f]{32}"),
        (Column(name="id_card", mask=masks.Partial(first=6, last=4)), r"[1-6][0-9]{5}\*{4}[0-9]{3}[0-9X]"),
        (Column(name="手机", mask=masks.Partial(first=3, last=4)), r"138\*{4}[0-9]{4}"),
        (Column(name="name", mask=masks.Partial(first=1)), r"[一-鿿]\*{4}"),
        (Column(name="region", mask=masks.Region(level="city")), r"[1-6][0-9]{3}00"),
        (Column(name="region", mask=masks.Region(level="province")), r"[1-6][0-9]0000"),
        (Column(name="kind", mask=masks.Constant(value="x")), r"x"),
        (Column(name="diagnosis"), r"[A-Z][0-9]{2}"),
        (Column(name="ward"), r"ward-[0-9]{2}"),
    ],
    ids=lambda value: value.name if isinstance(value, Column) else "",
)
def test_a_text_looks_like_what_its_mask_leaves(column: Column, form: str) -> None:
    assert [each for each in cells(column) if not re.fullmatch(form, str(each))] == []


def test_an_age_band_is_one_of_the_masks_own() -> None:
    mask = masks.AgeBand(width=10, top=80, on="2025-01-01")
    found = set(cells(Column(name="birth_date", mask=mask)))
    assert found == set(age_bands(mask))


def test_an_age_band_and_an_age_are_of_the_same_person() -> None:
    mask = masks.AgeBand(width=10, top=80, on=TODAY.isoformat())
    ages = cells(Column(name="age", type=ColumnType.INTEGER, bounds=(Decimal(0), Decimal(120))))
    bands = cells(Column(name="birth", mask=mask))
    for age, band in zip(ages, bands, strict=True):
        low = int(str(band).split("-")[0].rstrip("+"))
        assert low <= int(str(age))
        assert (age >= 80) == (band == "80+")  # type: ignore[operator]


def test_bounds_hold_and_the_grid_too() -> None:
    column = Column(name="amount", type=ColumnType.NUMBER, bounds=(Decimal(0), Decimal(20000)))
    found = cells(column)
    assert all(isinstance(each, Decimal) and 0 <= each <= 20000 for each in found)
    assert all(each == round(each, column.scale) for each in found if isinstance(each, Decimal))
    assert len(set(found)) > PEOPLE // 2
    first, last = dt.date(2025, 3, 1), dt.date(2025, 3, 9)
    days = set(cells(Column(name="on", type=ColumnType.DATE, bounds=(first, last))))
    assert (min(days), max(days), len(days)) == (first, last, 9)  # type: ignore[type-var]


def test_a_truncated_date_is_the_first_day_of_its_period() -> None:
    column = Column(name="seen", type=ColumnType.DATE, mask=masks.DateTrunc(unit="quarter"))
    assert {(each.month % 3, each.day) for each in cells(column)} == {(1, 1)}  # type: ignore[attr-defined]


def test_declared_values_are_typed_and_all_appear() -> None:
    column = Column(name="grade", type=ColumnType.INTEGER, domain=("1", "2", "3"))
    assert set(cells(column)) == {1, 2, 3}


def test_a_hierarchy_gives_its_ancestors(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("value,level 1\nI10,心血管\nJ06,呼吸\n", encoding="utf-8")
    column = Column(name="diagnosis", mask=masks.Hierarchy(file="h.csv", level=1))
    assert set(cells(column, str(tmp_path))) == {"心血管", "呼吸"}


def test_an_identity_number_behind_a_mask_is_valid_for_nobody() -> None:
    column = Column(name="id_card", mask=masks.Partial(first=17, last=0))
    shown = [str(each).rstrip("*") for each in cells(column)]
    ends = [str(each)[-1] for each in cells(Column(name="id_card", mask=masks.Partial(first=0, last=1)))]
    for body, end in zip(shown, ends, strict=True):
        total = sum(int(digit) * weight for digit, weight in zip(body, RESIDENT_WEIGHTS, strict=True))
        assert RESIDENT_CHECKS[total % 11] != end
