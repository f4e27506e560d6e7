"""Released text passes the scanner once, and masked keys stay apart."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pytest

from sandbox.release import egress
from tests.release.answers import COLUMNS

TABLE = pa.table(
    {
        "city": ["王五", "郑州市", "李四", None, "王五"],
        "n": [1, 2, 3, 4, 5],
        "total": [1.0] * 5,
        "mean": [1.0] * 5,
    }
)


def scan(text: str) -> tuple[str, Mapping[str, int]]:
    return ("<人名>", {"PERSON": 1}) if text in {"王五", "李四"} else (text, {"PERSON": 0})


def test_identities_are_masked_and_counted_by_cell() -> None:
    table, findings = egress(TABLE, COLUMNS, scan)
    assert table.column("city").to_pylist() == ["<人名>", "郑州市", "<人名>", None, "<人名>"]
    assert findings == {"PERSON": 3}


def test_keys_masked_to_one_text_stay_rows_of_their_own() -> None:
    table, _ = egress(TABLE, COLUMNS, scan)
    assert table.column("n").to_pylist() == [1, 2, 3, 4, 5]


def test_each_text_is_scanned_once() -> None:
    asked: list[str] = []

    def remember(text: str) -> tuple[str, Mapping[str, int]]:
        asked.append(text)
        return scan(text)

    egress(TABLE, COLUMNS, remember)
    assert asked == ["王五", "郑州市", "李四"]


def test_a_scanner_that_fails_stops_the_release() -> None:
    def broken(text: str) -> tuple[str, Mapping[str, int]]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        egress(TABLE, COLUMNS, broken)
