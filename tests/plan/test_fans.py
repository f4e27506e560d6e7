"""How many rows a public side brings: a protected row may match every row that public tables make."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from sandbox.errors import Refused
from sandbox.nouns.plan import Facts, PublicTable
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from tests.plan.database import Row, connect, exact, fill
from tests.plan.world import FACTS, HOSPITALS, POLICY, VISITS, facts

SIDES = ("", "LEFT", "RIGHT", "FULL")
WARDS = HOSPITALS.model_copy(update={"name": "wards"})
Rows = Sequence[tuple[int | None, int | None]]
"""Levels and beds of a public table."""


def world(**tables: PublicTable) -> Facts:
    """The world with two public tables of the same columns."""
    made = facts(POLICY.model_copy(update={"tables": (*POLICY.tables, WARDS)}))
    return replace(made, public=tables)


def loaded(rows: Rows) -> PublicTable:
    """Public facts of a table, as a load finds them."""
    levels, beds = ([value for value in column if value is not None] for column in zip(*rows, strict=True))
    most = {name: max(Counter(column).values()) for name, column in (("level", levels), ("beds", beds))}
    return PublicTable(rows=len(rows), multiplicity=most)


FEW: Rows = [(1 + n % 3, n % 3) for n in range(9)]
MANY: Rows = [*FEW, *((None, 10 + n) for n in range(91))]
APART: Rows = [(3, 100), (3, 101), (1, 102)]


def reach(tables: str, known: Facts) -> int:
    """Rows of a FROM for each row of a unit."""
    (stage,) = plan(f"SELECT COUNT(*) FROM {tables}", known).stages
    rows, rest = divmod(stage.measures[0].sensitivity.linf, 64)
    assert rest == 0
    assert stage.measures[0].sensitivity == Sensitivity.rows(rows * 64)
    return rows


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("one", "two"), [(FEW, MANY), (MANY, FEW), (FEW, APART), (APART, MANY), (FEW, FEW)])
@pytest.mark.parametrize(
    "on",
    ["a.beds = b.beds", "a.level = b.level", "a.level > b.level", "a.level IS NOT DISTINCT FROM b.level"],
)
@pytest.mark.parametrize("same", ["=", "IS NOT DISTINCT FROM"])
def test_a_join_of_public_tables_has_no_more_rows_than_are_counted_on(
    side: str, one: Rows, two: Rows, on: str, same: str
) -> None:
    """Beside the pairs stand the rows without a match, at the same time as others match several.

    To ``IS NOT DISTINCT FROM`` all rows of NULL match one another; no multiplicity counts these.
    """
    con = duckdb.connect()
    for name, rows in (("hospitals", one), ("wards", two)):
        con.execute(f"CREATE TABLE {name} (level BIGINT, beds BIGINT)")
        con.executemany(f"INSERT INTO {name} VALUES (?, ?)", [list(row) for row in rows])
    tables = f"hospitals a {side} JOIN wards b ON {on}"
    known = world(hospitals=loaded(one), wards=loaded(two))
    for key in ("", "a.level", "a.beds", "b.level", "b.beds"):
        kept = f"{f'WHERE {key} IS NOT NULL' if same == '=' else ''} GROUP BY {key}" if key else ""
        (found,) = con.execute(
            f"SELECT coalesce(max(n), 0) FROM (SELECT count(*) n FROM {tables} {kept})"
        ).fetchall()
        matches = f"{key} {same} v.code" if key else "v.days > 1"
        assert reach(f"{tables} JOIN visits v ON {matches}", known) >= found[0]


CONSTANTS = {
    "days": ("1", "01", "-(-1)", "2 - 1", "1e0", "'1'", "2", "0", "-0", "1.0", "NULL"),
    "seen_at": (
        "TIMESTAMP '2025-01-01 00:00:00'", "TIMESTAMP '2025-01-01'", "DATE '2025-01-01'", "'2025-01-01'",
        "CAST('2025-01-01' AS DATE)", "'2025-01-01 00:00:00.0'", "DATE '2025-01-02'", "NULL",
    ),
    "visited_on": ("DATE '2025-01-01'", "'2025-01-01'", "CAST('2025-01-01' AS DATE)", "NULL"),
    "city": ("'a'", "'a '", "'A'", "CAST('a' AS VARCHAR)", "''", "NULL"),
    "urgent": ("TRUE", "true", "CAST('true' AS BOOLEAN)", "FALSE", "NULL"),
}  # fmt: skip
"""Column → constants of which several are equal, however they are written."""
KINDS = {
    "days": "BIGINT",
    "seen_at": "TIMESTAMP",
    "visited_on": "DATE",
    "city": "VARCHAR",
    "urgent": "BOOLEAN",
}


@settings(max_examples=150, deadline=None)
@given(st.data(), st.sampled_from(sorted(CONSTANTS)))
def test_constants_are_as_often_equal_as_is_counted_on(data: st.DataObject, column: str) -> None:
    """A person's row matches every line of VALUES that holds its value."""
    lines = data.draw(st.lists(st.sampled_from(CONSTANTS[column]), min_size=1, max_size=8))
    listed = ", ".join(f"({line})" for line in lines)
    try:
        most = reach(f"visits v JOIN (VALUES {listed}) AS r(x) ON v.{column} = r.x", FACTS)
    except Refused:
        return
    kinds = ", ".join(f"(CAST({line} AS {KINDS[column]}))" for line in lines)
    counts = f"SELECT count(x) AS n FROM (VALUES {kinds}) AS r(x) GROUP BY x"
    (found,) = duckdb.sql(f"SELECT max(n) FROM ({counts})").fetchall()
    assert most >= found[0]


NINE = PublicTable(rows=9, multiplicity={"level": 3, "beds": 2, "region": 9})
HUNDRED = PublicTable(rows=100, multiplicity={"level": 5, "beds": 7, "region": 50})


@pytest.mark.parametrize(
    ("tables", "rows"),
    [
        ("hospitals a JOIN wards b ON a.level = b.level", 9 * 5),
        ("hospitals a LEFT JOIN wards b ON a.level = b.level", 9 * 5),
        ("hospitals a RIGHT JOIN wards b ON a.level = b.level", 9 * 5 + 100),
        ("hospitals a FULL JOIN wards b ON a.level = b.level", 9 * 5 + 100),
        ("wards b JOIN hospitals a ON a.level = b.level", 9 * 5),
        ("wards b LEFT JOIN hospitals a ON b.level = a.level", 9 * 5 + 100),
        ("wards b RIGHT JOIN hospitals a ON b.level = a.level", 9 * 5),
        ("wards b FULL JOIN hospitals a ON b.level = a.level", 9 * 5 + 100),
        ("hospitals a JOIN wards b ON a.level = b.level AND a.beds = b.beds", 9 * 5),
        ("hospitals a JOIN wards b ON a.level > b.level", 9 * 100),
        ("hospitals a JOIN wards b", 9 * 100),
        ("hospitals a LEFT JOIN wards b ON a.level = a.beds", 9 * 100),
    ],
)
def test_public_tables_bring_as_many_rows_as_follow_from_their_sizes(tables: str, rows: int) -> None:
    known = world(hospitals=NINE, wards=HUNDRED)
    assert reach(f"{tables} JOIN visits v ON v.days > 1", known) == rows


@pytest.mark.parametrize(
    ("key", "fan"),
    [("a.level", 3 * 5), ("a.beds", 2 * 5), ("b.level", 5 * 3), ("b.beds", 7 * 3), ("a.hospital", 9 * 5)],
)
def test_rows_with_one_value_are_those_of_its_table_each_with_its_matches(key: str, fan: int) -> None:
    known = world(hospitals=NINE, wards=HUNDRED)
    value = "hospital" if "hospital" in key else "code"
    tables = "hospitals a JOIN wards b ON a.level = b.level"
    assert reach(f"{tables} JOIN visits v ON {key} = v.{value}", known) == fan
    chain = "visits v JOIN hospitals a ON a.beds = v.code JOIN wards b ON b.beds = a.beds"
    assert reach(chain, known) == 2 * 7


@pytest.mark.parametrize(
    ("tables", "fan"),
    [
        ("visits v JOIN hospitals a ON v.code = a.level", 3),
        ("hospitals a JOIN visits v ON v.code = a.level", 3),
        ("visits v LEFT JOIN hospitals a ON a.level = v.code", 3),
        ("hospitals a RIGHT JOIN visits v ON a.level = v.code", 3),
        ("visits v JOIN hospitals a ON v.code = a.level AND v.days = a.beds", 2),
        ("visits v JOIN hospitals a ON v.city = a.region", 9),
        ("visits v JOIN hospitals a ON v.code > a.level", 9),
        ("visits v JOIN hospitals a ON a.level = a.beds", 9),
        ("visits v JOIN hospitals a ON v.code = v.days", 9),
        ("visits v JOIN hospitals a ON v.weight = a.level", 9),
        ("visits v JOIN hospitals a", 9),
        ("visits v JOIN hospitals a ON v.code = a.level JOIN wards b ON a.beds = b.beds", 3 * 7),
        ("visits v JOIN hospitals a ON v.code = a.level JOIN wards b ON v.code = b.level", 3 * 5),
    ],
)
def test_a_row_matches_as_many_public_ones_as_share_a_value_of_its_key(tables: str, fan: int) -> None:
    assert reach(tables, world(hospitals=NINE, wards=HUNDRED)) == fan


@pytest.mark.parametrize(("side", "rendered"), [("", " JOIN"), ("LEFT", " LEFT JOIN"), ("CROSS", " JOIN")])
def test_what_is_asked_is_what_is_joined_on(side: str, rendered: str) -> None:
    on = "" if side == "CROSS" else "ON v.code = a.level AND v.days > a.beds"
    made = plan(f"SELECT COUNT(*) FROM visits v {side} JOIN hospitals a {on}", world(hospitals=NINE))
    conditions = '(t0."code" = t1."level") AND (t0."days" > t1."beds")' if on else "TRUE"
    source = '"workspace"."hospitals" AS t1'
    assert made.stages[0].exact_sql.endswith(f"AS t0{rendered} {source} ON {conditions}")
    assert f"a: up to {3 if on else 9} rows match one row" in made.notes
    assert "v: at most 64 rows of each person" in made.notes
    assert made.tables == {"visits", "hospitals"}


@pytest.mark.parametrize(
    "tables",
    [
        "hospitals a LEFT JOIN visits v ON v.hospital = a.hospital",
        "visits v RIGHT JOIN hospitals a ON v.hospital = a.hospital",
    ],
)
def test_public_rows_without_a_match_are_left_out_and_cannot_be_seen(tables: str) -> None:
    known = world(hospitals=PublicTable(rows=9, multiplicity={"hospital": 2}))
    sql = f"SELECT a.region, COUNT(v.days) FROM {tables} GROUP BY a.region"
    (stage,) = plan(sql, known).stages
    assert stage.measures[0].sensitivity == Sensitivity.rows(64 * 2)
    assert " AS t0 JOIN " in stage.exact_sql
    for seen in ("COUNT(*)", "COUNT(a.level)"):
        with pytest.raises(Refused) as caught:
            plan(sql.replace("COUNT(v.days)", seen), known)
        assert caught.value.code == "join_not_supported"


@pytest.mark.parametrize("tables", ["visits v LEFT JOIN hospitals a", "hospitals a RIGHT JOIN visits v"])
def test_a_protected_row_without_a_match_is_a_row_like_any(tables: str) -> None:
    sql = f"SELECT COUNT(*) FROM {tables} ON v.code = a.level"
    (stage,) = plan(sql, world(hospitals=NINE)).stages
    assert tables.split()[2] + " JOIN" in stage.exact_sql


@pytest.mark.parametrize(
    ("one", "two", "on", "code"),
    [
        (1_000, 10**4, "a.level > b.level", ""),
        (1_000, 10**4 + 1, "a.level > b.level", "join_needs_key"),
        (1_001, 1_001, "a.level > b.level", "join_needs_key"),
        (1_001, 1_001, "a.level = a.beds", "join_needs_key"),
        (10**3, 10**6, "a.level = b.level", ""),
        (10**3 + 1, 10**6, "a.level = b.level", "join_needs_key"),
        (10**3 + 1, 2 * 10**7, "a.level = b.level", ""),
    ],
)
def test_a_join_of_public_tables_has_ten_million_rows_at_most_or_those_of_one_of_them(
    one: int, two: int, on: str, code: str
) -> None:
    sizes = [PublicTable(rows=rows, multiplicity={"level": 10**4}) for rows in (one, two)]
    known = world(hospitals=sizes[0], wards=sizes[1])
    sql = f"SELECT COUNT(*) FROM hospitals a JOIN wards b ON {on}"
    if not code:
        assert plan(sql, known).public
        return
    with pytest.raises(Refused) as caught:
        plan(sql, known)
    assert caught.value.code == code


def test_a_released_table_has_one_row_for_each_of_its_keys_and_no_fewer_keys_tell_it() -> None:
    def bound(on: str) -> int:
        groups = "(SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex) m"
        sql = f"SELECT COUNT(*) FROM visits v JOIN {groups} ON {on}"
        return plan(sql, FACTS).stages[-1].measures[0].sensitivity.linf

    assert bound("m.city = v.city AND m.sex = v.sex") == 64
    assert bound("m.sex = v.sex AND m.city = v.city AND m.n > v.days") == 64
    assert bound("m.city = v.city") == bound("m.n > v.days") == 64 * 4 * 3


@pytest.mark.parametrize(
    ("column", "values", "fan"),
    [
        ("code", "(1), (2), (1)", 2),
        ("code", "(1), (1.0), (01), (1 + 0), (NULL), (NULL), (NULL), (NULL), (NULL)", 4),
        ("hospital", "('a'), ('A'), ('a ')", 1),
        ("hospital", "('a'), (CAST('a' AS VARCHAR))", 2),
        ("urgent", "(TRUE), ('true'), (FALSE)", 2),
        ("visited_on", "(DATE '2025-01-01'), ('2025-01-01'), (DATE '2025-01-02')", 2),
        ("seen_at", "(TIMESTAMP '2025-01-01'), (TIMESTAMP '2025-01-01 00:00:00.000')", 2),
        ("seen_at", "(DATE '2025-01-01'), (TIMESTAMP '2025-01-01 00:00:00'), ('2025-01-01 00:00:00')", 3),
        ("seen_at", "(DATE '2025-01-01'), (TIMESTAMP '2025-01-01 00:00:01')", 1),
    ],
)
def test_listed_values_that_are_equal_are_counted_as_one_however_they_are_written(
    column: str, values: str, fan: int
) -> None:
    tables = f"visits v JOIN (VALUES {values}) AS w(x) ON v.{column} = w.x"
    assert reach(tables, FACTS) == fan
    (stage,) = plan(f"SELECT COUNT(*) FROM {tables}", FACTS).stages
    con = connect()
    day = dt.date(2025, 1, 1)
    row: Row = {
        "code": 1,
        "hospital": "a",
        "urgent": True,
        "visited_on": day,
        "seen_at": dt.datetime(2025, 1, 1),
    }
    fill(con, VISITS, [{"id_card": 0, **row}], 64)
    assert exact(con, stage)[0]["m0"] == fan
    con.close()


@pytest.mark.parametrize("name", ['t0."x', "t0.x", 't0."', '"t0"."x', 't0."days" AS t0'])
def test_what_a_column_is_called_never_makes_it_one_of_another_table(name: str) -> None:
    """Were its name taken for a column of ``visits``, the equality would be a key, and count for one row."""
    called = exp.to_identifier(name, quoted=True).sql("duckdb")
    lines = ", ".join(f"({n}, {n})" for n in range(100))
    tables = f"visits v JOIN (VALUES {lines}) r({called}, k) ON r.{called} = r.k"
    assert reach(tables, FACTS) == 100
    within = f"(SELECT {called}, k FROM (VALUES {lines}) w({called}, k)) r"
    assert reach(f"visits v JOIN {within} ON r.{called} = r.k", FACTS) == 100
    (stage,) = plan(f"SELECT COUNT(*) FROM {tables}", FACTS).stages
    con = connect()
    fill(con, VISITS, [{"id_card": 0}], 64)
    assert exact(con, stage)[0]["m0"] == 100
    con.close()


def test_what_a_stored_column_is_called_never_makes_it_one_of_another_table() -> None:
    columns = tuple(
        one.model_copy(update={"name": 't0."x'}) if one.name == "level" else one for one in HOSPITALS.columns
    )
    named = HOSPITALS.model_copy(update={"columns": columns})
    known = replace(
        facts(POLICY.model_copy(update={"tables": (VISITS, named)})),
        public={"hospitals": PublicTable(rows=9, multiplicity={'t0."x': 2, "beds": 1})},
    )
    assert reach('visits v JOIN hospitals h ON h."t0.""x" = h.beds', known) == 9
    assert reach('visits v JOIN hospitals h ON h."t0.""x" = v.code', known) == 2


def test_a_table_that_the_statement_does_not_name_is_called_what_it_is() -> None:
    sql = (
        "SELECT COUNT(*) FROM visits v WHERE days > (SELECT AVG(w.days) FROM visits w WHERE w.city = v.city)"
    )
    assert "a value for each row: up to 1 rows match one row" in plan(sql, FACTS).notes


def test_a_natural_join_is_on_every_column_of_both_sides() -> None:
    known = world(hospitals=PublicTable(rows=9, multiplicity={"hospital": 2}))
    assert reach("visits v NATURAL JOIN hospitals a", known) == 2
    (stage,) = plan("SELECT COUNT(*) FROM visits v NATURAL JOIN hospitals a", known).stages
    assert stage.exact_sql.endswith('ON (t0."hospital" = t1."hospital")')


@pytest.mark.parametrize("name", ['a t0.""b', 't0.""days""', 't0.""', "days"])
def test_a_column_called_like_one_of_another_table_is_not_of_that_table(name: str) -> None:
    """An equality within the list of rows ties none of them to a row of a person."""
    table = f'(VALUES (1, 1), (2, 2), (3, 3), (3, 4)) AS w("{name}", y)'
    assert reach(f'visits v JOIN {table} ON w."{name}" = w.y', FACTS) == 4
    assert reach(f'visits v JOIN {table} ON w."{name}" = v.days', FACTS) == 2
    assert reach(f'{table} JOIN visits v ON w.y = w."{name}"', FACTS) == 4
    assert reach(f"visits v JOIN {table} ON w.y = v.days", FACTS) == 1


def test_a_semi_join_of_public_tables_has_no_more_rows_than_its_left_side() -> None:
    kept = "(SELECT h.hospital FROM hospitals h SEMI JOIN hospitals g ON g.region = h.region) x"
    assert reach(f"visits v JOIN {kept} ON TRUE", FACTS) == 5
