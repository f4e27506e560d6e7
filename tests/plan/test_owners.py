"""Tables that find their unit through one another: which joins settle a row, and how many rows are left.

Each FROM is counted over rows of one unit that keep what a load keeps: one row for each key that others
refer to. No unit may ever have more rows in it than the bound that the noise is made for.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import duckdb
import pytest

from sandbox.errors import Refused
from sandbox.nouns.mask import Drop
from sandbox.nouns.policy import Column, Source, Table, Via
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import plan
from tests.plan.database import Row, connect, exact, fill
from tests.plan.world import ALL, FACTS, POLICY, facts


def table(name: str, *columns: str, via: Via | None = None) -> Table:
    """A table of whole numbers and a cost, of a person or of the row that it refers to."""
    kinds = {column: Kind.NUMBER if column == "cost" else Kind.INTEGER for column in columns}
    numbers = tuple(Column(name=column, type=kind, use=ALL) for column, kind in kinds.items())
    own = () if via else (Column(name="id_card", mask=Drop()),)
    return Table(name=name, source=Source(connector="csv"), unit="id_card", via=via, columns=own + numbers)


PATIENTS = table("patients", "pid", "age")
STAYS = table(
    "stays", "patient", "sid", "days", "cost", via=Via(table="patients", column="patient", key="pid")
)
BILLS = table("bills", "stay", "item", via=Via(table="stays", column="stay", key="sid"))
BOUNDS = {"patients": 2, "stays": 3, "bills": 5}
KNOWN = facts(POLICY.model_copy(update={"tables": (PATIENTS, STAYS, BILLS)}), row_bounds=BOUNDS)
BY_STAY = "(SELECT id_card, stay, COUNT(*) AS n FROM bills GROUP BY id_card, stay)"
BY_ITEM = "(SELECT id_card, item, COUNT(*) AS n FROM bills GROUP BY id_card, item)"
JOINS = [
    # a row that refers to another settles which one it is
    ("patients p JOIN stays s ON s.patient = p.pid", 3),
    ("stays s JOIN patients p ON s.patient = p.pid", 3),
    ("stays s LEFT JOIN patients p ON s.patient = p.pid", 3),
    ("patients p LEFT JOIN stays s ON s.patient = p.pid", 2 * 3),
    ("stays s RIGHT JOIN patients p ON s.patient = p.pid", 2 * 3),
    ("patients p FULL JOIN stays s ON s.patient = p.pid", 2 * 3),
    ("patients p JOIN stays s ON s.patient = p.pid JOIN bills b ON b.stay = s.sid", 5),
    ("bills b JOIN stays s ON b.stay = s.sid JOIN patients p ON s.patient = p.pid", 5),
    ("patients p JOIN stays s ON s.patient = p.pid LEFT JOIN bills b ON b.stay = s.sid", 3 * 5),
    ("bills b LEFT JOIN stays s ON b.stay = s.sid LEFT JOIN patients p ON s.patient = p.pid", 5),
    ("patients p LEFT JOIN stays s ON s.patient = p.pid JOIN bills b ON b.stay = s.sid", 2 * 5),
    ("patients p JOIN stays s ON s.patient = p.pid JOIN stays r ON r.patient = p.pid", 3 * 3),
    ("patients p JOIN patients q ON p.pid = q.pid", 2 * 2),
    ("stays s JOIN stays r ON s.patient = r.patient", 3 * 3),
    ("bills b JOIN bills c ON b.stay = c.stay JOIN stays s ON c.stay = s.sid", 5 * 5),
    ("patients p JOIN bills b ON p.id_card = b.id_card", 2 * 5),
    ("stays s JOIN patients p ON s.id_card = p.id_card AND s.days = p.pid", 3 * 2),
    ("stays s JOIN patients p ON s.id_card = p.id_card AND s.patient = p.age", 3 * 2),
    ("stays s RIGHT JOIN bills b ON s.id_card = b.id_card JOIN patients p ON s.patient = p.pid", 3 * 5),
    ("patients p JOIN stays s ON p.id_card = s.id_card"
     " JOIN bills b ON b.id_card = s.id_card AND s.patient = p.pid", 2 * 3 * 5),
    # a subquery may repeat a key
    ("stays s JOIN (SELECT id_card, pid FROM patients) p ON s.patient = p.pid", 3 * 2),
    ("stays s JOIN (SELECT p.id_card, p.pid FROM patients p JOIN bills b ON p.id_card = b.id_card) p"
     " ON s.patient = p.pid", 3 * 2 * 5),
    ("patients p FULL JOIN bills b ON p.id_card = b.id_card JOIN stays s ON s.patient = p.pid", 10 * 3),
    ("bills b JOIN (SELECT id_card, patient, sid FROM stays) s ON b.stay = s.sid"
     " JOIN patients p ON s.patient = p.pid", 5 * 3),
    # a group settles nothing, and is settled by a row that fixes its keys
    (f"stays s JOIN {BY_STAY} k ON k.id_card = s.id_card AND k.stay = s.sid", 3),
    (f"{BY_STAY} k JOIN stays s ON k.id_card = s.id_card AND k.stay = s.sid", 5),
    (f"stays s LEFT JOIN {BY_STAY} k ON k.stay = s.sid", 3),
    (f"stays s JOIN {BY_ITEM} k ON k.id_card = s.id_card AND s.days = k.item", 3),
    (f"stays s JOIN {BY_ITEM} k ON k.id_card = s.id_card AND k.item = k.n", 3 * 5),
    (f"stays s JOIN {BY_ITEM} k ON k.id_card = s.id_card AND s.days > k.item", 3 * 5),
    (f"stays s JOIN {BY_ITEM} k ON k.id_card = s.id_card AND s.cost = k.item", 3 * 5),
    ("stays s JOIN (SELECT id_card, stay, item, COUNT(*) AS n FROM bills GROUP BY id_card, stay, item) k"
     " ON k.stay = s.sid", 5),
    ("stays s JOIN (SELECT id_card, stay, item, COUNT(*) AS n FROM bills GROUP BY id_card, stay, item) k"
     " ON k.id_card = s.id_card AND k.stay = s.days AND k.item = s.sid AND k.n > s.days", 3),
    (f"stays s JOIN {BY_ITEM} k ON k.id_card = s.id_card AND s.days = k.n", 3 * 5),
    (f"patients p JOIN {BY_STAY} k ON k.id_card = p.id_card AND k.stay = p.age"
     " JOIN stays s ON s.patient = p.pid AND k.stay = s.sid", 3),
    (f"stays s JOIN {BY_STAY} k ON k.stay = s.sid JOIN {BY_STAY} l ON l.stay = s.sid", 3),
    (f"stays s JOIN {BY_STAY} k ON k.stay = s.sid JOIN bills b ON b.stay = s.sid", 5),
]  # fmt: skip


def load(seed: int) -> duckdb.DuckDBPyConnection:
    """Rows of one unit, as many as the bounds allow; the smaller the seed, the more of them are alike."""
    draw, con = random.Random(seed), connect()

    def few() -> int:
        return draw.randrange(1 + seed % 4)

    patients: list[Row] = [{"pid": pid, "age": few()} for pid in range(2)]
    stays: list[Row] = [{"patient": few(), "sid": sid, "days": few(), "cost": few()} for sid in range(3)]
    bills: list[Row] = [{"stay": few(), "item": few()} for _ in range(5)]
    for made, rows in ((PATIENTS, patients), (STAYS, stays), (BILLS, bills)):
        fill(con, made, [{"id_card": 0, **row} for row in rows], 9)
    return con


@pytest.fixture(scope="module")
def sources() -> Iterator[list[duckdb.DuckDBPyConnection]]:
    made = [load(seed) for seed in range(8)]
    yield made
    for con in made:
        con.close()


@pytest.mark.parametrize(("tables", "most"), JOINS)
def test_no_unit_has_more_rows_in_a_join_than_it_is_bounded_by(
    sources: list[duckdb.DuckDBPyConnection], tables: str, most: int
) -> None:
    (stage,) = plan(f"SELECT COUNT(*) FROM {tables}", KNOWN).stages
    found = max(int(str(exact(con, stage)[0]["m0"])) for con in sources)
    assert found <= stage.measures[0].sensitivity.linf == most


@pytest.mark.parametrize(
    ("tables", "joins"),
    [
        ("visits v JOIN drugs d ON v.id_card = d.person", 'JOIN ON t0."_unit" = t1."_unit"'),
        ("visits v LEFT JOIN drugs d ON d.person = v.id_card", 'LEFT JOIN ON t0."_unit" = t1."_unit"'),
        ("visits v RIGHT JOIN drugs d ON d.person = v.id_card", 'RIGHT JOIN ON t0."_unit" = t1."_unit"'),
        ("visits v FULL JOIN drugs d ON v.id_card = d.person", 'FULL JOIN ON t0."_unit" = t1."_unit"'),
        ("visits v JOIN visits w ON v.id_card = w.id_card AND v.days > w.days AND v.code = w.code",
         'JOIN ON t0."_unit" = t1."_unit" AND (t0."days" > t1."days") AND (t0."code" = t1."code")'),
        # a unit that may be missing is no other name for the unit of the row
        ("visits v LEFT JOIN visits w ON v.id_card = w.id_card JOIN drugs d ON d.person = w.id_card",
         'LEFT JOIN ON t0."_unit" = t1."_unit" JOIN ON t0."_unit" = t2."_unit" AND t2."_unit" = t1."_unit"'),
        ("visits v JOIN visits w ON v.id_card = w.id_card"
         " JOIN drugs d ON d.person = w.id_card AND v.id_card = w.id_card",
         'JOIN ON t0."_unit" = t1."_unit" '
         'JOIN ON t0."_unit" = t2."_unit" AND t2."_unit" = t1."_unit" AND t0."_unit" = t1."_unit"'),
        ("visits v JOIN visits w ON v.id_card = w.id_card"
         " JOIN drugs d ON v.id_card = w.id_card AND d.person = v.id_card",
         'JOIN ON t0."_unit" = t1."_unit" JOIN ON t0."_unit" = t2."_unit" AND t0."_unit" = t1."_unit"'),
    ],
)  # fmt: skip
def test_the_unit_conjunct_stands_first_and_once_beside_all_that_is_asked(tables: str, joins: str) -> None:
    (stage,) = plan(f"SELECT COUNT(*) FROM {tables}", FACTS).stages
    _, _, from_ = stage.exact_sql.partition(" FROM ")
    assert re.sub(r'\(SELECT \* FROM "workspace"."\w+" WHERE "_rank" < \d+\) AS t\d ?', "", from_) == joins


@pytest.mark.parametrize(
    ("condition", "within"),
    [
        ("s.patient IN (SELECT p.pid FROM patients p)", 'SELECT t1."pid" FROM'),
        ("s.id_card IN (SELECT p.id_card FROM patients p)", "SELECT 1 FROM"),
        ("s.days IN (SELECT p.pid FROM patients p WHERE p.id_card = s.id_card)", 'SELECT t1."pid" FROM'),
        ("EXISTS (SELECT 1 FROM patients p WHERE p.pid = s.patient)", "SELECT 1 FROM"),
    ],
)
def test_a_subquery_looks_at_rows_of_the_same_unit_alone(condition: str, within: str) -> None:
    (stage,) = plan(f"SELECT COUNT(*) FROM stays s WHERE {condition}", KNOWN).stages
    assert within in stage.exact_sql
    assert 'AS t1 WHERE t0."_unit" = t1."_unit"' in stage.exact_sql
    assert stage.measures[0].sensitivity.linf == 3


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ("stays s JOIN patients p ON s.days = p.pid", "join_needs_unit"),
        ("stays s JOIN patients p ON s.patient = p.age", "join_needs_unit"),
        ("stays s JOIN stays r ON s.patient = s.patient", "join_needs_unit"),
        ("stays s JOIN stays r ON r.patient = r.patient", "join_needs_unit"),
        ("stays s JOIN patients p ON s.patient > p.pid", "join_needs_unit"),
        ("stays s JOIN patients p", "join_needs_unit"),
        ("stays s JOIN bills b ON s.id_card = b.id_card JOIN patients p ON s.id_card = b.id_card",
         "join_needs_unit"),
        ("stays s JOIN patients p ON s.id_card = p.pid", "unit_misused"),
        ("stays s JOIN patients p ON s.patient = p.id_card", "unit_misused"),
        ("stays s WHERE s.days IN (SELECT p.pid FROM patients p)", "join_needs_unit"),
        ("stays s WHERE s.id_card IN (SELECT p.pid FROM patients p)", "unit_misused"),
        ("stays s WHERE s.patient IN (SELECT p.id_card FROM patients p)", "unit_misused"),
    ],
)  # fmt: skip
def test_a_join_that_does_not_say_that_units_are_one_is_refused(tables: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        plan(f"SELECT COUNT(*) FROM {tables}", KNOWN)
    assert caught.value.code == code
    if code == "join_needs_unit":
        other = "r" if " r " in tables else "p"
        assert f"write ON s.id_card = {other}.id_card" in caught.value.hint
    else:
        assert "COUNT(DISTINCT id_card)" in caught.value.hint


def test_a_join_keeps_what_its_sides_read_and_say() -> None:
    kept = "SEMI JOIN drugs d ON d.person = v.id_card"
    made = plan(
        f"SELECT COUNT(*) FROM (SELECT v.id_card, v.days FROM visits v {kept}) a"
        " JOIN visits w ON a.id_card = w.id_card", FACTS
    )  # fmt: skip
    assert [note for note in made.notes if "at most" in note] == [
        "v: at most 64 rows of each person",
        "d: at most 8 rows of each person",
        "w: at most 64 rows of each person",
    ]


def test_the_rewrite_names_protected_tables_alone() -> None:
    tables = "hospitals h JOIN visits v ON v.hospital = h.hospital JOIN drugs d ON v.city = d.city"
    with pytest.raises(Refused) as caught:
        plan(f"SELECT COUNT(*) FROM {tables}", FACTS)
    assert caught.value.hint.startswith("write ON v.id_card = d.person")


def test_a_key_of_another_type_settles_nothing() -> None:
    """What it is equal to, converted, may be several keys."""
    columns = tuple(
        c.model_copy(update={"type": Kind.NUMBER}) if c.name == "patient" else c for c in STAYS.columns
    )
    tables = (PATIENTS, STAYS.model_copy(update={"columns": columns}), BILLS)
    known = facts(POLICY.model_copy(update={"tables": tables}), row_bounds=BOUNDS)
    (stage,) = plan("SELECT COUNT(*) FROM stays s JOIN patients p ON s.patient = p.pid", known).stages
    assert stage.measures[0].sensitivity.linf == 3 * 2
