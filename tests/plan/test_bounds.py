"""Bounds at their edges: rows of joins and unions, and values that a row brings from beyond its bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.nouns.plan import Facts, PublicTable
from sandbox.nouns.policy import ColumnType, Table, Use
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from sandbox.plan.aggregates.steps import places
from sandbox.plan.types import double_sql
from tests.plan.database import Row, changes, connect, exact, fill
from tests.plan.world import DRUGS, FACTS, POLICY, VISITS, facts


def reach(sql: str, known: Facts = FACTS) -> Sensitivity:
    """What one unit can change in the first measure of a statement."""
    return plan(sql, known).stages[0].measures[0].sensitivity


def refusal(sql: str, known: Facts = FACTS) -> str:
    with pytest.raises(Refused) as caught:
        plan(sql, known)
    return caught.value.code


@pytest.mark.parametrize(
    ("kind", "visits", "drugs", "rows"),
    [
        ("JOIN", 3, 2, 6),
        ("LEFT JOIN", 3, 2, 6),
        ("RIGHT JOIN", 3, 2, 6),
        ("RIGHT JOIN", 1, 2, 2),
        ("FULL JOIN", 3, 2, 6),
        ("FULL JOIN", 1, 1, 2),
        ("FULL JOIN", 1, 5, 6),
        ("FULL JOIN", 5, 1, 6),
        ("SEMI JOIN", 3, 2, 3),
        ("ANTI JOIN", 3, 2, 3),
    ],
)
def test_each_kind_of_join_of_protected_tables_has_its_own_bound(
    kind: str, visits: int, drugs: int, rows: int
) -> None:
    known = facts(row_bounds={"visits": visits, "drugs": drugs})
    sql = f"SELECT COUNT(*) FROM visits v {kind} drugs d ON v.id_card = d.person"
    assert reach(sql, known) == Sensitivity.rows(rows)


@pytest.mark.parametrize(
    ("branches", "rows"),
    [
        ("SELECT city FROM visits UNION ALL SELECT city FROM drugs", 64 + 8),
        ("SELECT city FROM visits UNION ALL SELECT city FROM visits", 64 + 64),
        ("SELECT city FROM visits UNION ALL SELECT city FROM visits UNION ALL SELECT city FROM drugs",
         64 + 64 + 8),
    ],
)  # fmt: skip
def test_union_all_adds_bounds_and_a_repeated_scan_counts_again(branches: str, rows: int) -> None:
    assert reach(f"SELECT COUNT(*) FROM ({branches}) v") == Sensitivity.rows(rows)
    assert reach(f"SELECT COUNT(*), SUM(one) FROM (SELECT 1 AS one FROM ({branches}) v) w").l1 == rows


def test_a_public_branch_beside_a_protected_one_is_refused() -> None:
    sql = "SELECT COUNT(*) FROM (SELECT city FROM visits UNION ALL SELECT region AS city FROM hospitals) v"
    assert refusal(sql) == "union_mixed"


@pytest.mark.parametrize("bounds", [{}, {"visits": 0}, {"visits": -1}, {"drugs": 8}])
def test_no_question_about_a_table_whose_rows_per_unit_are_not_bounded(bounds: dict[str, int]) -> None:
    known = replace(FACTS, row_bounds=bounds)
    assert refusal("SELECT COUNT(*) FROM visits", known) == "row_bound_missing"


def hospitals(rows: int, **multiplicity: int) -> Facts:
    """The world with a public table of this size."""
    return replace(FACTS, public={"hospitals": PublicTable(rows=rows, multiplicity=multiplicity)})


def test_a_public_table_of_a_thousand_rows_may_be_joined_without_a_key_and_no_larger_one() -> None:
    sql = "SELECT COUNT(*) FROM visits v JOIN hospitals h ON h.level > v.days"
    assert reach(sql, hospitals(1_000)) == Sensitivity.rows(64 * 1_000)
    assert refusal(sql, hospitals(1_001)) == "join_needs_key"
    both = "SELECT COUNT(*) FROM hospitals a JOIN hospitals b ON a.level > b.level"
    assert plan(both, hospitals(1_000)).public
    assert refusal(both, hospitals(1_001)) == "join_needs_key"


def test_ten_thousand_rows_may_match_one_and_no_more() -> None:
    sql = "SELECT COUNT(*) FROM visits v JOIN hospitals h ON h.hospital = v.hospital"
    assert reach(sql, hospitals(50_000, hospital=10_000)) == Sensitivity.rows(64 * 10_000)
    assert refusal(sql, hospitals(50_000, hospital=10_001)) == "fan_out_too_large"


def test_public_tables_joined_first_multiply_what_matches_a_row() -> None:
    """Rows that share a value in a join are those of its own table, each with all its matches."""
    both = "hospitals a JOIN hospitals b ON a.region = b.region"
    for kind in ("JOIN", "LEFT JOIN"):
        joined = both.replace("JOIN", kind)
        sql = f"SELECT COUNT(*) FROM {joined} JOIN visits v ON v.hospital = a.hospital"
        assert reach(sql) == Sensitivity.rows(64 * 2 * 4)
        other = f"SELECT COUNT(*) FROM {joined} JOIN visits v ON v.hospital = b.hospital"
        assert reach(other) == Sensitivity.rows(64 * 2 * 4)
    unkeyed = (
        "SELECT COUNT(*) FROM hospitals a JOIN hospitals b ON a.level > b.level JOIN visits v ON v.days > 1"
    )
    assert reach(unkeyed) == Sensitivity.rows(64 * 5 * 5)
    outer = "hospitals a FULL JOIN hospitals b ON a.beds = b.beds JOIN visits v ON v.days > 1"
    assert reach(f"SELECT COUNT(*) FROM {outer}") == Sensitivity.rows(64 * (5 + 5))


def test_the_smallest_multiplicity_of_several_keys_bounds_the_fan_out() -> None:
    sql = "SELECT COUNT(*) FROM visits v JOIN hospitals h ON v.hospital = h.hospital AND v.city = h.region"
    assert reach(sql, hospitals(9, hospital=5, region=3)) == Sensitivity.rows(64 * 3)
    assert reach(sql, hospitals(9, hospital=3, region=5)) == Sensitivity.rows(64 * 3)


@pytest.mark.parametrize(
    "tables",
    [
        "hospitals h FULL JOIN visits v ON v.hospital = h.hospital",
        "visits v FULL JOIN hospitals h ON v.hospital = h.hospital",
        "visits v RIGHT JOIN hospitals h ON v.hospital = h.hospital",
        "hospitals h LEFT JOIN visits v ON v.hospital = h.hospital",
        "hospitals h SEMI JOIN visits v ON v.hospital = h.hospital",
        "hospitals h ANTI JOIN visits v ON v.hospital = h.hospital",
    ],
)
def test_rows_that_belong_to_no_unit_are_never_counted(tables: str) -> None:
    assert refusal(f"SELECT COUNT(*) FROM {tables}") == "join_not_supported"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.person",
        "SELECT COUNT(*) FROM visits v SEMI JOIN drugs d ON v.id_card = d.person",
        "SELECT COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE v.id_card = d.person)",
        "SELECT COUNT(*) FROM visits v WHERE v.id_card IN (SELECT d.person FROM drugs d)",
    ],
)
def test_a_unit_brings_at_most_a_million_rows_into_a_join(sql: str) -> None:
    assert plan(sql, facts(row_bounds={"visits": 1_000, "drugs": 1_000})).stages
    assert refusal(sql, facts(row_bounds={"visits": 1_000, "drugs": 1_001})) == "join_too_large"


@pytest.mark.parametrize(
    "tables",
    [
        "visits v JOIN drugs d ON v.city = d.city",
        "visits v SEMI JOIN drugs d ON v.city = d.city",
        "visits v JOIN visits w ON v.id_card = v.id_card",
        "visits v JOIN visits w ON w.id_card = w.id_card",
        "visits v JOIN drugs d ON v.id_card = d.person OR v.city = d.city",
        "visits v JOIN drugs d ON NOT v.id_card = d.person",
        "visits v, drugs d",
    ],
)
def test_units_are_joined_only_where_the_statement_says_that_they_are_one(tables: str) -> None:
    assert refusal(f"SELECT COUNT(*) FROM {tables}") in ("join_needs_unit", "unit_misused")


def test_a_unit_moves_a_sum_by_at_most_two_to_the_53_steps() -> None:
    """Far below the clamp of totals: who moves it further could be told by what the clamp takes off."""
    tenth = -(-(2**50) // 10)
    for low, high in ((0, 2**50), (-(2**50), 0)):
        sql = f"SELECT SUM(clamp(code, {low}, {high})) FROM visits"
        assert reach(sql, facts(row_bounds={"visits": 8})).l1 == 2**53
        assert reach(sql, facts(row_bounds={"visits": 9})).l1 == 9 * tenth
    for low, high in ((0, 2**50 + 1), (-(2**50) - 1, 0)):  # no bound beyond: a DOUBLE would not hold it
        sql = f"SELECT SUM(clamp(code, {low}, {high})) FROM visits"
        assert reach(sql, facts(row_bounds={"visits": 1})).l1 == tenth


def test_a_sum_of_nothing_is_measured_like_a_count() -> None:
    assert reach("SELECT SUM(clamp(code, 0, 0)) FROM visits") == Sensitivity.rows(64)


def test_one_unit_moves_declared_cells_by_no_more_than_it_has_rows() -> None:
    """A unit of two rows touches two of four cells, one of sixty-four rows all four."""
    sql = "SELECT city, COUNT(DISTINCT id_card) FROM visits GROUP BY city"
    assert reach(sql, facts(row_bounds={"visits": 2})) == Sensitivity.groups(2)
    assert reach(sql, facts(row_bounds={"visits": 9})) == Sensitivity.groups(4)
    counted = "SELECT city, COUNT(*) FROM visits GROUP BY city"
    assert reach(counted, facts(row_bounds={"visits": 9})) == Sensitivity.rows(9)


@pytest.mark.parametrize(
    ("keys", "tables", "groups"),
    [
        ("v.code", "visits v JOIN drugs d ON v.id_card = d.person", 64 + 1),
        ("d.price", "visits v JOIN drugs d ON v.id_card = d.person", 8 + 1),
        ("v.code + d.price", "visits v JOIN drugs d ON v.id_card = d.person", 64 * 8),
        ("coalesce(v.code, w.code)", "visits v JOIN visits w ON v.id_card = w.id_card", 64 * 64),
        ("v.code, v.hospital", "visits v JOIN visits w ON v.id_card = w.id_card", 64 + 1),
        ("v.code", "visits v LEFT JOIN hospitals h ON v.hospital = h.hospital", 64 + 1),
        ("h.beds", "visits v LEFT JOIN hospitals h ON v.hospital = h.hospital", 64 * 2),
        (
            "x.n",
            "(SELECT v.id_card, v.code AS n FROM visits v JOIN drugs d ON v.id_card = d.person) x",
            64 * 8,
        ),
        ("v.code", "visits v", 64),
        (
            "v.code",
            "visits v JOIN drugs d ON v.id_card = d.person "
            "WHERE v.days > (SELECT COUNT(*) FROM drugs x WHERE x.city = v.city)",
            64 + 1,
        ),
        ("v.code + (SELECT COUNT(*) FROM drugs)", "visits v JOIN drugs d ON v.id_card = d.person", 64 + 1),
    ],
)
def test_a_unit_opens_no_more_groups_than_it_has_rows_of_the_tables_in_the_keys(
    keys: str, tables: str, groups: int
) -> None:
    """And one of NULL, where an outer join lacks them; what they are joined with opens none."""
    sql = f"SELECT COUNT(*) FROM {tables} GROUP BY {keys}"
    stage = plan(sql, hospitals(9, hospital=2)).stages[-1]
    (units,) = (one for one in stage.measures if one.name == stage.unit_measure)
    assert units.sensitivity == Sensitivity.groups(groups)


def test_a_key_that_looks_at_other_rows_opens_as_many_groups_as_there_are_rows() -> None:
    inner = "EXISTS (SELECT 1 FROM drugs e WHERE e.person = v.id_card AND e.price > d.price)"
    tables = "visits v JOIN drugs d ON v.id_card = d.person"
    sql = f"SELECT k, COUNT(*) FROM (SELECT v.id_card, v.code AS k FROM {tables} WHERE {inner}) x GROUP BY k"
    assert reach(sql.replace("COUNT(*)", "COUNT(DISTINCT id_card)")) == Sensitivity.groups(64 * 8)


def test_one_row_of_a_unit_in_each_group_bounds_the_distance_and_not_the_sum() -> None:
    inner = "SELECT id_card, city, COUNT(*) AS n FROM visits GROUP BY id_card, city"
    known = facts(row_bounds={"visits": 3})
    found = reach(f"SELECT city, SUM(n) FROM ({inner}) v GROUP BY city", known)
    assert found == Sensitivity(l0=3, l1=9, l2_squared=27, linf=3)
    merged = reach(f"SELECT SUM(n) FROM ({inner}) v", known)
    assert merged == Sensitivity.rows(3, 3)


@pytest.mark.parametrize(
    "more", ["JOIN drugs d ON d.person = v.id_card", "JOIN hospitals g ON g.beds = v.code"]
)
def test_nothing_is_joined_after_a_public_table_left_join_a_protected_one(more: str) -> None:
    tables = f"hospitals h LEFT JOIN visits v ON v.hospital = h.hospital {more}"
    assert refusal(f"SELECT h.level, COUNT(v.days) FROM {tables} GROUP BY h.level") == "join_not_supported"


@pytest.mark.parametrize("kind", ["LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
def test_units_of_a_side_that_may_be_missing_do_not_stand_for_the_rows(kind: str) -> None:
    unit = "d.person" if kind == "LEFT JOIN" else "v.id_card"
    tables = f"visits v {kind} drugs d ON v.id_card = d.person"
    (stage,) = plan(f"SELECT drug, COUNT(DISTINCT {unit}) FROM {tables} GROUP BY drug", FACTS).stages
    assert stage.unit_measure == "m1"


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("JOIN", [False, False]),
        ("LEFT JOIN", [False, True]),
        ("RIGHT JOIN", [True, False]),
        ("FULL JOIN", [True, True]),
    ],
)
def test_a_side_that_may_be_missing_has_a_null_cell_in_the_grid(kind: str, missing: list[bool]) -> None:
    visits = "(SELECT id_card AS p, COUNT(*) AS n FROM visits GROUP BY id_card) v"
    drugs = "(SELECT person AS p, COUNT(*) AS m FROM drugs GROUP BY person) d"
    sql = f"SELECT n, m, COUNT(*) FROM {visits} {kind} {drugs} ON v.p = d.p GROUP BY n, m"
    (stage,) = plan(sql, facts(row_bounds={"visits": 3, "drugs": 2})).stages
    assert [None in (key.domain or ()) for key in stage.keys] == missing


def test_the_larger_end_of_the_bounds_says_how_fine_the_steps_of_a_sum_are() -> None:
    quantum = plan("SELECT SUM(clamp(weight, -1, 20000)) FROM visits", FACTS).stages[0].measures[0].quantum
    assert quantum == Fraction(1, 1000)


@pytest.mark.parametrize(
    ("end", "places"),
    [
        ("0.000000003", 16),
        ("0.01", 10),
        ("0.011", 9),
        ("0.5", 8),
        ("1", 8),
        ("2", 7),
        ("20000", 3),
        ("999999", 2),
        ("1000000000", 2),
    ],
)
def test_a_computed_sum_keeps_eight_digits_and_cents_at_least(end: str, places: int) -> None:
    measure = plan(f"SELECT SUM(clamp(weight, 0, {end})) FROM visits", FACTS).stages[0].measures[0]
    assert measure.quantum == Fraction(1, 10**places)


@pytest.mark.parametrize("largest", [Fraction(0), Fraction(1, 10**50), Fraction(1, 10**400)])
def test_steps_of_bounds_at_0_or_next_to_it_are_steps_all_the_same(largest: Fraction) -> None:
    assert 8 <= places(largest) <= 60


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("days", ColumnType.INTEGER),
        ("urgent", ColumnType.INTEGER),
        ("floor(clamp(weight, 0, 9))", ColumnType.INTEGER),
        ("clamp(weight, 0, 9)", ColumnType.NUMBER),
    ],
)
def test_a_sum_of_whole_numbers_is_one_in_steps_of_one(text: str, kind: ColumnType) -> None:
    made = plan(f"SELECT SUM({text}) FROM visits", FACTS)
    assert made.post.columns[0].type is kind
    assert (made.stages[0].measures[0].quantum == 1) == (kind is ColumnType.INTEGER)


def priced(low: str, high: str) -> tuple[Facts, Table]:
    """The world with prices stored in cents, between these bounds."""
    bounds = {"bounds": (Decimal(low), Decimal(high))}
    columns = tuple(c.model_copy(update=bounds) if c.name == "price" else c for c in DRUGS.columns)
    drugs = DRUGS.model_copy(update={"columns": columns})
    return facts(POLICY.model_copy(update={"tables": (VISITS, drugs)})), drugs


@pytest.mark.parametrize(("text", "ends"), [("urgent", (0, 1)), ("days", (0, 30)), ("price", (-1.5, 100))])
def test_a_released_average_lies_within_the_bounds_of_its_values(
    text: str, ends: tuple[float, float]
) -> None:
    table = "drugs" if text == "price" else "visits"
    sql = plan(f"SELECT AVG({text}) FROM {table}", FACTS).post.sql
    low, high = (double_sql(Fraction(end)) for end in ends)
    assert "least(greatest(" in sql
    assert f", {low}), {high})" in sql


@pytest.mark.parametrize("what", ["*", "1", "days", "DISTINCT id_card", "DISTINCT city"])
def test_counts_are_whole_numbers_of_step_one(what: str) -> None:
    made = plan(f"SELECT COUNT({what}) FROM visits", FACTS)
    assert made.post.columns[0].type is ColumnType.INTEGER
    assert made.stages[0].measures[0].quantum == 1


def test_a_constant_is_counted_as_rows_are_and_distinct_values_are_one_column() -> None:
    first, second = (plan(f"SELECT COUNT({what}) FROM visits", FACTS).stages[0] for what in ("1", "*"))
    assert first.exact_sql == second.exact_sql
    assert refusal("SELECT COUNT(DISTINCT (city, sex)) FROM visits") in (
        "type_wrong",
        "construct_not_supported",
    )
    assert refusal("SELECT COUNT(DISTINCT city, sex) FROM visits") == "argument_count"
    assert refusal("SELECT COUNT(DISTINCT NULL) FROM visits") == "type_wrong"


def test_counting_a_column_is_a_use_of_it() -> None:
    assert refusal("SELECT COUNT(diagnosis) FROM visits") == "use_not_granted"
    made = plan("SELECT COUNT(CASE WHEN diagnosis = 'I10' THEN 1 END) FROM visits", FACTS)
    assert made.uses["visits"] == {"diagnosis": {Use.FILTER}}


@pytest.mark.parametrize("kind", ["SEMI", "ANTI"])
def test_a_row_is_kept_for_rows_of_its_own_unit_or_for_public_ones(kind: str) -> None:
    """The unit conjunct is ours and stands beside all others; what is looked at is out of sight after."""
    on = "v.id_card = d.person AND v.city = d.city"
    (stage,) = plan(f"SELECT COUNT(*) FROM visits v {kind} JOIN drugs d ON {on}", FACTS).stages
    conjuncts = 't0."_unit" = t1."_unit" AND (t0."city" = t1."city")'
    plain = stage.exact_sql.replace("CAST(", "").replace(" AS VARCHAR)", "")
    assert f" {kind} JOIN " in plain
    assert f" ON {conjuncts}" in plain
    (alone,) = plan(f"SELECT COUNT(*) FROM visits v {kind} JOIN hospitals h", FACTS).stages
    assert alone.exact_sql.endswith(" ON TRUE")
    beside = f"visits v {kind} JOIN hospitals h ON v.hospital = h.hospital"
    assert reach(f"SELECT COUNT(*) FROM {beside}") == Sensitivity.rows(64)
    assert plan(
        f"SELECT COUNT(*) FROM hospitals a {kind} JOIN hospitals b ON a.level > b.level", FACTS
    ).public
    seen = f"SELECT COUNT(d.price) FROM visits v {kind} JOIN drugs d ON {on}"
    assert refusal(seen) in ("unknown_column", "unknown_table")


def test_an_average_says_what_is_taken_off_each_value() -> None:
    labels = [measure.label for measure in plan("SELECT AVG(days) FROM visits", FACTS).stages[0].measures]
    assert labels == ["SUM(days - 15)", "COUNT(days)"]


def test_rows_kept_by_a_semi_join_are_counted_by_unit_and_not_by_first_rows() -> None:
    """The first row of a unit may be one that the join drops."""
    tables = "visits v SEMI JOIN drugs d ON v.id_card = d.person AND d.price > v.days"
    sql = f"SELECT COUNT(DISTINCT id_card) FROM {tables}"
    assert "count(DISTINCT" in plan(sql, FACTS).stages[0].exact_sql


def test_the_grid_of_one_cell_is_one_group() -> None:
    sql = "SELECT city, COUNT(DISTINCT id_card) FROM visits WHERE city = '开封市' GROUP BY city"
    assert reach(sql) == Sensitivity.groups(1)


def test_what_is_asked_weighs_more_than_what_only_the_floor_or_the_threshold_needs() -> None:
    def weights(key: str) -> list[tuple[str, int]]:
        (stage,) = plan(f"SELECT {key}, SUM(days) FROM visits GROUP BY {key}", FACTS).stages
        return [(measure.label, measure.weight) for measure in stage.measures]

    assert weights("city") == [("SUM(days)", 4), ("COUNT(DISTINCT unit)", 1)]
    assert weights("hospital") == [("SUM(days)", 4), ("COUNT(DISTINCT unit)", 2)]


def test_rows_that_a_join_multiplies_lie_no_longer_apart() -> None:
    """One row of a unit in each group, joined with eight of its others, is eight rows in one group."""
    inner = "SELECT id_card, city, COUNT(*) AS n FROM visits GROUP BY id_card, city"
    sql = f"SELECT v.city, SUM(n) FROM ({inner}) v JOIN drugs d ON d.person = v.id_card GROUP BY v.city"
    assert reach(sql, facts(row_bounds={"visits": 3, "drugs": 8})) == Sensitivity.rows(3 * 8, 3)


@pytest.mark.parametrize(
    ("text", "quantum"),
    [
        ("urgent", Fraction(1, 2)),
        ("clamp(weight, 0, 1)", Fraction(1, 10**8)),
        ("clamp(code, -7, 5)", Fraction(1)),
    ],
)
def test_only_conditions_are_averaged_in_halves(text: str, quantum: Fraction) -> None:
    """A fraction between 0 and 1 in steps of a half would be a coin's answer."""
    assert plan(f"SELECT AVG({text}) FROM visits", FACTS).stages[0].measures[0].quantum == quantum


@pytest.mark.parametrize(
    ("rows", "key", "norms"),
    [
        (2, "", (1, 2, 4, 2)),
        (3, "", (1, 3, 9, 3)),
        (9, "", (1, 3, 9, 3)),
        (5, "sex", (3, 5, 13, 3)),
        (20, "sex", (3, 9, 27, 3)),
        (5, "hospital", (5, 5, 13, 3)),
    ],
)
def test_distinct_values_move_by_the_rows_or_by_what_is_public_in_each_group(
    rows: int, key: str, norms: tuple[int, int, int, int]
) -> None:
    grouped = f"SELECT {key}, COUNT(DISTINCT city) FROM visits GROUP BY {key}"
    sql = grouped if key else "SELECT COUNT(DISTINCT city) FROM visits"
    found = reach(sql, facts(row_bounds={"visits": rows}))
    assert (found.l0, found.l1, found.l2_squared, found.linf) == norms


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect()
    fill(made, DRUGS, [], 1)
    yield made
    made.close()


BEYOND: list[Row] = [
    {"code": code, "weight": weight, "days": days}
    for code, weight, days in (
        (None, math.nan, 0),
        (4, None, 30),
        (-1, -1.25, 15),
        (-7, -5.0, 0),
        (5, 2.5, 30),
        (-8, -1e300, 0),
        (2**62, math.inf, 30),
        (-(2**62), math.inf, 0),
        (-(2**62), -math.inf, 0),
    )
]
"""Rows at, within and far beyond the bounds that the statements below give."""


@pytest.mark.parametrize(
    "aggregate",
    [
        "COUNT(code)",
        "SUM(clamp(code, -7, 5))",
        "SUM(clamp(code, -7, 5) * 2)",
        "SUM(clamp(weight, -5, 2.5))",
        "SUM(clamp(weight, -0.25, 2.5) * 3)",
        "AVG(clamp(code, -7, 5))",
        "AVG(clamp(code, -7, 4))",
        "AVG(clamp(weight, -5, 2.5))",
        "AVG(code > 4)",
        "VAR_POP(clamp(code, -7, 5))",
        "VAR_POP(clamp(code, -7, 4))",
        "STDDEV(clamp(weight, -5, 2.5))",
        "COVAR_POP(clamp(code, -7, 5), clamp(weight, -5, 2.5))",
        "CORR(clamp(weight, -5, 2.5), days)",
        "MEDIAN(clamp(code, -7, 5))",
        "QUANTILE_CONT(clamp(weight, -5, 2.5), 0.9)",
        "MIN(clamp(weight, -5, 2.5))",
        "MAX(clamp(code, -7, 5))",
    ],
)
def test_a_row_from_beyond_the_bounds_moves_a_measure_as_far_as_they_and_no_further(
    con: duckdb.DuckDBPyConnection, aggregate: str
) -> None:
    """``code`` and ``weight`` have no bounds in the policy: what is rendered alone keeps them."""
    (stage,) = plan(f"SELECT {aggregate} FROM visits", facts(row_bounds={"visits": 1})).stages
    fill(con, VISITS, [], 1)
    (before,) = exact(con, stage)
    most = dict.fromkeys((measure.name for measure in stage.measures), 0)
    for row in BEYOND:
        fill(con, VISITS, [{**row, "id_card": 0}] * 3, 3)
        (after,) = exact(con, stage)
        for measure in stage.measures:
            moved = changes(measure, before[measure.name], after[measure.name])
            most[measure.name] = max(most[measure.name], moved)
    assert most == {measure.name: measure.sensitivity.linf for measure in stage.measures}


@pytest.mark.parametrize(
    ("low", "high", "ends"),
    [
        ("-1.5", "100000", (-150, 10_000_000)),
        ("-1.505", "100000.005", (-151, 10_000_001)),
        ("-100000.005", "1", (-10_000_001, 100)),
    ],
)
def test_stored_decimals_are_summed_in_their_own_steps_and_bounds_rounded_outwards(
    con: duckdb.DuckDBPyConnection, low: str, high: str, ends: tuple[int, int]
) -> None:
    """What a load clamps to a bound between two steps is stored as either of them."""
    known, drugs = priced(low, high)
    for text in ("price", "coalesce(price, 0)"):
        made = plan(f"SELECT SUM({text}) FROM drugs", known)
        (stage,) = made.stages
        assert made.post.columns[0].type is ColumnType.NUMBER
        assert stage.measures[0].sensitivity == Sensitivity.rows(8, max(map(abs, ends)))
        assert stage.measures[0].quantum == Fraction(1, 100)
        fill(
            con,
            drugs,
            [{"person": 0, "price": price} for price in (Decimal("0.07"), None, Decimal("0.5"))],
            8,
        )
        assert exact(con, stage)[0]["m0"] == 57
    for beyond, end in zip((-500_000, 500_000), ends, strict=True):
        fill(con, drugs, [{"person": 0, "price": beyond}], 8)
        assert exact(con, stage)[0]["m0"] == end
    fill(con, DRUGS, [], 1)


@pytest.mark.parametrize("key", ["", "city", "sex", "hospital", "city, sex"])
def test_each_unit_counts_once_in_each_group_that_it_has_rows_in(
    con: duckdb.DuckDBPyConnection, key: str
) -> None:
    """Also where marked rows stand for units."""
    places = ("郑州市", "郑州市", "开封市", None)
    rows: list[Row] = [
        {"id_card": unit, "city": city, "sex": sex, "hospital": city}
        for unit, sexes in enumerate(("FFFF", "FMFM", "MMM"))
        for city, sex in zip(places, sexes, strict=False)
    ]
    fill(con, VISITS, rows, 4)
    items = f"{key}, " if key else ""
    group = f"GROUP BY {key}" if key else ""
    (stage,) = plan(f"SELECT {items}COUNT(DISTINCT id_card) FROM visits {group}", FACTS).stages
    names = [name for name in key.split(", ") if name]
    wanted: dict[tuple[object, ...], set[object]] = {}
    for row in rows:
        wanted.setdefault(tuple(row[name] for name in names), set()).add(row["id_card"])
    found = {tuple(row[part.name] for part in stage.keys): row["m0"] for row in exact(con, stage)}
    assert {cell: n for cell, n in found.items() if n} == {cell: len(ids) for cell, ids in wanted.items()}


@pytest.mark.parametrize(("days", "halves"), [(0, -1), (30, 1), (90, 1), (-60, -1)])
def test_a_proportion_is_clamped_whatever_a_load_has_kept(
    con: duckdb.DuckDBPyConnection, days: int, halves: int
) -> None:
    """Interval arithmetic alone says that a quotient of days in [0, 30] is 0 or 1."""
    fill(con, VISITS, [{"id_card": 0, "days": days}], 1)
    (stage,) = plan("SELECT AVG(floor(days / 30)) FROM visits", FACTS).stages
    assert stage.measures[0].quantum == Fraction(1, 2)
    assert exact(con, stage)[0]["m0"] == halves


def test_a_zero_is_one_value_and_what_is_no_number_is_none(con: duckdb.DuckDBPyConnection) -> None:
    weights = (0.0, -0.0, math.nan, math.inf, -math.inf, None)
    fill(con, VISITS, [{"id_card": 0, "weight": weight} for weight in weights], 6)
    (stage,) = plan("SELECT COUNT(DISTINCT weight) FROM visits", FACTS).stages
    assert exact(con, stage)[0]["m0"] == 1
