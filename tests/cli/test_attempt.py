"""``sandbox try``: what scripts read, and what a file of statements means."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal

import pytest
import typer

from sandbox.cli import main
from sandbox.cli.attempt import Outcome, plain, record, statements_of
from sandbox.errors import JobFailed, Refused
from sandbox.nouns.policy import ColumnType
from sandbox.nouns.release import Cost, Preview, PreviewColumn, Release, ReleaseColumn

FIELDS = ["sql", "status", "code", "reason", "hint", "columns", "rows", "error95", "cost"]
RELEASE = Release(
    id=3,
    columns=(ReleaseColumn("day", ColumnType.DATE, False), ReleaseColumn("n", ColumnType.INTEGER, True)),
    data=((dt.date(2025, 1, 1), 12), (None, None)),
    spreads=((None, 1.0), (None, None)),
    half_widths=((None, 2.0), (None, None)),
    cost=Cost(0.02, 1e-10, 1.0),
)
PREVIEW = Preview(
    cost=Cost(0.02, 0.0, 1.0), columns=(PreviewColumn("COUNT(*)", 588.0),), plan="", fits=True, affordable=9
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1;\nSELECT ';' AS x;\n", ["SELECT 1", "SELECT ';' AS x"]),
        ("-- a; remark\nSELECT 1 /* ; */; ;; ", ["-- a; remark\nSELECT 1 /* ; */"]),
        ("﻿SELECT '中；文'", ["SELECT '中；文'"]),
        ("SELECT 'open", ["SELECT 'open"]),
    ],
)
def test_a_file_is_parted_at_semicolons_outside_texts_and_remarks(tmp_path, text, expected):
    path = tmp_path / "q.sql"
    path.write_text(text, encoding="utf-8")
    assert statements_of(path) == expected


@pytest.mark.parametrize("data", [b"", b" ;; ", b"-- nothing\n", b"\xff\xfe\x00S"])
def test_a_file_without_a_statement_is_a_usage_error(tmp_path, data):
    path = tmp_path / "q.sql"
    path.write_bytes(data)
    with pytest.raises(typer.BadParameter):
        statements_of(path)


def test_every_outcome_has_exactly_the_fields_promised():
    refused = Refused("row_level_output", "rows are not shown", hint="aggregate", position="1:8")
    for result in (RELEASE, PREVIEW, refused, JobFailed()):
        assert list(record(Outcome("SELECT 1", result))) == FIELDS


def test_an_answer_as_json():
    fields = json.loads(json.dumps(record(Outcome("q", RELEASE)), allow_nan=False))
    assert fields["status"] == "answered"
    assert fields["columns"] == ["day", "n"]
    assert fields["rows"] == [["2025-01-01", 12], [None, None]]
    assert fields["error95"] == [[None, 2.0], [None, None]]
    assert fields["cost"] == {"rho": 0.02, "delta": 1e-10, "epsilon": 1.0}
    assert fields["code"] is fields["reason"] is fields["hint"] is None


def test_a_preview_as_json_has_predicted_errors_and_no_rows():
    fields = record(Outcome("q", PREVIEW))
    assert (fields["columns"], fields["rows"], fields["error95"]) == (["COUNT(*)"], [], [[588.0]])


def test_a_refusal_as_json_names_code_place_and_hint():
    fields = record(Outcome("q", Refused("bounds_missing", "no bounds", hint="clamp", position="2:3")))
    assert (fields["status"], fields["code"], fields["reason"], fields["hint"]) == (
        "refused", "bounds_missing", "2:3: no bounds", "clamp",
    )  # fmt: skip
    assert fields["rows"] is fields["cost"] is None


def test_a_failure_is_told_from_a_refusal():
    assert record(Outcome("q", JobFailed()))["status"] == "failed"


def test_cells_become_plain_json():
    assert [plain(cell) for cell in (Decimal("1.5"), dt.date(2025, 1, 2), "x", None, 3)] == [
        1.5, "2025-01-02", "x", None, 3,
    ]  # fmt: skip


def test_a_dummy_answer_is_marked_in_json_and_a_real_one_is_as_promised():
    assert record(Outcome("q", replace(RELEASE, dummy=True)))["dummy"] is True
    assert "dummy" not in record(Outcome("q", RELEASE))


def test_try_answers_from_invented_rows(shared_clinic, capsys):
    with pytest.raises(SystemExit) as left:
        main(
            [
                "try",
                str(shared_clinic),
                "--mode",
                "dummy",
                "--json",
                "--sql",
                "SELECT count(*) AS n FROM visits",
            ]
        )
    assert left.value.code in (0, None)
    (line,) = capsys.readouterr().out.splitlines()
    fields = json.loads(line)
    assert (fields["status"], fields["dummy"], fields["cost"]["rho"]) == ("answered", True, 0)
    assert 3000 < fields["rows"][0][0] < 5000
