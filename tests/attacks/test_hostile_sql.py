"""Every hostile statement is refused from its text and public facts alone, with a code that is documented."""

from __future__ import annotations

import logging
import logging.config
import re

import pytest
import uvicorn.config

from sandbox.audit.attacks.statements import hostile
from sandbox.errors import Refused
from sandbox.plan import plan
from sandbox.plan.planner import build
from sandbox.plan.refusals import CODES
from sandbox.plan.rewrites import MARK
from sandbox.plan.rewrites.written import MAX_CHARACTERS, rewritten
from tests.plan.world import FACTS

STATEMENTS = [each.sql for each in hostile()]


def refusal(sql: str) -> Refused:
    with pytest.raises(Refused) as caught:
        plan(sql, FACTS)
    return caught.value


def test_there_are_hundreds_of_hostile_statements() -> None:
    assert len(set(STATEMENTS)) == len(STATEMENTS) > 1000


def test_a_server_that_sets_up_its_log_does_not_let_the_parser_quote_statements(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logging.config.dictConfig(uvicorn.config.LOGGING_CONFIG)  # enables every logger that there is
    with caplog.at_level(logging.DEBUG):
        refusal("EXECUTE v('410105199001011234')")
        refusal("EXPLAIN SELECT COUNT(*) FROM visits")
    assert not caplog.records


@pytest.mark.parametrize("sql", STATEMENTS, ids=range(len(STATEMENTS)))
def test_a_hostile_statement_is_refused_with_known_codes(sql: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        refused = refusal(sql)
    for each in (refused, *refused.others):
        assert each.code in CODES
        assert each.reason
        assert each.hint
        assert re.fullmatch(r"(\d+:\d+)?", each.position)
        assert "sqlglot" not in str(each).lower()
    assert refused.__cause__ is None
    assert not caplog.records, "a refused statement leaves no log line"


def test_what_is_printed_for_a_hostile_statement_is_planned_and_names_nothing_hidden() -> None:
    printed = 0
    for sql in STATEMENTS:
        if len(sql) > MAX_CHARACTERS:
            continue
        with pytest.raises(Refused) as caught:
            build(sql, FACTS)
        made = rewritten(caught.value, sql, FACTS, build)  # and no mistake of ours is swallowed
        if made is not None:
            printed += 1
            plan(made, FACTS)
            assert not {"name", "_unit", "_rank"} & set(re.findall(r"\w+", made))
    assert printed > 100


REWRITES = (
    ("SELECT SUM(weight) FROM visits", "bounds_missing"),
    ("SELECT AVG(weight * 2) FROM visits", "bounds_missing"),
    ("SELECT SUM(CASE WHEN days > 1 THEN weight END) FROM visits", "bounds_missing"),
    ("SELECT SUM(DISTINCT amount) FROM visits", "distinct_of_unit_only"),
    ("SELECT BOOL_OR(urgent) FROM visits", "written_otherwise"),
    ("SELECT approx_count_distinct(city) FROM visits", "written_otherwise"),
    ("SELECT MEDIAN(weight) FROM visits", "bounds_missing"),
    ("SELECT id_card FROM visits", "unit_in_output"),
    ("SELECT COUNT(*) FROM visits GROUP BY id_card", "unit_in_output"),
    ("SELECT COUNT(*) FROM visits WHERE id_card = 'x'", "unit_misused"),
    ("SELECT SUM(_unit) FROM visits", "reserved_name"),
    ("SELECT amount FROM visits", "row_level_output"),
    ("SELECT city FROM visits", "row_level_output"),
)


@pytest.mark.parametrize(("sql", "code"), REWRITES)
def test_the_rewrite_that_a_hint_gives_is_answered(sql: str, code: str) -> None:
    refused = refusal(sql)
    assert refused.code == code
    words = refused.hint.split(MARK)[0]
    calls = [call for call in _calls(words) if call.split("(")[0] in ("COUNT", "SUM", "AVG", "MEDIAN")]
    assert calls, refused.hint
    for call in calls:
        assert plan(f"SELECT {call} FROM visits", FACTS).stages


def _calls(hint: str) -> list[str]:
    """Calls written out in a hint, with balanced parentheses."""
    found = []
    for match in re.finditer(r"[A-Z]+\(", hint):
        depth, end = 1, match.end()
        while depth and end < len(hint):
            depth += {"(": 1, ")": -1}.get(hint[end], 0)
            end += 1
        found.append(hint[match.start() : end])
    return found


def test_every_problem_of_a_statement_is_said_at_once() -> None:
    sql = "SELECT amuont, SUM(weight), id_card FROM visits WHERE city = 'x' GROUP BY nothing"
    refused = refusal(sql)
    codes = [refused.code, *(other.code for other in refused.others)]
    assert codes == [
        "unknown_column",
        "bounds_missing",
        "unit_in_output",
        "value_not_in_domain",
        "unknown_column",
    ]
    assert [each.position for each in (refused, *refused.others)] == ["1:8", "1:20", "1:29", "1:62", "1:75"]


def test_every_missing_grant_is_said_in_one_refusal() -> None:
    refused = refusal("SELECT AVG(CASE WHEN diagnosis = 'I10' THEN 1 END), COUNT(diagnosis) FROM visits v "
                      "JOIN hospitals h ON v.diagnosis = h.hospital")  # fmt: skip
    assert refused.code == "use_not_granted"
    assert "aggregate of visits.diagnosis, join of visits.diagnosis" in refused.reason


def test_a_column_without_grant_is_not_told_apart_from_one_that_does_not_exist() -> None:
    hidden, absent = refusal("SELECT COUNT(name) FROM visits"), refusal("SELECT COUNT(nema) FROM visits")
    assert hidden.code == absent.code == "unknown_column"
    assert hidden.hint == absent.hint
    assert "name" not in absent.hint.replace("name one", "")
