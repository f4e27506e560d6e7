"""The privacy model's rules on queries and sensitivities, one test a rule."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from fractions import Fraction

import pytest

from sandbox.errors import Refused
from sandbox.nouns.mask import DateTrunc
from sandbox.nouns.plan import Facts, Measure, Plan, PublicTable
from sandbox.nouns.policy import Column, ColumnType, Use
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from sandbox.plan.rewrites import MARK
from tests.plan.world import DRUGS, FACTS, POLICY, VISITS, facts


def measures(sql: str, facts: Facts = FACTS) -> list[Measure]:
    return list(plan(sql, facts).stages[0].measures)


def bound(sql: str, facts: Facts = FACTS) -> int:
    """Rows that one unit can have in a FROM clause: what COUNT(*) can change by."""
    return measures(sql, facts)[0].sensitivity.l1


def made(sql: str) -> Plan:
    return plan(sql, FACTS)


def test_a_scan_is_bounded_by_its_ranks_and_renders_the_bound() -> None:
    assert bound("SELECT COUNT(*) FROM visits") == 64
    assert '"_rank" < 64' in made("SELECT COUNT(*) FROM visits").stages[0].exact_sql


def test_filter_and_case_leave_the_bound_as_it_is() -> None:
    assert bound("SELECT COUNT(*) FROM visits WHERE CASE WHEN days > 1 THEN urgent END") == 64


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("visits v JOIN drugs d ON v.id_card = d.person", 64 * 8),
        ("visits v LEFT JOIN drugs d ON v.id_card = d.person", 64 * 8),
        ("visits a JOIN visits b ON a.id_card = b.id_card", 64 * 64),
        ("visits a JOIN visits b USING (id_card) JOIN visits c USING (id_card)", 64**3),
    ],
)
def test_unit_with_unit_multiplies_the_bounds(sql: str, rows: int) -> None:
    assert bound(f"SELECT COUNT(*) FROM {sql}") == rows


def test_every_scan_of_a_join_has_its_own_bound_and_the_unit_conjunct_is_ours() -> None:
    sql = made("SELECT COUNT(*) FROM visits a JOIN drugs b ON b.person = a.id_card AND a.city = b.city")
    text = sql.stages[0].exact_sql
    assert text.count('"_rank" <') == 2
    assert 't0."_unit" = t1."_unit" AND' in text


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("visits v JOIN hospitals h ON v.hospital = h.hospital", 64 * 2),
        ("visits v LEFT JOIN hospitals h ON v.hospital = h.hospital", 64 * 2),
        ("visits v JOIN hospitals h ON v.city = h.region AND v.hospital = h.hospital", 64 * 2),
        ("visits v JOIN hospitals h ON v.city = h.region", 64 * 4),
        ("hospitals h JOIN visits v ON v.city = h.region", 64 * 4),
        ("visits v JOIN hospitals h ON v.code = h.beds AND h.level > 1", 64),
    ],
)
def test_unit_with_public_multiplies_by_the_fan_out_of_the_public_key(sql: str, rows: int) -> None:
    assert bound(f"SELECT COUNT(*) FROM {sql}") == rows


OF_PUBLIC = "SELECT hospital FROM hospitals WHERE level = 1"


@pytest.mark.parametrize(
    ("side", "rows"),
    [
        ("(SELECT DISTINCT hospital FROM hospitals) h", 64),
        (f"(SELECT hospital FROM hospitals EXCEPT {OF_PUBLIC}) h", 64),
        (f"(SELECT hospital FROM hospitals INTERSECT {OF_PUBLIC}) h", 64),
        (f"(SELECT hospital FROM hospitals UNION {OF_PUBLIC}) h", 64),
        ("(SELECT h AS hospital FROM (SELECT DISTINCT hospital AS h FROM hospitals) p) h", 64),
        (f"(SELECT hospital FROM hospitals EXCEPT ALL {OF_PUBLIC}) h", 64 * 10),
        (f"(SELECT hospital FROM hospitals UNION ALL {OF_PUBLIC}) h", 64 * 4),
        ("(SELECT DISTINCT hospital, level FROM hospitals) h", 64 * 5),
        ("(SELECT DISTINCT hospital, level / 2 AS half FROM hospitals) h", 64 * 5),
        ("(SELECT '12' AS hospital) h", 64),
        ("(SELECT '12' AS hospital UNION ALL SELECT '12') h", 64 * 2),
        ("(SELECT hospital FROM (VALUES ('12'), ('12'), ('x')) AS w(hospital)) h", 64 * 2),
    ],
)
def test_what_is_shown_once_matches_once_and_nothing_else_does(side: str, rows: int) -> None:
    assert bound(f"SELECT COUNT(*) FROM visits v JOIN {side} ON h.hospital = v.hospital") == rows


@pytest.mark.parametrize("word", ["EXCEPT", "INTERSECT", "UNION"])
def test_rows_of_units_are_never_compared_with_public_ones_or_with_those_of_others(word: str) -> None:
    for one, two in (("hospitals", "visits"), ("visits", "hospitals"), ("visits", "visits")):
        with pytest.raises(Refused) as caught:
            made(f"SELECT COUNT(*) FROM (SELECT hospital FROM {one} {word} SELECT hospital FROM {two}) t")
        assert caught.value.code == "set_operation_not_supported"


@pytest.mark.parametrize("where", ["EXISTS (SELECT 1 FROM visits)", "'x' IN (SELECT hospital FROM visits)"])
def test_a_row_of_constants_never_depends_on_rows_of_units(where: str) -> None:
    with pytest.raises(Refused) as caught:
        made(f"SELECT COUNT(*) FROM visits v CROSS JOIN (SELECT 1 AS one WHERE {where}) c")
    assert caught.value.code == "subquery_other_units"


def test_a_condition_of_on_that_names_one_table_is_a_filter_of_it_and_any_other_a_join() -> None:
    joined = "SELECT COUNT(*) FROM drugs d LEFT JOIN visits v ON v.id_card = d.person AND "
    columns = tuple(one.model_copy(update={"use": one.use - {Use.JOIN}}) for one in VISITS.columns)
    tables = (VISITS.model_copy(update={"columns": columns}), DRUGS)
    apart = facts(POLICY.model_copy(update={"tables": tables}))
    assert plan(joined + "v.city = '郑州市' AND v.days + 1 > 3", apart).stages
    for condition in ("v.days > d.price", "v.city = d.city", "v.city IS NOT DISTINCT FROM d.city"):
        with pytest.raises(Refused) as caught:
            plan(joined + condition, apart)
        assert "join of visits." in caught.value.reason


@pytest.mark.parametrize("word", ["JOIN", "LEFT JOIN"])
def test_an_empty_public_table_has_fan_out_at_least_one(word: str) -> None:
    empty = replace(FACTS, public={"hospitals": PublicTable(rows=0, multiplicity={"hospital": 0})})
    assert bound(f"SELECT COUNT(*) FROM visits v {word} hospitals h ON v.hospital = h.hospital", empty) == 64


def test_without_a_known_multiplicity_the_row_count_is_the_fan_out() -> None:
    unknown = replace(FACTS, public={"hospitals": PublicTable(rows=9, multiplicity={})})
    assert bound("SELECT COUNT(*) FROM visits v JOIN hospitals h USING (hospital)", unknown) == 64 * 9


def test_a_join_whose_rows_could_multiply_without_measure_is_refused() -> None:
    """How long it takes would hang on which rows match: a failure would be a bit of the data."""
    hospitals = PublicTable(rows=50_000, multiplicity={"hospital": 20_000})
    crowded = replace(FACTS, public={"hospitals": hospitals})
    named = "WITH m AS (SELECT hospital, city, COUNT(*) AS n FROM visits GROUP BY hospital, city) "
    for sql, known in (
        ("SELECT COUNT(*) FROM visits v JOIN hospitals h USING (hospital)", crowded),
        (named + "SELECT COUNT(*) FROM visits v JOIN m ON m.city = v.city", FACTS),
    ):
        with pytest.raises(Refused) as caught:
            plan(sql, known)
        assert caught.value.code == "fan_out_too_large"
    whole = named + "SELECT COUNT(*) FROM visits v JOIN m ON m.city = v.city AND m.hospital = v.hospital"
    assert plan(whole, FACTS).stages[1].measures[0].sensitivity.linf == 64
    summed = named + "SELECT COUNT(*) FROM visits v JOIN (SELECT city, SUM(n) AS n FROM m GROUP BY city) m "
    assert plan(summed + "ON m.city = v.city", FACTS).stages[1].measures[0].sensitivity.linf == 64


def test_a_conversion_in_a_join_never_bounds_the_fan_out() -> None:
    """Every row of the public table may match, and a large one is refused."""
    sql = "SELECT COUNT(*) FROM visits v JOIN hospitals h ON v.amount = h.level"
    assert bound(sql) == 64 * 5
    large = replace(FACTS, public={"hospitals": PublicTable(rows=5000, multiplicity={"level": 1})})
    with pytest.raises(Refused) as caught:
        plan(sql, large)
    assert caught.value.code == "join_needs_key"


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("(SELECT * FROM visits WHERE days > 1) v", 64),
        (
            "(SELECT * FROM (SELECT id_card, days FROM visits) a) v JOIN drugs d ON v.id_card = d.person",
            64 * 8,
        ),
        ("(SELECT a.id_card FROM visits a JOIN visits b USING (id_card)) v", 64 * 64),
        ("drugs d LEFT JOIN (SELECT id_card AS i FROM visits) v ON v.i = d.person", 64 * 8),
        ("(SELECT hospital FROM visits) v JOIN hospitals h ON v.hospital = h.hospital", 64 * 2),
    ],
)
def test_a_subquery_over_rows_has_the_bound_of_its_own_from(sql: str, rows: int) -> None:
    assert bound(f"SELECT COUNT(*) FROM {sql}") == rows


def test_a_named_subquery_counts_again_each_time_it_is_used() -> None:
    named = "WITH a AS (SELECT * FROM visits), b AS (SELECT x.id_card FROM a x JOIN a y USING (id_card))"
    assert bound(f"{named} SELECT COUNT(*) FROM a JOIN b ON a.id_card = b.id_card") == 64**3


def test_a_subquery_enforces_the_bound_of_its_table_and_the_unit_joins_are_ours() -> None:
    tables = "a JOIN (SELECT * FROM drugs) b ON a.id_card = b.person"
    sql = f"WITH a AS (SELECT * FROM visits) SELECT COUNT(*) FROM {tables}"
    text = made(sql).stages[0].exact_sql
    assert '"_rank" < 64' in text
    assert '"_rank" < 8' in text
    assert 't0."_unit" = t1."_unit"' in text


def test_uses_and_tables_inside_subqueries_are_those_of_the_statement() -> None:
    inner = "SELECT sex AS s, amount AS a FROM visits WHERE diagnosis = 'I10'"
    found = made(f"SELECT s, SUM(a) FROM ({inner}) x GROUP BY s")
    assert found.tables == {"visits"}
    assert found.uses == {
        "visits": {"sex": {Use.GROUP}, "amount": {Use.AGGREGATE}, "diagnosis": {Use.FILTER}}
    }
    assert found.literals == ("I10",)


def test_a_computed_item_is_clamped_again_and_a_column_keeps_the_bounds_of_its_load() -> None:
    def rendered(item: str) -> str:
        return made(f"SELECT SUM(x) FROM (SELECT {item} AS x FROM visits) v").stages[0].exact_sql

    assert "CASE" not in rendered("amount")
    assert "ELSE round" in rendered("amount * 2")
    assert rendered("clamp(days, 0, 7)").count("CASE") == 2


def test_people_of_a_filtered_subquery_are_counted_by_rows_that_are_left() -> None:
    """The cheap count of first rows would miss units whose first row the subquery drops."""
    sql = "SELECT COUNT(DISTINCT id_card) FROM (SELECT * FROM visits WHERE days > 1) v"
    assert "count(DISTINCT" in made(sql).stages[0].exact_sql


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT COUNT(*) FROM (SELECT city FROM visits LIMIT 5) v", "subquery_not_supported"),
        ("SELECT COUNT(*) FROM (SELECT city FROM visits ORDER BY days) v", "subquery_not_supported"),
        ("SELECT COUNT(*) FROM (SELECT DISTINCT *, 1 AS x FROM visits) v", "distinct_not_supported"),
        ("SELECT COUNT(*) FROM (SELECT 1 AS one) v", "table_function"),
        ("SELECT COUNT(*) FROM (SELECT days + 1 FROM visits) v", "name_missing"),
        ("SELECT COUNT(*) FROM (SELECT days, amount AS days FROM visits) v", "duplicate_alias"),
        ("SELECT COUNT(*) FROM (SELECT * FROM visits a JOIN drugs b ON a.id_card = b.person) v",
         "star_not_supported"),
        ("SELECT COUNT(DISTINCT p) FROM (SELECT upper(id_card) AS p FROM visits) v", "unit_misused"),
        ("SELECT p FROM (SELECT id_card AS p FROM visits) v GROUP BY p", "unit_in_output"),
        ("SELECT SUM(p) FROM (SELECT id_card AS p FROM visits) v", "unit_misused"),
        ("SELECT COUNT(*) FROM (SELECT _unit AS p FROM visits) v", "reserved_name"),
        ("SELECT COUNT(*) FROM (SELECT name FROM visits) v", "unknown_column"),
        ("SELECT COUNT(*) FROM (SELECT city FROM visits) v WHERE days > 1", "unknown_column"),
        ("SELECT COUNT(*) FROM visits WHERE days IN (SELECT days FROM visits)", "join_needs_unit"),
        ("SELECT (SELECT COUNT(*) FROM visits) FROM visits", "row_level_output"),
        ("SELECT COUNT(*) FROM (SELECT city FROM visits UNION ALL SELECT city FROM visits LIMIT 3) v",
         "set_operation_not_supported"),
        ("SELECT COUNT(*) FROM (SELECT city FROM visits EXCEPT SELECT city FROM drugs) v",
         "set_operation_not_supported"),
        ("SELECT COUNT(*) FROM (SELECT city FROM visits UNION ALL"
         " (SELECT city FROM visits UNION SELECT city FROM drugs)) v", "set_operation_not_supported"),
        ("SELECT COUNT(*) FROM (SELECT city FROM visits UNION SELECT city FROM drugs) v",
         "set_operation_not_supported"),
        ("SELECT COUNT(*) FROM (visits) v", "construct_not_supported"),
        ("WITH a AS (SELECT city FROM visits), a AS (SELECT city FROM drugs) SELECT COUNT(*) FROM a",
         "duplicate_alias"),
        ("SELECT COUNT(*) FROM (WITH a AS (SELECT city FROM visits) SELECT city FROM a) v",
         "subquery_not_supported"),
        ("SELECT COUNT(*) FROM (SELECT d.person FROM visits v LEFT JOIN drugs d ON d.person = v.id_card) x",
         "unit_misused"),
        ("SELECT COUNT(*) FROM visits v JOIN (SELECT city FROM drugs) d ON v.city = d.city",
         "join_needs_unit"),
    ],
)  # fmt: skip
def test_what_a_subquery_may_not_be_is_refused(sql: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        plan(sql, FACTS)
    assert code in {caught.value.code, *(other.code for other in caught.value.others)}


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("(SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card) v", 1),
        ("(SELECT id_card, city, COUNT(*) AS n FROM visits GROUP BY 1, 2) v", 64),
        ("(SELECT id_card, n FROM (SELECT id_card, days AS n FROM visits) a GROUP BY 1, 2) v", 64),
        ("(SELECT id_card FROM visits GROUP BY id_card) v JOIN drugs d ON v.id_card = d.person", 8),
        (
            "(SELECT a.id_card AS i, a.city FROM visits a JOIN visits b USING (id_card) GROUP BY 1, 2) v",
            64 * 64,
        ),
    ],
)
def test_a_subquery_grouped_by_the_unit_has_one_row_or_those_of_its_from(sql: str, rows: int) -> None:
    assert bound(f"SELECT COUNT(*) FROM {sql}") == rows


def test_numbers_of_a_unit_are_bounded_by_its_rows_and_clamped_where_they_are_summed() -> None:
    inner = (
        "SELECT person, COUNT(*) AS n, SUM(price) AS total, MIN(price) AS least FROM drugs GROUP BY person"
    )
    count, total, least = measures(f"SELECT SUM(n), SUM(total), SUM(least) FROM ({inner}) v")
    assert count.sensitivity.l1 == 8
    assert total.sensitivity.l1 * total.quantum == 800
    assert least.sensitivity.l1 * least.quantum == 100
    assert "THEN CAST(8 AS BIGINT)" in made(f"SELECT SUM(n) FROM ({inner}) v").stages[0].exact_sql


def test_how_many_rows_a_unit_has_is_a_declared_key() -> None:
    inner = "SELECT id_card, COUNT(*) AS n FROM visits GROUP BY id_card"
    stage = made(f"SELECT n, COUNT(*) FROM ({inner}) v GROUP BY n").stages[0]
    assert stage.keys[0].domain == tuple(range(1, 65))
    assert stage.measures[0].sensitivity == Sensitivity.rows(1)


def test_what_keeps_a_unit_by_having_is_a_filter() -> None:
    inner = "SELECT id_card FROM visits GROUP BY id_card HAVING MAX(days) > 7"
    assert made(f"SELECT COUNT(*) FROM ({inner}) v").uses["visits"]["days"] == {Use.AGGREGATE, Use.FILTER}


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("SELECT id_card, weight FROM visits GROUP BY id_card, weight", "subquery_not_supported"),
        ("SELECT id_card, days FROM visits GROUP BY id_card", "row_level_output"),
        ("SELECT upper(id_card) AS u FROM visits GROUP BY id_card", "unit_misused"),
        ("SELECT id_card, SUM(weight) AS t FROM visits GROUP BY id_card", "bounds_missing"),
        ("SELECT id_card, MAX(id_card) AS t FROM visits GROUP BY id_card", "unit_misused"),
        ("SELECT id_card, COUNT(DISTINCT id_card) AS t FROM visits GROUP BY id_card", "unit_misused"),
        ("SELECT id_card, STDDEV(days) AS t FROM visits GROUP BY id_card", "not_yet"),
        ("SELECT id_card, SUM(COUNT(*)) AS t FROM visits GROUP BY id_card", "aggregate_misplaced"),
        ("SELECT * FROM visits GROUP BY id_card", "star_not_supported"),
        ("SELECT id_card FROM visits HAVING COUNT(*) > 1", "unit_in_output"),
        ("SELECT d.person AS p FROM visits v LEFT JOIN drugs d ON d.person = v.id_card GROUP BY d.person",
         "unit_in_output"),
        ("SELECT id_card, MAX(diagnosis) AS d FROM visits GROUP BY id_card", "use_not_granted"),
    ],
)  # fmt: skip
def test_groups_that_mix_units_or_depend_on_an_order_are_refused(inner: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        plan(f"SELECT COUNT(*) FROM ({inner}) v", FACTS)
    assert code in {caught.value.code, *(other.code for other in caught.value.others)}


def test_names_that_double_names_are_refused_before_their_text_explodes() -> None:
    parts = ["a0 AS (SELECT * FROM visits)"]
    parts += [
        f"a{n} AS (SELECT x.id_card FROM a{n - 1} x JOIN a{n - 1} y USING (id_card))" for n in range(1, 40)
    ]
    with pytest.raises(Refused) as caught:
        plan(f"WITH {', '.join(parts)} SELECT COUNT(*) FROM a39", FACTS)
    assert caught.value.code == "statement_too_deep"


def test_under_a_row_bound_all_norms_are_one_number() -> None:
    for measure in measures("SELECT COUNT(*), COUNT(amount), SUM(amount) FROM visits"):
        found = measure.sensitivity
        assert found.l1 == found.linf
        assert found.l2_squared == found.l1**2


def test_a_sum_moves_by_the_larger_end_of_its_bounds() -> None:
    (total,) = measures("SELECT SUM(price) FROM drugs")
    assert total.quantum == Fraction(1, 10**5)
    assert total.sensitivity.l1 == 8 * 100 * 10**5
    (negative,) = measures("SELECT SUM(clamp(price, -1.5, 1)) FROM drugs")
    assert negative.sensitivity.l1 * negative.quantum == 8 * Fraction(3, 2)


def test_sensitivity_is_taken_from_the_rounded_integers() -> None:
    (total,) = measures("SELECT SUM(clamp(weight, 0, 0.3333333333)) FROM visits")
    steps = total.sensitivity.l1 // 64
    assert steps == 33_333_334
    assert (
        f"{float(steps)!r}e0"
        in made("SELECT SUM(clamp(weight, 0, 0.3333333333)) FROM visits").stages[0].exact_sql
    )


def test_an_average_is_a_centred_sum_and_a_count() -> None:
    total, count = measures("SELECT AVG(amount) FROM visits")
    assert total.sensitivity.l1 * total.quantum == 64 * 10_000
    assert count.sensitivity == Sensitivity.rows(64)


@pytest.mark.parametrize(
    ("filtered", "plainly"),
    [
        ("COUNT(*) FILTER (WHERE days > 1)", "COUNT(*)"),
        ("COUNT_IF(days > 1)", "COUNT(*)"),
        ("SUM(price) FILTER (WHERE drug = 'A')", "SUM(price)"),
        ("AVG(amount) FILTER (WHERE urgent)", "AVG(amount)"),
        ("COUNT(DISTINCT id_card) FILTER (WHERE urgent)", "COUNT(DISTINCT id_card)"),
        ("COUNT_IF(urgent) FILTER (WHERE days > 1)", "COUNT(*)"),
    ],
)
def test_a_filter_only_drops_so_the_change_stays_that_of_the_aggregate(filtered: str, plainly: str) -> None:
    table = "drugs" if "price" in filtered else "visits"
    with_filter, without = (measures(f"SELECT {text} FROM {table}") for text in (filtered, plainly))
    assert [m.sensitivity for m in with_filter] == [m.sensitivity for m in without]
    assert [m.quantum for m in with_filter] == [m.quantum for m in without]
    assert len({*made(f"SELECT {filtered}, {plainly} FROM {table}").stages[0].measures}) == 2 * len(without)


def test_a_filter_never_lowers_a_sensitivity_and_needs_the_use_filter() -> None:
    text = "SUM(amount) FILTER (WHERE amount < 10 AND diagnosis = 'I10')"
    assert (
        measures(f"SELECT {text} FROM visits")[0].sensitivity
        == measures("SELECT SUM(amount) FROM visits")[0].sensitivity
    )
    assert made(f"SELECT {text} FROM visits").uses["visits"]["diagnosis"] == {Use.FILTER}


def test_units_under_a_filter_do_not_stand_for_the_groups_own_units() -> None:
    sql = "SELECT city, COUNT(DISTINCT id_card) FILTER (WHERE urgent) FROM visits GROUP BY city"
    stage = made(sql).stages[0]
    assert stage.unit_measure == "m1"
    assert stage.measures[0].sensitivity == Sensitivity.groups(4)


@pytest.mark.parametrize("text", ["urgent", "days > 1", "CASE WHEN days > 1 THEN 1 ELSE 0 END"])
def test_a_proportion_is_centred_at_one_half(text: str) -> None:
    total, count = measures(f"SELECT AVG({text}) FROM visits")
    assert total.sensitivity.l1 * total.quantum == Fraction(64, 2)
    assert count.sensitivity == Sensitivity.rows(64)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("MAX(hospital) FILTER (WHERE urgent)", "type_wrong"),
        ("SUM(days) FILTER (WHERE SUM(days) > 1)", "aggregate_nested"),
        ("SUM(days) FILTER (WHERE id_card = 1)", "unit_misused"),
        ("SUM(days) FILTER (WHERE days)", "type_wrong"),
        ("SUM(COUNT_IF(urgent))", "aggregate_nested"),
        ("COUNT_IF(days)", "type_wrong"),
        ("lower(city) FILTER (WHERE urgent)", "not_yet"),
    ],
)
def test_what_a_filter_cannot_stand_on_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        plan(f"SELECT {text} FROM visits", FACTS)
    assert caught.value.code == code


def test_a_variance_is_a_centred_square_centred_again() -> None:
    total, count, square = measures("SELECT VAR_POP(amount) FROM visits")
    assert square.sensitivity.l1 * square.quantum == 64 * Fraction(10_000**2, 2)
    assert total.sensitivity.l1 * total.quantum == 64 * 10_000
    assert count.sensitivity == Sensitivity.rows(64)


def test_a_correlation_moves_by_products_of_half_widths() -> None:
    found = {m.label: m.sensitivity.l1 * m.quantum for m in measures("SELECT CORR(amount, days) FROM visits")}
    assert found == {
        "SUM((amount - 10000) * (days - 15))": 64 * 10_000 * 15,
        "SUM(amount - 10000)": 64 * 10_000,
        "SUM(days - 15)": 64 * 15,
        "SUM((amount - 10000)² - 5e+07)": 64 * Fraction(10_000**2, 2),
        "SUM((days - 15)² - 112)": 64 * 113,  # 225 is odd: the middle of a square is off the grid by a half
        "COUNT(amount, days)": 64,
    }


def test_moments_of_one_statistic_are_over_the_rows_where_both_are_known() -> None:
    text = made("SELECT COVAR_POP(amount, days) FROM visits").stages[0].exact_sql
    assert text.count("IS NOT NULL THEN") == 3  # the count and both sums


def test_a_variance_shares_sum_and_count_with_the_average() -> None:
    assert len(measures("SELECT AVG(amount), STDDEV(amount), VAR_POP(amount) FROM visits")) == 3


def test_wide_bounds_are_put_on_a_coarser_grid_or_refused() -> None:
    square = next(
        m for m in measures("SELECT VAR_POP(clamp(code, 0, 1000000000)) FROM visits") if "²" in m.label
    )
    assert square.quantum == 100**2
    assert square.sensitivity.l1 * square.quantum == 64 * Fraction((5 * 10**8) ** 2, 2)
    assert square.sensitivity.l1 <= 2**53
    crowded = replace(FACTS, row_bounds={"visits": 2**40, "drugs": 8})
    with pytest.raises(Refused) as caught:
        plan("SELECT VAR_POP(amount) FROM visits", crowded)
    assert caught.value.code == "bounds_too_wide"


@pytest.mark.parametrize("text", ["STDDEV(weight)", "CORR(weight, days)", "REGR_SLOPE(days, code)"])
def test_the_rewrite_of_a_statistic_without_bounds_is_answered(text: str) -> None:
    with pytest.raises(Refused) as caught:
        plan(f"SELECT {text} FROM visits", FACTS)
    assert caught.value.code == "bounds_missing"
    call = caught.value.hint.split(MARK)[0].removeprefix("write ").removesuffix(" with bounds you choose")
    assert made(f"SELECT {call} FROM visits").stages


def test_identical_measures_are_measured_once() -> None:
    sql = (
        "SELECT AVG(amount), COUNT(amount), SUM(amount), AVG(amount) * 2 FROM visits HAVING COUNT(amount) > 1"
    )
    assert len(measures(sql)) == 3


def test_distinct_units_of_one_group_move_by_one() -> None:
    assert measures("SELECT COUNT(DISTINCT id_card) FROM visits")[0].sensitivity == Sensitivity.groups(1)


def test_distinct_units_over_groups_move_by_the_row_bound_or_the_cells() -> None:
    discovered = measures("SELECT hospital, COUNT(DISTINCT id_card) FROM visits GROUP BY hospital")
    declared = measures("SELECT city, COUNT(DISTINCT id_card) FROM visits GROUP BY city")
    assert [m.sensitivity for m in discovered] == [Sensitivity.groups(64)]
    assert [m.sensitivity for m in declared] == [Sensitivity.groups(4)]


def test_every_grouped_stage_has_a_unit_count_of_the_same_rows() -> None:
    stage = made("SELECT city, COUNT(*) FROM visits WHERE days > 1 GROUP BY city").stages[0]
    assert stage.unit_measure == "m1"
    assert 'count(DISTINCT t0."_unit") AS "m1"' in stage.exact_sql
    assert made("SELECT COUNT(*) FROM visits").stages[0].unit_measure is None


def test_a_count_of_the_optional_sides_units_does_not_stand_for_the_rows() -> None:
    tables = "visits v LEFT JOIN drugs d ON v.id_card = d.person"
    sql = f"SELECT drug, COUNT(DISTINCT d.person) FROM {tables} GROUP BY drug"
    assert made(sql).stages[0].unit_measure == "m1"


def test_one_discovered_column_makes_the_whole_tuple_discovered() -> None:
    stage = made("SELECT city, hospital, COUNT(*) FROM visits GROUP BY city, hospital").stages[0]
    assert stage.discovered
    assert stage.cells is None


def test_a_declared_grid_is_the_whole_cross_product_with_null() -> None:
    stage = made("SELECT city, sex, urgent, COUNT(*) FROM visits GROUP BY city, sex, urgent").stages[0]
    assert stage.cells == 4 * 3 * 3
    assert stage.keys[1].domain == ("F", "M", None)


def test_where_narrows_the_grid_in_public() -> None:
    def domain(where: str) -> object:
        return made(f"SELECT city, COUNT(*) FROM visits WHERE {where} GROUP BY city").stages[0].keys[0].domain

    assert domain("city IS NOT NULL") == ("郑州市", "开封市", "洛阳市")
    assert domain("city = '开封市' AND days > 1") == ("开封市",)
    assert domain("city = '开封市' OR days > 1") == ("郑州市", "开封市", "洛阳市", None)
    assert domain("NOT (city = '开封市')") == ("郑州市", "开封市", "洛阳市", None)


def test_a_where_never_lowers_a_sensitivity() -> None:
    assert measures("SELECT SUM(amount) FROM visits WHERE amount < 10") == measures(
        "SELECT SUM(amount) FROM visits"
    )


def test_no_sum_without_public_bounds() -> None:
    for text in (
        "weight",
        "code",
        "amount / days",
        "length(hospital)",
        "greatest(code, 0)",
        "nullif(code, 1)",
    ):
        with pytest.raises(Refused) as caught:
            plan(f"SELECT SUM({text}) FROM visits", FACTS)
        assert caught.value.code == "bounds_missing"


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("sqrt(days)", 5.4772255),
        ("ln(days + 1)", 3.433988),
        ("exp(days / 30)", 2.7182828),
        ("power(days, 2)", 900),
        ("power(days - 15, 3)", 3375),
        ("sqrt(power(days, 2))", 30),
    ],
)
def test_functions_carry_bounds_rounded_outward(text: str, most: float) -> None:
    (total,) = measures(f"SELECT SUM({text}) FROM visits")
    change = float(total.sensitivity.l1 * total.quantum) / 64
    assert most <= change <= most * (1 + 1e-6) + 3e-6


@pytest.mark.parametrize(
    "text", ["ln(days)", "power(days, 0.5)", "power(days, -1)", "exp(amount)", "sqrt(weight)"]
)
def test_functions_without_a_bound_need_a_clamp(text: str) -> None:
    with pytest.raises(Refused) as caught:
        plan(f"SELECT SUM({text}) FROM visits", FACTS)
    assert caught.value.code == "bounds_missing"
    assert made(f"SELECT SUM(clamp({text}, 0, 10)) FROM visits").stages


def test_an_exponent_is_a_constant() -> None:
    with pytest.raises(Refused) as caught:
        plan("SELECT SUM(power(days, days)) FROM visits", FACTS)
    assert caught.value.code == "constant_needed"


def test_a_clamp_is_rendered_unless_the_load_enforces_these_very_bounds() -> None:
    def rendered(text: str) -> str:
        return made(f"SELECT SUM({text}) FROM visits").stages[0].exact_sql

    assert "CASE" not in rendered("amount")
    assert "CASE" in rendered("coalesce(amount, 0)")
    assert "CASE" in rendered("clamp(amount, 0, 10)")
    assert "CASE" in rendered("days + 0")


def test_the_unit_never_reaches_output_and_nothing_else_stands_for_it() -> None:
    for text in ("id_card", "upper(id_card)", "MAX(id_card)", "_unit"):
        with pytest.raises(Refused):
            plan(f"SELECT {text}, COUNT(*) FROM visits GROUP BY {text}", FACTS)


def test_the_answers_order_ends_in_all_keys() -> None:
    text = made("SELECT city, hospital, COUNT(*) AS n FROM visits GROUP BY 1, 2 ORDER BY n LIMIT 3").post.sql
    assert text.endswith(
        'ORDER BY "released"."m0" ASC NULLS LAST, "released"."k0" NULLS LAST, '
        '"released"."k1" NULLS LAST LIMIT 3'
    )


def test_the_plan_says_every_use_table_and_literal() -> None:
    found = made(
        "SELECT sex, AVG(amount) FROM visits WHERE city = '开封市' AND hospital LIKE '第%' GROUP BY sex"
    )
    assert found.tables == {"visits"}
    assert found.literals == ("开封市", "第%")
    assert found.uses["visits"] == {
        "sex": {Use.GROUP},
        "amount": {Use.AGGREGATE},
        "city": {Use.FILTER},
        "hospital": {Use.FILTER},
    }


def test_planning_is_a_function_of_text_and_facts() -> None:
    sql = "SELECT city, AVG(amount) FROM visits WHERE sex IN ('F', 'M') GROUP BY city"
    assert plan(sql, FACTS) is plan(sql, FACTS)
    assert plan(sql, FACTS) == plan(sql, replace(FACTS))


def test_totals_are_clamped_before_they_become_64_bits() -> None:
    assert f"{2**62}" in made("SELECT SUM(days) FROM visits").stages[0].exact_sql


def test_a_date_masked_to_months_has_a_grid_of_months() -> None:
    day = VISITS.column("visited_on")
    assert day is not None
    monthly = day.model_copy(update={"mask": DateTrunc(unit="month")})
    columns = tuple(monthly if column is day else column for column in VISITS.columns)
    tables = (VISITS.model_copy(update={"columns": columns}),)
    known = facts(POLICY.model_copy(update={"tables": tables}))
    sql = "SELECT visited_on, COUNT(*) FROM visits WHERE visited_on < '2025-03-15' GROUP BY visited_on"
    (stage,) = plan(sql, known).stages
    assert stage.keys[0].domain == tuple(dt.date(2025, month, 1) for month in (1, 2, 3))
    whole = plan("SELECT visited_on, COUNT(*) FROM visits GROUP BY visited_on", known).stages[0]
    assert whole.cells == 12 + 1 + 1  # the upper bound, to which later dates are clamped, and NULL


@pytest.mark.parametrize(
    ("sql", "marked"),
    [
        ("SELECT city, COUNT(*) FROM visits GROUP BY city", True),
        ("SELECT city, COUNT(*) FROM visits WHERE city IS NOT NULL GROUP BY city", True),
        ("SELECT city, COUNT(*) FROM visits WHERE sex = 'F' GROUP BY city", False),
        ("SELECT city, COUNT(*) FROM visits WHERE city > sex GROUP BY city", False),
        ("SELECT city, sex, COUNT(*) FROM visits GROUP BY city, sex", False),
        ("SELECT upper(city), COUNT(*) FROM visits GROUP BY upper(city)", False),
        ("SELECT urgent, COUNT(*) FROM visits GROUP BY urgent", False),
        ("SELECT visits.city, COUNT(*) FROM visits JOIN drugs USING (id_card) GROUP BY visits.city", False),
        ("SELECT COUNT(DISTINCT id_card) FROM visits", True),
        ("SELECT COUNT(DISTINCT id_card) FROM visits WHERE city = '郑州市'", False),
    ],
)
def test_marked_rows_count_units_only_where_each_unit_and_group_has_one(sql: str, marked: bool) -> None:
    exact = made(sql.replace("USING (id_card)", "ON visits.id_card = drugs.person")).stages[0].exact_sql
    assert ("count(*) FILTER" in exact) == marked
    assert ("count(DISTINCT" in exact) != marked


def test_a_filter_takes_the_null_cell_of_a_declared_date_off_the_grid() -> None:
    made = plan("SELECT day, COUNT(*) AS n FROM visits WHERE day IS NOT NULL GROUP BY day", _dated())
    assert made.stages[0].cells == 2


def _dated() -> Facts:
    """The test world with a date column whose values are declared."""
    found = facts()
    visits = next(table for table in found.policy.tables if table.name == "visits")
    day = Column(
        name="day",
        type=ColumnType.DATE,
        domain=("2025-01-01", "2025-02-01"),
        use=frozenset({Use.GROUP, Use.FILTER}),
    )
    wider = visits.model_copy(update={"columns": (*visits.columns, day)})
    tables = tuple(wider if table is visits else table for table in found.policy.tables)
    grants = {**found.grants, "visits": {**found.grants["visits"], "day": day.use}}
    return replace(found, policy=found.policy.model_copy(update={"tables": tables}), grants=grants)


def test_the_scores_of_all_picks_of_a_statement_are_few() -> None:
    """Each score is some microseconds of noise, and a job ends at its booked moment."""
    ranks = [f"QUANTILE_CONT(amount, 0.{place:03})" for place in range(10, 999)]
    with pytest.raises(Refused, match="too_many_picks"):
        made(f"SELECT visited_on, {', '.join(ranks[:40])} FROM visits GROUP BY 1")
    assert made(f"SELECT city, {', '.join(ranks[:5])} FROM visits GROUP BY 1").stages
    assert made(f"SELECT hospital, {', '.join(ranks[:3])} FROM visits GROUP BY 1").stages
