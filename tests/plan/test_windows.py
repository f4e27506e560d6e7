"""Window functions: values follow from a unit's own rows and ranks, not from the order of the engine."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sandbox.errors import Refused
from sandbox.plan import plan
from sandbox.plan.rewrites import MARK
from tests.plan.database import connect, create, exact
from tests.plan.world import FACTS, VISITS

INNER = "SELECT city, {} AS x FROM visits"
NUMBERED = f"SELECT city, COUNT(*) AS n, SUM(x) AS s FROM ({INNER}) v WHERE x > 0 GROUP BY city"
CALLS = (
    "ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY days)",
    "LAG(days) OVER (PARTITION BY id_card ORDER BY urgent)",
    "LEAD(days, 2) OVER (PARTITION BY id_card ORDER BY urgent DESC)",
    "SUM(days) OVER (PARTITION BY id_card ORDER BY urgent ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
    "SUM(days) OVER (PARTITION BY id_card ORDER BY urgent)",
    "RANK() OVER (PARTITION BY id_card ORDER BY urgent)",
)


@pytest.mark.parametrize("call", CALLS)
def test_ties_are_broken_by_the_loads_ranks_and_not_by_the_engines_order(call: str) -> None:
    (stage,) = plan(NUMBERED.format(call), FACTS).stages
    rows = [
        (unit, rank, rank % 5 * 3, ("郑州市", "开封市")[rank % 2]) for unit in range(30) for rank in range(40)
    ]
    found = []
    for stored in (rows, rows[::-1], sorted(rows, key=lambda row: row[1] * 7919 % 41)):
        con = connect()
        create(con, VISITS)
        con.executemany(
            'INSERT INTO workspace.visits ("_unit", "_rank", "_first", days, city, urgent) '
            "VALUES (?, ?, 0, ?, ?, TRUE)",
            stored,
        )
        found.append(exact(con, stage))
        con.close()
    assert found[0] == found[1] == found[2]
    assert any(row["m0"] for row in found[0])


def test_a_window_keeps_the_bound_and_its_value_has_one_of_its_own() -> None:
    inner = "SELECT ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY days) AS n FROM visits"
    stage = plan(f"SELECT n, COUNT(*), SUM(n) FROM ({inner}) v GROUP BY n", FACTS).stages[0]
    assert stage.keys[0].domain == tuple(range(1, 65))
    assert [m.sensitivity.l1 for m in stage.measures[:2]] == [64, 64 * 64]
    running = "SELECT SUM(amount) OVER (PARTITION BY id_card ORDER BY visited_on) AS t FROM visits"
    total = plan(f"SELECT SUM(t) FROM ({running}) v", FACTS).stages[0].measures[0]
    assert total.sensitivity.l1 * total.quantum == Fraction(64 * 64 * 20000)


def test_rows_are_numbered_below_filters_and_projections_of_one_table() -> None:
    inner = "SELECT * FROM (SELECT id_card AS p, days FROM visits WHERE days > 1) a"
    call = "ROW_NUMBER() OVER (PARTITION BY p ORDER BY days)"
    text = plan(f"SELECT COUNT(*) FROM ({inner} QUALIFY {call} = 1) v", FACTS).stages[0].exact_sql
    assert 'ORDER BY t0."c1" ASC NULLS LAST, t0."_rank")' in text


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("ROW_NUMBER() OVER (ORDER BY days)", "window_not_supported"),
        ("LAG(days) OVER (PARTITION BY id_card)", "window_not_supported"),
        ("SUM(weight) OVER (PARTITION BY id_card)", "bounds_missing"),
    ],
)
def test_the_rewrite_that_a_hint_gives_is_answered(call: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        plan(f"SELECT COUNT(x) FROM (SELECT {call} AS x FROM visits) v", FACTS)
    assert caught.value.code == code
    hint = caught.value.hint.split(MARK)[0]
    mended = {
        "write PARTITION BY id_card": call.replace("(ORDER", "(PARTITION BY id_card ORDER"),
        "add ORDER BY": call.replace("id_card)", "id_card ORDER BY days)"),
    }.get(
        hint, call.replace("SUM(weight)", hint.removeprefix("write ").removesuffix(" with bounds you choose"))
    )
    assert plan(f"SELECT COUNT(x) FROM (SELECT {mended} AS x FROM visits) v", FACTS).stages
