"""A release in other shapes: an Arrow table, and a drawing for notebooks.

Drawings are server-made HTML and SVG without script, link or fixed colour (``currentColor`` follows light and
dark themes); every text is escaped; each error bar carries its numbers as a label for screen readers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Literal

from sandbox.nouns.kinds import ColumnType
from sandbox.nouns.release import Cell, Release, ReleaseColumn

if TYPE_CHECKING:
    import pyarrow as pa

Language = Literal["zh", "en"]
ROWS_DRAWN = 200
"""Rows a drawing shows; the rest is counted below it."""
_WIDTH, _HEIGHT, _EDGE = 96, 14, 4
"""Size of one error bar and its margin, pixels."""
_INTEGER_LIMIT = 2**63
_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "answer": "查询结果",
        "noisy": "含噪",
        "cost": "隐私消耗",
        "asked": "申请",
        "replayed": "重放已有结果，未再消耗",
        "record": "披露编号",
        "more": "另有 {} 行未画出",
        "interval": "95% 区间",
        "hidden": "低于最小人数，不显示",
        "dummy": "模拟数据：由虚构的行算出，不代表任何真实数字",
    },
    "en": {
        "answer": "Answer",
        "noisy": "noisy",
        "cost": "privacy cost",
        "asked": "asked",
        "replayed": "an earlier release, shown again free of charge",
        "record": "disclosure",
        "more": "{} more rows not drawn",
        "interval": "95 % interval",
        "hidden": "hidden: too few units",
        "dummy": "Dummy data: made of invented rows, says nothing about anybody",
    },
}


def to_arrow(release: Release) -> pa.Table:
    """The rows as an Arrow table: names and types of ``release.columns``.

    TEXT string, INTEGER int64, NUMBER float64 (decimal128 for exact public decimals), DATE date32, TIMESTAMP
    timestamp[us], BOOLEAN bool. Schema metadata holds ``epsilon``, ``rho``, ``delta`` (decimal text) and
    ``number`` (the disclosure record), and ``dummy`` (true) for invented rows; field metadata holds
    ``measured`` (true or false).
    """
    import pyarrow as pa

    fields, arrays = [], []
    for place, column in enumerate(release.columns):
        values = [row[place] for row in release.data]
        kind = _arrow_type(column, values)
        if kind == pa.float64():  # Arrow refuses integers that a float does not hold exactly
            values = [float(value) if isinstance(value, int | Decimal) else value for value in values]
        array = pa.array(values, type=kind)
        marks = {"measured": "true" if column.measured else "false"}
        fields.append(pa.field(column.name, array.type, metadata=marks))
        arrays.append(array)
    cost = release.cost
    metadata = {
        "epsilon": repr(cost.epsilon),
        "rho": repr(cost.rho),
        "delta": repr(cost.delta),
        "number": str(release.id),
    } | ({"dummy": "true"} if release.dummy else {})
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=metadata))


def _arrow_type(column: ReleaseColumn, values: Sequence[Cell]) -> pa.DataType | None:
    """Type of a column; None lets exact decimals find their own."""
    import pyarrow as pa

    present = [value for value in values if value is not None]
    if column.type is ColumnType.NUMBER and present and all(isinstance(value, Decimal) for value in present):
        return None
    wide = any(isinstance(value, int) and abs(value) >= _INTEGER_LIMIT for value in present)
    return {
        ColumnType.TEXT: pa.string(),
        ColumnType.INTEGER: pa.float64() if wide else pa.int64(),
        ColumnType.NUMBER: pa.float64(),
        ColumnType.DATE: pa.date32(),
        ColumnType.TIMESTAMP: pa.timestamp("us"),
        ColumnType.BOOLEAN: pa.bool_(),
    }[column.type]


def to_html(release: Release, lang: Language = "zh") -> str:
    """A notebook's drawing: values, ± half-widths, error bars, and what it cost.

    Args:
        release: what to draw.
        lang: language of the words around the data.
    """
    words = _WORDS[lang]
    shown = release.data[:ROWS_DRAWN]
    spans = [_span(release, place) for place in range(len(release.columns))]
    body = "".join(
        "<tr>"
        + "".join(_cell(release, row, place, spans[place], words) for place in range(len(spans)))
        + "</tr>"
        for row in range(len(shown))
    )
    head = "".join(_heading(column, words) for column in release.columns)
    more = len(release.data) - len(shown)
    rest = f"<p>{escape(words['more'].format(more))}</p>" if more else ""
    return (
        f'<div lang="{lang}" style="color:inherit;overflow-x:auto">{_banner(release, words)}'
        f'<table aria-label="{escape(words["answer"])}" style="border-collapse:collapse">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"
        f"<p>{escape(_cost_line(release, words))}</p></div>"
    )


def to_text(release: Release, lang: Language = "zh") -> str:
    """The answer as lines of plain text: values, ± half-widths, and what it cost."""
    words = _WORDS[lang]
    rows = [
        [_text_cell(value, half) for value, half in zip(row, halves, strict=True)]
        for row, halves in zip(release.data[:ROWS_DRAWN], release.half_widths, strict=False)
    ]
    lines = ["  |  ".join(each) for each in [[column.name for column in release.columns], *rows]]
    more = len(release.data) - len(rows)
    lines += [words["more"].format(more)] if more else []
    return "\n".join([*([words["dummy"]] if release.dummy else []), *lines, _cost_line(release, words)])


def _text_cell(value: Cell, half: float | None) -> str:
    if value is None:
        return "—"
    shown = figure(value) if isinstance(value, float) else _plain(value)
    return shown if half is None else f"{shown} ± {figure(half)}"


_PAD = "padding:.15em .6em"


def _banner(release: Release, words: dict[str, str]) -> str:
    """What stands above invented figures."""
    style = "border:1px dashed currentColor;padding:.15em .6em;display:inline-block"
    return f'<p style="{style}"><strong>{escape(words["dummy"])}</strong></p>' if release.dummy else ""


def _heading(column: ReleaseColumn, words: dict[str, str]) -> str:
    note = f" <small>({escape(words['noisy'])})</small>" if column.measured else ""
    return f'<th scope="col" style="{_PAD};text-align:start">{escape(column.name)}{note}</th>'


def _cell(
    release: Release, row: int, place: int, span: tuple[float, float] | None, words: dict[str, str]
) -> str:
    value, width = release.data[row][place], release.half_widths[row][place]
    if value is None and release.columns[place].measured:
        return f'<td style="{_PAD}" title="{escape(words["hidden"])}">—</td>'
    number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    bar = ""
    if width is not None and isinstance(value, int | float | Decimal) and span is not None:
        bar = f" <small>± {escape(figure(width))}</small> {_bar(float(value), width, span, words)}"
    align = "end" if number else "start"
    text = "" if value is None else escape(figure(value) if isinstance(value, float) else _plain(value))
    return f'<td style="{_PAD};text-align:{align};white-space:nowrap">{text}{bar}</td>'


def _plain(value: Cell) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def figure(value: float) -> str:
    """A number a person can read: thousands, and no more decimals than matter.

    >>> figure(1234567.891), figure(0.00123456), figure(12.0)
    ('1,234,567.89', '0.001235', '12')
    """
    if value != value or abs(value) >= 1e15 or 0 < abs(value) < 1e-6:
        return f"{value:.4g}"
    places = 2 if abs(value) >= 1 else 6
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _span(release: Release, place: int) -> tuple[float, float] | None:
    """Smallest and largest end of the column's intervals."""
    ends = [
        (float(value) - width, float(value) + width)
        for row, widths in zip(release.data[:ROWS_DRAWN], release.half_widths, strict=False)
        if isinstance(value := row[place], int | float) and (width := widths[place]) is not None
    ]
    if not ends:
        return None
    return min(low for low, _ in ends), max(high for _, high in ends)


def _bar(value: float, width: float, span: tuple[float, float], words: dict[str, str]) -> str:
    """One interval as inline SVG on the column's common scale."""
    low, high = span
    room = (high - low) or 1.0

    def at(number: float) -> str:
        return f"{_EDGE + (number - low) / room * (_WIDTH - 2 * _EDGE):.1f}"

    middle = _HEIGHT // 2
    label = f"{words['interval']}: {figure(value - width)} … {figure(value + width)}"
    return (
        f'<svg role="img" aria-label="{escape(label)}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" style="vertical-align:middle">'
        f'<line x1="{at(value - width)}" x2="{at(value + width)}" y1="{middle}" y2="{middle}" '
        'stroke="currentColor" stroke-width="2" stroke-linecap="round" opacity=".45"/>'
        f'<circle cx="{at(value)}" cy="{middle}" r="3" fill="currentColor"/></svg>'
    )


def _cost_line(release: Release, words: dict[str, str]) -> str:
    cost = release.cost
    parts = [f"{words['cost']} ρ = {cost.rho:.6g}"]
    if cost.delta:
        parts.append(f"δ = {cost.delta:.3g}")
    parts.append(f"{words['asked']} ε = {cost.epsilon:g}")
    if release.id:
        parts.append(f"{words['record']} {release.id}")
    if release.replayed:
        parts.append(words["replayed"])
    return " · ".join(parts)
