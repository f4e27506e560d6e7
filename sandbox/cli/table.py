"""A release on a terminal: values rounded to what their error supports, with a bar that shows the error."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.nouns.release import Cell, Release

if TYPE_CHECKING:
    from rich.table import Table

BAR = 18
"""Width of a bar, characters."""
HIDDEN = "—"
"""Stands for a value that a floor hides, or that does not exist."""


def as_table(release: Release) -> Table:
    """The rows as a rich table: keys, ``value ± half-width`` of 95 %, and a bar of the first measure."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = "模拟数据 · DUMMY DATA, invented rows" if release.dummy else None
    table = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in release.columns:
        table.add_column(Text(column.name), justify="right" if column.measured else "left", no_wrap=True)
    drawn = next((i for i, column in enumerate(release.columns) if column.measured), None)
    if drawn is not None:
        table.add_column("", no_wrap=True)
    ceiling = _ceiling(release, drawn)
    for row, halves in zip(release.data, release.half_widths, strict=True):
        cells = [pair(value, half) for value, half in zip(row, halves, strict=True)]
        if drawn is not None:
            cells.append(bar(row[drawn], halves[drawn], ceiling))
        table.add_row(*map(Text, cells))  # never markup: keys are text from data
    return table


def pair(value: Cell, half: float | None) -> str:
    """A cell as text, rounded so that its 95 % half-width keeps two digits.

    >>> pair(55134.2, 618.4), pair(447.318, 9.26), pair("郑州市", None), pair(None, 3.0)
    ('55,134 ± 618', '447.3 ± 9.3', '郑州市', '—')
    """
    if value is None:
        return HIDDEN
    if isinstance(value, dt.date | str | bool):
        return str(value)
    if half is None or not math.isfinite(half) or half <= 0:
        return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
    places = max(0, 1 - math.floor(math.log10(half)))
    return f"{value:,.{places}f} ± {half:,.{places}f}"


def bar(value: Cell, half: float | None, ceiling: float) -> str:
    """A bar: solid up to the low end of the interval, shaded to its high end.

    >>> bar(50.0, 10.0, 100.0)
    '███████▒▒▒▒'
    """
    number = _number(value)
    if number is None or ceiling <= 0:
        return ""
    spread = half or 0.0
    low = round(BAR * min(1.0, max(0.0, number - spread) / ceiling))
    high = round(BAR * min(1.0, max(0.0, number + spread) / ceiling))
    return "█" * low + "▒" * (high - low)


def _ceiling(release: Release, drawn: int | None) -> float:
    if drawn is None:
        return 0.0
    tops = [
        number + (halves[drawn] or 0.0)
        for row, halves in zip(release.data, release.half_widths, strict=True)
        if (number := _number(row[drawn])) is not None
    ]
    return max(tops, default=0.0)


def _number(value: Cell) -> float | None:
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None
