"""Clauses over released rows: what the engine would read otherwise than it is written, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.plan import plan
from tests.plan.database import Row, answer, connect, fill
from tests.plan.refusing import refused
from tests.plan.world import CITIES, DRUGS, FACTS, HOSPITALS, VISITS

BY_CITY = "SELECT city, COUNT(*) AS n FROM visits GROUP BY city"
BY_DAYS = "SELECT days, COUNT(*) AS n FROM visits GROUP BY days"
BY_CODE = "SELECT code, COUNT(*) AS n FROM visits GROUP BY code"


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """One, two, three and four visits of three cities and of none; codes near the end of 64 bits."""
    made = connect()
    blank: Row = dict.fromkeys(column.name for column in VISITS.columns)
    codes = (1, 2**60, 2**61, 2**62)
    rows = [
        {**blank, "id_card": n, "city": city, "sex": "FM"[n % 2], "days": n, "code": codes[n]}
        for n, city in enumerate([*CITIES, None])
        for _ in range(n + 1)
    ]
    fill(made, VISITS, rows, 64)
    fill(made, DRUGS, [{"person": 1, "drug": "A", "price": 5, "city": None}], 8)
    fill(made, HOSPITALS, [{"hospital": "A", "level": 1, "region": CITIES[0], "beds": 1}], 64)
    for table in ("visits", "hospitals"):
        made.execute(f"CREATE VIEW {table} AS SELECT * FROM workspace.{table}")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("SELECT -COUNT(*) AS m0 FROM visits GROUP BY city ORDER BY COUNT(*)", [-1, -2, -3, -4]),
        ("SELECT -COUNT(*) AS k0 FROM visits GROUP BY days ORDER BY days DESC LIMIT 2", [-4, -3]),
        ("SELECT -COUNT(*) AS k0 FROM visits GROUP BY days LIMIT 2", [-1, -2]),
        ("SELECT days AS c1, 9 - days AS c0 FROM (SELECT days FROM visits GROUP BY days UNION ALL "
         "SELECT days FROM visits GROUP BY days) v WHERE days < 2 ORDER BY days", [0, 0, 1, 1]),
        ("SELECT COUNT(*) AS c1, city AS c0 FROM drugs GROUP BY city UNION ALL "
         "SELECT -COUNT(*), city FROM visits GROUP BY city ORDER BY c1 LIMIT 2", [-4, -3]),
    ],
)  # fmt: skip
def test_output_names_that_look_like_ours_change_no_order(
    con: duckdb.DuckDBPyConnection, sql: str, wanted: list[int]
) -> None:
    assert [row[0] for row in answer(con, plan(sql, FACTS))] == wanted


FRAMES = (
    "ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING", "ROWS BETWEEN CURRENT ROW AND 1 PRECEDING",
    "ROWS BETWEEN 1 FOLLOWING AND CURRENT ROW", "ROWS 1 FOLLOWING", "ROWS UNBOUNDED FOLLOWING",
    "ROWS BETWEEN UNBOUNDED FOLLOWING AND UNBOUNDED FOLLOWING",
    "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED PRECEDING",
    "RANGE BETWEEN CURRENT ROW AND UNBOUNDED PRECEDING",
)  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_that_no_engine_takes_is_refused_before_it_is_paid(frame: str) -> None:
    with pytest.raises(Refused, match="construct_not_supported"):
        plan(f"SELECT city, SUM(COUNT(*)) OVER (ORDER BY city {frame}) AS s FROM visits GROUP BY city", FACTS)


EDGES = ("UNBOUNDED PRECEDING", "2 PRECEDING", "1 PRECEDING", "CURRENT ROW", "1 FOLLOWING", "2 FOLLOWING",
         "UNBOUNDED FOLLOWING")  # fmt: skip


def test_every_frame_is_answered_or_refused(con: duckdb.DuckDBPyConnection) -> None:
    found = set()
    for first in EDGES:
        for last in EDGES:
            window = f"OVER (ORDER BY days ROWS BETWEEN {first} AND {last})"
            sql = f"SELECT days, SUM(COUNT(*)) {window} AS s FROM visits GROUP BY days ORDER BY days"
            try:
                made = plan(sql, FACTS)
            except Refused:
                with pytest.raises(duckdb.Error):
                    con.execute(sql)
                continue
            assert answer(con, made) == con.execute(sql).fetchall()
            found.add((first, last))
    assert len(found) > len(EDGES)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT city, COUNT(*) FROM visits GROUP BY city HAVING RANK() OVER (ORDER BY COUNT(*)) = 1",
        "SELECT city, RANK() OVER (ORDER BY COUNT(*)) AS r FROM visits GROUP BY city HAVING r = 1",
        "SELECT level, COUNT(*) FROM hospitals GROUP BY level HAVING RANK() OVER (ORDER BY level) = 1",
        f"SELECT city, SUM(n) FROM ({BY_CITY}) m GROUP BY city HAVING RANK() OVER (ORDER BY city) = 1",
        "SELECT COUNT(*) FROM visits v JOIN (SELECT level, COUNT(*) AS n FROM hospitals GROUP BY level "
        "HAVING RANK() OVER (ORDER BY COUNT(*)) = 1) h ON h.level = v.days",
        f"SELECT RANK() OVER (ORDER BY RANK() OVER (ORDER BY n)) AS r FROM ({BY_CITY}) m",
        f"SELECT SUM(RANK() OVER (ORDER BY n)) OVER () AS r FROM ({BY_CITY}) m",
    ],
)
def test_window_functions_stand_neither_in_having_nor_in_one_another(sql: str) -> None:
    with pytest.raises(Refused, match="window_not_supported"):
        plan(sql, FACTS)


@pytest.mark.parametrize("call", ["RANK()", "ROW_NUMBER()", "NTILE(2)", "CUME_DIST()", "LAG(n)"])
def test_what_counts_no_rows_takes_no_filter(call: str) -> None:
    with pytest.raises(Refused, match="function_not_allowed"):
        plan(f"SELECT {call} FILTER (WHERE n > 1) OVER (ORDER BY city) AS r FROM ({BY_CITY}) m", FACTS)


@pytest.mark.parametrize(
    ("key", "rows"),
    [("code * 1000000000", 0), ("(code - 1) * 1000000000 + 1", 1), ("round(code * 1e30)", 0)],
)
def test_computed_numbers_that_no_key_holds_are_one_group_that_matches_nothing(
    con: duckdb.DuckDBPyConnection, key: str, rows: int
) -> None:
    grouped = f"SELECT {key} AS k, SUM(n) AS s FROM ({BY_CODE}) m GROUP BY 1"
    made = plan(f"SELECT COUNT(*) FROM visits v JOIN ({grouped}) q ON q.k = v.code", FACTS)
    assert [item.unique for item in made.stages[-1].needs] == [("c0",)]
    assert answer(con, made) == [(rows,)]


@pytest.mark.parametrize("call", ["MAX(NULL)", "MIN(CASE WHEN n > 1 THEN NULL END)", "MAX(-NULL) || 'a'"])
def test_an_aggregate_of_nothing_but_null_is_refused_before_it_is_paid(call: str) -> None:
    """It was left out as the NULL that it is, and what stood around had all rows instead of one."""
    for sql in (
        f"SELECT {call} FROM ({BY_CITY}) m",
        f"SELECT n, (SELECT {call} FROM ({BY_CITY}) m) FROM ({BY_CITY}) l",
    ):
        assert refused(sql).code == "type_wrong"


@pytest.mark.parametrize("item", ["typo.*", "* EXCLUDE (city, n)", "m.* EXCLUDE (n, city)", "n, typo.*"])
def test_a_star_that_stands_for_nothing_is_refused_before_it_is_paid(item: str) -> None:
    for sql in (
        f"SELECT {item} FROM ({BY_CITY}) m",
        f"SELECT COUNT(*) FROM (SELECT {item} FROM ({BY_CITY}) m) o",
    ):
        assert refused(sql).code == "star_not_supported"


@pytest.mark.parametrize("name", ["correlated 0", "CORRELATED 12"])
def test_tables_that_no_star_shows_are_ours_alone(name: str) -> None:
    for sql in (f'SELECT * FROM ({BY_CITY}) "{name}"', f'SELECT "{name}".n FROM ({BY_CITY}) m'):
        with pytest.raises(Refused) as caught:
            plan(sql, FACTS)
        assert caught.value.code == "reserved_name"
    assert plan(f"SELECT n FROM ({BY_CITY}) m WHERE '{name}' <> 'a'", FACTS)


def test_groups_of_what_is_no_finite_number_are_the_group_of_null(con: duckdb.DuckDBPyConnection) -> None:
    """Both infinities and no number were three groups of NULL, each promised to be a key of its own."""
    key = "exp(days * 1000) * (days - 2)"
    groups = f"SELECT {{}} AS k, SUM(n) AS s FROM ({BY_DAYS}) m GROUP BY 1"
    made = plan(f"SELECT COUNT(*) FROM visits v JOIN ({groups.format(key)}) q ON q.s = v.days", FACTS)
    assert [item.unique for item in made.stages[-1].needs] == [("c0",)]
    assert answer(con, made) == [(2,)]
    wanted = con.execute(groups.format(f"CASE WHEN isfinite({key}) THEN {key} END")).fetchall()
    assert len(wanted) == 2
    assert set(answer(con, plan(groups.format(key), FACTS))) == set(wanted)


def test_a_computed_key_is_looked_up_as_it_is_written(con: duckdb.DuckDBPyConnection) -> None:
    grouped = f"FROM ({BY_CITY}) m GROUP BY n + 1 HAVING n + 1 > 2"
    sql = f"SELECT n + 1 AS k, COUNT(*) AS c {grouped} ORDER BY n + 1"
    assert answer(con, plan(sql, FACTS)) == con.execute(sql).fetchall()


@pytest.mark.parametrize("join", ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
def test_every_column_is_shown_once_where_using_makes_two_one(
    con: duckdb.DuckDBPyConnection, join: str
) -> None:
    few = f"SELECT code, n AS k FROM ({BY_CODE}) m WHERE n < 3"
    many = f"SELECT code, n, -n AS l FROM ({BY_CODE}) m WHERE n > 1"
    sql = f"SELECT * FROM ({few}) a {join} ({many}) b USING (code) ORDER BY code"
    assert answer(con, plan(sql, FACTS)) == con.execute(sql).fetchall()
    made = plan(sql.replace("*", "b.*, a.*", 1), FACTS)
    assert [column.name for column in made.post.columns] == ["code", "n", "l", "code_1", "k"]


@pytest.mark.parametrize(
    "total", ["SUM(n) // 4", "CAST(SUM(n) AS VARCHAR)", "SUM(SUM(n)) OVER (ORDER BY sex) // 4", "SUM(n) / 4"]
)
def test_a_sum_of_whole_numbers_is_whole(con: duckdb.DuckDBPyConnection, total: str) -> None:
    groups = "SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex"
    sql = f"SELECT sex, {total} AS x FROM ({groups}) m GROUP BY sex ORDER BY 1"
    assert answer(con, plan(sql, FACTS)) == con.execute(sql).fetchall()
