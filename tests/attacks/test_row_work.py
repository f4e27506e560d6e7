# ruff: noqa: E501 - statements stand side by side
"""Attack: much that is computed for each of the rows that a join makes of one person.

64 rows joined three times with themselves are 262 144. Forty numbers of each as text took ten seconds where
there was such a person, and a tenth of one elsewhere: enough to miss a slot.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from sandbox.nouns.plan import PublicTable
from sandbox.plan import plan
from sandbox.plan.work import nanoseconds
from tests.plan.refusing import codes, refused
from tests.plan.world import FACTS, facts

TWO = "visits a JOIN visits b ON a.id_card = b.id_card"
THREE = f"{TWO} JOIN visits c ON a.id_card = c.id_card"


def many(text: str, word: str, count: int = 40) -> str:
    return f" {word} ".join(text.format(place) for place in range(count))


CASTS = many("length(CAST(a.weight * {0} + b.weight AS VARCHAR)) > c.days", "OR")
WAVES = many("sin(a.weight * {0} + b.weight)", "+", 80)
MONTHS = many("strftime(a.seen_at + INTERVAL {0} SECOND, '%Y-%m') = strftime(b.seen_at, '%Y-{0}')", "OR", 10)
WHOLE = many("CAST(a.weight * {0} + b.weight AS BIGINT) > c.days", "OR")
DECIMALS = many("CAST(a.hospital || '{0}' AS DECIMAL(9, 2)) > c.days", "OR", 10)
TRUTHS = many("CAST(a.hospital AS BOOLEAN) = (b.days > {0})", "OR")
LONG = " CROSS JOIN ".join(f"hospitals {name}" for name in ("a", "b", *(f"h{place}" for place in range(8))))
"""5¹⁰ rows of ten public tables with five each: made only where a row looks for its value among them."""
COUNTED = many("sin(COUNT(*) * {0} + b.amount)", "+", 60)
GROUPS = "GROUP BY a.id_card, a.seen_at, b.amount, c.seen_at"
COSTLY = {
    "texts of numbers": f"SELECT COUNT(*) FROM {THREE} WHERE {CASTS}",
    "numbers too large for a whole one": f"SELECT COUNT(*) FROM {THREE} WHERE {WHOLE}",
    "texts that are no decimals": f"SELECT COUNT(*) FROM {THREE} WHERE {DECIMALS}",
    "texts that are no conditions": f"SELECT COUNT(*) FROM {THREE} WHERE {TRUTHS}",
    "remainders of many digits": f"SELECT COUNT(*) FROM {THREE} WHERE "
    + many("(a.weight + {0}) % 1e-60 > b.days + c.days", "OR", 4),
    "remainders of what is none of 64 bits": f"SELECT COUNT(*) FROM {THREE} WHERE a.days * 1e60 % b.days = c.days",
    "rounded numbers": f"SELECT COUNT(*) FROM {THREE} WHERE "
    + many("round(a.weight + {0}, 2) > b.days + c.days", "OR", 100),
    "waves": f"SELECT COUNT(*) FROM {THREE} WHERE {WAVES} > c.days",
    "texts of times": f"SELECT COUNT(*) FROM {THREE} WHERE {MONTHS}",
    "declared texts": f"SELECT COUNT(*) FROM {THREE} WHERE "
    + many("a.city || b.city LIKE '%{0}%' || c.sex", "OR").replace(" || c.sex", ""),
    "keys": f"SELECT {WAVES} > c.days AS k, COUNT(*) FROM {THREE} GROUP BY k",
    "sums": f"SELECT SUM(clamp({WAVES}, 0, 1)) FROM {THREE}",
    "correlations": "SELECT " + ", ".join(
        f"CORR(clamp(sin(a.days * {place}), 0, 1), clamp(exp(b.days), 0, {place + 1}))" for place in range(3)
    ) + f" FROM {THREE}",
    "filters": f"SELECT COUNT(*) FILTER (WHERE {CASTS}) FROM {THREE}",
    "items of a subquery": f"SELECT SUM(clamp(x, 0, 1)) FROM (SELECT a.id_card, {WAVES} AS x FROM {THREE}) t",
    "items of groups of a unit": f"SELECT SUM(clamp(x, 0, 1)) FROM (SELECT a.id_card, {COUNTED} AS x FROM {THREE} {GROUPS}) t",
    "sums of groups of a unit": f"SELECT COUNT(*) FROM (SELECT a.id_card, SUM(clamp({many('sin(a.weight * {0})', '+', 12)}, 0, 1)) AS x FROM {THREE} {GROUPS}) t",
    "groups of a unit that stay": f"SELECT COUNT(*) FROM (SELECT a.id_card FROM {THREE} {GROUPS} HAVING {COUNTED} > 3) t",
    "conditions of a join": f"SELECT COUNT(*) FROM {TWO} JOIN visits c ON a.id_card = c.id_card AND ({CASTS})",
    "pairs of a subquery": f"SELECT COUNT(*) FROM {TWO} WHERE EXISTS "
    f"(SELECT 1 FROM visits c WHERE c.id_card = a.id_card AND ({CASTS}))",
    "lists of public rows": "SELECT COUNT(*) FROM visits v WHERE hospital = 'X' AND "
    + many("days + {0} IN (SELECT a.beds * b.beds FROM " + LONG + ")", "AND", 3),
    "groups that one unit opens": f"SELECT a.code * 9 + b.code * 3 + c.code AS k, COUNT(*) FROM {THREE} GROUP BY k",
    "distinct values": "SELECT " + ", ".join(f"COUNT(DISTINCT a.code + {n})" for n in range(16)) + f" FROM {THREE}",
    "picks": f"SELECT MEDIAN(a.days), MEDIAN(b.days) FROM {THREE}",
    "joins alone": " UNION ALL ".join(
        f"SELECT COUNT(*) FROM visits a {one}JOIN visits b ON a.id_card = b.id_card {two}JOIN {tables}"
        for one, two, tables in product(("", "LEFT "), ("", "LEFT "), (
            "visits c ON a.id_card = c.id_card", "visits c ON b.id_card = c.id_card",
            "drugs c ON c.person = a.id_card JOIN drugs d ON d.person = a.id_card",
            "drugs c ON c.person = b.id_card JOIN drugs d ON d.person = c.person",
        ))
    ),
    "parts of a statement": " UNION ALL ".join(f"SELECT COUNT(*) FROM {THREE} WHERE a.days > {n}" for n in range(16)),
    "logarithms within one another": f"SELECT COUNT(*) FROM {THREE} WHERE {'ln(' * 6}a.weight * b.weight{')' * 6}"
    f" + {'ln(' * 6}b.weight * c.weight{')' * 6} > a.days",
}  # fmt: skip


@pytest.mark.parametrize("sql", COSTLY.values(), ids=COSTLY)
def test_what_takes_long_for_the_rows_of_one_unit_is_refused(sql: str) -> None:
    assert "rows_too_costly" in codes(sql)


@pytest.mark.parametrize(
    "sql",
    [
        *(COSTLY[name].replace(THREE, f"{TWO} JOIN drugs c ON a.id_card = c.person").replace("c.days", "c.price")
          for name in ("waves", "keys")),
        f"SELECT COUNT(*) FROM visits a WHERE {CASTS.replace('b.', 'a.').replace('c.', 'a.')}",
        f"SELECT COUNT(*) FROM {THREE} WHERE a.days % 7 = b.code % c.days AND a.amount % 2 = 0",
        "SELECT COUNT(*) FROM visits WHERE (days + 1) % 7 = weight % 0.5",
        f"SELECT CORR(a.days, b.days), COUNT(*) FROM {THREE} WHERE sin(a.weight) > c.weight",
        f"SELECT SUM(clamp(a.amount * b.amount, 0, 100)), MEDIAN(a.days) FROM {THREE} WHERE b.city = '郑州市'",
        f"SELECT a.code * 100 + b.code AS k, COUNT(*), MEDIAN(a.days) FROM {TWO} GROUP BY k",
        f"SELECT a.city, COUNT(*) FROM {THREE} GROUP BY a.city",
        " UNION ALL ".join(f"SELECT COUNT(*) FROM {THREE} WHERE a.days > {n}" for n in range(12)),
        f"SELECT a.city, AVG(n) * {many('sin(COUNT(*) * {0})', '+')} FROM "
        f"(SELECT a.id_card, a.city, COUNT(*) AS n FROM {THREE} GROUP BY 1, 2) a GROUP BY a.city",
    ],
)  # fmt: skip
def test_fewer_rows_and_less_of_each_are_answered(sql: str) -> None:
    assert plan(sql, FACTS).stages


def test_a_unit_opens_no_more_groups_than_noise_is_drawn_for_in_time() -> None:
    """Noise of 262 144 groups took eight seconds, where the rows of one person opened them, and none was shown."""
    for name, refused_from in (("hospital", 19_901), ("city", 4_000_001)):
        sql = f"SELECT {name}, COUNT(*) FROM visits GROUP BY {name}"
        assert plan(sql, facts(row_bounds={"visits": refused_from - 1, "drugs": 8})).stages
        assert codes(sql, facts(row_bounds={"visits": refused_from, "drugs": 8})) == {"rows_too_costly"}


def test_what_the_keys_of_groups_are_joined_with_opens_none() -> None:
    assert plan(f"SELECT a.code * 9 + b.code AS k, COUNT(*) FROM {THREE} GROUP BY k", FACTS).stages


def test_the_refusal_stands_at_what_takes_longest() -> None:
    sql = f"SELECT COUNT(*) FROM {THREE} WHERE sin(a.days) > 0 AND ({MONTHS}) AND b.days > 3"
    line, place = (int(part) for part in str(refused(sql).position).split(":"))
    assert line == 1
    assert sql.index(MONTHS) < place <= sql.index(MONTHS) + len(MONTHS)


@pytest.mark.parametrize(
    ("sql", "cost"),
    [
        ("sin(1e0) + 2", 0),
        ("'t0.(x, y)'", 0),
        ('t0."sin(a, b)"', 0),
        ('sin(t0."x")', 204),
        ('CAST(t0."x" AS VARCHAR)', 4),
        ('TRY_CAST(t0."x" AS HUGEINT)', 4),
        ('(TRY_CAST((t0."x") AS VARCHAR))', 1_512),
        ('TRY_CAST(TRY_CAST(t0."x" AS DOUBLE) AS TIMESTAMP)', 5_008),
    ],
)
def test_what_one_row_costs_is_the_sum_of_its_functions_and_casts(sql: str, cost: int) -> None:
    assert nanoseconds(sql) == cost


MANY = replace(
    FACTS, public={"hospitals": PublicTable(rows=1_000_000, multiplicity={"hospital": 1, "beds": 8})}
)
"""A public table of a million rows, of which a visit has one."""
NAMES = many("regexp_replace(h.hospital, '(.)(.*){0}', 'z') = 'x'", "OR", 10)
BEDS = many("sin({0} * h.beds)", "+", 12)
ONE = "FROM visits v JOIN {} ON h.hospital = v.hospital"
PUBLIC = {
    "a filter": f"{ONE.format('hospitals h')} WHERE {NAMES}",
    "a filter beside another": f"{ONE.format('hospitals h')} WHERE v.city = '郑州市' AND ({NAMES})",
    "a condition of a join": f"{ONE.format('hospitals h')} AND ({NAMES})",
    "a condition of a SEMI join": f"{ONE.format('hospitals h').replace('JOIN', 'SEMI JOIN')} AND ({NAMES})",
    "a comparison with a row": f"{ONE.format('hospitals h')} WHERE {BEDS} > v.days",
    "a subquery's filter": ONE.format(f"(SELECT hospital FROM hospitals h WHERE {NAMES}) h"),
    "a subquery's items": ONE.format(f"(SELECT hospital, {BEDS} AS x FROM hospitals h) h"),
    "a subquery's groups": ONE.format(
        f"(SELECT hospital, {BEDS.replace('h.beds', 'SUM(beds)')} AS x FROM hospitals h GROUP BY hospital) h"
    ),
    "a subquery of two tables": ONE.format(
        f"(SELECT h.hospital, {BEDS.replace('beds)', 'beds + g.beds)')} AS x FROM hospitals h "
        "JOIN hospitals g ON g.hospital = h.hospital) h"
    ),
    "rows of two tables": ONE.format(
        "(SELECT h.hospital, sin(h.level + g.level) AS x FROM hospitals h JOIN hospitals g ON g.beds = h.beds) h"
    ),
    "EXISTS": f"FROM visits v WHERE EXISTS (SELECT 1 FROM hospitals h WHERE h.hospital = v.hospital AND ({NAMES}))",
    "IN": f"FROM visits v WHERE hospital IN (SELECT hospital FROM hospitals h WHERE {NAMES})",
    "NOT IN": f"FROM visits v WHERE days NOT IN (SELECT clamp({BEDS}, 0, 9) FROM hospitals h)",
    "a value": f"FROM visits v WHERE days > (SELECT MAX({BEDS}) FROM hospitals h)",
}


@pytest.mark.parametrize("source", PUBLIC.values(), ids=PUBLIC)
def test_what_takes_long_for_public_rows_that_one_unit_asks_for_is_refused(source: str) -> None:
    """Forty patterns over a million names took six seconds where nobody was at one, and a third of one where
    somebody was: the engine looks at the names that it finds among the rows of people, or at all."""
    assert "rows_too_costly" in codes(f"SELECT COUNT(*) {source}", MANY)
    assert plan(f"SELECT COUNT(*) {source}", FACTS).stages


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT COUNT(*) {ONE.format('hospitals h')} WHERE h.hospital LIKE '%x%' AND h.beds > v.days "
        "AND strftime(v.seen_at, '%Y') = '2024'",
        "SELECT COUNT(*) FROM hospitals h JOIN visits v ON v.hospital = h.hospital "
        "WHERE strftime(v.seen_at, '%Y') = '2024'",
        f"SELECT regexp_replace(h.hospital, 'a', '') AS k, COUNT(*) {ONE.format('hospitals h')} GROUP BY k",
        f"SELECT COUNT(*) FROM (SELECT hospital FROM hospitals h WHERE {NAMES}) h WHERE {NAMES}",
        f"SELECT h.hospital, n FROM hospitals h JOIN (SELECT hospital, COUNT(*) AS n FROM visits GROUP BY 1) v "
        f"ON v.hospital = h.hospital WHERE {NAMES}",
        "SELECT region, (SELECT 2 + COUNT(*) FROM drugs d WHERE d.city = h.region) AS n FROM hospitals h "
        "GROUP BY GROUPING SETS ((region), (level)) LIMIT 9",
    ],
    ids=["little of each", "of rows of people", "only of those that match", "without people", "of what is measured", "of no group"],
)  # fmt: skip
def test_public_rows_of_which_little_hangs_on_a_unit_are_answered(sql: str) -> None:
    made = plan(sql, MANY)
    assert made.public or made.stages
