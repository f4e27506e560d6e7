"""Attack: a join whose rows multiply within one unit, so that a person with many rows makes it fail.

``visits`` joined six times with itself on its unit has 64⁶ rows of a person with 64 visits: the job
failed at its time limit if, and only if, there was such a person. It worked; now it is refused.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.errors import Refused
from sandbox.nouns.plan import PublicTable
from sandbox.plan import plan
from sandbox.plan.relations.sizes import MAX_UNIT_ROWS
from tests.plan.world import FACTS

PAIRS = "v.id_card = {0}.id_card AND {0}.days > v.days"
THREE = "visits a JOIN visits b ON a.id_card = b.id_card JOIN visits c ON a.id_card = c.id_card"
GROWING = {
    "joins": "SELECT COUNT(*) FROM visits v"
    + "".join(f" JOIN visits v{place} ON v.id_card = v{place}.id_card" for place in range(3)),
    "outer joins": "SELECT COUNT(*) FROM visits v"
    + "".join(f" FULL JOIN visits v{place} ON v.id_card = v{place}.id_card" for place in range(3)),
    "public tables": "SELECT COUNT(*) FROM visits v" + "".join(f", hospitals h{place}" for place in range(7)),
    "subqueries": f"SELECT COUNT(*) FROM (SELECT a.id_card, a.days FROM {THREE}) v "
    "JOIN drugs d ON v.id_card = d.person",
    "exists": "SELECT COUNT(*) FROM visits v WHERE EXISTS "
    f"(SELECT 1 FROM (SELECT a.id_card, a.days FROM {THREE}) t WHERE {PAIRS.format('t')})",
    "union": "SELECT COUNT(*) FROM ("
    + " UNION ALL ".join(f"SELECT a.id_card FROM {THREE} WHERE a.days > {place}" for place in range(4))
    + ") v",
    "semi join": f"SELECT COUNT(*) FROM visits v SEMI JOIN (SELECT a.id_card, a.days FROM {THREE}) t "
    f"ON {PAIRS.format('t')}",
}


@pytest.mark.parametrize("sql", GROWING.values(), ids=GROWING)
def test_rows_that_multiply_within_a_unit_are_refused(sql: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(sql, FACTS)
    assert refused.value.code == "join_too_large"


def test_what_is_within_the_limit_is_answered() -> None:
    (stage,) = plan(f"SELECT COUNT(*) FROM {THREE}", FACTS).stages
    assert stage.measures[0].sensitivity.linf == 64**3 <= MAX_UNIT_ROWS


LONG = replace(FACTS, public={"hospitals": PublicTable(rows=400, multiplicity={"hospital": 2, "level": 300})})
TWO = "hospitals a CROSS JOIN hospitals b"
LOOKED_AT = {
    "exists": f"EXISTS (SELECT 1 FROM {TWO} WHERE a.beds * b.beds > v.days)",
    "an equality of what is computed": f"EXISTS (SELECT 1 FROM {TWO} WHERE a.beds * b.beds = v.days)",
    "in": f"v.days NOT IN (SELECT a.level FROM {TWO} WHERE b.beds < v.days)",
    "a value": f"v.days > (SELECT COUNT(*) FROM {TWO} WHERE a.beds * b.beds < v.days)",
    "in ON": "EXISTS (SELECT 1 FROM hospitals a JOIN hospitals b ON a.beds * b.beds < v.days)",
    "a key of one": f"EXISTS (SELECT 1 FROM {TWO} WHERE a.level = v.days AND b.beds < v.amount)",
    "within one another": "EXISTS (SELECT 1 FROM hospitals a WHERE EXISTS "
    "(SELECT 1 FROM hospitals b WHERE a.beds * b.beds > v.days))",
    "rows of the person within one another": "EXISTS (SELECT 1 FROM visits a WHERE a.id_card = v.id_card AND "
    "EXISTS (SELECT 1 FROM visits b WHERE b.id_card = a.id_card AND EXISTS (SELECT 1 FROM visits c "
    "WHERE c.id_card = b.id_card AND a.days + b.days + c.days = v.days)))",
    "semi join": "EXISTS (SELECT 1 FROM hospitals a SEMI JOIN hospitals b ON a.beds * b.beds > v.days)",
}  # fmt: skip
"""Conditions that look at 160 000 pairs of public rows for each of a person's 64: 10 million took a second,
and half a billion thirteen, where there was such a person, and no time elsewhere."""


@pytest.mark.parametrize("condition", LOOKED_AT.values(), ids=LOOKED_AT)
def test_public_rows_that_multiply_for_each_row_of_a_unit_are_refused(condition: str) -> None:
    with pytest.raises(Refused) as refused:
        plan(f"SELECT COUNT(*) FROM visits v WHERE hospital = 'X' AND {condition}", LONG)
    assert refused.value.code == "join_too_large"


@pytest.mark.parametrize("kind", ["SEMI", "ANTI"])
def test_a_semi_join_compares_no_more_than_a_join_may_have(kind: str) -> None:
    pairs = f"visits v {kind} JOIN (SELECT a.beds + b.beds AS n FROM {TWO}) t ON t.n > v.days"
    with pytest.raises(Refused) as refused:
        plan(f"SELECT COUNT(*) FROM {pairs}", LONG)
    assert refused.value.code == "join_too_large"


@pytest.mark.parametrize(
    "condition",
    [
        "EXISTS (SELECT 1 FROM hospitals a WHERE a.beds > v.days)",
        f"v.days IN (SELECT a.beds FROM {TWO})",
        f"v.hospital IN (SELECT a.hospital FROM {TWO} WHERE a.hospital = v.hospital)",
        f"EXISTS (SELECT 1 FROM {TWO} WHERE a.hospital = v.hospital AND b.beds > v.days)",
        "EXISTS (SELECT 1 FROM hospitals a WHERE EXISTS (SELECT 1 FROM hospitals b "
        "WHERE a.beds > v.days AND b.hospital = a.hospital))",
        f"v.days IN (SELECT t.n FROM (SELECT a.beds AS n, a.beds AS days FROM {TWO}) t)",
    ],
)
def test_fewer_pairs_and_public_rows_alone_are_answered(condition: str) -> None:
    assert plan(f"SELECT COUNT(*) FROM visits v WHERE {condition}", LONG).stages


def test_public_tables_do_not_multiply_beyond_a_second() -> None:
    three = f"SELECT COUNT(*) FROM {TWO} CROSS JOIN hospitals c"
    with pytest.raises(Refused) as refused:
        plan(three, LONG)
    assert refused.value.code == "join_needs_key"
    keyed = "SELECT COUNT(*) FROM hospitals a JOIN hospitals b ON a.hospital = b.hospital"
    assert plan(f"{keyed} CROSS JOIN hospitals c", LONG).public
    many = {"hospitals": PublicTable(rows=10**8, multiplicity={"hospital": 1})}
    assert plan(keyed, replace(FACTS, public=many)).public
