"""Parquet: files, folders and globs of one schema; plain types; rows that are not text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from connectors.parquet import BATCH_ROWS, ParquetConnector, ParquetReader
from sandbox.errors import LoadFailed


def opened(path: Path | str) -> ParquetReader:
    return ParquetConnector().open(str(path), {})


def read(reader: ParquetReader, columns: list[str]) -> list[dict[str, object]]:
    return [row for batch in reader.batches(columns) for row in batch.to_pylist()]


def refused(path: Path | str, *columns: str) -> LoadFailed:
    with pytest.raises(LoadFailed) as caught:
        read(opened(path), list(columns))
    return caught.value


def test_every_plain_type_comes_as_it_is(tmp_path: Path):
    table = pa.table({
        "text": pa.array(["医院", None]),
        "large": pa.array(["a", "b"], pa.large_string()),
        "whole": pa.array([1, None], pa.int32()),
        "number": pa.array([1.5, None]),
        "exact": pa.array([Decimal("1.10"), None]),
        "day": pa.array([dt.date(2025, 1, 31), None]),
        "moment": pa.array([dt.datetime(2025, 1, 31, 8), None], pa.timestamp("us")),
        "flag": pa.array([True, None]),
        "a.b": pa.array(["dotted", None]),
    })  # fmt: skip
    parquet.write_table(table, tmp_path / "t.parquet")
    reader = opened(tmp_path / "t.parquet")
    assert reader.schema.equals(table.schema)
    assert read(reader, table.column_names) == table.to_pylist()
    assert reader.rows_hint() == 2
    assert reader.bad_lines() == ()


def test_a_dictionary_column_arrives_as_its_values(tmp_path: Path):
    parquet.write_table(
        pa.table({"d": pa.array(["x", "y", "x"]).dictionary_encode()}), tmp_path / "t.parquet"
    )
    reader = opened(tmp_path / "t.parquet")
    assert reader.schema.field("d").type == pa.string()
    assert read(reader, ["d"]) == [{"d": "x"}, {"d": "y"}, {"d": "x"}]


def test_columns_come_in_the_order_asked_and_only_those(tmp_path: Path):
    parquet.write_table(pa.table({"a": [1], "b": [2], "c": [3]}), tmp_path / "t.parquet")
    batch = next(iter(opened(tmp_path / "t.parquet").batches(["c", "a"])))
    assert batch.schema.names == ["c", "a"]
    assert refused(tmp_path / "t.parquet", "d").code == "source_columns"


def test_batches_are_bounded(tmp_path: Path):
    parquet.write_table(pa.table({"a": pa.array(range(BATCH_ROWS + 5))}), tmp_path / "t.parquet")
    sizes = [batch.num_rows for batch in opened(tmp_path / "t.parquet").batches(["a"])]
    assert sum(sizes) == BATCH_ROWS + 5
    assert max(sizes) <= BATCH_ROWS


@pytest.mark.parametrize("path", [".", "part-*.parquet", "**/part-*.parquet"])
def test_a_folder_or_a_glob_is_read_in_order_of_names(tmp_path: Path, path: str):
    for name, value in (("part-2.parquet", 2), ("part-1.parquet", 1), ("_hidden.parquet", 9)):
        parquet.write_table(pa.table({"a": [value]}), tmp_path / name)
    (tmp_path / "notes.txt").write_text("not a part")
    reader = opened(tmp_path / path)
    assert read(reader, ["a"]) == [{"a": 1}, {"a": 2}]
    assert reader.rows_hint() == 2


@pytest.mark.parametrize("other", [{"a": ["x"]}, {"b": [1]}, {"a": [1], "b": [1]}])
def test_files_of_two_schemas_are_refused(tmp_path: Path, other: dict[str, list[object]]):
    parquet.write_table(pa.table({"a": [1]}), tmp_path / "1.parquet")
    parquet.write_table(pa.table(other), tmp_path / "2.parquet")
    assert refused(tmp_path, "a").code == "source_schema_mixed"


def test_nested_columns_are_refused_only_where_they_are_asked_for(tmp_path: Path):
    parquet.write_table(pa.table({"a": [1], "n": [[1, 2]], "s": [{"x": 1}]}), tmp_path / "t.parquet")
    assert read(opened(tmp_path / "t.parquet"), ["a"]) == [{"a": 1}]
    for name in ("n", "s"):
        error = refused(tmp_path / "t.parquet", name)
        assert error.code == "source_type"
        assert f"'{name}'" in error.reason


def test_rows_whose_text_is_not_utf8_are_left_out_and_reported(tmp_path: Path):
    raw = pa.array([b"good", b"\xff", b"fine", None], pa.binary()).view(pa.string())
    parquet.write_table(pa.table({"n": [1, 2, 3, 4], "t": raw}), tmp_path / "t.parquet")
    reader = opened(tmp_path / "t.parquet")
    assert [row["n"] for row in read(reader, ["n", "t"])] == [1, 3, 4]
    assert reader.bad_lines() == ((2, "encoding"),)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all" * 10])
def test_what_is_not_parquet_says_so_without_its_path(tmp_path: Path, content: bytes):
    (tmp_path / "t.parquet").write_bytes(content)
    error = refused(tmp_path / "t.parquet", "a")
    assert error.code == "source_unreadable"
    assert str(tmp_path) not in str(error)
    assert error.__cause__ is None


def test_a_file_cut_in_its_data_is_unreadable(tmp_path: Path):
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"a": [str(n) for n in range(10_000)]}), path, use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[4:20_000] = b"\xff" * 19_996
    path.write_bytes(content)
    assert refused(path, "a").code == "source_unreadable"


def test_nothing_there_and_options(tmp_path: Path):
    assert refused(tmp_path, "a").code == "source_missing"
    assert refused(tmp_path / "no.parquet", "a").code == "source_missing"
    assert refused(tmp_path / "*.parquet", "a").code == "source_missing"
    with pytest.raises(LoadFailed) as caught:
        ParquetConnector().open(str(tmp_path), {"encoding": "gbk"})
    assert caught.value.code == "source_option"
