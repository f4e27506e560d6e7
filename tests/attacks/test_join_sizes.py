"""Attack: a join whose rows multiply within one unit, so that a person with many rows makes it fail.

``visits`` joined six times with itself on its unit has 64⁶ rows of a person with 64 visits: the job
failed at its time limit if, and only if, there was such a person. It worked; now it is refused.
"""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.plan import plan
from sandbox.plan.relations.join import MAX_UNIT_ROWS
from tests.plan.world import FACTS

PAIRS = "v.id_card = {0}.id_card AND {0}.days > v.days"
THREE = "visits a JOIN visits b ON a.id_card = b.id_card JOIN visits c ON a.id_card = c.id_card"
GROWING = {
    "joins": "SELECT COUNT(*) FROM visits v"
    + "".join(f" JOIN visits v{place} ON v.id_card = v{place}.id_card" for place in range(3)),
    "outer joins": "SELECT COUNT(*) FROM visits v"
    + "".join(f" FULL JOIN visits v{place} ON v.id_card = v{place}.id_card" for place in range(3)),
    "public tables": "SELECT COUNT(*) FROM visits v" + "".join(f", hospitals h{place}" for place in range(7)),
    "subqueries": f"SELECT COUNT(*) FROM (SELECT a.id_card, a.days FROM {THREE}) v "
    "JOIN drugs d ON v.id_card = d.person",
    "exists": "SELECT COUNT(*) FROM visits v WHERE EXISTS "
    f"(SELECT 1 FROM (SELECT a.id_card, a.days FROM {THREE}) t WHERE {PAIRS.format('t')})",
    "semi join": f"SELECT COUNT(*) FROM visits v SEMI JOIN (SELECT a.id_card, a.days FROM {THREE}) t "
    f"ON {PAIRS.format('t')}",
}


@pytest.mark.parametrize("sql", GROWING.values(), ids=GROWING)
def test_rows_that_multiply_within_a_unit_are_refused(sql: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(sql, FACTS)
    assert refused.value.code == "join_too_large"


def test_what_is_within_the_limit_is_answered() -> None:
    (stage,) = plan(f"SELECT COUNT(*) FROM {THREE}", FACTS).stages
    assert stage.measures[0].sensitivity.linf == 64**3 <= MAX_UNIT_ROWS
