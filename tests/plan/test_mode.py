"""MODE: public candidates alone, one of which a row counts for."""

from __future__ import annotations

from fractions import Fraction

import pytest

from sandbox.errors import Refused
from sandbox.nouns.plan import Choice, Facts
from sandbox.nouns.policy import ColumnType, Use
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import plan
from sandbox.plan.aggregates import mode
from tests.plan.database import Row, connect, exact, fill
from tests.plan.world import CITIES, FACTS, POLICY, VISITS, facts


def refusal(text: str, known: Facts = FACTS) -> str:
    with pytest.raises(Refused) as caught:
        plan(f"SELECT MODE({text}) FROM visits", known)
    return caught.value.code


def crowded(values: int) -> Facts:
    """A world with so many cities."""
    domain = tuple(f"city {number}" for number in range(values))
    columns = tuple(
        c.model_copy(update={"domain": domain}) if c.name == "city" else c for c in VISITS.columns
    )
    tables = (VISITS.model_copy(update={"columns": columns}), *POLICY.tables[1:])
    return facts(POLICY.model_copy(update={"tables": tables}))


def test_a_row_counts_for_one_public_value_and_for_none_that_is_not_public() -> None:
    text = "CASE WHEN days = 1 THEN city ELSE 'elsewhere' END"
    made = plan(f"SELECT MODE({text}) FROM visits", FACTS)
    (stage,) = made.stages
    (measure,) = stage.measures
    assert measure.choice == Choice(0, 4, None)
    assert (measure.sensitivity, measure.quantum) == (Sensitivity.rows(64), Fraction(1))
    assert any("one of 4 public values" in note for note in made.notes)
    con = connect()
    places = [(city, days) for city in (*CITIES, CITIES[1], None) for days in (1, 1, 2)]
    rows: list[Row] = [{"id_card": 0, "city": city, "days": days} for city, days in places]
    fill(con, VISITS, rows, 64)
    found = {pair["key"]: pair["value"] for pair in exact(con, stage)[0]["m0"]}  # type: ignore[attr-defined]
    values = [*CITIES, "elsewhere"]
    assert sum(found.values()) == 5 + 4 * 2
    shown = [
        con.execute(
            made.post.sql.replace('FROM "released"', f'FROM (SELECT {place}e0 m0, 0 _cell) "released"')
        ).fetchall()[0][0]
        for place in range(4)
    ]
    assert {shown[place]: rows for place, rows in found.items()} == dict.fromkeys(CITIES, 2) | {
        CITIES[1]: 4, "elsewhere": 5,
    }  # fmt: skip
    assert sorted(shown) == sorted(values)
    con.close()


def test_candidates_are_public_and_at_most_five_hundred() -> None:
    assert refusal("hospital") == refusal("code") == refusal("NULL") == "candidates_missing"
    (stage,) = plan("SELECT MODE(city) FROM visits", crowded(500)).stages
    assert stage.measures[0].choice == Choice(0, 500, None)
    assert refusal("city", crowded(501)) == "candidates_missing"


def test_what_is_rendered_is_as_long_as_any_expression_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    sql = plan("SELECT MODE(city) FROM visits", FACTS).stages[0].exact_sql
    longest = len(sql[sql.index("CAST(CASE") : sql.index("))), []") + 1])
    monkeypatch.setattr(mode, "MAX_RENDERED", longest)
    assert plan("SELECT MODE(city) FROM visits", facts(row_bounds={"visits": 2})).stages
    monkeypatch.setattr(mode, "MAX_RENDERED", longest - 1)
    assert refusal("city", facts(row_bounds={"visits": 3})) == "statement_too_deep"  # no plan is kept of it


def test_what_is_picked_from_is_used_and_what_decides_it_is_a_filter() -> None:
    used = plan("SELECT MODE(CASE WHEN code > 1 THEN city END) FROM visits", FACTS).uses["visits"]
    assert used == {"city": {Use.AGGREGATE}, "code": {Use.FILTER}}


def test_a_picked_number_stays_one_and_has_no_error_bar_of_its_own() -> None:
    picked = "MODE(CASE WHEN urgent THEN 1 ELSE 2 END)"
    assert "CAST(3 AS BIGINT)" in plan(f"SELECT COALESCE({picked}, 3) FROM visits", FACTS).post.sql
    assert "OPAQUE" in repr(plan(f"SELECT {picked} + 1 FROM visits", FACTS).post.columns[0])
    (column,) = plan(f"SELECT {picked} FROM visits", FACTS).post.columns
    assert not column.from_rows


@pytest.mark.parametrize(
    ("items", "kind", "sql"),
    [
        ("upper(MODE(city))", ColumnType.TEXT, 'upper((CASE "m0" WHEN'),
        ("MODE(CASE WHEN urgent THEN 1 ELSE 2 END)", ColumnType.INTEGER, 'SELECT (CASE "m0" WHEN 0.0e0'),
        ("MODE(CASE WHEN urgent THEN 1 ELSE 2 END) + 1", ColumnType.INTEGER, " AS DOUBLE) + 1.0e0)"),
        ("MODE(CASE WHEN urgent THEN DATE '2025-01-01' END)", ColumnType.DATE, 'SELECT (CASE "m0" WHEN'),
    ],
)  # fmt: skip
def test_what_is_picked_is_a_released_value_of_its_own_type(items: str, kind: ColumnType, sql: str) -> None:
    post = plan(f"SELECT {items} FROM visits", FACTS).post
    assert post.columns[0].type is kind
    assert sql in post.sql
