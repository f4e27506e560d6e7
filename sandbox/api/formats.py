"""A release in the format that ``Accept`` asks for: JSON, CSV, Arrow stream or Parquet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse, Response
from pydantic import TypeAdapter

from sandbox.api import answers, views
from sandbox.errors import Refused
from sandbox.nouns.release import Preview, Release

if TYPE_CHECKING:
    import pyarrow as pa

ERROR = "error95:"
"""Prefix of the column that holds the 95 % half-widths of a measured column, in tabular formats."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What begins a formula in spreadsheets, or hides that one begins."""
CSV = "text/csv"
ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
JSON = "application/json"
MARK = "sandbox-dummy"
"""Header of an answer that was made of invented rows."""
DUMMY = "dummy"
"""Last column of invented rows in tabular formats, true in every row: none passes for real."""
FORMATS = (JSON, CSV, ARROW, PARQUET)
RELEASE = TypeAdapter(answers.Release)
PREVIEW = TypeAdapter(answers.Preview)
"""What leaves is checked against what is declared, like every answer that the framework writes."""


def chosen(accept: str) -> str:
    """The first of our formats that an ``Accept`` header names; JSON for anything.

    Raises:
        Refused: ``format_unknown`` (406).
    """
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for each in wanted:
        if each in FORMATS:
            return each
        if each in ("", "*/*", "application/*"):
            return JSON
    raise Refused(
        "format_unknown", "a result is not given in this format", status=406,
        hint="Accept one of: " + ", ".join(FORMATS),
    )  # fmt: skip


def rendered(answer: Release, kind: str) -> Response:
    """The release as a response of one of ``FORMATS``."""
    headers = {MARK: "true"} if answer.dummy else {}
    if kind == JSON:
        return JSONResponse(RELEASE.validate_python(views.release(answer)), headers=headers)
    table = with_errors(answer)
    if answer.dummy:
        table = _marked(table)
    data = {CSV: _csv, ARROW: _arrow, PARQUET: _parquet}[kind](table)
    return Response(data, media_type=kind, headers=headers)


def previewed(answer: Preview) -> Response:
    """The preview as a response."""
    return JSONResponse(PREVIEW.validate_python(views.preview(answer)))


def with_errors(answer: Release) -> pa.Table:
    """The rows, with a column of half-widths after the last for each measured column."""
    import pyarrow as pa

    table = answer.to_arrow()
    for place, column in enumerate(answer.columns):
        if column.measured:
            halves = pa.array([row[place] for row in answer.half_widths], type=pa.float64())
            table = table.append_column(ERROR + column.name, halves)
    return table


def _marked(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    name = DUMMY
    while name in table.column_names:
        name += "_"
    return table.append_column(name, pa.array([True] * table.num_rows, pa.bool_()))


def _csv(table: pa.Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(map(_inert, table.column_names))
    columns = [column.to_pylist() for column in table.columns]
    writer.writerows([_inert(views.plain(cell)) for cell in row] for row in zip(*columns, strict=True))
    return text.getvalue().encode()


def _inert(cell: object) -> object:
    """A text that a spreadsheet would carry out as a formula, with an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _arrow(table: pa.Table) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _parquet(table: pa.Table) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet

    sink = pa.BufferOutputStream()
    pa.parquet.write_table(table, sink)
    return bytes(sink.getvalue())
