"""The demo's source is what its docstring says: well-formed people, skewed activity, seasons, slips."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from sandbox.cli.demo.people import check_digit
from sandbox.cli.demo.source import generate

VISITS, PEOPLE = 12_000, 1_500


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    generate(folder, visits=VISITS, people=PEOPLE)
    return folder


@pytest.fixture(scope="module")
def persons(folder: Path) -> list[dict]:
    return parquet.read_table(folder / "persons.parquet").to_pylist()


@pytest.fixture(scope="module")
def visits(folder: Path) -> list[dict]:
    return parquet.read_table(folder / "visits.parquet").to_pylist()


def test_identity_numbers_are_valid_unique_and_fit_the_person(persons):
    assert len({row["id_card"] for row in persons}) == PEOPLE
    for row in persons:
        card = row["id_card"]
        assert re.fullmatch(r"41(0[1-9]|1[0-7]|90)\d{13}[\dX]", card)
        assert card[17] == check_digit(card[:17])
        assert card[6:14] == row["birth_date"].strftime("%Y%m%d")
        assert row["sex"] == ("男" if int(card[16]) % 2 else "女")


def test_the_check_digit_follows_the_standards_own_example():
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"


def test_a_crowd_on_few_numbers_still_gets_different_numbers(tmp_path):
    generate(tmp_path, visits=1, people=30_000, seed=5)
    cards = parquet.read_table(tmp_path / "persons.parquet").column("id_card").to_pylist()
    assert len(set(cards)) == 30_000


def test_every_visit_belongs_to_a_person_and_a_hospital(folder, persons, visits):
    with (folder / "hospitals.csv").open(encoding="gb18030", newline="") as file:
        hospitals = {row["hospital_code"]: row for row in csv.DictReader(file)}
    assert {row["level"] for row in hospitals.values()} == {"三级", "二级", "一级"}
    assert len(visits) == VISITS
    assert {row["hospital_code"] for row in visits} <= set(hospitals)
    assert {row["id_card"] for row in visits} <= {row["id_card"] for row in persons}
    assert {row["region"] for row in persons} == {row["city"] for row in hospitals.values()}
    assert len({row["region"] for row in persons}) == 18


def test_values_look_like_claims(visits):
    for row in visits:
        assert re.fullmatch(r"1[3-9]\d{9}", row["mobile"])
        assert re.fullmatch(r"[一-鿿]{2,3}", row["name"])
        assert re.fullmatch(r"[A-Z]\d\d(\.\d)?", row["diagnosis"])
        assert row["visited_on"].year == 2025
        assert 0 < row["amount"] < 100_000
        assert row["days"] in {1, 3, 5, 7, 14, 30}
    assert len({row["department"] for row in visits}) == 12
    assert {row["insurance"] for row in visits} == {"职工医保", "居民医保", "自费"}


def test_a_few_notes_say_more_than_they_should(visits):
    notes = [row for row in visits if row["note"]]
    slips = [row for row in notes if row["mobile"] in row["note"] or row["name"] in row["note"]]
    assert 0.005 < len(slips) / len(visits) < 0.08


def test_activity_is_skewed_and_winter_is_busy_for_children(visits):
    per_person = Counter(row["id_card"] for row in visits)
    assert max(per_person.values()) > 5 * VISITS / PEOPLE
    months = Counter(row["visited_on"].month for row in visits if row["department"] == "儿科")
    assert months[1] + months[12] > months[6] + months[7]


def test_the_same_seed_gives_the_same_people(tmp_path, folder):
    generate(tmp_path, visits=10, people=PEOPLE)
    assert parquet.read_table(tmp_path / "persons.parquet") == parquet.read_table(folder / "persons.parquet")


@pytest.mark.parametrize("size", [{"visits": 0}, {"people": 0}])
def test_an_empty_demo_is_refused(tmp_path, size):
    with pytest.raises(ValueError, match="at least one"):
        generate(tmp_path, **size)
