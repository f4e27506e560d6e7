"""Values that depend on the row around them, and other spellings: what is planned and what is refused."""

from __future__ import annotations

import duckdb
import pytest

from sandbox.plan import plan
from sandbox.plan.rewrites import MARK
from tests.plan.database import answer
from tests.plan.refusing import refused
from tests.plan.world import FACTS

OF_PERSON = "SELECT {} FROM drugs d WHERE d.person = v.id_card"
GROUPS = "(SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex)"


@pytest.mark.parametrize(
    "condition",
    [
        f"1 > ({OF_PERSON.format('COUNT(*)')})",
        f"1 > ({OF_PERSON.format('COUNT(*)')} AND d.price > 1)",
        f"1 > ({OF_PERSON.format('COUNT(*) FILTER (WHERE d.price > 1)')})",
        f"({OF_PERSON.format('SUM(price)')}) IS NULL",
        f"v.days > ({OF_PERSON.format('SUM(price) + COUNT(*)')})",
        f"v.days > ({OF_PERSON.format('MAX(price) AS x')} AND d.city = v.city)",
        f"v.days > ({OF_PERSON.format('SUM(price)')} AND d.city = v.city AND d.drug = v.sex)",
        "v.days > (SELECT COUNT(*) FROM drugs d WHERE d.city = v.city GROUP BY d.city HAVING COUNT(*) > 2)",
        "7 < (SELECT COUNT(*) FROM drugs d JOIN visits w ON d.person = w.id_card WHERE d.person = v.id_card)",
        "v.days > (SELECT AVG(days) FROM visits)",
        "1 > (SELECT COUNT(*) FROM drugs d WHERE d.city = v.city)",
        "v.days > (SELECT AVG(w.days) FROM visits w WHERE v.city = w.city)",
        "v.days > (SELECT AVG(w.days) FROM visits w WHERE w.city = v.city AND w.sex = v.sex AND w.code = 1)",
        f"v.days > (SELECT n FROM {GROUPS} c WHERE c.city = v.city AND c.sex = v.sex)",
        f"v.days > (SELECT n FROM {GROUPS} c WHERE c.sex = 'F' AND c.city = v.city)",
        "v.days > (SELECT AVG(beds) FROM hospitals h WHERE h.region = v.city)",
    ],
)
def test_a_value_is_what_the_statement_says_of_each_row(
    twice: duckdb.DuckDBPyConnection, condition: str
) -> None:
    sql = f"SELECT COUNT(*) FROM visits v WHERE {condition}"
    made = plan(sql, FACTS)
    (wanted,) = twice.execute(sql).fetchall()
    assert answer(twice, made) == [wanted]
    assert made.stages[-1].measures[0].sensitivity.linf == 64


def test_a_value_of_public_rows_stands_where_it_is_written() -> None:
    value = "(SELECT AVG(beds) FROM hospitals h WHERE h.region = v.city)"
    (stage,) = plan(f"SELECT COUNT(*) FROM visits v WHERE v.days > {value}", FACTS).stages
    assert "JOIN" not in stage.exact_sql


def test_a_value_for_each_key_moves_what_is_counted_by_one_row_a_row() -> None:
    first, second = plan(
        "SELECT COUNT(*) FROM visits v WHERE days > (SELECT AVG(w.days) FROM visits w WHERE w.code = v.code)",
        FACTS,
    ).stages
    assert first.discovered
    assert second.measures[0].sensitivity.l1 == 64


def test_a_value_for_each_person_is_a_function_of_that_person_and_not_measured() -> None:
    (stage,) = plan(
        "SELECT COUNT(*) FROM visits v WHERE 1 < (SELECT COUNT(*) FROM drugs d WHERE d.person = v.id_card)",
        FACTS,
    ).stages
    assert stage.measures[0].sensitivity.l1 == 64
    assert 'd."_unit"' not in stage.exact_sql
    assert '"_unit"' in stage.exact_sql


def test_a_key_whose_equality_needs_a_conversion_does_not_count_as_one_row_a_key() -> None:
    found = refused(
        "SELECT COUNT(*) FROM visits v WHERE days > "
        "(SELECT AVG(w.days) FROM visits w WHERE w.weight = v.weight)"
    )
    assert found.code == "join_needs_key"


@pytest.mark.parametrize(
    "inner",
    [
        "SELECT AVG(w.days) FROM visits w WHERE w.city <> v.city",
        "SELECT AVG(w.days + v.days) FROM visits w WHERE w.city = v.city",
        "SELECT AVG(w.days) FROM visits w WHERE w.city = v.city OR w.sex = v.sex",
        "SELECT AVG(w.days) FROM visits w WHERE w.city = v.city GROUP BY w.sex",
        "SELECT AVG(w.days) FROM visits w WHERE w.city = v.city HAVING COUNT(*) > 3",
        "SELECT AVG(w.days) FROM visits w WHERE w.city = lower(v.city)",
        "SELECT w.days FROM visits w WHERE w.city = v.city",
        "SELECT price FROM drugs d WHERE d.city = v.city",
        "SELECT AVG(w.days) / (SELECT COUNT(*) FROM drugs) FROM visits w WHERE w.city = v.city",
        "SELECT AVG(w.days) + w.days FROM visits w WHERE w.city = v.city",
        "SELECT AVG(w.days) OVER () FROM visits w WHERE w.city = v.city",
        "SELECT n FROM (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY 1, 2) c WHERE c.city = v.city",
        "SELECT n FROM (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY 1, 2) c "
        "WHERE c.city = v.city AND c.sex > 'F'",
        "SELECT n FROM (SELECT city, code, COUNT(*) AS n FROM visits GROUP BY 1, 2) c "
        "WHERE c.city = v.city AND c.code = 9223372036854775807",
        "SELECT n FROM (SELECT city, code, COUNT(*) AS n FROM visits GROUP BY 1, 2) c "
        "WHERE c.city = v.city AND c.code = '9007199254740992.5'",
        "SELECT n FROM (SELECT city, code, COUNT(*) AS n FROM visits GROUP BY 1, 2) c "
        "WHERE c.city = v.city AND c.code = 61.5",
        "SELECT n FROM (SELECT city, weight, COUNT(*) AS n FROM visits GROUP BY 1, 2) c "
        "WHERE c.city = v.city AND c.weight = 61",
        "SELECT n FROM (SELECT city, code, COUNT(*) AS n FROM visits GROUP BY 1, 2) c "
        "WHERE c.city = v.city AND c.code = 1234567890123456",
        "SELECT n FROM (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY 1, 2) c "
        "WHERE c.city = v.city AND c.sex = c.city",
        "SELECT DISTINCT n FROM (SELECT city, COUNT(*) AS n FROM visits GROUP BY 1) c WHERE c.city = v.city",
        "SELECT AVG(w.days) FROM visits w WHERE '郑州市' = v.city",
        "SELECT AVG(w.days) FROM visits w WHERE v.sex = v.city",
        "SELECT AVG(w.days) FROM visits w WHERE w.days + v.days = v.code",
        "SELECT AVG(w.days) FROM visits w WHERE (SELECT MAX(region) FROM hospitals) = v.city",
        "SELECT AVG(w.days), 1 FROM visits w WHERE w.city = v.city",
    ],
)
def test_what_depends_on_the_row_by_more_than_equalities_with_its_columns_is_refused(inner: str) -> None:
    found = refused(f"SELECT COUNT(*) FROM visits v WHERE v.days > ({inner})")
    assert "subquery_of_other_rows" in {found.code, *(other.code for other in found.others)}


def test_the_column_around_that_is_in_no_equality_is_named() -> None:
    inner = "SELECT AVG(w.days) FROM visits w WHERE w.city = v.city AND w.code > v.code"
    found = refused(f"SELECT COUNT(*) FROM visits v WHERE v.days > ({inner})")
    assert "v.code is a column of the statement around it" in found.reason


def test_a_value_of_groups_is_looked_up_by_their_keys_and_never_taken_for_a_column_around() -> None:
    named = "WITH c AS (SELECT city, AVG(days) AS days FROM visits GROUP BY city)"
    sql = f"{named} SELECT COUNT(*) FROM visits v WHERE v.days > (SELECT days FROM c WHERE c.city = v.city)"
    first, second = plan(sql, FACTS).stages
    assert 'WHERE (CAST(t0."days" AS DOUBLE) > t1."c0")' in second.exact_sql
    assert [item.unique for item in second.needs] == [("c1",)]
    assert first.released in second.needs[0].sql
    assert second.measures[0].sensitivity.l1 == 64


def test_a_constant_tells_the_one_row_of_a_key_among_groups_of_more_keys() -> None:
    named = "WITH c AS (SELECT city, sex, AVG(days) AS a FROM visits GROUP BY city, sex)"
    sql = f"{named} SELECT COUNT(*) FROM visits v WHERE v.days > (SELECT a FROM c WHERE c.city = v.city"
    stage = plan(f"{sql} AND 'F' = c.sex)", FACTS).stages[-1]
    assert stage.measures[0].sensitivity.l1 == 64
    assert set(stage.needs[0].unique) == {"c1", "c2"}
    assert "'F'" in stage.needs[0].sql


def test_a_key_that_was_looked_up_tells_no_row_of_the_groups_around() -> None:
    named = "WITH c AS (SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY city, sex)"
    found = "(SELECT c.city FROM c WHERE c.sex = v.sex AND c.city = '郑州市')"
    groups = f"SELECT {found} AS city, COUNT(*) AS n FROM visits v GROUP BY v.sex"
    for shown, most in ((groups, 3), (groups.replace("SELECT", "SELECT v.sex,", 1), 3)):
        sql = f"{named} SELECT COUNT(*) FROM visits x JOIN ({shown}) q ON x.city = q.city"
        stage = plan(sql, FACTS).stages[-1]
        assert stage.measures[0].sensitivity.l1 == 64 * most
    assert stage.needs[0].unique == ("c0",)


def test_a_whole_number_that_every_type_holds_tells_a_row_and_a_longer_one_does_not() -> None:
    groups = "(SELECT city, code, COUNT(*) AS n FROM visits GROUP BY city, code)"
    sql = f"SELECT COUNT(*) FROM visits v WHERE days > (SELECT n FROM {groups} c WHERE c.city = v.city"
    assert plan(f"{sql} AND c.code = {'1' * 15})", FACTS).stages[-1].measures[0].sensitivity.l1 == 64
    assert refused(f"{sql} AND c.code = {'1' * 16})").code == "subquery_of_other_rows"


def test_two_values_for_each_row_are_two_tables() -> None:
    values = "(SELECT AVG(w.days) FROM visits w WHERE w.{key} = v.{key})"
    sql = f"SELECT COUNT(*) FROM visits v WHERE days > {values} AND days < {values.replace('key', 'other')}"
    made = plan(sql.format(key="city", other="sex"), FACTS)
    assert [[key.label for key in stage.keys] for stage in made.stages] == [["w.city"], ["w.sex"], []]


def test_columns_of_all_tables_behind_a_star_are_the_subquerys_own() -> None:
    """Were ``hospital`` taken for the column around, the value would depend on it."""
    stars = "SELECT d.*, h.* FROM drugs d JOIN hospitals h ON h.region = d.city"
    shown = "SELECT hospital, city FROM visits GROUP BY 1, 2"
    for inner, other in ((stars, "t.drug"), (f"{shown} EXCEPT {shown}", "t.city")):
        value = f"(SELECT COUNT(*) FROM ({inner}) t WHERE hospital = {other})"
        assert (
            plan(f"SELECT COUNT(*) FROM visits v WHERE days > {value}", FACTS).stages[-1].needs[0].rows == 1
        )


@pytest.mark.parametrize("name", ["a0", "k0", '"correlated 0".a0', '"correlated 1".k0'])
def test_what_stands_for_such_a_value_has_no_name_that_a_statement_finds(name: str) -> None:
    found = refused(
        f"SELECT AVG({name}) FROM visits v WHERE days > "
        "(SELECT AVG(w.days) FROM drugs w WHERE w.city = v.city AND w.drug = v.sex)"
    )
    assert found.code == ("reserved_name" if "correlated" in name else "unknown_column")


def test_a_join_on_all_keys_of_one_row_a_person_and_key_multiplies_nothing() -> None:
    grouped = "(SELECT person, city, drug, COUNT(*) AS n FROM drugs GROUP BY person, city, drug) d"
    for on, most in (("d.city = v.city AND d.drug = v.sex", 64), ("d.city = v.city", 64 * 8)):
        sql = f"SELECT COUNT(*) FROM visits v JOIN {grouped} ON d.person = v.id_card AND {on}"
        assert plan(sql, FACTS).stages[0].measures[0].sensitivity.l1 == most


def test_a_released_key_needs_the_use_of_a_filter_and_a_stored_one_that_of_a_join() -> None:
    released = plan(
        "SELECT COUNT(*) FROM visits WHERE diagnosis IN (SELECT diagnosis FROM visits GROUP BY diagnosis)",
        FACTS,
    )
    assert {use.value for use in released.uses["visits"]["diagnosis"]} == {"group", "filter"}
    found = refused(
        "SELECT COUNT(*) FROM visits v WHERE diagnosis IN "
        "(SELECT w.diagnosis FROM visits w WHERE w.id_card = v.id_card)"
    )
    assert found.code == "use_not_granted"
    assert "join of visits.diagnosis" in found.reason


def test_names_that_use_names_cannot_grow_without_end() -> None:
    items = ", ".join(f"x{n} + x{n} AS x{n + 1}" for n in range(60))
    assert refused(f"SELECT days AS x0, {items} FROM visits GROUP BY 1").code == "statement_too_deep"


def test_named_windows_cannot_grow_without_end() -> None:
    window = f"PARTITION BY id_card ORDER BY {', '.join(['days + 1'] * 300)}"
    items = ", ".join(f"ROW_NUMBER() OVER w AS x{n}" for n in range(300))
    found = refused(f"SELECT COUNT(*) FROM (SELECT {items} FROM visits WINDOW w AS ({window})) t")
    assert found.code in ("statement_too_deep", "statement_too_long")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("strftime(visited_on, '%Q')", "constant_needed"), ("strftime(visited_on, '%')", "constant_needed"),
        ("strftime(visited_on, '%H')", "constant_needed"),
        ("strftime(visited_on, hospital)", "constant_needed"),
        (r"regexp_replace(hospital, '(a)', '\2')", "pattern_invalid"),
        (r"regexp_replace(hospital, 'a', '\x')", "constant_needed"),
        ("regexp_replace(hospital, 'a', hospital)", "constant_needed"),
        ("regexp_replace(hospital, 'a', 'bbbbbbbbbbbbbbbbbbbbb')", "constant_needed"),
        ("regexp_replace(regexp_replace(hospital, '', '12345678'), '', '12345678')", "pattern_invalid"),
        ("regexp_replace(regexp_replace(hospital, 'a', '12345678'), 'a', '12345678')", "text_too_long"),
        ("regexp_extract(hospital, '(a)', 2)", "pattern_invalid"),
        ("hospital ILIKE hospital", "construct_not_supported"),
        ("split_part(hospital, hospital, 1)", "constant_needed"), ("log(-2, days)", "constant_needed"),
    ],
)  # fmt: skip
def test_what_could_fail_or_grow_with_a_value_is_refused(call: str, code: str) -> None:
    assert refused(f"SELECT COUNT(*) FROM visits WHERE ({call}) IS NULL").code == code


@pytest.mark.parametrize(
    "call",
    [
        "any_value(city)", "first(city)", "last(city)", "arg_max(city, days)", "skewness(days)",
        "kurtosis(days)", "mad(days)", "quantile_cont(days, [0.25, 0.5])",
    ],
)  # fmt: skip
def test_the_rewrite_of_an_aggregate_that_the_dialect_lacks_is_answered(call: str) -> None:
    found = refused(f"SELECT {call} FROM visits")
    assert found.code == "written_otherwise"
    call = found.hint.split(MARK)[0].removeprefix("write ").split(" or ")[0]
    assert plan(f"SELECT {call} FROM visits", FACTS)


@pytest.mark.parametrize(
    "call",
    [
        "hospital[1:3]", "hospital[1]", "to_char(visited_on, 'YYYY-MM')", "date_format(visited_on, '%Y')",
        "age(visited_on)", "epoch(visited_on)", "make_date(2025, month(visited_on), 1)", "current_date",
    ],
)  # fmt: skip
def test_the_rewrite_of_a_function_that_the_dialect_lacks_is_answered(call: str) -> None:
    found = refused(f"SELECT COUNT(*) FROM visits WHERE ({call}) IS NULL")
    assert found.code == "written_otherwise"
    assert found.reason.lower().startswith(call.lower()[:9])  # it is called as it was written
    call = found.hint.split(MARK)[0].removeprefix("write ").split(" or ")[0]
    assert plan(f"SELECT COUNT(*) FROM visits WHERE ({call}) IS NULL", FACTS)
