"""GROUPING SETS, ROLLUP and CUBE: what each set is, what it costs, and what is refused beside them."""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.plan import plan
from tests.plan.world import FACTS


def refusal(sql: str) -> Refused:
    with pytest.raises(Refused) as caught:
        plan(sql, FACTS)
    return caught.value


@pytest.mark.parametrize(
    ("group", "sets"),
    [
        ("ROLLUP (city, sex)", [2, 1, 0]),
        ("ROLLUP ((city, sex))", [2, 0]),
        ("CUBE (city, sex)", [2, 1, 1, 0]),
        ("GROUPING SETS ((city), sex, ())", [1, 1, 0]),
        ("GROUPING SETS (ROLLUP (city), (sex, city))", [1, 0, 2]),
        ("urgent, ROLLUP (city)", [2, 1]),
        ("ROLLUP (city), CUBE (sex)", [2, 1, 1, 0]),
        ("(city, sex)", [2]),
        ("()", [0]),
    ],
)
def test_each_set_is_measured_and_paid_for(group: str, sets: list[int]) -> None:
    made = plan(f"SELECT COUNT(*) FROM visits GROUP BY {group}", FACTS)
    assert [len(stage.keys) for stage in made.stages] == sets


def test_a_set_that_is_listed_twice_is_measured_once() -> None:
    made = plan("SELECT city, COUNT(*) FROM visits GROUP BY GROUPING SETS ((city), (city))", FACTS)
    assert len(made.stages) == 1
    assert len(made.post.cells[0][1]) == 2


def test_every_row_tells_its_set_so_counts_keep_their_error_bars() -> None:
    made = plan("SELECT city, COUNT(*) AS n FROM visits GROUP BY ROLLUP (city)", FACTS)
    assert made.post.columns[1].expression.op.name == "MEASURE"


def test_keys_stay_values_inside_aggregates() -> None:
    made = plan(
        "SELECT city, SUM(CASE WHEN city = '郑州市' THEN 1 ELSE 0 END) AS n "
        "FROM visits GROUP BY ROLLUP (city)",
        FACTS,
    )
    assert all("郑州市" in stage.exact_sql for stage in made.stages)


@pytest.mark.parametrize(
    ("select", "group", "code"),
    [
        ("city, COUNT(*)", "CUBE (city, sex, urgent, days, code)", "too_many_boundaries"),
        ("COUNT(*)", "CUBE (city, sex, days), CUBE (urgent, code)", "too_many_boundaries"),
        ("city, RANK() OVER (ORDER BY COUNT(*))", "ROLLUP (city)", "written_otherwise"),
        ("city", "ROLLUP (city)", "row_level_output"),
        ("sex, COUNT(*)", "ROLLUP (city)", "row_level_output"),
        ("GROUPING(sex), COUNT(*)", "ROLLUP (city)", "row_level_output"),
        ("COUNT(*)", "ROLLUP (id_card)", "unit_in_output"),
        ("COUNT(*)", "GROUPING SETS ((city, ROLLUP (sex)))", "construct_not_supported"),
        ("COUNT(*)", "ROLLUP (CUBE (city))", "construct_not_supported"),
        ("COUNT(CUBE (city))", "city", "syntax"),
    ],
)
def test_what_no_set_can_answer_is_refused(select: str, group: str, code: str) -> None:
    assert refusal(f"SELECT {select} FROM visits GROUP BY {group}").code == code


@pytest.mark.parametrize("group", ["ROLLUP (city, sex)", "GROUPING SETS ((city), (sex), ())"])
def test_the_rewrite_keeps_the_sets_that_are_asked_for(group: str) -> None:
    """It grouped by their keys once more, which leaves no total."""
    hint = refusal(f"SELECT city, sex FROM visits GROUP BY {group}").hint
    assert hint.endswith(f"SELECT city, sex, COUNT(*) AS n FROM visits GROUP BY {group}")


@pytest.mark.parametrize(
    "item", ["(SELECT COUNT(*) FROM visits)", "COUNT(*) IN (SELECT COUNT(*) FROM visits)"]
)
def test_an_aggregate_within_a_subquery_makes_no_group_of_all_rows(item: str) -> None:
    """Each public row was shown by itself in the place of the one group of all."""
    text = f"SELECT region, {item} AS x FROM hospitals GROUP BY ROLLUP (region)"
    if item.startswith("COUNT"):
        assert plan(text, FACTS)
    else:
        assert refusal(text).code == "row_level_output"


def test_the_rewrite_of_a_window_beside_several_sets_works() -> None:
    made = plan(
        "SELECT city, n, RANK() OVER (ORDER BY n DESC) AS place "
        "FROM (SELECT city, COUNT(*) AS n FROM visits GROUP BY ROLLUP (city)) AS t",
        FACTS,
    )
    assert len(made.stages) == 2


@pytest.mark.parametrize("sets", ["GROUPING SETS ((city), (sex))", "GROUPING SETS (city, sex)"])
def test_a_set_of_one_key_may_stand_in_brackets(sets: str) -> None:
    one, two = plan(f"SELECT city, sex, COUNT(*) FROM visits GROUP BY {sets}", FACTS).stages
    assert (len(one.keys), len(two.keys)) == (1, 1)


def test_a_key_in_brackets_of_a_cube_is_that_key() -> None:
    assert len(plan("SELECT city, sex, COUNT(*) FROM visits GROUP BY CUBE ((city), sex)", FACTS).stages) == 4


def test_a_total_of_groups_that_are_measured_once_is_free() -> None:
    groups = plan("SELECT city, COUNT(*) AS n FROM visits GROUP BY city", FACTS)
    both = plan(
        "WITH g AS (SELECT city, COUNT(*) AS n FROM visits GROUP BY city) "
        "SELECT city, n FROM g UNION ALL SELECT NULL, SUM(n) FROM g",
        FACTS,
    )
    assert [stage.measures for stage in both.stages] == [stage.measures for stage in groups.stages]
