"""Numbers are rounded to what their error supports, and a bar shows the error."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pytest
from rich.console import Console

from sandbox.cli.table import BAR, as_table, bar, pair
from sandbox.nouns.policy import ColumnType
from sandbox.nouns.release import Cost, Release, ReleaseColumn

RELEASE = Release(
    id=7,
    columns=(
        ReleaseColumn("城市", ColumnType.TEXT, False),
        ReleaseColumn("n", ColumnType.NUMBER, True),
        ReleaseColumn("mean", ColumnType.NUMBER, True),
    ),
    data=(("郑州市", 55134.2, 447.3), ("[red]x[/red]", 120.0, None), (None, -40.0, 12.0)),
    spreads=((None, 300.0, 5.0), (None, 300.0, None), (None, 300.0, 5.0)),
    half_widths=((None, 588.0, 9.8), (None, 588.0, None), (None, 588.0, 9.8)),
    cost=Cost(0.02, 0.0, 1.0),
)


def drawn(release: Release) -> list[str]:
    target = io.StringIO()
    Console(file=target, width=120, highlight=False).print(as_table(release))
    return target.getvalue().splitlines()


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [
        (55134.2, 618.4, "55,134 ± 618"),
        (0.4567, 0.0123, "0.457 ± 0.012"),
        (3, None, "3"),
        (Decimal("1.5"), 0.25, "1.50 ± 0.25"),
        (dt.date(2025, 1, 1), None, "2025-01-01"),
        (None, 4.0, "—"),
        (12.0, float("inf"), "12"),
        (True, None, "True"),
    ],
)
def test_a_value_keeps_the_digits_that_its_error_supports(value, half, text):
    assert pair(value, half) == text


def test_a_bar_is_solid_to_the_low_end_and_shaded_to_the_high_end():
    assert bar(100.0, 0.0, 100.0) == "█" * BAR
    assert bar(0.0, 50.0, 100.0) == "▒" * (BAR // 2)
    assert bar(None, 5.0, 100.0) == ""
    assert bar(-50.0, 1.0, 100.0) == ""
    assert len(bar(100.0, 50.0, 100.0)) <= BAR


def test_every_row_is_drawn_and_a_hidden_value_is_a_dash():
    lines = drawn(RELEASE)
    assert any("郑州市" in line and "55,134 ± 588" in line and "447.3 ± 9.8" in line for line in lines)
    assert any("x" in line and "—" in line for line in lines)


def test_a_value_is_never_read_as_markup():
    assert any("[red]x[/red]" in line for line in drawn(RELEASE))
