"""Attack: costly functions of one person's texts, for each of the rows that a join makes of that person.

Eight rows joined four times with themselves are 4096, and a hundred patterns over long texts of each took
twenty seconds where there was such a person, and half a second elsewhere: enough to miss a slot.
"""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.plan import plan
from tests.plan.world import FACTS

TWO = "visits a JOIN visits b ON a.id_card = b.id_card"
THREE = f"{TWO} JOIN visits c ON a.id_card = c.id_card"
MANY = " OR ".join(f"{{0}}.hospital LIKE '%{place}%x%'" for place in range(60))
COSTLY = {
    "patterns": f"SELECT COUNT(*) FROM {THREE} WHERE {MANY.format('a')}",
    "one that replaces": f"SELECT COUNT(*) FROM {THREE} WHERE regexp_replace(a.hospital, 'a', 'b') = 'x'",
    "texts that grew": f"SELECT COUNT(*) FROM {TWO} "
    f"WHERE length(trim(replace(a.hospital, 'a', '{'b' * 60}'), 'b')) > 3",
    "keys": f"SELECT trim(a.hospital, 'xyz') AS k, COUNT(*) FROM {THREE} GROUP BY k",
    "filters": "SELECT " + ", ".join(
        f"COUNT(*) FILTER (WHERE contains(a.hospital, '{place}'))" for place in range(20)
    ) + f" FROM {THREE}",
    "subqueries": "SELECT COUNT(*) FROM (SELECT a.id_card, trim(a.hospital, 'x') AS h, a.days "
    f"FROM {THREE}) t WHERE t.h = 'y'",
    "made by a subquery": f"SELECT COUNT(*) FROM (SELECT a.id_card, a.hospital AS h FROM {THREE}) t "
    "WHERE trim(h, 'x') = 'y' OR trim(h, 'y') = 'x'",
    "pairs in ON": f"SELECT COUNT(*) FROM visits v SEMI JOIN (SELECT a.id_card, a.days FROM {TWO}) w "
    f"ON v.id_card = w.id_card AND ({MANY.format('v')} OR w.days > 3)",
    "public rows for each": "SELECT COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM "
    + ", ".join(f"hospitals h{place}" for place in range(6))
    + " WHERE h0.beds + h5.beds > v.days AND trim(v.hospital, 'x') = h1.hospital)",
    "pairs of rows": f"SELECT COUNT(*) FROM visits v WHERE EXISTS (SELECT 1 FROM {TWO} "
    "WHERE a.id_card = v.id_card AND trim(a.hospital || v.hospital, 'x') = 'y')",
}  # fmt: skip


@pytest.mark.parametrize("sql", COSTLY.values(), ids=COSTLY)
def test_texts_of_too_many_rows_of_one_unit_are_refused(sql: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(sql, FACTS)
    assert refused.value.code == "texts_too_costly"


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT COUNT(*) FROM visits a WHERE {MANY.format('a')}",
        f"SELECT COUNT(*) FROM {TWO} WHERE {MANY.format('a')}",
        f"SELECT COUNT(*) FROM {THREE} WHERE a.hospital LIKE 'x%'",
        f"SELECT COUNT(*) FROM {TWO} WHERE {MANY.format('a').replace('hospital', 'city')}",
    ],
    ids=["rows", "pairs", "one pattern", "declared values"],
)
def test_texts_of_fewer_rows_and_declared_values_are_answered(sql: str) -> None:
    assert plan(sql, FACTS).stages
