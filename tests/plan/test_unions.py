"""UNION ALL of released rows: every branch has the error bars that are known of it, and no other's."""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa
import pytest

from sandbox.measuring import calibrate
from sandbox.noise import half_width
from sandbox.nouns.plan import Expression, Op, Plan
from sandbox.plan import plan
from sandbox.release import Known, post_process, spreads
from tests.plan.world import CITIES, FACTS
from tests.release.answers import Memory

GROUPS = "WITH c AS (SELECT city, COUNT(*) AS n, SUM(days) AS s FROM visits GROUP BY city) "
TOTAL = f"{GROUPS}SELECT city, n FROM c UNION ALL SELECT 'all', SUM(n) FROM c"
PEOPLE = 1000.0


def made(sql: str) -> Plan:
    return plan(sql, FACTS)


def bars(sql: str) -> tuple[list[tuple[object, ...]], list[tuple[float | None, ...]], list[list[float]]]:
    """Rows of an answer over cells of 1000 each, their half-widths, and what each measure's own one is."""
    found = made(sql)
    noise, _ = calibrate(found, 0.1, 0.0, min_units=10)
    released = {}
    for stage in found.stages:
        (keys,) = [key.domain for key in stage.keys] or [(None,)]
        columns = {key.name: pa.array(list(key.domain or ())) for key in stage.keys}
        columns |= {m.name: pa.array([PEOPLE] * len(keys or ()), pa.float64()) for m in stage.measures}
        released[stage.released] = pa.table(
            {**columns, "_cell": pa.array(range(len(keys or ())), pa.int64())}
        )
    result = post_process(Memory(), found, Known(released))
    _, widths = spreads(found, noise, released, result)
    shown = [result.column(place).to_pylist() for place in range(len(found.post.columns))]
    own = [[half_width(item) for item in stage] for stage in noise]
    return list(zip(*shown, strict=True)), list(widths), own


def test_groups_above_their_total_have_bars_and_the_total_has_none() -> None:
    rows, widths, ((own, *_),) = bars(TOTAL)
    assert {row[0] for row in rows[:-1]} == {*CITIES, None}
    assert [width for _, width in widths] == [own] * 4 + [None]
    assert rows[-1] == ("all", 4 * PEOPLE)
    assert all(key is None for key, _ in widths)


def test_branches_that_are_computed_otherwise_have_bars_of_their_own() -> None:
    sql = f"{GROUPS}SELECT n AS x FROM c UNION ALL SELECT 3 * COUNT(*) FROM drugs UNION ALL SELECT s FROM c"
    _, widths, ((count, total, *_), (other, *_)) = bars(sql)
    assert [width for (width,) in widths] == [count] * 4 + [3 * other] + [total] * 4


def test_what_is_computed_of_a_union_is_computed_of_each_of_its_branches() -> None:
    inner = "SELECT city AS k, n AS y FROM c UNION ALL SELECT 'all', SUM(n) FROM c"
    sql = (
        f"{GROUPS}SELECT k, y / 2 + 1 AS z FROM ({inner}) AS u UNION ALL SELECT 'drugs', COUNT(*) FROM drugs"
    )
    _, widths, ((own, *_), (other, *_)) = bars(sql)
    assert [width for _, width in widths] == [own / 2] * 4 + [None, other]


def test_a_join_of_unions_knows_the_branch_of_either_side() -> None:
    sql = (
        f"{GROUPS}SELECT a.x - b.y AS d FROM (SELECT n AS x FROM c WHERE city = '{CITIES[0]}' UNION ALL "
        f"SELECT SUM(n) FROM c) AS a CROSS JOIN (SELECT s AS y FROM c WHERE city = '{CITIES[1]}' UNION ALL "
        "SELECT COUNT(*) FROM drugs) AS b"
    )
    _, widths, _ = bars(sql)
    assert [width is not None for (width,) in widths] == [True, True, False, False]


@pytest.mark.parametrize(
    "sql",
    [
        f"{GROUPS}SELECT n FROM c UNION SELECT s FROM c",
        f"{GROUPS}SELECT n FROM c EXCEPT ALL SELECT s + 1 FROM c",
        f"{GROUPS}SELECT SUM(n) AS n FROM c UNION ALL SELECT AVG(s) FROM c",
        f"{GROUPS}SELECT MAX(x) FROM (SELECT n AS x FROM c UNION ALL SELECT s FROM c) AS u",
    ],
)
def test_what_no_branch_tells_has_no_bars(sql: str) -> None:
    _, widths, _ = bars(sql)
    assert widths
    assert all(width is None for (width,) in widths)


def test_branches_that_are_computed_alike_stay_one_expression() -> None:
    columns = made("SELECT city, AVG(days) AS a FROM visits GROUP BY ROLLUP (city)").post.columns
    assert columns[1].expression.op is Op.ADD


def test_a_branch_is_found_wherever_it_stands() -> None:
    one, two, half = (
        Expression(Op.MEASURE, "m0"),
        Expression(Op.KEY, "city"),
        Expression(Op.LITERAL, Fraction(1, 2)),
    )
    branch = Expression(Op.BRANCH, args=(one, two), cell="a")
    whole = Expression(Op.MUL, args=(branch, half))
    assert whole.of_branch("a", 0) == Expression(Op.MUL, args=(one, half))
    assert whole.of_branch("a", 1) == Expression(Op.MUL, args=(two, half))
    assert whole.of_branch("b", 1) == whole
