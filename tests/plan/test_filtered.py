"""Aggregates with FILTER: each is a plain one of fewer values, measured like it and once for both."""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.nouns.policy import Use
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from tests.plan.database import Row, connect, exact, fill
from tests.plan.world import FACTS, VISITS


@pytest.mark.parametrize(
    ("filtered", "plain"),
    [
        ("COUNT(*) FILTER (WHERE urgent)", "COUNT(CASE WHEN urgent THEN 1 END)"),
        ("COUNT_IF(urgent)", "COUNT(CASE WHEN urgent THEN 1 END)"),
        ("COUNT_IF(urgent) FILTER (WHERE days > 1)",
         "COUNT(CASE WHEN days > 1 THEN CASE WHEN urgent THEN 1 END END)"),
        ("COUNT(days) FILTER (WHERE urgent)", "COUNT(CASE WHEN urgent THEN days END)"),
        ("SUM(days) FILTER (WHERE urgent)", "SUM(CASE WHEN urgent THEN days END)"),
        ("COUNT(DISTINCT city) FILTER (WHERE urgent)", "COUNT(DISTINCT CASE WHEN urgent THEN city END)"),
        ("PERCENTILE_CONT(0.3) WITHIN GROUP (ORDER BY days) FILTER (WHERE urgent)",
         "QUANTILE_CONT(CASE WHEN urgent THEN days END, 0.3)"),
        ("COVAR_POP(days, amount) FILTER (WHERE urgent)",
         "COVAR_POP(CASE WHEN urgent THEN days END, amount)"),
        ("MODE(city) FILTER (WHERE urgent)", "MODE(CASE WHEN urgent THEN city END)"),
    ],
)  # fmt: skip
def test_a_filter_is_the_plain_aggregate_of_what_it_keeps(filtered: str, plain: str) -> None:
    (one,) = plan(f"SELECT {filtered} FROM visits", FACTS).stages
    (two,) = plan(f"SELECT {plain} FROM visits", FACTS).stages
    assert (one.exact_sql, one.measures) == (two.exact_sql, two.measures)
    (both,) = plan(f"SELECT {filtered}, {plain} FROM visits", FACTS).stages
    assert both.measures == one.measures


def test_units_under_a_filter_are_those_of_the_rows_that_it_keeps() -> None:
    """However many of a unit's rows it keeps, the unit counts once."""
    sql = "SELECT COUNT(DISTINCT ((id_card))) FILTER (WHERE days > 1) FROM visits"
    (stage,) = plan(sql, FACTS).stages
    assert stage.measures[0].sensitivity == Sensitivity.groups(1)
    assert stage.measures[0].label == "COUNT(DISTINCT ((id_card))) FILTER (WHERE days > 1)"
    con = connect()
    rows: list[Row] = [
        {"id_card": unit, "days": days} for unit in range(3) for days in (unit, unit + 1, None)
    ]
    fill(con, VISITS, rows, 64)
    assert exact(con, stage)[0]["m0"] == 2
    con.close()


def test_values_under_a_filter_are_those_of_the_rows_that_it_keeps() -> None:
    sql = "SELECT COUNT(DISTINCT code) FILTER (WHERE days > 1) FROM visits"
    (stage,) = plan(sql, FACTS).stages
    con = connect()
    rows: list[Row] = [
        {"id_card": unit, "code": unit + days, "days": days} for unit in range(3) for days in (0, 2)
    ]
    fill(con, VISITS, rows, 64)
    assert exact(con, stage)[0]["m0"] == 3
    con.close()


@pytest.mark.parametrize("what", ["DISTINCT id_card", "DISTINCT city", "*"])
def test_whatever_a_filter_looks_at_is_a_filter(what: str) -> None:
    text = f"COUNT({what}) FILTER (WHERE CASE WHEN code > 1 THEN urgent ELSE days > 1 END)"
    used = plan(f"SELECT {text} FROM visits", FACTS).uses["visits"]
    assert {name for name, uses in used.items() if Use.FILTER in uses} == {"code", "urgent", "days"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("COUNT()", "argument_count"),
        ("MAX()", "argument_count"),
        ("MIN()", "argument_count"),
        ("QUANTILE_CONT()", "argument_count"),
        ("REGR_SLOPE(days)", "argument_count"),
        ("REGR_R2(days)", "argument_count"),
        ("SUM(floor())", "argument_count"),
        ("COUNT(DISTINCT)", "argument_count"),
        ("MODE()", "argument_count"),
        ("MODE() WITHIN GROUP (ORDER BY city)", "argument_count"),
        ("COUNT(DISTINCT id_card, city)", "argument_count"),
        ("COUNT(DISTINCT city, id_card)", "argument_count"),
        ("SUM(DISTINCT id_card)", "distinct_of_unit_only"),
        ("COUNT(clamp(id_card, 0, 1))", "unit_misused"),
        ("COUNT(id_card)", "unit_misused"),
    ],
)
def test_what_is_counted_is_said_and_is_one_thing(text: str, code: str) -> None:
    for whole in (text, f"{text} FILTER (WHERE urgent)"):
        with pytest.raises(Refused) as caught:
            plan(f"SELECT {whole} FROM visits", FACTS)
        assert caught.value.code == code
