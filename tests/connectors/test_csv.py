"""CSV: good rows come back as written, bad rows are reported with their line and cost themselves alone."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.csv import LONGEST_LINE, CsvConnector
from sandbox.errors import LoadFailed

Rows = list[tuple[str | None, ...]]


def read(
    content: bytes, options: Mapping[str, str] | None = None
) -> tuple[list[str], Rows, list[tuple[int, str]]]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "s.csv")
        path.write_bytes(content)
        reader = CsvConnector().open(str(path), options or {})
        names = reader.schema.names
        batches = list(reader.batches(names))
    assert all(batch.num_rows <= 131_072 for batch in batches)
    assert all(kind == pa.string() for kind in reader.schema.types)
    rows: Rows = []
    for batch in batches:
        batch.validate(full=True)
        rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return names, rows, list(reader.bad_lines())


def refused(content: bytes, options: Mapping[str, str] | None = None) -> LoadFailed:
    with pytest.raises(LoadFailed) as caught:
        read(content, options)
    return caught.value


@pytest.mark.parametrize(
    ("content", "options", "rows"),
    [
        (b"a,b\n1,2\n", {}, [("1", "2")]),
        (b"a,b\r\n1,2\r\n", {}, [("1", "2")]),
        (b"a,b\n1,2", {}, [("1", "2")]),
        (b"\xef\xbb\xbfa,b\n1,2\n", {}, [("1", "2")]),
        (b"\xef\xbb\xbfa,b\n\xe5\x8c\xbb,2\n", {"encoding": "gbk"}, [("医", "2")]),
        ("a,b\n医院,门诊\n".encode("gbk"), {"encoding": "gbk"}, [("医院", "门诊")]),
        ("a,b\n㐀𠀀,门诊\n".encode("gb18030"), {"encoding": "GB18030"}, [("㐀𠀀", "门诊")]),
        ("a|b\n瓅|門\n".encode("gbk"), {"encoding": "gbk", "delimiter": "|"}, [("瓅", "門")]),
        (b"a\tb\n1\t2\n", {"delimiter": "tab"}, [("1", "2")]),
        (b"a;b\n'1;''\n';2\n", {"delimiter": ";", "quote": "'"}, [("1;'\n", "2")]),
        (b'a,b\n"1,2\n', {"quote": "none"}, [('"1', "2")]),
        (b'a,b\n5" pipe,2\n', {}, [('5" pipe', "2")]),
        (b'a,b\n"x ""y""\r\nz",2\n', {}, [('x "y"\r\nz', "2")]),
        (b"a,b\n,\nNA,\"\"\n", {}, [(None, None), ("NA", None)]),
        (b"a,b\n,\nNA,\"NA\"\n", {"null": "NA"}, [("", ""), (None, None)]),
        (b"a,b\n\n1,2\n\r\n\n3,4\n\n", {}, [("1", "2"), ("3", "4")]),
        (b"a\n\n1\n", {}, [(None,), ("1",)]),
        (b"a,b\n0123,2025-02-30\n", {}, [("0123", "2025-02-30")]),
        (b"a,b\nx\ry,2\n", {}, [("x\ry", "2")]),
        (b"a,b\n", {}, []),
        (b"a,b", {}, []),
    ],
)  # fmt: skip
def test_good_rows_come_back_as_written(content, options, rows):
    assert read(content, options)[1:] == (rows, [])


def test_header_names_are_kept_as_written():
    assert read('"医院 名称", b ,"c\nd"\n1,2,3\n'.encode())[0] == ["医院 名称", " b ", "c\nd"]


@pytest.mark.parametrize(
    ("content", "rows", "bad"),
    [
        (b"a,b\n1,2\n3\n4,5\n", [("1", "2"), ("4", "5")], [(3, "columns")]),
        (b"a,b\n1,2,3\n\n4,5\n6\n", [("4", "5")], [(2, "columns"), (5, "columns")]),
        (b"a,b\n1,\xff\n4,5\n", [("4", "5")], [(2, "encoding")]),
        (b'a,b\n1,"2\n4,5\n6,7\n', [("4", "5"), ("6", "7")], [(2, "quote")]),
        (b'a,b\n1,"2"x\n4,5\n', [("4", "5")], [(2, "quote")]),
        (b'a,b\n1,"2\n4,"5"\n6,7\n', [("4", "5"), ("6", "7")], [(2, "quote")]),
        (b'a,b\n"x\n\ny",2\n3\n', [("x\n\ny", "2")], [(5, "columns")]),
        (b'"a\na",b\n3\n', [], [(3, "columns")]),
        (b"a,b\r\n1\r\n2,3\r\n", [("2", "3")], [(2, "columns")]),
        (b"a,b\n1," + b"x" * LONGEST_LINE + b"\n2,3\n", [("2", "3")], [(2, "length")]),
        (b"a,b\n1," + b"x" * (5 * LONGEST_LINE) + b"\n2,3\n", [("2", "3")], [(2, "length")]),
        (b"a,b\n2,3\n" + b"x" * (5 * LONGEST_LINE), [("2", "3")], [(3, "length")]),
        (b'a,b\n1,"' + (b"x" * 999 + b"\n") * 3200 + b"2,3\n", [("2", "3")], None),
    ],
)  # fmt: skip
def test_bad_rows_are_reported_and_cost_themselves_alone(content, rows, bad):
    _, found, said = read(content)
    assert found == rows
    assert bad is None or said == bad


def test_broken_gbk_does_not_take_the_next_line_with_it():
    assert read(b"a,b\n1,\xb0\n2,3\n4,\xff\n", {"encoding": "gbk"})[1:] == (
        [("2", "3")],
        [(2, "encoding"), (4, "encoding")],
    )


def test_lines_are_counted_across_blocks():
    good = b'"x\ny",' + b"z" * 1000 + b"\n"
    content = b"a,b\n" + good * 3000 + b"bad\n" + good * 3000 + b"1,2,3\n"
    _, rows, bad = read(content)
    assert len(rows) == 6000
    assert bad == [(6002, "columns"), (12003, "columns")]


def test_bad_lines_may_stop_the_load():
    error = refused(b"a,b\n1,2\nsecret\n", {"bad_lines": "error"})
    assert error.code == "source_bad_line"
    assert "line 3" in error.reason
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        (b"", {}, "source_empty"),
        (b"\xef\xbb\xbf", {}, "source_empty"),
        (b"\r\n", {}, "source_empty"),
        (b"a,a\n1,2\n", {}, "source_header"),
        (b"a,\n1,2\n", {}, "source_header"),
        (b"a,\xff\n1,2\n", {}, "source_header"),
        (b'a,"b\n1,2\n', {}, "source_header"),
        (b"a,b\r1,2\r", {}, "source_header"),
        ("a,b\n1,2\n".encode("utf-16"), {}, "source_unreadable"),
        (b"a\n", {"encoding": "latin-9"}, "source_option"),
        (b"a\n", {"delimiter": "||"}, "source_option"),
        (b"a\n", {"delimiter": "，"}, "source_option"),
        (b"a\n", {"quote": ","}, "source_option"),
        (b"a\n", {"bad_lines": "drop"}, "source_option"),
        (b"a\n", {"sep": ";"}, "source_option"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_says_why(content, options, code):
    assert refused(content, options).code == code


def test_a_missing_file_and_a_folder(tmp_path: Path):
    for path, code in ((tmp_path / "no.csv", "source_missing"), (tmp_path, "source_unreadable")):
        with pytest.raises(LoadFailed) as caught:
            CsvConnector().open(str(path), {})
        assert caught.value.code == code
        assert str(tmp_path) not in str(caught.value)


def test_only_the_named_columns_are_read_in_the_order_asked(tmp_path: Path):
    (tmp_path / "s.csv").write_bytes(b"a,b,c\n1,2,3\nbad\n4,5,6\n")
    reader = CsvConnector().open(str(tmp_path / "s.csv"), {})
    assert [batch.to_pydict() for batch in reader.batches(["c", "a"])] == [{"c": ["3", "6"], "a": ["1", "4"]}]
    with pytest.raises(LoadFailed):
        reader.batches(["d"])


pieces = st.sampled_from(["a", "b", ",", ";", "\t", '"', "'", "\n", "\r\n", " ", "医", "院", "0"])
text = st.lists(pieces, max_size=6).map("".join)
tables = st.integers(2, 4).flatmap(lambda width: st.lists(st.tuples(*[text] * width), max_size=12))
encodings = st.sampled_from(["utf-8", "utf-8-sig", "gbk", "gb18030"])
quotings = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])


def written(rows: Rows, width: int, delimiter: str, quoting: int, end: str) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerow([f"c{place}" for place in range(width)])
    writer.writerows(rows)
    return out.getvalue()


@settings(max_examples=150, deadline=None)
@given(tables, encodings, st.sampled_from(",;\t"), quotings, st.sampled_from(["\n", "\r\n"]))
def test_any_table_comes_back_equal(rows, encoding, delimiter, quoting, end):
    width = len(rows[0]) if rows else 2
    content = written(rows, width, delimiter, quoting, end).encode(encoding)
    _, found, bad = read(content, {"encoding": encoding, "delimiter": delimiter, "null": "\N{SNOWMAN}"})
    assert (found, bad) == (rows, [])


broken = st.sampled_from([b"one", b"1,2,3,4", b'1,"2', b'"1"x,2', b"1,\xff", b'"1,2', b"\xff\xfe"])
plain = st.text(st.sampled_from("abc医院0 -"), min_size=1, max_size=6)
lines = st.lists(st.one_of(st.tuples(plain, plain), broken), max_size=20)


@settings(max_examples=200, deadline=None)
@given(lines, st.booleans())
def test_corruption_loses_no_good_row_and_each_bad_line_is_reported(lines, quoted):
    wrap = '"{}","{}"' if quoted else "{},{}"
    raw = [line if isinstance(line, bytes) else wrap.format(*line).encode() for line in lines]
    _, rows, bad = read(b"\n".join([b"a,b", *raw, b""]))
    assert rows == [line for line in lines if not isinstance(line, bytes)]
    assert [number for number, _ in bad] == [
        number for number, line in enumerate(lines, 2) if isinstance(line, bytes)
    ]
