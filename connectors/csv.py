"""CSV files: every value arrives as text, every row that cannot be read is reported with its line.

A file is read in blocks of about 1 MiB that end at a line break and are turned into UTF-8. A block in which
every row is well-formed goes through pyarrow's reader; any other goes row by row through the rules below, so
that a bad row costs itself alone and its physical line is known:

- rows follow RFC 4180: a quoted field may hold delimiters, line breaks and doubled quotes; a quote inside an
  unquoted field is ordinary text; after a closing quote comes a delimiter or the end of the row;
- a bad row ends with its *first* line and reading goes on at the next, so a quote left open swallows nothing;
- blank lines are not rows, unless the file has one column;
- a value equal to ``null`` (default: the empty text) is NULL, quoted or not.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as arrow_csv

from sandbox.errors import LoadFailed

from .csv_rows import LONGEST_LINE, Dialect, Row, Rows  # relative: installed under another package name

BATCH_ROWS = 131_072
MOST_BAD_LINES = 1_000_000
"""Over this the file is not what the policy says, and the load stops."""
MARK = "\udcff".encode("utf-8", "surrogatepass")
"""Stands for an undecodable byte; no valid UTF-8 contains it."""
SKIPPED = "data_sandbox.undecodable"


def _mark(error: UnicodeError) -> tuple[str, int]:
    """One byte at a time, so that a broken character never takes a line break with it."""
    assert isinstance(error, UnicodeDecodeError)
    return "\udcff", error.start + 1


codecs.register_error(SKIPPED, _mark)


class CsvConnector:
    """Opens one CSV file with a header."""

    def open(self, path: str, options: Mapping[str, str]) -> CsvReader:
        """Read the header.

        Raises:
            LoadFailed: ``source_missing``, ``source_unreadable``, ``source_option``, ``source_empty``,
                ``source_header``.
        """
        return CsvReader(Path(path), Dialect.of(options))


class CsvReader:
    """One reading of one file. ``schema`` holds every header name, all text."""

    def __init__(self, path: Path, dialect: Dialect) -> None:
        self._path, self._dialect = path, dialect
        self._rows = Rows(dialect)
        self._bad: list[tuple[int, str]] = []
        with self._opened() as file:
            names, self._start, self._first_line = self._header(file)
        self.schema = pa.schema([pa.field(name, pa.string()) for name in names])

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Stream the named columns as text, at most 131 072 rows at a time.

        Raises:
            LoadFailed: ``source_unreadable``; ``source_bad_line`` at the first bad row under
                ``bad_lines: error``, or when far too many rows are bad.
        """
        places = [self.schema.get_field_index(name) for name in columns]
        if not places or -1 in places:
            raise LoadFailed("source_columns", "a column that was asked for is not in the source")
        return self._batches(list(columns), places)

    def bad_lines(self) -> Sequence[tuple[int, str]]:
        """(physical line of the row's start, reason) of every row left out: ``columns``, ``encoding``,
        ``quote`` or ``length``."""
        return tuple(self._bad)

    def rows_hint(self) -> int | None:
        """Unknown without reading."""
        return None

    def _opened(self) -> BinaryIO:
        if not self._path.exists():
            raise LoadFailed(
                "source_missing", "the source file is not there", hint="check the path in the policy"
            )
        try:
            return self._path.open("rb")
        except OSError:
            raise LoadFailed(
                "source_unreadable", "the source cannot be opened", hint="it must be a file that you may read"
            ) from None

    def _header(self, file: BinaryIO) -> tuple[list[str], int, int]:
        """Names, byte offset of the first row, its line."""
        raw = file.read(LONGEST_LINE)
        bom = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
        if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise LoadFailed("source_unreadable", "the file is UTF-16", hint="save it as UTF-8")
        if bom:
            self._dialect = Dialect(**(vars(self._dialect) | {"encoding": "utf-8"}))
        if not raw[bom:].strip():
            raise LoadFailed("source_empty", "the source is empty", hint="a header line is required")
        end, line = bom, 1
        while True:  # a quoted name may hold line breaks, so the header grows line by line
            stop = raw.find(b"\n", end)
            end, at_end = (stop + 1, False) if stop >= 0 else (len(raw), True)
            text = _utf8(raw[bom:end], self._dialect.encoding)
            found = self._rows.row(text if text.endswith(b"\n") else text + b"\n", 0)
            if found.fields is not None or found.reason or at_end:
                break
            line += 1
        if found.fields is None or MARK in text or b"\r" in b"".join(found.fields):
            raise LoadFailed(
                "source_header", "the header line cannot be read",
                hint="check encoding, quotes and line ends (LF or CRLF)",
            )  # fmt: skip
        names = [name.decode() for name in found.fields]
        if "" in (name.strip() for name in names) or len(set(names)) < len(names):
            raise LoadFailed(
                "source_header",
                "the header has an empty or repeated name",
                hint="give every column its own name",
            )
        return names, end, line + 1

    def _blocks(self, file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
        """(UTF-8 text that ends with a line break, whether it is the last)."""
        file.seek(self._start)
        rest = b""
        while raw := file.read(LONGEST_LINE):
            end = raw.rfind(b"\n") + 1
            if not end and len(rest) <= LONGEST_LINE:
                rest += raw
                continue
            if not end:
                continue  # inside a line that is already too long to be a row
            yield _utf8(rest + raw[:end], self._dialect.encoding), False
            rest = raw[end:]
        yield (_utf8(rest + b"\n", self._dialect.encoding) if rest else b""), True

    def _batches(self, columns: list[str], places: list[int]) -> Iterator[pa.RecordBatch]:
        line, rest = self._first_line, b""
        with self._opened() as file:
            for block, last in self._blocks(file):
                text = rest + block
                end = self._rows.well_formed(text)
                table = self._at_once(text[:end], columns) if end else None
                start = end if table is not None else 0
                if table is not None:
                    yield from table.to_batches(max_chunksize=BATCH_ROWS)
                    line += text.count(b"\n", 0, end)
                rows, stop, line = self._one_by_one(text, start, line, last)
                for first in range(0, len(rows), BATCH_ROWS):
                    yield self._batch(rows[first : first + BATCH_ROWS], columns, places)
                rest = text[stop:]

    def _at_once(self, text: bytes, columns: list[str]) -> pa.Table | None:
        """All rows by pyarrow, or None when one of them is bad and has to be found."""
        if MARK in text or _has_long_line(text) or text.count(b"\r") != text.count(b"\r\n"):
            return None
        bad: list[object] = []

        def note(row: object) -> str:
            bad.append(row)
            return "skip"

        quote: str | bool = self._dialect.quote.decode() or False
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(text),
                arrow_csv.ReadOptions(
                    use_threads=False, block_size=len(text) + 1, column_names=self.schema.names
                ),
                arrow_csv.ParseOptions(
                    delimiter=self._dialect.delimiter.decode(), quote_char=quote, double_quote=True,
                    newlines_in_values=bool(quote), ignore_empty_lines=len(self.schema) > 1,
                    invalid_row_handler=note,
                ),
                arrow_csv.ConvertOptions(
                    column_types=self.schema, include_columns=columns, null_values=[self._dialect.null],
                    strings_can_be_null=True, quoted_strings_can_be_null=True,
                ),
            )  # fmt: skip
        except pa.ArrowInvalid:
            return None
        return None if bad else table

    def _one_by_one(
        self, text: bytes, start: int, line: int, last: bool
    ) -> tuple[list[list[bytes]], int, int]:
        """Good rows, where reading stopped (before a row that goes on in the next block), and its line."""
        rows: list[list[bytes]] = []
        width = len(self.schema)
        while start < len(text):
            found = self._rows.row(text, start)
            fields, end = found.fields, found.end
            if fields is None and not found.reason and not last and len(text) - start <= LONGEST_LINE:
                break
            reason = self._reason(found, text[start:end], width)
            if reason:
                self._report(line, reason)
                end = text.index(b"\n", start) + 1
            elif fields is not None and len(fields) == width:
                rows.append(fields)
            line += text.count(b"\n", start, end)
            start = end
        return rows, start, line

    @staticmethod
    def _reason(found: Row, raw: bytes, width: int) -> str:
        """Why this is no row; empty for a good row and for a blank line."""
        if MARK in raw:
            return "encoding"
        if found.fields is None:
            return found.reason or "quote"
        return "columns" if len(found.fields) != width and raw.strip(b"\r\n") else ""

    def _report(self, line: int, reason: str) -> None:
        if self._dialect.strict:
            raise LoadFailed(
                "source_bad_line", f"line {line} of the source is not a row ({reason})",
                hint="mend it, or set bad_lines: report",
            )  # fmt: skip
        if len(self._bad) >= MOST_BAD_LINES:
            raise LoadFailed(
                "source_bad_line", f"more than {MOST_BAD_LINES} lines of the source are not rows",
                hint="check delimiter, quote and encoding in the policy",
            )  # fmt: skip
        self._bad.append((line, reason))

    def _batch(self, rows: list[list[bytes]], columns: list[str], places: list[int]) -> pa.RecordBatch:
        null = self._dialect.null.encode()
        arrays = [
            pa.array([None if row[place] == null else row[place] for row in rows], pa.binary()).cast(
                pa.string()
            )
            for place in places
        ]
        return pa.record_batch(arrays, names=columns)


def _utf8(raw: bytes, encoding: str) -> bytes:
    """The same text in UTF-8, each undecodable byte as ``MARK``."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return raw.decode(encoding, SKIPPED).encode("utf-8", "surrogatepass")
    return raw if encoding == "utf-8" else text.encode()


def _has_long_line(text: bytes) -> bool:
    start = 0
    while len(text) - start > LONGEST_LINE:
        start = text.rfind(b"\n", start, start + LONGEST_LINE) + 1
        if not start:
            return True
    return False
