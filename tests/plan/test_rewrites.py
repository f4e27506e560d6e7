"""Refused statements come back written out anew: every statement that is printed is planned and run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.nouns.policy import Use
from sandbox.plan import plan
from sandbox.plan.rewrites import MARK, written
from sandbox.plan.rewrites.written import MAX_CHARACTERS, MAX_ROUNDS
from tests.plan import world
from tests.plan.clinic_zh import FACTS, workspace
from tests.plan.database import answer
from tests.plan.refusing import refused

STATEMENTS = (Path(__file__).parents[1] / "golden" / "refused.txt").read_text(encoding="utf-8").split("\n\n")
PAIRS = [tuple(one.strip().split("\n", 1)) for one in STATEMENTS]
"""A refused statement, and what is printed for it: ``-`` for nothing."""


def refusal(sql: str) -> Refused:
    with pytest.raises(Refused) as caught:
        plan(sql, FACTS)
    return caught.value


def printed(sql: str) -> str:
    """The whole statement that a refusal prints, or an empty text."""
    return refusal(sql).hint.partition(MARK)[2]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = workspace()
    yield made
    made.close()


@pytest.mark.parametrize(("sql", "wanted"), PAIRS, ids=range(len(PAIRS)))
def test_a_refused_statement_is_written_out_and_what_is_printed_runs(
    con: duckdb.DuckDBPyConnection, sql: str, wanted: str
) -> None:
    made = printed(sql)
    assert made == ("" if wanted == "-" else wanted)
    if made:
        found = answer(con, plan(made, FACTS))
        assert found is not None


def test_most_refused_statements_of_the_corpus_are_written_out() -> None:
    assert len(PAIRS) >= 90
    assert sum(wanted != "-" for _, wanted in PAIRS) >= 0.8 * len(PAIRS)


EQUAL = (
    (
        "SELECT 城市, COUNT(*) FROM 参保人 p LEFT JOIN 门诊 v ON p.身份证号 = v.身份证号 AND v.科室 = '儿科' "
        "WHERE v.身份证号 IS NULL GROUP BY 城市 ORDER BY 城市"
    ),
    (
        "SELECT COUNT(*) FROM (SELECT 身份证号 FROM 门诊 WHERE 科室 = '内科' "
        "INTERSECT SELECT 身份证号 FROM 门诊 WHERE 科室 = '外科') t"
    ),
    "SELECT COUNT(*) FROM (SELECT 身份证号 FROM 参保人 "
    "EXCEPT SELECT 身份证号 FROM 门诊 WHERE 科室 = '儿科') t",
    "SELECT COUNT(*) FROM (SELECT 身份证号 FROM 参保人 UNION SELECT 身份证号 FROM 门诊) t",
    "SELECT n, COUNT(*) FROM (SELECT p.身份证号, COUNT(v.金额) AS n FROM 参保人 p LEFT JOIN 门诊 v "
    "ON p.身份证号 = v.身份证号 AND v.科室 = '内科' GROUP BY p.身份证号) t GROUP BY n ORDER BY n",
    "SELECT 科室, COUNT(*) FROM (SELECT DISTINCT ON (身份证号) 身份证号, 科室 FROM 门诊 "
    "ORDER BY 身份证号, 就诊日期 DESC, 科室) t GROUP BY 科室 ORDER BY 科室",
    "SELECT t.科室, COUNT(*) FROM 参保人 p, LATERAL (SELECT 科室 FROM 门诊 v WHERE v.身份证号 = p.身份证号 "
    "ORDER BY 就诊日期 DESC, 科室 LIMIT 1) t GROUP BY t.科室 ORDER BY 1",
    "SELECT COUNT(身份证号) FROM 门诊",
    "SELECT COUNT(DISTINCT 科室, 医保类型) FROM 门诊",
    "SELECT 科室, COUNT(*) AS n FROM 门诊 WHERE n > 10 GROUP BY 科室 ORDER BY 科室",
    "SELECT v.科室, (SELECT p.性别 FROM 参保人 p WHERE p.身份证号 = v.身份证号) AS 性别, COUNT(*) "
    "FROM 门诊 v GROUP BY 1, 2 ORDER BY 1, 2",
)
"""Refused as they are spelled: what is printed means the same."""


@pytest.mark.parametrize("sql", EQUAL, ids=range(len(EQUAL)))
def test_a_rewrite_of_the_same_question_has_the_answer_of_plain_duckdb(
    con: duckdb.DuckDBPyConnection, sql: str
) -> None:
    made = printed(sql)
    for name in ("门诊", "参保人"):
        rows = f'SELECT *, "_unit" AS 身份证号 FROM workspace."{name}"'
        con.execute(f'CREATE OR REPLACE VIEW "{name}" AS {rows}')
    theirs = sql.replace("WHERE n > 10 GROUP BY 科室", "GROUP BY 科室 HAVING n > 10")
    theirs = theirs.replace("DISTINCT 科室, 医保类型)", "DISTINCT (科室, 医保类型))")  # DuckDB takes neither
    ours = sorted(answer(con, plan(made, FACTS)), key=repr)
    assert ours == sorted(con.execute(theirs).fetchall(), key=repr)
    assert ours


@pytest.mark.parametrize("pair", ["city, sex", "city, days > 4", "weight, code"])
def test_pairs_are_told_by_what_is_missing_of_them_too(twice: duckdb.DuckDBPyConnection, pair: str) -> None:
    sql = f"SELECT COUNT(DISTINCT ({pair})) FROM visits"
    made = refused(sql).hint.split(MARK)[1]
    assert answer(twice, plan(made, world.FACTS)) == twice.execute(sql).fetchall()


def test_all_problems_of_a_statement_are_mended_in_one_rewrite() -> None:
    sql = "SELECT 科室室, SUM(自付), MAX(自付), 身份证号 FROM 门诊 WHERE COUNT(*) > 5"
    refused = refusal(sql)
    assert len(refused.others) >= 4
    made = printed(sql)
    assert all(
        part in made for part in ("科室,", "clamp(自付, 0, 100)", "COUNT(DISTINCT 身份证号)", "HAVING")
    )


def test_what_is_not_granted_is_left_out_of_the_answer_and_never_of_a_filter() -> None:
    assert printed("SELECT 备注, 科室, COUNT(*) FROM 门诊 GROUP BY 备注, 科室") == (
        "SELECT 科室, COUNT(*) FROM 门诊 GROUP BY 科室"
    )
    grants = {**FACTS.grants, "门诊": {**FACTS.grants["门诊"], "医院": frozenset({Use.GROUP})}}
    with pytest.raises(Refused) as caught:
        plan("SELECT COUNT(*) FROM 门诊 WHERE 医院 = 'H1'", replace(FACTS, grants=grants))
    assert caught.value.code == "use_not_granted"
    assert MARK not in caught.value.hint


def test_listed_keys_go_with_the_rewrite() -> None:
    line = '\n-- keys: {"医院": ["H1", "H2"]}'
    made = printed("SELECT 医院, SUM(自付) FROM 门诊 GROUP BY 医院" + line)
    assert made == "SELECT 医院, SUM(clamp(自付, 0, 100)) FROM 门诊 GROUP BY 医院"
    assert plan(made + line, FACTS).stages[0].keys[0].domain == ("H1", "H2")


def test_a_refusal_plans_a_statement_a_few_times_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[str] = []

    def mended(text: str, *_rest: object) -> str:
        planned.append(text)
        return f"SELECT 金额 FROM 门诊 LIMIT {len(planned)}"

    monkeypatch.setattr(written, "_mended", mended)
    assert not printed("SELECT 金额 FROM 门诊")
    assert len(planned) == MAX_ROUNDS


def test_a_statement_whose_names_multiply_is_refused_in_words_alone() -> None:
    parts = ["c0 AS (SELECT * FROM 门诊)"]
    parts += [f"c{n} AS (SELECT * FROM c{n - 1} UNION ALL SELECT * FROM c{n - 1})" for n in range(1, 9)]
    assert printed(f"WITH {', '.join(parts[:4])} SELECT 金额 FROM c3")
    assert not printed(f"WITH {', '.join(parts)} SELECT 金额 FROM c8")


def test_a_long_statement_is_refused_in_words_alone() -> None:
    items = ", ".join(["SUM(自付)"] * (MAX_CHARACTERS // 9))
    assert MARK not in refusal(f"SELECT {items} FROM 门诊").hint
