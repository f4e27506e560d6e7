"""What WHERE says in public of the values of a key, and which uses of columns a statement needs."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sandbox.nouns.plan import Facts
from sandbox.nouns.policy import Use
from sandbox.plan import plan
from tests.plan.refusing import codes, refused
from tests.plan.world import CITIES, FACTS, POLICY, VISITS, facts


def cells(key: str, where: str, known: Facts = FACTS) -> object:
    """The declared values of a key; None where its groups are discovered."""
    (stage,) = plan(f"SELECT {key} AS k, COUNT(*) FROM visits WHERE {where} GROUP BY k", known).stages
    return stage.keys[0].domain


def days(*found: tuple[int, int]) -> tuple[dt.date, ...]:
    return tuple(dt.date(2025, month, day) for month, day in found)


@pytest.mark.parametrize(
    ("key", "where", "kept"),
    [
        ("city", "city IN ('开封市', '洛阳市')", CITIES[1:]),
        ("city", "city > '开'", CITIES),  # the order of texts is the engine's
        ("city", "city <> '开封市' AND city = '洛阳市'", CITIES[2:]),
        ("days", "days >= 29", (29, 30)),
        ("days", "days > 29", (30,)),
        ("days", "days <= 1", (0, 1)),
        ("days", "days < 1", (0,)),
        ("days", "days BETWEEN 3 AND 4", (3, 4)),
        ("days", "days IN (5, 3, 99) AND days < 5", (3,)),
        ("days", "days = 7", (7,)),
        ("days", "days IN (5, 3, 99)", (3, 5)),
        ("visited_on", "visited_on >= DATE '2025-12-30'", days((12, 30), (12, 31))),
        ("visited_on", "visited_on > DATE '2025-12-30'", days((12, 31))),
        ("visited_on", "visited_on <= DATE '2025-01-02'", days((1, 1), (1, 2))),
        ("visited_on", "visited_on < DATE '2025-01-02'", days((1, 1))),
        ("visited_on", "visited_on BETWEEN DATE '2024-07-01' AND DATE '2025-01-01'", days((1, 1))),
        ("visited_on", "visited_on BETWEEN DATE '2025-12-31' AND DATE '2026-07-01'", days((12, 31))),
        ("visited_on", "visited_on IN (DATE '2025-05-02', DATE '2025-05-01')", days((5, 1), (5, 2))),
        ("visited_on", "visited_on IN (DATE '2025-05-02', DATE '2025-05-01') AND visited_on > '2025-05-01'",
         days((5, 2))),
        ("visited_on", "visited_on IN (DATE '2025-05-02', DATE '2025-05-01') AND visited_on < '2025-05-02'",
         days((5, 1))),
        ("visited_on", "visited_on IN (DATE '2025-05-02', DATE '2025-05-01') AND visited_on >= '2025-05-01'",
         days((5, 1), (5, 2))),
        ("visited_on", "visited_on IN (DATE '2025-05-02', DATE '2025-05-01') AND visited_on <= '2025-05-02'",
         days((5, 1), (5, 2))),
        ("extract(month FROM visited_on)", "visited_on >= DATE '2025-11-30'", (11, 12, None)),
        ("extract(month FROM visited_on)", "visited_on < DATE '2025-02-01'", (1, None)),
        ("width_bucket(amount, 0, 20000, 4)", "amount >= 12000", (3, 4, 5, None)),
        ("width_bucket(amount, 0, 20000, 4)", "amount BETWEEN 6000 AND 11000", (2, 3, None)),
        ("width_bucket(amount, 0, 20000, 4)", "amount <= 4000 AND amount <= 9000", (1, None)),
        ("width_bucket(weight, 0, 20000, 4)", "weight BETWEEN 6000 AND 11000", (2, 3, None)),
        ("code", "code IN (2, 1)", (1, 2)),
        ("code", "code IN (1, 2, 3) AND code > 1 AND code < 3", (2,)),
        ("code", "code >= 5", None),
        ("hospital", "hospital IN ('B', 'A') AND hospital > 'A'", ("A", "B")),
        ("hospital", "hospital IS NOT NULL", None),
        ("weight", "weight = 1.5", None),
        ("urgent", "urgent = TRUE", (True,)),
        ("urgent", "urgent IS NOT NULL AND days > 3", (False, True)),
        ("urgent", "days > 3", (False, True, None)),
    ],
)  # fmt: skip
def test_a_grid_has_the_values_that_where_may_leave_and_no_others(
    key: str, where: str, kept: tuple[object, ...] | None
) -> None:
    assert cells(key, where) == kept


def test_a_number_with_declared_values_keeps_those_that_where_leaves() -> None:
    table = VISITS.model_copy(
        update={
            "columns": tuple(
                one.model_copy(update={"bounds": None, "domain": ("0.5", "1", "2.5")})
                if one.name == "amount"
                else one
                for one in VISITS.columns
            )
        }
    )
    known = facts(POLICY.model_copy(update={"tables": (table, *POLICY.tables[1:])}))
    assert cells("amount", "amount > 0.5", known)


GROUPED = "SELECT {}, COUNT(*) FROM visits GROUP BY city"


def without(name: str, *uses: Use) -> Facts:
    """Facts without some uses of a column of visits."""
    own = dict(FACTS.grants["visits"])
    own[name] = own[name] - set(uses)
    return replace(FACTS, grants={**FACTS.grants, "visits": own})


@pytest.mark.parametrize("call", ["MODE(sex)", "COUNT(DISTINCT sex)"])
def test_what_groups_would_tell_needs_either_use(call: str) -> None:
    """The most frequent value, or how many there are, is read off the groups by it."""
    sql = GROUPED.format(call)
    assert plan(sql, FACTS).uses["visits"] == {"city": {Use.GROUP}, "sex": {Use.AGGREGATE}}
    assert plan(sql, without("sex", Use.AGGREGATE)).uses["visits"]["sex"] == {Use.GROUP}
    assert plan(sql, without("sex", Use.GROUP)).uses["visits"]["sex"] == {Use.AGGREGATE}
    neither = refused(sql, without("sex", Use.GROUP, Use.AGGREGATE))
    assert neither.code == "use_not_granted"
    assert "aggregate of visits.sex" in neither.reason


def test_all_that_is_not_granted_is_named_once_and_where_it_is_asked_for_first() -> None:
    known = without("days", Use.AGGREGATE, Use.FILTER)
    found = refused("SELECT SUM(days) FROM visits WHERE days > 3 AND days < 9 AND sex = 'F'", known)
    assert found.code == "use_not_granted"
    assert found.reason.endswith("aggregate of visits.days, filter of visits.days")
    assert not found.others
    assert plan("SELECT COUNT(*) FROM visits WHERE sex = 'F'", known).stages


def test_a_subquery_stands_in_where_alone() -> None:
    exists = "EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card)"
    assert plan(f"SELECT COUNT(*) FROM visits v WHERE {exists}", FACTS).stages
    for sql in (
        f"SELECT COUNT(*) FROM (SELECT id_card, CASE WHEN {exists} THEN 1 END AS x FROM visits v) t",
        f"SELECT COUNT(*) FROM (SELECT id_card, CASE WHEN {exists} THEN 1 END AS x FROM visits v "
        f"WHERE {exists}) t",
    ):
        assert "subquery_not_supported" in codes(sql)


def test_a_window_stands_in_a_subquery_of_from_alone_and_not_within_another() -> None:
    window = "row_number() OVER (PARTITION BY id_card ORDER BY {})"
    rows = "SELECT COUNT(*) FROM (SELECT id_card, {} AS x FROM visits) t"
    assert plan(rows.format(window.format("days")), FACTS).stages
    assert plan(rows.format(f"{window.format('days')} + {window.format('amount')}"), FACTS).stages
    assert codes(rows.format(window.format(window.format("days")))) == {"window_not_supported"}
    assert codes(f"SELECT COUNT(*) FROM visits WHERE {window.format('days')} = 1") == {"window_not_supported"}
