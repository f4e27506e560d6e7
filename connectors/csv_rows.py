"""How a CSV file is written, and where its rows begin and end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.errors import LoadFailed

LONGEST_LINE = 1 << 20
"""Bytes; a longer line, or a quoted field left open for longer, is a bad row."""
ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8", "gbk": "gb18030", "gb2312": "gb18030",
             "gb18030": "gb18030"}  # fmt: skip
"""GB 18030-2022 reads its older subsets GBK and GB 2312."""
OPTIONS = ("encoding", "delimiter", "quote", "null", "bad_lines")


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    encoding: str = "utf-8"
    delimiter: bytes = b","
    quote: bytes = b'"'
    """Empty: quotes are ordinary text."""
    null: str = ""
    strict: bool = False
    """Stop at the first bad row."""

    @staticmethod
    def of(options: Mapping[str, str]) -> Dialect:
        """The dialect that a policy's options describe.

        Raises:
            LoadFailed: ``source_option``.
        """
        for name in options:
            if name not in OPTIONS:
                raise _option(name, f"a CSV source has no such option; known: {', '.join(OPTIONS)}")
        encoding = options.get("encoding", "utf-8").lower().replace("_", "-")
        if encoding not in ENCODINGS:
            raise _option("encoding", f"known encodings: {', '.join(sorted(ENCODINGS))}")
        delimiter = {"tab": "\t", "\\t": "\t"}.get(
            options.get("delimiter", ","), options.get("delimiter", ",")
        )
        quote = "" if options.get("quote") == "none" else options.get("quote", '"')
        if len(delimiter) != 1 or not delimiter.isascii() or delimiter in "\r\n\0":
            raise _option("delimiter", "write one ASCII character, or tab")
        if len(quote) > 1 or not quote.isascii() or quote in ("\r", "\n", "\0", delimiter):
            raise _option("quote", "write one ASCII character that is not the delimiter, or none")
        bad_lines = options.get("bad_lines", "report")
        if bad_lines not in ("report", "error"):
            raise _option("bad_lines", "write report or error")
        return Dialect(
            ENCODINGS[encoding],
            delimiter.encode(),
            quote.encode(),
            options.get("null", ""),
            bad_lines == "error",
        )


class Row(NamedTuple):
    """One row: its fields; or a reason; or neither, when a quote is still open at the end of the text."""

    fields: list[bytes] | None
    end: int
    reason: str = ""


class Rows:
    """Finds rows in UTF-8 text that ends with a line break."""

    def __init__(self, dialect: Dialect) -> None:
        self._delimiter, self._quote = dialect.delimiter, dialect.quote
        d, q = re.escape(dialect.delimiter), re.escape(dialect.quote or b"\0")  # unused without a quote
        # Possessive throughout: every byte is looked at once, whatever the text.
        quoted = b"%b[^%b]*+(?:%b%b[^%b]*+)*+" % (q, q, q, q, q)
        field = b"(?:%b%b|(?:[^%b%b\r\n][^%b\r\n]*+)?+)" % (quoted, q, q, d, d)
        loose = b"(?:%b%b|(?:(?!%b)(?:[^%b\r\n]|\r(?!\n))*+))" % (quoted, q, q, d)
        self._well_formed = re.compile(b"(?:%b(?:%b%b)*+\r?\n)*+" % (field, d, field))
        self._row = re.compile(b"%b(?:%b%b)*+\r?\n" % (loose, d, loose))
        self._field = re.compile(b"(%b)(?:%b|\r?\n)" % (loose, d))
        self._open = re.compile(b"(?:%b%b)*+%b\\Z" % (loose, d, quoted))

    def well_formed(self, text: bytes) -> int:
        """End of the longest run of well-formed rows from the start."""
        if not self._quote or self._quote not in text:
            return len(text)
        found = self._well_formed.match(text)
        return found.end() if found else 0

    def row(self, text: bytes, start: int) -> Row:
        """The row that starts here."""
        end = text.index(b"\n", start) + 1
        if end - start > LONGEST_LINE:
            return Row(None, end, "length")
        line = text[start : end - 1].removesuffix(b"\r")
        if not self._quote or self._quote not in line:
            return Row(line.split(self._delimiter), end)
        whole = self._row.match(text, start)
        if whole is None:
            return Row(None, end, "" if self._open.match(text, start) else "quote")
        if whole.end() - start > 2 * LONGEST_LINE:
            return Row(None, end, "length")
        fields = self._field.findall(text, start, whole.end())
        return Row([self._bare(field) if self._quote in field else field for field in fields], whole.end())

    def _bare(self, field: bytes) -> bytes:
        if not field.startswith(self._quote):
            return field
        return field[1:-1].replace(self._quote * 2, self._quote)


def _option(name: str, hint: str) -> LoadFailed:
    return LoadFailed("source_option", f"the source option {name[:60]!r} is not usable", hint=hint)
