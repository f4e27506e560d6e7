"""Every problem of a statement is said at once, with every use that is not granted."""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.plan import plan
from tests.plan.world import FACTS


def problems(sql: str) -> list[tuple[str, str]]:
    """Codes and places."""
    with pytest.raises(Refused) as caught:
        plan(sql, FACTS)
    return [(one.code, one.position) for one in (caught.value, *caught.value.others)]


def test_tables_that_do_not_exist_are_all_named() -> None:
    assert problems("SELECT COUNT(*) FROM visit JOIN drug ON 1 = 1 JOIN hospital ON 2 = 2") == [
        ("unknown_table", "1:22"),
        ("unknown_table", "1:33"),
        ("unknown_table", "1:52"),
    ]


def test_conditions_of_a_join_are_all_judged() -> None:
    sql = "SELECT COUNT(*) FROM visits v JOIN drugs d ON v.id_card = d.person AND v.dayz = 1 AND d.drug = 'C'"
    assert [code for code, _ in problems(sql)] == ["unknown_column", "value_not_in_domain"]


def test_items_and_filter_of_a_subquery_are_all_judged() -> None:
    sql = "SELECT COUNT(*) FROM (SELECT dayz, upper(days) AS u, days + 1 FROM visits WHERE city = 'x') v"
    assert [code for code, _ in problems(sql)] == [
        "unknown_column", "type_wrong", "name_missing", "value_not_in_domain",
    ]  # fmt: skip


def test_what_is_wrong_in_one_subquery_does_not_hide_another() -> None:
    sql = (
        "SELECT COUNT(*) FROM (SELECT dayz FROM visits) a JOIN (SELECT person, prize FROM drugs) b "
        "ON a.id_card = b.person"
    )
    assert [code for code, _ in problems(sql)] == ["unknown_column", "unknown_column"]


def test_missing_grants_are_named_beside_what_is_wrong() -> None:
    sql = (
        "SELECT SUM(b.nothing) FROM (SELECT id_card, diagnosis AS d FROM visits WHERE diagnosis = 'x') a "
        "JOIN hospitals h ON h.hospital = a.d JOIN drug b ON a.id_card = b.person"
    )
    with pytest.raises(Refused) as caught:
        plan(sql, FACTS)
    found = (caught.value, *caught.value.others)
    assert {one.code for one in found} == {"unknown_table", "use_not_granted"}
    assert any("join of visits.diagnosis" in one.reason for one in found)
