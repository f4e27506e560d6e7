# ruff: noqa: E501 - statements stand side by side
"""Attack: much that is computed for each of the rows that a join makes of one person.

64 rows joined three times with themselves are 262 144. Forty numbers of each as text took ten seconds where
there was such a person, and a tenth of one elsewhere: enough to miss a slot.
"""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.plan import plan
from tests.plan.world import FACTS

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
    "conditions of a join": f"SELECT COUNT(*) FROM {TWO} JOIN visits c ON a.id_card = c.id_card AND ({CASTS})",
    "pairs of a subquery": f"SELECT COUNT(*) FROM {TWO} WHERE EXISTS "
    f"(SELECT 1 FROM visits c WHERE c.id_card = a.id_card AND ({CASTS}))",
    "lists of public rows": "SELECT COUNT(*) FROM visits v WHERE hospital = 'X' AND "
    + many("days + {0} IN (SELECT a.beds * b.beds FROM " + LONG + ")", "AND", 3),
    "logarithms within one another": f"SELECT COUNT(*) FROM {THREE} WHERE {'ln(' * 6}a.weight * b.weight{')' * 6}"
    f" + {'ln(' * 6}b.weight * c.weight{')' * 6} > a.days",
}  # fmt: skip


@pytest.mark.parametrize("sql", COSTLY.values(), ids=COSTLY)
def test_what_takes_long_for_the_rows_of_one_unit_is_refused(sql: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(sql, FACTS)
    assert "rows_too_costly" in {refused.value.code, *(other.code for other in refused.value.others)}


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
        f"SELECT a.city, AVG(n) * {many('sin(COUNT(*) * {0})', '+')} FROM "
        f"(SELECT a.id_card, a.city, COUNT(*) AS n FROM {THREE} GROUP BY 1, 2) a GROUP BY a.city",
    ],
)  # fmt: skip
def test_fewer_rows_and_less_of_each_are_answered(sql: str) -> None:
    assert plan(sql, FACTS).stages
