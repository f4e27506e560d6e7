"""The demo, through the real command line in a process of its own: what a newcomer sees first."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.cli.demo.story import CHAPTERS

RUN = [sys.executable, "-c", "from sandbox.cli import main; main()"]
ROOT = Path(__file__).parents[2]


def sandbox(*arguments: object, home: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("SANDBOX_", "LC_", "LANG"))
    }
    environment |= {"SANDBOX_HOME": str(home), "PYTHONPATH": str(ROOT), "COLUMNS": "110"}
    done = subprocess.run(
        [*RUN, *map(str, arguments)], capture_output=True, text=True, env=environment, cwd=home, timeout=300
    )
    assert done.returncode == code, done.stderr[-2000:]
    return done


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("demo")
    done = sandbox(
        "demo", "--visits", 20_000, "--people", 2_500, "--keep", folder / "kept", "--truth", home=folder
    )
    return done.stdout, folder / "kept"


def acts(shown: str) -> list[str]:
    """The page cut at its questions."""
    return re.split(r"\nQ\d+  ", shown)[1:]


def test_it_speaks_both_languages_where_nobody_said_which(played):
    assert "数据沙箱演示" in played[0]
    assert "Data Sandbox demo" in played[0]


def test_five_questions_are_answered_with_errors_a_price_and_what_is_left(played):
    for act in acts(played[0])[:5]:
        assert len(re.findall(r"\d ± \d", act)) >= 3
        assert re.search(r"Price ε 1 \(ρ 0\.0\d+\); \d+\.\d% of the budget is left", act)


def test_every_question_of_the_story_was_asked(played):
    assert len(acts(played[0])) == len(CHAPTERS)


def test_rows_are_refused_and_the_page_says_why(played):
    act = next(act for act in acts(played[0]) if "SELECT name, mobile" in act)
    assert "row_level_output" in act
    assert "±" not in act.split("Rows have no way out")[0]


def test_a_refusal_comes_with_a_rewrite_that_works(played):
    refused, rewritten = acts(played[0])[6:8]
    assert "bounds_missing" in refused
    assert "clamp(days, " in refused
    assert "AVG(clamp(days, 0, 30))" in rewritten
    assert re.search(r"\d ± \d", rewritten)


def test_the_replay_costs_nothing(played):
    assert "digit for digit, free" in played[0]
    ledger = [
        json.loads(line)
        for line in sandbox(
            "log", "show", "--json", "--home", played[1] / "home", home=played[1]
        ).stdout.splitlines()
    ]
    kinds = [record["kind"] for record in ledger]
    assert kinds.count("release") == kinds.count("submission") == sum(not each.refused for each in CHAPTERS)
    assert kinds.count("refusal") == sum(each.refused for each in CHAPTERS)
    assert kinds.count("replay") == 3  # one act, and two comparisons


def test_the_log_it_leaves_verifies(played):
    assert "the hash tree" in played[0]
    assert "verified" in sandbox("log", "verify", "--home", played[1] / "home", home=played[1]).stdout


def test_no_name_no_number_and_no_identity_number_is_on_the_page(played):
    import pyarrow.parquet as parquet

    visits = parquet.read_table(played[1] / "data" / "visits.parquet", columns=["id_card", "mobile"])
    page = played[0]
    assert not re.search(r"\d{17}[\dX]", page)
    assert not set(re.findall(r"1[3-9]\d{9}", page)) & set(visits.column("mobile").to_pylist())


def test_nearly_all_error_bars_hold_the_exact_counts_of_the_invented_data(played):
    hits = [tuple(map(int, found)) for found in re.findall(r"(\d+) of (\d+) error bars hold", played[0])]
    assert [total for _, total in hits] == [18, 12] or [total for _, total in hits][1] == 12
    # 30 bars at 95 %: fewer than 20 inside has a chance below 1e-6
    assert sum(inside for inside, _ in hits) >= sum(total for _, total in hits) - 10


def test_one_language_when_asked(tmp_path):
    shown = sandbox("demo", "--visits", 1000, "--people", 200, "--lang", "zh", home=tmp_path).stdout
    assert "披露日志" in shown
    assert "Data Sandbox demo" not in shown
