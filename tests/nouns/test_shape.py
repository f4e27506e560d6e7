"""A release as Arrow and as a drawing."""

from __future__ import annotations

import datetime as dt
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest

from sandbox.nouns.policy import ColumnType
from sandbox.nouns.release import Cell, Cost, Release, ReleaseColumn
from sandbox.nouns.shape import ROWS_DRAWN, to_arrow, to_html

TYPES = (
    ReleaseColumn("城市", ColumnType.TEXT, False),
    ReleaseColumn("n", ColumnType.INTEGER, True),
    ReleaseColumn("mean", ColumnType.NUMBER, True),
    ReleaseColumn("day", ColumnType.DATE, False),
    ReleaseColumn("at", ColumnType.TIMESTAMP, False),
    ReleaseColumn("on", ColumnType.BOOLEAN, False),
)
ROW: tuple[Cell, ...] = ("郑州市", 41, 12.5, dt.date(2025, 1, 2), dt.datetime(2025, 1, 2, 3), True)
BARS = (None, 5.0, 0.5, None, None, None)


def release(*rows: tuple[Cell, ...], columns: tuple[ReleaseColumn, ...] = TYPES) -> Release:
    bars = tuple(BARS[: len(columns)] for _ in rows)
    return Release(12, columns, rows, bars, bars, Cost(0.0229, 1e-10, 1.0))


def test_arrow_has_the_declared_types_and_says_what_it_cost() -> None:
    table = to_arrow(release(ROW, (None,) * 6))
    assert table.schema.types == [
        pa.string(), pa.int64(), pa.float64(), pa.date32(), pa.timestamp("us"), pa.bool_(),
    ]  # fmt: skip
    assert table.schema.metadata == {
        b"epsilon": b"1.0", b"rho": b"0.0229", b"delta": b"1e-10", b"number": b"12",
    }  # fmt: skip
    assert table.schema.field("n").metadata == {b"measured": b"true"}
    assert list(table.to_pylist()[0].values()) == list(ROW)


def test_it_prints_as_text_with_its_errors_and_its_price() -> None:
    lines = str(release(ROW, (None,) * 6)).splitlines()
    assert lines[0] == "城市  |  n  |  mean  |  day  |  at  |  on"
    assert lines[1].startswith("郑州市  |  41 ± 5  |  12.5 ± 0.5  |  2025-01-02")
    assert lines[2].startswith("—  |  —")
    assert "ε = 1" in lines[3]
    assert str(replace(release(ROW), dummy=True)).startswith("模拟数据")


def test_an_empty_release_keeps_its_types() -> None:
    assert to_arrow(release()).schema.types == to_arrow(release(ROW)).schema.types


def test_exact_decimals_stay_exact() -> None:
    column = (ReleaseColumn("price", ColumnType.NUMBER, False),)
    table = to_arrow(release((Decimal("1.10"),), (None,), columns=column))
    assert table.column(0).to_pylist() == [Decimal("1.10"), None]


def test_integers_beyond_the_machine_become_floats() -> None:
    column = (ReleaseColumn("n", ColumnType.INTEGER, True),)
    assert to_arrow(release((2**70,), columns=column)).column(0).to_pylist() == [float(2**70)]


def test_frames_are_made_by_the_library_asked_for() -> None:
    assert release(ROW).to_pandas()["n"].tolist() == [41]
    assert release(ROW).to_polars()["n"].to_list() == [41]


@pytest.mark.parametrize(("lang", "word"), [("zh", "含噪"), ("en", "noisy")])
def test_the_drawing_speaks_the_readers_language(lang: str, word: str) -> None:
    assert word in to_html(release(ROW), lang)  # type: ignore[arg-type]


def test_the_drawing_is_well_formed_and_labels_every_error_bar() -> None:
    drawing = ET.fromstring(to_html(release(ROW, ROW)))
    bars = list(drawing.iter("svg"))
    assert len(bars) == 4
    assert all(bar.get("aria-label") and bar.get("role") == "img" for bar in bars)
    assert all(cell.get("scope") == "col" for cell in drawing.iter("th"))


def test_texts_are_escaped() -> None:
    columns = (ReleaseColumn("<script>", ColumnType.TEXT, False),)
    html = to_html(release(("<img src=x onerror=alert(1)>\"'",), columns=columns))
    assert "<script" not in html
    assert "<img" not in html
    ET.fromstring(html)


def test_colours_follow_the_theme() -> None:
    html = to_html(release(ROW))
    assert "currentColor" in html
    assert "#" not in html
    assert "rgb" not in html


def test_long_answers_are_cut_in_the_drawing_only() -> None:
    html = to_html(release(*[ROW] * (ROWS_DRAWN + 7)), "en")
    assert "7 more rows" in html
    assert html.count("<tr>") == ROWS_DRAWN + 1


def test_a_hidden_cell_says_why() -> None:
    hidden = Release(1, TYPES[:2], (("郑州市", None),), ((None, None),), ((None, None),), Cost(0.1, 0.0, 1.0))
    assert "too few units" in to_html(hidden, "en")
    assert "低于最小人数" in to_html(hidden)


def test_drawing_needs_no_arrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "郑州市" in to_html(release(ROW))
