"""TPC-H: the table in the documentation is what the planner says today."""

from __future__ import annotations

from pathlib import Path

from benchmarks.tpch import queries, report
from sandbox.plan.refusals import CODES

DOCS = Path(__file__).parents[2] / "docs"


def test_all_queries_are_there() -> None:
    assert [name for name, _ in queries()] == [f"Q{number}" for number in range(1, 23)]


def test_the_documented_table_is_that_of_the_planner() -> None:
    rows = ["| " + " | ".join(row) + " |" for row in report()]
    for name in ("tpch.md", "tpch.zh-CN.md"):
        lines = (DOCS / name).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith("| Q")] == rows


def test_at_least_eighteen_are_planned_and_refusals_have_known_codes() -> None:
    refused = [row for row in report() if row[1] == "refused"]
    assert len(refused) <= 4
    assert all(code in CODES for _, _, codes in refused for code in codes.split(", "))
