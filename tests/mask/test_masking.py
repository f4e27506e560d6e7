from __future__ import annotations

import datetime as dt
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import Unavailable
from sandbox.mask import age_bands, parameters
from sandbox.nouns import mask as masks
from sandbox.nouns.policy import Column, ColumnType
from tests.mask.masked import KEY, load, render

YEAR = (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
EVERYTHING = (
    Column(name="id", mask=masks.Drop()),
    Column(name="keep"),
    Column(name="it's", mask=masks.Pseudonym(domain="it's")),
    Column(name='quote"d', mask=masks.Partial(first=1, last=1)),
    Column(name="生日", mask=masks.AgeBand(), domain=age_bands(masks.AgeBand())),
    Column(name="month", mask=masks.DateTrunc(unit="week"), type=ColumnType.DATE),
    Column(name="visit", mask=masks.DateShift(days=3650), type=ColumnType.DATE, bounds=YEAR),
    Column(name="moment", mask=masks.DateShift(days=15), type=ColumnType.TIMESTAMP),
    Column(name="city", mask=masks.Region()),
    Column(name="county", mask=masks.Region(level="county")),
    Column(name="province", mask=masks.Region(level="province")),
    Column(name="note", mask=masks.Scan()),
    Column(name="blank", mask=masks.Scan(on_hit="null")),
    Column(name="amount", type=ColumnType.NUMBER, bounds=(Decimal(-1), Decimal(20000))),
    Column(name="free", type=ColumnType.NUMBER),
    Column(name="days", type=ColumnType.INTEGER, bounds=(Decimal(0), Decimal(366))),
    Column(name="count", type=ColumnType.INTEGER),
    Column(name="flag", type=ColumnType.BOOLEAN),
    Column(name="on", type=ColumnType.DATE),
    Column(name="at", type=ColumnType.TIMESTAMP, bounds=YEAR),
    Column(name="sex", domain=("男", "女")),
)  # fmt: skip
NAMES = [column.name for column in EVERYTHING]

HOSTILE = (
    "", "\0", "a\0b", "NaN", "inf", "-inf", "1e308", "-1e400", "１２３", "😀👨‍👩‍👧", "0001-01-01",
    "9999-12-31", "5881580-07-10", "5877642-06-25 (BC)", "infinity", "-infinity", "epoch",
    "294247-01-10 04:00:54.775806",
    "2025-02-30", "20250230", "99999999", "-9223372036854775808", "9223372036854775808", "0x7f",
    "1_000", "'", '"', "\\", "$1", "%", "11010519491231002X", "000000000000000000", "999999999999999999",
    "' OR 1=1 --", "\u202e", "9" * 400, "市" * 50, "省市区县", "\ufeff", "ß", "ŉ", "İ",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(codec="utf-8"), max_size=40), st.none())
BITS_64 = st.integers(-(2**63) + 2, 2**63 - 2) | st.none()


def arrays(values: st.SearchStrategy[object], *steps: pa.DataType) -> st.SearchStrategy[pa.Array]:
    """Arrays of the first type, cast through the others."""

    def made(drawn: list[object]) -> pa.Array:
        array = pa.array(drawn, steps[0])
        for step in steps[1:]:
            array = array.cast(step)
        return array

    return st.lists(values, min_size=1, max_size=50).map(made)


ARRAYS = st.one_of(
    arrays(TEXTS, pa.string()),
    arrays(TEXTS, pa.large_string()),
    arrays(TEXTS, pa.string(), pa.dictionary(pa.int32(), pa.string())),
    arrays(st.floats() | st.none(), pa.float64()),
    arrays(BITS_64, pa.int64()),
    arrays(st.integers(0, 2**64 - 1), pa.uint64()),
    arrays(st.integers(-(2**31), 2**31 - 1) | st.none(), pa.int32(), pa.date32()),
    arrays(BITS_64, pa.int64(), pa.timestamp("us")),
    arrays(BITS_64, pa.int64(), pa.timestamp("us", "Asia/Shanghai")),
    arrays(BITS_64, pa.int64(), pa.timestamp("ns")),
    arrays(BITS_64, pa.int64(), pa.timestamp("ms")),
    arrays(BITS_64, pa.int64(), pa.timestamp("s")),
    arrays(st.booleans() | st.none(), pa.bool_()),
    arrays(st.decimals(-(10**15), 10**15, places=2), pa.decimal128(38, 2)),
    arrays(st.binary(max_size=12), pa.binary()),
)


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("SET threads = 1")
    yield made
    made.close()


@settings(max_examples=15, deadline=None)
@given(array=ARRAYS, unit_format=st.sampled_from(["text", "resident_id", "uscc"]))
def test_no_value_of_any_type_can_fail(
    connection: duckdb.DuckDBPyConnection, array: pa.Array, unit_format: str
) -> None:
    made = RENDERED[unit_format]
    connection.register("incoming", pa.table(dict.fromkeys(NAMES, array)))
    connection.execute("DROP TABLE IF EXISTS stored")
    connection.execute(made.ddl("stored"))
    connection.execute(f"INSERT INTO stored SELECT {made.select} FROM incoming", parameters(KEY))
    [(rows,)] = connection.execute("SELECT count(*) FROM stored").fetchall()
    assert rows == len(array)
    outside = (
        "amount NOT BETWEEN -1 AND 20000 OR days NOT BETWEEN 0 AND 366 OR year(visit) <> 2025 OR isnan(free)"
    )
    assert connection.execute(f"SELECT count(*) FROM stored WHERE {outside}").fetchall() == [(0,)]


RENDERED = {form: render(*EVERYTHING, unit_format=form) for form in ("text", "resident_id", "uscc")}


def test_the_key_is_never_in_the_text() -> None:
    select = RENDERED["text"].select
    for secret in (KEY, *parameters(KEY)):
        assert secret.decode("latin-1") not in select
        assert secret.hex() not in select.lower()
    assert "$1" in select


def test_another_key_gives_other_pseudonyms() -> None:
    made = render(Column(name="phone", mask=masks.Pseudonym(domain="m")))
    incoming = pa.table({"id": ["a"], "phone": ["1"]})
    mine, other = load(made, incoming), load(made, incoming, key=b"another key, of 32 bytes or more")
    assert mine[0]["_key"] != other[0]["_key"]
    assert mine[0]["phone"] != other[0]["phone"]


def test_a_flag_is_the_bit_of_its_stored_column() -> None:
    made = render(
        Column(name="a", mask=masks.Drop()),
        Column(name="b", domain=("x",)),
        Column(name="c"),
        Column(name="d", domain=("y",)),
    )
    rows = load(
        made,
        pa.table({"id": ["1", "2", "3"], "b": ["x", "?", None], "c": ["", "", ""], "d": ["y", "?", "?"]}),
    )
    assert [row["_flags"] for row in rows] == [0, 0b101, 0b100]


def test_a_public_table_has_no_key() -> None:
    made = render(Column(name="c", domain=("x",)), unit=None, public=True)
    assert not made.keyed
    assert made.unit_present == "true"
    assert load(made, pa.table({"c": ["x", "y"]})) == [{"c": "x"}, {"c": None}]


def test_a_row_is_masked_alike_whoever_stands_beside_it() -> None:
    made = render(*EVERYTHING)
    rows = {name: ["11010519491231002X", "2025-05-05", "x", "1380013800"] for name in NAMES}
    alone = [
        load(made, pa.table({name: [values[place]] for name, values in rows.items()}))[0]
        for place in range(4)
    ]
    assert load(made, pa.table(rows)) == alone


def test_more_columns_than_flags_are_masked_all_the_same() -> None:
    many = [Column(name=f"c{place}", domain=("x",)) for place in range(70)]
    rows = load(render(*many), pa.table({"id": ["a"], **{column.name: ["?"] for column in many}}))
    assert rows[0]["_flags"] == 2**64 - 1
    assert rows[0]["c69"] is None


def test_hmac_sm3_is_refused_clearly() -> None:
    with pytest.raises(Unavailable, match="algorithm_unavailable"):
        render(Column(name="c"), algorithm="hmac-sm3")
