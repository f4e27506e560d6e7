"""Text becomes one allowed tree, or a refusal with its place."""

from __future__ import annotations

import sys

import pytest

from sandbox.errors import Refused
from sandbox.plan import explain, plan
from sandbox.plan.cache import PlanCache
from sandbox.plan.parse import MAX_NESTING, parse
from sandbox.plan.planner import build
from sandbox.plan.refusals import CODES, place
from tests.plan.world import FACTS


def refused(sql: str) -> Refused:
    with pytest.raises(Refused) as caught:
        build(sql, FACTS)
    return caught.value


def test_comments_and_a_last_semicolon_are_fine() -> None:
    root, problems = parse("/* who */ SELECT COUNT(*) -- how many\nFROM visits;", FACTS)
    assert root.sql() == "SELECT COUNT(*) FROM visits" or "COUNT(*)" in root.sql(comments=False)
    assert not problems.any


def test_a_problem_is_placed_by_line_and_column() -> None:
    assert refused("SELECT COUNT(*)\nFROM visits\n WHERE nothing = 1").position == "3:8"
    assert place("ab\ncd", 4) == "2:2"


def test_nesting_up_to_the_limit_plans_and_beyond_is_refused() -> None:
    depth = MAX_NESTING - 1
    assert build(f"SELECT COUNT(*) FROM visits WHERE {'(' * depth}urgent{')' * depth}", FACTS)
    assert (
        refused(f"SELECT COUNT(*) FROM visits WHERE {'(' * 40}urgent{')' * 40}").code == "statement_too_deep"
    )


def test_a_small_stack_gives_a_refusal_and_no_crash() -> None:
    limit = sys.getrecursionlimit()
    frames, frame = 0, sys._getframe()
    while frame is not None:
        frames, frame = frames + 1, frame.f_back  # type: ignore[assignment]
    sys.setrecursionlimit(frames + 60)
    try:
        refusal = refused("SELECT COUNT(*) FROM visits WHERE ((((((urgent AND days > 1))))))")
    finally:
        sys.setrecursionlimit(limit)
    assert refusal.code == "statement_too_deep"


def test_long_chains_of_and_are_one_level() -> None:
    chain = " AND ".join(["days > 1"] * 200)
    assert build(f"SELECT COUNT(*) FROM visits WHERE {chain}", FACTS).stages


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT COUNT(*) AS "" FROM visits',
        'SELECT COUNT(*) FROM visits v JOIN (VALUES (1)) r("") ON v.code = 1',
        'SELECT COUNT(*) FROM visits ""',
    ],
)
def test_an_empty_name_which_the_engine_would_refuse_amid_the_job_is_no_sql(sql: str) -> None:
    assert refused(sql).code == "syntax"


@pytest.mark.parametrize("body", ["days", "v.days", "1 + 2", "visits"])
def test_what_is_named_in_with_is_a_select(body: str) -> None:
    for rest in ("SELECT * FROM c", "SELECT COUNT(*) FROM visits WHERE days > (SELECT MAX(n) FROM c)"):
        assert refused(f"WITH c AS ({body}) {rest}").code == "construct_not_supported"


def test_clamps_nested_in_clamps_are_refused_before_their_text_explodes() -> None:
    nested = "clamp(" * 15 + "weight" + ", 0, 1)" * 15
    assert refused(f"SELECT SUM({nested}) FROM visits").code == "statement_too_deep"


def test_every_code_has_a_reason_and_a_next_step() -> None:
    for code, rule in CODES.items():
        assert code.replace("_", "").isalpha()
        assert rule.reason
        assert rule.hint


def test_the_cache_keeps_plans_by_text_and_facts_and_drops_the_oldest() -> None:
    cache = PlanCache(size=2)
    plans = {
        sql: build(sql, FACTS) for sql in ("SELECT COUNT(*) FROM visits", "SELECT SUM(days) FROM visits")
    }
    for sql, made in plans.items():
        cache.put(sql, FACTS, made)
    cache.put("third", FACTS, plans["SELECT COUNT(*) FROM visits"])
    assert cache.get("SELECT COUNT(*) FROM visits", FACTS) is None
    assert cache.get("SELECT SUM(days) FROM visits", FACTS) is plans["SELECT SUM(days) FROM visits"]


def test_an_explanation_of_a_public_plan_says_that_it_is_free() -> None:
    assert "no charge" in explain(plan("SELECT COUNT(*) FROM hospitals", FACTS))
