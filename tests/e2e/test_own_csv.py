"""The way in with one's own CSV: scan, check, try; nothing is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import clinic
from tests.e2e.test_demo import sandbox

COUNT = "SELECT COUNT(*) AS n FROM my"
SCHEMA = ["sql", "status", "code", "reason", "hint", "columns", "rows", "error95", "cost"]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    cards = ["11010519491231002X", "440524188001010014"]
    rows = [f"{cards[i % 2]},张三,1380013{i:04d},{i % 7},电话13800138000" for i in range(300)]
    path = tmp_path / "my.csv"
    path.write_text("身份证号,姓名,手机,天数,备注\n" + "\n".join(rows) + "\n", encoding="gb18030")
    return path


def test_scan_drafts_a_policy_that_checks_and_answers(tmp_path, csv):
    drafted = sandbox("scan", "my.csv", home=tmp_path)
    (tmp_path / "p.yaml").write_text(drafted.stdout, encoding="utf-8")
    assert "unit_format: resident_id" in drafted.stdout
    assert "gb18030" in drafted.stdout
    assert "13800" not in drafted.stdout + drafted.stderr
    assert "good" in sandbox("policy", "check", "p.yaml", home=tmp_path).stdout
    tried = sandbox("try", "p.yaml", "--sql", COUNT, "--json", home=tmp_path)
    assert json.loads(tried.stdout)["status"] == "answered"


def test_try_answers_and_refuses_line_by_line_and_exits_with_3(tmp_path, shared_clinic):
    (tmp_path / "more.sql").write_text(
        "SELECT city, COUNT(*) AS n FROM visits GROUP BY city;\nSELECT name FROM visits;"
    )
    done = sandbox(
        "try", shared_clinic, "--sql", "SELECT COUNT(*) AS n FROM visits", "--file", "more.sql", "--json",
        home=tmp_path, code=3,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["status"] for line in lines] == ["answered", "answered", "refused"]
    assert all(list(line) == SCHEMA for line in lines)
    assert lines[1]["columns"] == ["city", "n"]
    assert {row[0] for row in lines[1]["rows"]} >= set(clinic.CITIES)
    assert lines[2]["code"]
    assert "SANDBOX_TEST_KEY is not set" in done.stderr


def test_try_keeps_nothing_and_begins_each_call_with_a_fresh_budget(tmp_path, shared_clinic):
    small = shared_clinic.with_name("small.yaml")
    small.write_text(shared_clinic.read_text().replace("epsilon: 20", "epsilon: 1"))
    asked = (
        "try",
        small,
        "--json",
        "--sql",
        "SELECT COUNT(*) FROM visits",
        "--sql",
        "SELECT COUNT(*) FROM persons",
    )
    for _ in range(2):
        lines = sandbox(*asked, home=tmp_path, code=3).stdout.splitlines()
        assert [json.loads(line)["code"] for line in lines] == [None, "budget_exhausted"]
    assert list(tmp_path.iterdir()) == []


def test_preview_prices_without_rows(tmp_path, shared_clinic):
    done = sandbox(
        "try",
        shared_clinic,
        "--sql",
        "SELECT COUNT(*) AS n FROM visits",
        "--mode",
        "preview",
        "--json",
        home=tmp_path,
    )
    line = json.loads(done.stdout)
    assert line["rows"] == []
    assert line["cost"]["rho"] > 0
    assert line["error95"][0][0] > 0


def test_a_policy_with_mistakes_stops_with_1_and_lists_them(tmp_path, shared_clinic):
    bad = tmp_path / "bad.yaml"
    bad.write_text(shared_clinic.read_text().replace("unit: id_card", "unit: nobody"))
    done = sandbox("try", bad, "--sql", "SELECT 1", home=tmp_path, code=1)
    assert "nobody" in done.stderr
    assert "Traceback" not in done.stderr


def test_load_reports_and_knows_an_unchanged_source(tmp_path, shared_clinic):
    home = tmp_path / "home"
    first = sandbox("load", shared_clinic, "--home", home, "--json", home=tmp_path)
    tables = {table["name"]: table for table in json.loads(first.stdout)["tables"]}
    assert tables["persons"]["kept"] == 400
    assert "unchanged" in sandbox("load", shared_clinic, "--home", home, home=tmp_path).stdout
