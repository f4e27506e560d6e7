from __future__ import annotations

import hashlib
import hmac
import random
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from sandbox.classify import checks
from sandbox.mask.unit import unit_text
from sandbox.nouns.china import RESIDENT_CHECKS, RESIDENT_WEIGHTS, USCC_ALPHABET
from sandbox.nouns.mask import Drop
from sandbox.nouns.policy import Column
from tests.mask.masked import DAY, KEY, load, policy, render


def keys(values: pa.Array | list[Any], **options: Any) -> list[int | None]:
    made = render(Column(name="id", mask=Drop()), **options)
    rows = load(made, pa.table({"id": values}))
    return [row["_key"] for row in rows]


def test_the_key_is_the_first_half_of_an_hmac_over_the_normalised_unit() -> None:
    expected = hmac.new(KEY, "unit|person|张三A1".encode(), hashlib.sha256).digest()[:16]
    assert keys(["张三a1"]) == [int.from_bytes(expected, "big")]


def test_equal_people_have_equal_keys_however_they_are_written() -> None:
    same = keys(["ab12", "AB12", "　ab12 ", "ＡＢ１２", "\tab12\n"])
    assert len(set(same)) == 1
    assert same[0] is not None


def test_missing_units_have_no_key() -> None:
    assert keys(["", "  ", None, "　"]) == [None] * 4


@pytest.mark.parametrize("kind", [pa.int8(), pa.int64(), pa.uint32(), pa.string(), pa.large_string()])
def test_a_unit_has_one_key_in_every_type(kind: pa.DataType) -> None:
    assert keys(pa.array([7, 12]).cast(kind)) == keys(["7", "12"])


def test_a_dictionary_is_read_like_its_text() -> None:
    assert keys(pa.array(["a", "b", "a"]).dictionary_encode()) == keys(["a", "b", "a"])


def test_unit_types_have_different_keys() -> None:
    made = policy(Column(name="id", mask=Drop()))
    other = made.model_copy(update={"unit_type": "enterprise"})
    assert unit_text(made.tables[0], DAY) == unit_text(other.tables[0], DAY)
    from sandbox.mask import masking

    incoming = pa.table({"id": ["a"]})
    first = load(masking(made.tables[0], made, load_date=DAY), incoming)
    second = load(masking(other.tables[0], other, load_date=DAY), incoming)
    assert first[0]["_key"] != second[0]["_key"]


RESIDENTS = [
    "11010519491231002X",
    "11010519491231002x",
    "１１０１０５１９４９１２３１００２Ｘ",
    " 440524188001010014 ",
]
NOT_RESIDENTS = [
    "110105194912310021",  # check character
    "11010519491331002X",  # month 13
    "99010519491231002X",  # check character of a 9xx card
    "160105194912310020",  # no such province
    "110105194912310",  # 15 digits
    "11010520991231002X",  # not born yet
    "11010519491231002X1",
    "abc",
    "",
]


def test_resident_numbers_are_checked() -> None:
    found = keys(RESIDENTS + NOT_RESIDENTS, unit_format="resident_id")
    assert all(key is not None for key in found[: len(RESIDENTS)])
    assert found[len(RESIDENTS) :] == [None] * len(NOT_RESIDENTS)
    assert found[0] == found[1] == found[2]


def valid_resident(rng: random.Random) -> str:
    body = rng.choice(["410105", "810000", "830000", "911124", "653101"]) + (
        f"{rng.randrange(1930, 2020)}{rng.randrange(1, 13):02}"
        f"{rng.randrange(1, 29):02}{rng.randrange(1000):03}"
    )
    total = sum(int(digit) * weight for digit, weight in zip(body, RESIDENT_WEIGHTS, strict=True))
    return body + RESIDENT_CHECKS[total % 11]


def near(text: str, alphabet: str, rng: random.Random) -> str:
    place = rng.randrange(len(text))
    return text[:place] + rng.choice(alphabet) + text[place + 1 :]


def verdicts(values: list[str], unit_format: str) -> list[bool]:
    made = policy(unit_format=unit_format)
    with duckdb.connect() as connection:
        connection.register("incoming", pa.table({"id": values}))
        rows = connection.execute(f"SELECT ({unit_text(made.tables[0], DAY)}) IS NOT NULL FROM incoming")
        return [bool(row[0]) for row in rows.fetchall()]


def test_sql_and_python_agree_on_resident_numbers() -> None:
    rng = random.Random(1)
    values = [valid_resident(rng) for _ in range(500)]
    values += [near(value, "0123456789X", rng) for value in values]
    assert verdicts(values, "resident_id") == [checks.resident_id(value) for value in values]
    assert all(verdicts(values[:500], "resident_id"))


def test_sql_and_python_agree_on_credit_codes() -> None:
    rng = random.Random(2)
    values = ["91350100M000100Y43"]
    for _ in range(1500):
        values.append(near(values[0], USCC_ALPHABET, rng))
        values.append(
            "91"
            + "".join(rng.choice("0123456789") for _ in range(6))
            + "".join(rng.choices(USCC_ALPHABET, k=10))
        )
    expected = [checks.uscc(value) for value in values]
    assert verdicts(values, "uscc") == expected
    assert 20 < sum(expected) < len(values)


def test_unit_present_says_what_the_key_says() -> None:
    made = render(Column(name="id", mask=Drop()), unit_format="resident_id")
    values = RESIDENTS + NOT_RESIDENTS
    with duckdb.connect() as connection:
        connection.register("incoming", pa.table({"id": values}))
        present = [
            row[0] for row in connection.execute(f"SELECT {made.unit_present} FROM incoming").fetchall()
        ]
    assert present == [row["_key"] is not None for row in load(made, pa.table({"id": values}))]
