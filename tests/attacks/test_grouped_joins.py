"""Attack: a join with one person's groups that looks as if it settled the group, and does not.

A row joined with the groups of its person on every key of theirs matches at most one of them, so the join has
no more rows than before it. It was enough that a key was equated with another column of the *same* group:
then several groups of the person match each row, and the noise was that of one.
"""

from __future__ import annotations

import pytest

from sandbox.plan import plan
from tests.plan.test_sensitivity import BOUNDS, facts

GROUPS = (
    "(SELECT id_card, days, code, COUNT(*) AS n, MAX(days) AS d FROM visits GROUP BY id_card, days, code) g"
)
ROWS = BOUNDS["visits"]


def changed(on: str, groups: str = GROUPS) -> int:
    (stage,) = plan(
        f"SELECT COUNT(*) FROM visits v JOIN {groups} ON g.id_card = v.id_card{on}", facts([])
    ).stages
    return stage.measures[0].sensitivity.l1


@pytest.mark.parametrize(
    "on",
    [
        "", " AND g.days = v.days", " AND g.days = v.days AND g.code = g.n",
        " AND g.days = g.d AND g.code = g.n",
        " AND g.days = g.days AND g.code = g.code", " AND g.days = g.code AND g.code = v.code",
        " AND g.days = v.days AND g.code > v.code", " AND (g.days = v.days AND g.code = v.code OR g.n = 1)",
        " AND g.days = v.days AND g.code = v.weight",
    ],
)  # fmt: skip
def test_a_key_that_the_other_side_does_not_settle_counts_every_pair_of_rows(on: str) -> None:
    assert changed(on) == ROWS * ROWS


def test_groups_united_with_others_are_no_longer_one_for_each_key() -> None:
    part = "SELECT id_card, days, code FROM visits GROUP BY id_card, days, code"
    twice = f"({part} UNION ALL {part}) g"
    assert changed(" AND g.days = v.days AND g.code = v.code", twice) == 2 * ROWS * ROWS


@pytest.mark.parametrize(
    "on", [" AND g.days = v.days AND g.code = v.code", " AND v.code = g.code AND v.days = g.days"]
)
def test_every_key_equated_with_the_other_side_leaves_the_rows_as_they_are(on: str) -> None:
    assert changed(on) == ROWS
