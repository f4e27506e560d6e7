"""Attack: released texts that grow by a factor in each of several subqueries around a group key.

``replace`` may lengthen a text 64 times. Within one SELECT that was counted, but a subquery around a released
table forgot it: six of them made a text of 64⁶ signs, and the engine died of it after the job was paid.
"""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.plan import plan
from tests.plan.world import FACTS

LONGER = f"replace({{}}, 'a', '{'a' * 60}')"
TWICE = f"SELECT {LONGER.format('h')} AS h FROM (SELECT {LONGER.format('{}')} AS h FROM {{}}) t"
RELEASED = "(SELECT city, COUNT(*) AS n FROM visits GROUP BY city) s"
GROWING = {
    "released keys": TWICE.format("city", RELEASED),
    "keys that have grown before": f"SELECT {LONGER.format('h')} FROM "
    f"(SELECT {LONGER.format('city')} AS h, COUNT(*) AS n FROM visits GROUP BY h) t",
    "public tables": TWICE.format(
        "hospital", "(SELECT hospital, COUNT(*) AS n FROM hospitals GROUP BY hospital) p"
    ),
    "the largest of a group": f"SELECT {LONGER.format('h')} FROM "
    f"(SELECT MAX({LONGER.format('city')}) AS h FROM {RELEASED}) t",
    "unions": f"SELECT {LONGER.format('h')} FROM (SELECT {LONGER.format('city')} AS h FROM {RELEASED} "
    f"UNION ALL SELECT 'x' AS h FROM {RELEASED}) t",
    "single values": f"SELECT {LONGER.format('h')} FROM (SELECT (SELECT MAX({LONGER.format('hospital')}) "
    f"FROM hospitals) AS h, n FROM {RELEASED}) t",
    "named subqueries": f"WITH a AS (SELECT {LONGER.format('city')} AS h FROM {RELEASED}), "
    f"b AS (SELECT {LONGER.format('h')} AS h FROM a) SELECT h FROM b",
    "windows": f"SELECT {LONGER.format('h')} FROM "
    f"(SELECT LAG({LONGER.format('city')}) OVER (ORDER BY n) AS h FROM {RELEASED}) t",
}


@pytest.mark.parametrize("sql", GROWING.values(), ids=GROWING)
def test_a_text_that_grows_from_subquery_to_subquery_is_refused(sql: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(sql, FACTS)
    assert refused.value.code == "text_too_long"


def test_a_text_that_grows_once_is_answered() -> None:
    assert plan(f"SELECT {LONGER.format('city')} AS h FROM {RELEASED}", FACTS).stages
