"""Tables that find their unit through one another: which joins settle a row, and how many rows are left.

Each FROM is counted over rows of one unit that keep what a load keeps: one row for each key that others
refer to. No unit may ever have more rows in it than the bound that the noise is made for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import duckdb
import pytest

from sandbox.nouns.mask import Drop
from sandbox.nouns.policy import Column, Source, Table, Via
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import plan
from tests.plan.database import Row, connect, exact, fill
from tests.plan.world import ALL, POLICY, facts


def table(name: str, *columns: str, via: Via | None = None) -> Table:
    """A table of whole numbers, of a person or of the row that it refers to."""
    numbers = tuple(Column(name=column, type=Kind.INTEGER, use=ALL) for column in columns)
    own = () if via else (Column(name="id_card", mask=Drop()),)
    return Table(name=name, source=Source(connector="csv"), unit="id_card", via=via, columns=own + numbers)


PATIENTS = table("patients", "pid", "age")
STAYS = table("stays", "patient", "sid", "days", via=Via(table="patients", column="patient", key="pid"))
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
    # a group settles nothing, and is settled by a row that fixes its keys
    (f"stays s JOIN {BY_STAY} k ON k.id_card = s.id_card AND k.stay = s.sid", 3),
    (f"{BY_STAY} k JOIN stays s ON k.id_card = s.id_card AND k.stay = s.sid", 5),
    (f"stays s LEFT JOIN {BY_STAY} k ON k.stay = s.sid", 3),
    (f"stays s JOIN {BY_ITEM} k ON k.id_card = s.id_card AND s.days = k.item", 3),
    (f"stays s JOIN {BY_ITEM} k ON k.id_card = s.id_card AND k.item = k.n", 3 * 5),
    (f"stays s JOIN {BY_ITEM} k ON k.id_card = s.id_card AND s.days > k.item", 3 * 5),
    (f"stays s JOIN {BY_ITEM} k ON k.id_card = s.id_card AND s.days = k.n", 3 * 5),
    (f"patients p JOIN {BY_STAY} k ON k.id_card = p.id_card AND k.stay = p.age"
     " JOIN stays s ON s.patient = p.pid AND k.stay = s.sid", 3),
    (f"stays s JOIN {BY_STAY} k ON k.stay = s.sid JOIN {BY_STAY} l ON l.stay = s.sid", 3),
    (f"stays s JOIN {BY_STAY} k ON k.stay = s.sid JOIN bills b ON b.stay = s.sid", 5),
]  # fmt: skip


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect()
    yield made
    made.close()


def load(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Rows of one unit, as many as the bounds allow; the smaller the seed, the more of them are alike."""
    draw = random.Random(seed)

    def few() -> int:
        return draw.randrange(1 + seed % 4)

    patients: list[Row] = [{"pid": pid, "age": few()} for pid in range(2)]
    stays: list[Row] = [{"patient": few(), "sid": sid, "days": few()} for sid in range(3)]
    bills: list[Row] = [{"stay": few(), "item": few()} for _ in range(5)]
    for made, rows in ((PATIENTS, patients), (STAYS, stays), (BILLS, bills)):
        fill(con, made.model_copy(update={"unit": "id_card"}), [{"id_card": 0, **row} for row in rows], 9)


@pytest.mark.parametrize(("tables", "most"), JOINS)
def test_no_unit_has_more_rows_in_a_join_than_it_is_bounded_by(
    con: duckdb.DuckDBPyConnection, tables: str, most: int
) -> None:
    (stage,) = plan(f"SELECT COUNT(*) FROM {tables}", KNOWN).stages
    found = 0
    for seed in range(12):
        load(con, seed)
        found = max(found, int(str(exact(con, stage)[0]["m0"])))
    assert found <= stage.measures[0].sensitivity.linf == most
