"""Pages that people read first: what they show is answered, and no language falls behind the other."""

from __future__ import annotations

import re
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.cli.attempt import Outcome, record, throwaway
from sandbox.cli.demo.source import generate
from sandbox.errors import SandboxError

DOCS = Path(__file__).parents[1] / "docs"
PAIRS = sorted(path.name for path in DOCS.glob("*.md") if (DOCS / f"{path.stem}.zh-CN.md").exists())
WORKED = re.compile(r"```sql\n(.*?)\n```\n\n```text\n(.*?)\n", re.DOTALL)
FENCED = re.compile(r"^```(.*?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def worked(page: str) -> list[tuple[str, str]]:
    """The statements of a page and the first line of what it says they give."""
    return WORKED.findall((DOCS / page).read_text(encoding="utf-8"))


def shape(page: str) -> list[str]:
    """Depths of headings, languages of code blocks and numbers of table rows, in the order of the page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    bare = FENCED.sub(lambda block: f"```{block[1]}", text)
    found = []
    for line in bare.splitlines():
        mark = re.match(r"#+ |```\w*|\|", line)
        if mark:
            found.append(mark[0])
    return found


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, dict]]:
    """Each statement of the page, its first line of output there, and what becomes of it now."""
    folder = tmp_path_factory.mktemp("province")
    generate(folder / "data", visits=20_000, people=2_400)
    shipped = DOCS.parent / "policies/outpatient.yaml"
    policy = shutil.copyfile(shipped, folder / shipped.name)
    found = []
    with throwaway(policy) as box:
        for sql, said in worked("sql.md"):
            try:
                result = box.query(sql, epsilon=Decimal(1))
            except SandboxError as error:
                result = error
            found.append((sql, said, record(Outcome(sql, result))))
    return found


def test_every_statement_of_the_sql_page_is_answered_or_refused_as_the_page_says(answers):
    assert len(answers) >= 10
    for sql, said, got in answers:
        now = f"refused: {got['code']}" if got["status"] != "answered" else " ".join(got["columns"])
        assert " ".join(said.split()) == now, sql


def test_both_languages_of_the_sql_page_show_the_same_statements_and_outputs():
    pages = [FENCED.findall((DOCS / page).read_text(encoding="utf-8")) for page in ("sql.md", "sql.zh-CN.md")]
    assert pages[0] == pages[1] != []


@pytest.mark.parametrize("page", PAIRS)
def test_a_chinese_page_has_the_headings_tables_and_code_of_the_english_one(page):
    assert shape(page) == shape(page.replace(".md", ".zh-CN.md"))
