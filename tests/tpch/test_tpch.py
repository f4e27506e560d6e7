"""TPC-H: the table in the documentation is what the planner says today."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.tpch import facts, queries, report
from sandbox.errors import Refused
from sandbox.plan import plan
from sandbox.plan.refusals import CODES

DOCS = Path(__file__).parents[2] / "docs"


def test_all_queries_are_there() -> None:
    assert [name for name, _ in queries()] == [f"Q{number}" for number in range(1, 23)]


def test_the_documented_table_is_that_of_the_planner() -> None:
    rows = ["| " + " | ".join(row) + " |" for row in report()]
    for name in ("tpch.md", "tpch.zh-CN.md"):
        lines = (DOCS / name).read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith("| Q")] == rows


def test_at_least_nineteen_are_planned_and_refusals_have_known_codes() -> None:
    refused = [row for row in report() if row[1] == "refused"]
    assert len(refused) <= 3
    assert all(code in CODES for _, _, codes in refused for code in codes.split(", "))


def test_a_value_that_depends_on_the_row_by_equalities_is_measured_for_every_key_at_once() -> None:
    for name, stages, keys in (("Q17", 2, ["l_partkey"]), ("Q20", 1, ["l_partkey", "l_suppkey"])):
        made = plan(dict(queries())[name], facts())
        assert len(made.stages) == stages
        assert [key.label for key in made.stages[0].keys] == keys


def test_q17_as_written_measures_what_the_join_written_by_hand_does() -> None:
    written = (
        "SELECT SUM(l_extendedprice) / 7.0 FROM lineitem, part, (SELECT l_partkey AS k, "
        "AVG(l_quantity) AS v FROM lineitem GROUP BY l_partkey) AS m "
        "WHERE m.k = p_partkey AND p_partkey = l_partkey AND p_brand = 'Brand#23' "
        "AND p_container = 'MED BOX' AND l_quantity < 0.2 * m.v"
    )
    one, two = plan(dict(queries())["Q17"], facts()), plan(written, facts())
    assert [[measure.sensitivity for measure in stage.measures] for stage in one.stages] == [
        [measure.sensitivity for measure in stage.measures] for stage in two.stages
    ]


def test_a_value_that_depends_on_the_row_by_more_is_refused_with_the_join_that_replaces_it() -> None:
    with pytest.raises(Refused) as found:
        plan(dict(queries())["Q17"].replace("l_partkey = p_partkey)", "l_partkey <> p_partkey)"), facts())
    assert found.value.code == "subquery_of_other_rows"
    assert "WHERE m.k = p_partkey" in found.value.hint
