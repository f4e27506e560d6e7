# ruff: noqa: E501 - expressions stand side by side
"""No value makes an expression fail: the engine's error would be one bit about a row, for nothing."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import Refused
from sandbox.plan import plan
from sandbox.plan.scalars.patterns import check_pattern
from tests.plan.database import connect, create, exact
from tests.plan.expressions import statement
from tests.plan.world import DRUGS, FACTS, HOSPITALS, VISITS

DAYS = (
    "DATE '0001-01-01'", "DATE '9999-12-31'", "DATE '2024-02-29'", "DATE 'infinity'", "DATE '-infinity'",
    "DATE '5881580-07-10'", "CAST('-5877641-06-25' AS DATE)", "NULL",
)  # fmt: skip
TIMES = (
    "TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'", "TIMESTAMP 'infinity'",
    "TIMESTAMP '-infinity'", "TIMESTAMP '294247-01-10 04:00:54.775806'", "TIMESTAMP '290309-12-22 (BC)'", "NULL",
)  # fmt: skip
TEXTS = ("''", "' '", "'中文' || chr(127) || '𝕏'", "repeat('a', 100000)", "'(['", "'%_' || chr(92)", "NULL")
EXPRESSIONS = tuple(
    f"({day} {sign} INTERVAL {number} {unit}) IS NULL"
    for day, sign, (number, unit) in itertools.product(
        ("visited_on", "seen_at"), "+-",
        ((1, "DAY"), (1_000_000, "YEAR"), (1_000_000, "WEEK"), (11, "MONTH"), (999_999, "SECOND")),
    )
) + tuple(
    f"date_diff('{unit}', {one}, {two}) > 0"
    for unit in ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
    for one, two in (("visited_on", "seen_at"), ("seen_at", "visited_on"), ("visited_on", "visited_on"))
) + (
    "visited_on + 1000000 IS NULL", "visited_on - 1000000 IS NULL", "visited_on - visited_on = 0",
    "(visited_on + INTERVAL 900000 DAY) - visited_on > 1", "date_trunc('week', visited_on - INTERVAL 1 DAY) IS NULL",
    "EXTRACT(doy FROM visited_on + INTERVAL 1 DAY) = 1", "EXTRACT(second FROM seen_at - INTERVAL 1 SECOND) = 1",
    "TRY_CAST(hospital AS DATE) + INTERVAL 1 MONTH IS NULL", "TRY_CAST(hospital AS TIMESTAMP) - INTERVAL 1 HOUR IS NULL",
    "trim(hospital) = ltrim(hospital, 'a')", "rtrim(hospital) = ''", "left(hospital, 0) = right(hospital, 1000000)",
    "replace(hospital, '', 'x') = ''", "replace(replace(hospital, 'a', 'bbbb'), 'b', 'cccc') = ''",
    "hospital || hospital || hospital = ''", "concat(hospital, NULL, city) = ''", "strpos(hospital, '') = 0",
    "contains(hospital, '')", "starts_with(hospital, '𝕏')", "ends_with(hospital, '')",
    "regexp_matches(hospital, '^(a|b)*c$')", "regexp_matches(hospital, '[^a]{100}.*.*.*x')",
    "regexp_replace(hospital, '(a)|b*', '<" + chr(92) + "1>', 'g') = ''", "regexp_extract(hospital, '(a)(b)?', 2) = ''",
    "regexp_full_match(hospital, 'a*')", "split_part(hospital, '', 3) = ''", "split_part(hospital, 'a', 1000000) = ''",
    "concat_ws(',', hospital, NULL, hospital) = ''", "hospital ILIKE '%A'",
    "strftime(visited_on, '%Y%m%d%j%V%G%u%w%B%b%A%a%y%%') = ''", "strftime(seen_at, '%Y %H:%M:%S %I %p') = ''",
    "dayname(visited_on) = monthname(seen_at)", "week(visited_on) = dayofyear(seen_at)", "isodow(seen_at) = hour(seen_at)",
    "last_day(visited_on) IS NULL", "date_trunc('month', visited_on) IS NULL", "date_trunc('quarter', seen_at) IS NULL",
    "date_sub('month', visited_on, seen_at) = date_sub('year', seen_at, visited_on)",
    "date_sub('second', seen_at, visited_on) = date_sub('day', visited_on, visited_on)",
    "log10(length(hospital)) = log2(-length(hospital))", "log(3, length(hospital) - 1) = cbrt(length(hospital))",
    "sin(exp(length(hospital))) = cos(ln(length(hospital)))", "length(hospital) // 0 = trunc(exp(length(hospital)))",
    "sign(exp(length(hospital)) - exp(length(hospital))) = 0", "isnan(ln(length(hospital)))",
    "exp(length(hospital)) // 7 = pi()",
    "substr(hospital, 0, 1000000) = ''", "length(left(hospital, 3)) = 3",
    "hospital LIKE 'a|%' ESCAPE '|'", "hospital LIKE '𝕏é%'",
)  # fmt: skip


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """Each pair of a strange day, time and text."""
    made = connect()
    for table in (VISITS, DRUGS, HOSPITALS):
        create(made, table)
    rows = [
        f"(0, {place}, 0, {day}, {time}, {text})"
        for place, (day, time, text) in enumerate(itertools.product(DAYS, TIMES, TEXTS))
    ]
    names = '"_unit", "_rank", "_first", visited_on, seen_at, hospital'
    made.execute(f"INSERT INTO workspace.visits ({names}) VALUES {', '.join(rows)}")
    yield made
    made.close()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_no_value_makes_an_expression_fail(con: duckdb.DuckDBPyConnection, expression: str) -> None:
    (stage,) = plan(f"SELECT COUNT(*) FROM visits WHERE {expression}", FACTS).stages
    wide = stage.exact_sql.replace('"_rank" < 64', '"_rank" < 64000')
    assert wide != stage.exact_sql
    con.execute(wide).fetchall()
    con.execute(wide.replace(" WHERE (", " WHERE NOT (")).fetchall()
    assert exact(con, stage)


def test_a_sum_of_date_differences_never_fails(con: duckdb.DuckDBPyConnection) -> None:
    for text in ("date_diff('second', visited_on, seen_at)", "visited_on - DATE '2025-01-01'"):
        (stage,) = plan(f"SELECT SUM(clamp({text}, -5, 5)) FROM visits", FACTS).stages
        assert exact(con, stage)


ALPHABET = "ab1中^$.|()[]{}*+?,0-9\\dws "


@settings(max_examples=400, deadline=None)
@given(st.text(ALPHABET, max_size=12))
def test_an_accepted_pattern_is_one_for_the_engine(con: duckdb.DuckDBPyConnection, pattern: str) -> None:
    if not check_pattern(pattern):
        con.execute("SELECT regexp_matches('ab1中 ', $1)", [pattern]).fetchall()


@pytest.mark.parametrize(
    "pattern",
    ["^[A-Z][0-9]{2}$", "a|b", "(ab)+c?", "[^a-z_]*", r"\d{3,4}-\d+", "第.院", "x{100}", r"\.", "[中-文]"],
)
def test_plain_patterns_are_accepted(pattern: str) -> None:
    assert check_pattern(pattern) == ""


@pytest.mark.parametrize(
    "pattern", ["", "(", ")", "a**", "*a", "[z-a]", "[]", r"\1", r"\pN", "(?i)a", "a{101}", "(a{9}){9}", "a{2,1}",
                "[[:alpha:]]", "a" * 201, "a{", "\n", "(" * 11 + ")" * 11]
)  # fmt: skip
def test_other_patterns_are_refused(pattern: str) -> None:
    assert check_pattern(pattern)


CODES = ("9223372036854775807", "-9223372036854775808", "0", "1", "-1", "9007199254740993", "NULL")
WEIGHTS = (
    "'nan'", "'inf'", "'-inf'", "1.7976931348623157e308", "-1.7976931348623157e308", "5e-324", "-0.0", "0.0", "0.5", "9.3e18",
    "-9.223372036854775e18", "NULL",
)  # fmt: skip
WORDS = (
    *TEXTS, "'1e400'", "'-9223372036854775808'", "'NaN'", "'2025-01-01'", "'true'", "'  12  '", "chr(0)", "'é' || chr(769)",
    "'İ'", "'0x10'", "'1_000'", "'-0'", "'infinity'", "'2025-01-01 25:00:00'", "chr(8238) || 'abc'",
)  # fmt: skip
SECONDS = float(os.environ.get("SANDBOX_TEST_SECONDS", "20"))


@pytest.fixture(scope="module")
def strange(rng: random.Random) -> Iterator[duckdb.DuckDBPyConnection]:
    """Rows of strange values in every column, each with each sooner or later."""
    made = connect()
    create(made, VISITS)
    columns = {
        "visited_on": DAYS, "seen_at": TIMES, "hospital": WORDS, "code": CODES, "weight": WEIGHTS, "days": ("0", "7", "30", "NULL"),
        "amount": ("0", "1", "20000", "NULL"), "urgent": ("true", "false", "NULL"), "city": ("'郑州市'", "NULL"), "sex": ("'F'", "'M'"),
    }  # fmt: skip
    names = ", ".join(('"_unit", "_rank", "_first"', *columns))
    rows = [", ".join((f"0, {n}, 0", *map(rng.choice, columns.values()))) for n in range(600)]
    made.execute(f"INSERT INTO workspace.visits ({names}) VALUES ({'), ('.join(rows)})")
    yield made
    made.close()


@pytest.fixture(scope="module")
def rng() -> random.Random:
    return random.Random()


def test_no_value_makes_a_random_expression_fail(
    strange: duckdb.DuckDBPyConnection, rng: random.Random
) -> None:
    ends, answered = time.monotonic() + SECONDS, 0
    while time.monotonic() < ends:
        sql = statement(rng)
        try:
            stages = plan(sql, FACTS).stages
        except Refused:
            continue
        for stage in stages:
            answered += 1
            try:
                strange.execute(stage.exact_sql.replace('"_rank" < 64', '"_rank" < 64000')).fetchall()
            except duckdb.Error as error:
                pytest.fail(f"{error}: {sql}")
    assert answered >= SECONDS


@pytest.mark.parametrize("mark", ["中", "é", "𝕏"])
def test_what_escapes_a_wildcard_is_one_sign_for_the_engine_too(
    con: duckdb.DuckDBPyConnection, mark: str
) -> None:
    with pytest.raises(duckdb.Error, match="one character"):
        con.execute(f"SELECT count(*) FROM workspace.visits WHERE hospital LIKE 'a' ESCAPE '{mark}'")
    with pytest.raises(Refused) as caught:
        plan(f"SELECT COUNT(*) FROM visits WHERE hospital LIKE 'a' ESCAPE '{mark}'", FACTS)
    assert caught.value.code == "pattern_invalid"
