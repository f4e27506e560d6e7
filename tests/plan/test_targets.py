"""Which questions single somebody out: by text and policy, whatever the spelling."""

from __future__ import annotations

import time

import pytest

from sandbox.nouns.policy import Policy
from sandbox.plan.targets import targets
from sandbox.policy import load_policy
from tests import clinic

RISK = "risk:\n  quasi_identifiers: [city, visited_on, sex]\n"
ONE = "SELECT count(*) FROM visits WHERE "


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    text = clinic.POLICY.replace(
        "{pseudonym: {domain: mobile}}", "{pseudonym: {domain: mobile}}, use: [filter]"
    )
    return load_policy(clinic.small(tmp_path_factory.mktemp("clinic"), people=2, policy=text + RISK))


@pytest.mark.parametrize(
    "sql",
    [
        ONE + "city = '郑州市'",
        ONE + "city = '郑州市' AND amount BETWEEN 100 AND 500",
        ONE + "visited_on >= DATE '2025-03-01' AND visited_on < DATE '2025-04-01' AND city <> '郑州市'",
        "SELECT city, count(*) FILTER (WHERE amount > 500), sum(CASE WHEN hospital = 'H1' THEN amount END) "
        "FROM visits GROUP BY city",
        ONE + "city = '郑州市' OR (amount = 12.5 AND visited_on = DATE '2025-03-01' AND hospital = 'H1')",
        ONE + "NOT (amount = 12.5 AND visited_on = DATE '2025-03-01' AND city = '郑州市')",
        "SELECT count(*) FROM persons WHERE age = 37 AND sex = '男'",
    ],
)  # fmt: skip
def test_a_question_about_groups_is_free_to_go(sql: str, policy: Policy) -> None:
    assert targets(sql, policy) == {}


@pytest.mark.parametrize(
    "condition",
    [
        "amount = 12.5 AND visited_on = DATE '2025-03-01' AND city = '郑州市'",
        "amount BETWEEN 12.5 AND 12.51 AND visited_on = DATE '2025-03-01' AND city = '郑州市'",
        "12.5 = amount AND NOT (visited_on <> DATE '2025-03-01' OR city <> '郑州市')",
        "amount + 0 IN (12.5) AND CAST(visited_on AS DATE) = DATE '2025-03-01' AND city IN ('郑州市')",
        "(amount = 12.5 OR amount = 12.5) AND (visited_on = DATE '2025-03-01' AND city LIKE '郑州市')",
        "amount >= 12.5 AND amount <= 12.5 AND visited_on = DATE '2025-03-01' AND city = '郑州市' AND 1 = 1",
    ],
)  # fmt: skip
def test_a_narrow_conjunction_is_found_however_it_is_written(condition: str, policy: Policy) -> None:
    assert "narrow" in targets(ONE + condition, policy)
    inside = f"SELECT count(*) FILTER (WHERE {condition}), count(*) FROM visits"
    assert "narrow" in targets(inside, policy)
    chosen = f"SELECT sum(CASE WHEN {condition} THEN 1 ELSE 0 END) FROM visits"
    assert "narrow" in targets(chosen, policy)


def test_conditions_of_a_subquery_and_renamed_columns_count_together(policy: Policy) -> None:
    sql = (
        "SELECT count(*) FROM (SELECT amount AS a, visited_on AS d FROM visits WHERE city = '郑州市') AS v "
        "WHERE a = 12.5 AND d = DATE '2025-03-01'"
    )
    assert "narrow" in targets(sql, policy)


def test_all_quasi_identifiers_fixed_at_once_are_found_and_two_of_them_are_not(policy: Policy) -> None:
    joined = "SELECT count(*) FROM visits v JOIN persons p ON v.id_card = p.id_card WHERE sex = '男' "
    assert targets(joined + "AND city = '郑州市'", policy) == {}
    fixed = joined + "AND city = '郑州市' AND visited_on = DATE '2025-03-01'"
    assert targets(fixed, policy) == {"quasi_identifiers": 1}
    several = joined + "AND city IN ('郑州市', '开封市') AND visited_on = DATE '2025-03-01'"
    assert targets(several, policy) == {}


def test_a_condition_on_what_names_somebody_is_found(policy: Policy) -> None:
    assert targets(ONE + "mobile = 'a1b2c3'", policy) == {"direct": 1}
    assert targets(ONE + "mobile IN ('a1b2c3', 'd4')", policy) == {"direct": 1}


ANYHOW = [
    ONE + "contains(mobile, 'a1b2c3')",
    ONE + "nullif(mobile, 'a1b2c3') IS NULL",
    ONE + "(mobile = 'a1b2c3') IS TRUE",
    ONE + "coalesce(mobile = 'a1b2c3', FALSE)",
    ONE + "mobile <> 'a1b2c3'",
    ONE + "mobile NOT IN ('a1b2c3', 'd4')",
    ONE + "greatest(mobile, 'a1b2c3') = least(mobile, 'a1b2c3')",
    ONE + "mobile IN (SELECT m FROM (VALUES ('a1b2c3')) AS t(m))",
    ONE + "mobile IN (SELECT 'a1b2c3' UNION ALL SELECT hospital FROM hospitals)",
    "SELECT count(*) FROM visits JOIN (VALUES ('a1b2c3')) AS t(m) ON t.m = mobile",
    "SELECT count(*) FROM visits SEMI JOIN (VALUES ('a1b2c3')) AS t(mobile) USING (mobile)",
    "SELECT count(*) FROM visits JOIN (SELECT 'a1b2c3' AS mobile) AS t USING (mobile)",
    "SELECT sum(CASE mobile WHEN 'a1b2c3' THEN 1 END) FROM visits",
    "SELECT count(nullif(mobile, 'a1b2c3')) FROM visits",
    "SELECT sum(CAST(mobile = 'a1b2c3' AS INTEGER)) FROM visits",
    "SELECT mobile = 'a1b2c3' AS k, count(*) FROM visits GROUP BY k",
    "SELECT count(*) FROM (SELECT id_card, mobile LIKE 'a1b2c3' AS k FROM visits) AS v WHERE k",
]


@pytest.mark.parametrize("sql", ANYHOW)
def test_a_value_beside_what_names_somebody_is_a_condition_wherever_it_stands(
    sql: str, policy: Policy
) -> None:
    assert "direct" in targets(sql, policy)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(DISTINCT mobile) FROM visits WHERE mobile IS NOT NULL",
        "SELECT count(*) FROM visits AS v JOIN visits AS w ON v.id_card = w.id_card AND v.mobile = w.mobile",
        ONE + "mobile IN (SELECT w.mobile FROM visits AS w WHERE w.city = '郑州市')",
        "SELECT count(*) FROM visits v WHERE EXISTS (SELECT 1 FROM visits w WHERE w.mobile = v.mobile)",
    ],
)
def test_what_names_somebody_beside_no_value_is_no_condition(sql: str, policy: Policy) -> None:
    assert targets(sql, policy) == {}


@pytest.mark.parametrize(
    "item",
    ["sum(CASE amount WHEN 12.5 THEN 1 END)", "sum(CAST(amount = 12.5 AS INTEGER))",
     "count(nullif(amount, 12.5))"],
)  # fmt: skip
def test_what_an_item_compares_counts_with_where(item: str, policy: Policy) -> None:
    day = "visited_on = DATE '2025-03-01' AND city = '郑州市'"
    assert targets(f"SELECT {item} FROM visits WHERE {day}", policy) == {"narrow": 1}


@pytest.mark.parametrize(
    "condition",
    [
        "hospital = '1e999999999'",
        "hospital = '-1E+99999999' OR hospital = 'nan' OR hospital = 'infinity'",
        " OR ".join(f"amount = {n}" for n in range(900)),
        " AND ".join(f"amount <> {n}" for n in range(900)),
    ],
)
def test_no_text_takes_long_to_read_or_breaks_the_reader(condition: str, policy: Policy) -> None:
    started = time.process_time()
    targets(ONE + condition, policy)
    assert time.process_time() - started < 20


def test_long_chains_are_read_to_their_end(policy: Policy) -> None:
    chain = " AND ".join(f"amount <> {n}" for n in range(900))
    assert targets(ONE + chain + " AND mobile = '13800138000'", policy)["direct"] == 1
