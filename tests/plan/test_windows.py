"""Window functions: values follow from a unit's own rows and ranks, not from the order of the engine."""

from __future__ import annotations

from fractions import Fraction

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.nouns.policy import Use
from sandbox.plan import plan
from sandbox.plan.rewrites import MARK
from tests.plan.database import answer, connect, create, exact
from tests.plan.world import FACTS, VISITS, facts

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


MINE = "PARTITION BY id_card ORDER BY"
JOINED = "visits v LEFT JOIN drugs d ON d.person = v.id_card AND d.price < v.days"


@pytest.mark.parametrize(
    ("call", "tables"),
    [
        (f"ROW_NUMBER() OVER ({MINE} days)", "visits"),
        (f"ROW_NUMBER() OVER ({MINE} days DESC) * days", "visits"),
        (f"ROW_NUMBER() OVER ({MINE} weight, days) * days", "visits"),
        (f"ROW_NUMBER() OVER ({MINE} NULLIF(days, 8) NULLS FIRST, days) * days", "visits"),
        (f"ROW_NUMBER() OVER ({MINE} NULLIF(days, 4) DESC NULLS LAST, days) * days", "visits"),
        ("ROW_NUMBER() OVER (PARTITION BY weight > 0, id_card ORDER BY days) * days", "visits"),
        (f"RANK() OVER ({MINE} days > 4)", "visits"),
        (f"RANK() OVER ({MINE} sex ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", "visits"),
        (f"DENSE_RANK() OVER ({MINE} days > 4)", "visits"),
        ("COUNT(*) OVER (PARTITION BY id_card)", "visits"),
        (f"COUNT(*) OVER ({MINE} days)", "visits"),
        (f"COUNT(*) OVER ({MINE} days > 4)", "visits"),
        (f"COUNT(NULLIF(days, 4)) OVER ({MINE} days)", "visits"),
        ("SUM(days) OVER (PARTITION BY id_card)", "visits"),
        (f"SUM(days) OVER ({MINE} days)", "visits"),
        (f"SUM(days) OVER ({MINE} 1)", "visits"),
        (f"SUM(days) OVER ({MINE} days ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)", "visits"),
        (f"SUM(days) OVER ({MINE} days ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)", "visits"),
        ("SUM(price) OVER (PARTITION BY person ORDER BY price DESC)", "drugs"),
        (f"LAG(days) OVER ({MINE} days)", "visits"),
        (f"LAG(days, 0) OVER ({MINE} days)", "visits"),
        (f"LEAD(days, 2) OVER ({MINE} days)", "visits"),
        (f"MAX(days) OVER ({MINE} weight, days)", "visits"),
        ("MIN(price) OVER (PARTITION BY person)", "drugs"),
        ("SUM(days) OVER (PARTITION BY v.id_card ORDER BY days)", JOINED),
    ],
)
def test_a_window_says_what_the_statement_says(
    twice: duckdb.DuckDBPyConnection, call: str, tables: str
) -> None:
    sql = f"SELECT SUM(x) FROM (SELECT {call} AS x FROM {tables}) t"
    ((found,),) = answer(twice, plan(sql, FACTS))
    ((wanted,),) = twice.execute(sql).fetchall()
    assert float(str(found)) == float(wanted)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("SUM(days) OVER ()", "window_not_supported"),
        ("SUM(days) OVER (PARTITION BY city)", "window_not_supported"),
        ("RANK() OVER (PARTITION BY id_card)", "window_not_supported"),
        ("RANK() OVER (PARTITION BY id_card ORDER BY 1)", "window_not_supported"),
        ("ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY NULL)", "window_not_supported"),
        ("FIRST_VALUE(days) OVER (PARTITION BY id_card ORDER BY days)", "window_not_supported"),
        ("AVG(days) OVER (PARTITION BY id_card)", "window_not_supported"),
        ("COUNT(DISTINCT days) OVER (PARTITION BY id_card)", "window_not_supported"),
        ("SUM(days) OVER (PARTITION BY id_card ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
         "window_not_supported"),
        *((f"SUM(days) OVER ({MINE} days {frame})", "window_not_supported") for frame in (
            "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
            "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
            "ROWS BETWEEN CURRENT ROW AND CURRENT ROW",
            "ROWS BETWEEN 1 FOLLOWING AND CURRENT ROW",
            "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
            "ROWS BETWEEN 1.5 PRECEDING AND CURRENT ROW",
            "ROWS BETWEEN days PRECEDING AND CURRENT ROW",
            "ROWS BETWEEN 1001 PRECEDING AND CURRENT ROW",
        )),
        *((f"LAG(days, {offset}) OVER ({MINE} days)", "constant_needed") for offset in
          ("1001", "-1", "0.5", "days", "NULL")),
        (f"MAX(NULL) OVER ({MINE} days)", "type_wrong"),
        (f"SUM(LAG(days) OVER ({MINE} days)) OVER ({MINE} days)", "window_not_supported"),
    ],
)  # fmt: skip
def test_what_is_no_function_of_a_units_own_rows_is_refused(call: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        plan(f"SELECT COUNT(x) FROM (SELECT {call} AS x FROM visits) v", FACTS)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("call", "tables"),
    [
        ("SUM(v.days) OVER (PARTITION BY d.person)", JOINED),
        ("SUM(v.days) OVER (PARTITION BY v.id_card, d.person)", JOINED),
        ("ROW_NUMBER() OVER (PARTITION BY v.id_card ORDER BY days)", JOINED),
        ("SUM(days) OVER (PARTITION BY v.id_card ORDER BY days ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
         JOINED),
    ],
)  # fmt: skip
def test_rows_of_a_join_have_one_unit_and_no_order_of_their_own(call: str, tables: str) -> None:
    with pytest.raises(Refused) as caught:
        plan(f"SELECT COUNT(x) FROM (SELECT {call} AS x FROM {tables}) t", FACTS)
    assert caught.value.code in ("unit_misused", "window_not_supported")


def test_the_hint_names_the_unit_of_the_first_table_that_has_one() -> None:
    tables = "hospitals h JOIN visits v ON v.code = h.level"
    with pytest.raises(Refused) as caught:
        plan(f"SELECT COUNT(x) FROM (SELECT SUM(days) OVER () AS x FROM {tables}) t", FACTS)
    assert caught.value.hint.startswith("write PARTITION BY id_card")


def test_the_hint_gives_a_frame_that_is_answered() -> None:
    def summed(frame: str) -> str:
        return f"SELECT COUNT(x) FROM (SELECT SUM(days) OVER ({MINE} days {frame}) AS x FROM visits) v"

    with pytest.raises(Refused) as caught:
        plan(summed("ROWS BETWEEN CURRENT ROW AND CURRENT ROW"), FACTS)
    frame = caught.value.hint.split(MARK)[0].removeprefix("write ").split(",")[0]
    assert plan(summed(frame), FACTS).stages


def test_a_thousand_rows_before_are_the_most() -> None:
    frame = f"SUM(days) OVER ({MINE} days ROWS BETWEEN 1000 PRECEDING AND CURRENT ROW)"
    for call in (frame, f"LAG(days, 1000) OVER ({MINE} days)"):
        assert plan(f"SELECT COUNT(x) FROM (SELECT {call} AS x FROM visits) v", FACTS).stages


@pytest.mark.parametrize(
    ("call", "least", "listed"),
    [
        (f"ROW_NUMBER() OVER ({MINE} days)", 1, True),
        (f"RANK() OVER ({MINE} days)", 1, True),
        (f"COUNT(days) OVER ({MINE} days)", 0, True),
        (f"COUNT(*) OVER ({MINE} days)", 0, True),
        (f"COUNT(*) OVER ({MINE} days)", 0, False),
    ],
)
def test_counts_up_to_a_thousand_are_declared_keys(call: str, least: int, listed: bool) -> None:
    most = 1000 if listed else 1001
    known = facts(row_bounds={"visits": most, "drugs": 8})
    sql = f"SELECT x, COUNT(*), SUM(x) FROM (SELECT {call} AS x FROM visits) v GROUP BY x"
    (stage,) = plan(sql, known).stages
    assert stage.keys[0].domain == (tuple(range(least, most + 1)) if listed else None)
    assert stage.measures[1].sensitivity.l1 == most * most


@pytest.mark.parametrize(
    ("item", "most"),
    [("clamp(price, -1.5, 3)", 24), ("clamp(price, -1.5, -0.5)", 12), ("clamp(price - 50, -40, 3)", 320),
     ("clamp(price, 2, 3)", 24)],
)  # fmt: skip
def test_a_running_sum_is_clamped_to_what_a_units_rows_can_add_up_to(item: str, most: int) -> None:
    running = f"SELECT SUM({item}) OVER (PARTITION BY person ORDER BY price) AS t FROM drugs"
    measure = plan(f"SELECT SUM(t) FROM ({running}) v", FACTS).stages[0].measures[0]
    assert measure.sensitivity.l1 * measure.quantum == 8 * most


def test_the_sign_of_a_zero_is_never_seen() -> None:
    for call in (f"MAX(weight) OVER ({MINE} days)", "COUNT(*) OVER (PARTITION BY weight, id_card)"):
        text = plan(f"SELECT COUNT(x) FROM (SELECT {call} AS x FROM visits) v", FACTS).stages[0].exact_sql
        assert " = 0e0 THEN 0e0 " in text
        text = plan(
            f"SELECT COUNT(x) FROM (SELECT {call.replace('weight', 'days')} AS x FROM visits) v", FACTS
        )
        assert "0e0" not in text.stages[0].exact_sql


@pytest.mark.parametrize(
    ("call", "uses"),
    [
        (f"MAX(amount) OVER ({MINE} days)", {"amount": {Use.AGGREGATE}, "days": {Use.FILTER}}),
        ("COUNT(amount > 3) OVER (PARTITION BY city, id_card ORDER BY days + 1)",
         {"amount": {Use.AGGREGATE}, "city": {Use.GROUP}, "days": {Use.FILTER}}),
    ],
)  # fmt: skip
def test_what_a_window_looks_at_is_a_use_of_it(call: str, uses: dict[str, set[Use]]) -> None:
    found = plan(f"SELECT COUNT(*) FROM (SELECT {call} AS x FROM visits) v", FACTS).uses["visits"]
    assert found == uses


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
