"""Golden statements: the summary stands beside each, and the answer without noise is DuckDB's own."""

from __future__ import annotations

import datetime as dt
import math
import random
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from sandbox.plan import explain, plan
from tests.plan.database import Row, answer, connect, fill, macros
from tests.plan.world import CITIES, DRUGS, FACTS, HOSPITALS, VISITS

GOLDEN = Path(__file__).parents[1] / "golden"
SPRING = dt.datetime(2025, 3, 1, 12, 30)
HOSPITAL_NAMES = ["第一医院", "第二人民医院", "100%医院", "12", None]


def visits(chance: random.Random) -> Iterator[Row]:
    """300 visits of 40 persons, with NULLs, ties, NaN and infinities, all inside the declared bounds."""
    for _ in range(300):
        day = dt.date(2025, 1, 1) + dt.timedelta(days=chance.randrange(365))
        yield {
            "id_card": chance.randrange(40),
            "city": chance.choice([*CITIES, None]),
            "sex": chance.choice(["F", "M", None]),
            "amount": chance.choice([Decimal(chance.randrange(0, 2_000_000)) / 1000, None]),
            "weight": chance.choice([float(chance.randrange(0, 300)), 61.5, None, math.nan, math.inf]),
            "days": chance.choice([chance.randrange(0, 31), 4, None]),
            "code": chance.choice([chance.randrange(0, 100), 10, 20, None]),
            "visited_on": chance.choice([day, None]),
            "seen_at": chance.choice(
                [dt.datetime(2025, 3, 1, 12, 30) + dt.timedelta(hours=chance.randrange(900)), None]
            ),
            "urgent": chance.choice([True, False, None]),
            "hospital": chance.choice(HOSPITAL_NAMES),
            "diagnosis": chance.choice(["I10", "E11", "J45", None]),
        }


def drugs(chance: random.Random) -> Iterator[Row]:
    """80 prescriptions of persons who may have no visit."""
    for _ in range(80):
        yield {
            "person": chance.randrange(50),
            "drug": chance.choice(["A", "B", None]),
            "price": chance.choice([Decimal(chance.randrange(-15000, 1_000_000)) / 10_000, None]),
            "city": chance.choice([*CITIES, None]),
        }


HOSPITAL_ROWS: list[Row] = [
    {"hospital": "第一医院", "level": 3, "region": CITIES[0], "beds": 500},
    {"hospital": "第一医院", "level": 2, "region": CITIES[1], "beds": 80},
    {"hospital": "第二人民医院", "level": 2, "region": CITIES[0], "beds": None},
    {"hospital": "100%医院", "level": 1, "region": None, "beds": 10},
    {"hospital": None, "level": 1, "region": CITIES[0], "beds": 7},
]


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The workspace, and the same rows under the names that a developer uses."""
    made = connect()
    chance = random.Random(7)
    fill(made, VISITS, visits(chance), 64)
    fill(made, DRUGS, drugs(chance), 8)
    fill(made, HOSPITALS, HOSPITAL_ROWS, 0)
    made.execute('CREATE VIEW visits AS SELECT *, "_unit" AS id_card FROM workspace.visits')
    made.execute('CREATE VIEW drugs AS SELECT *, "_unit" AS person FROM workspace.drugs')
    made.execute("CREATE VIEW hospitals AS SELECT * FROM workspace.hospitals")
    macros(made)
    yield made
    made.close()


def blocks() -> Iterator[tuple[str, str, str]]:
    """Name, statement and expected summary of every golden statement."""
    for path in sorted(GOLDEN.glob("*.sql")):
        parts = re.findall(r"([^;]*?);\n((?:-- .*\n)*)", path.read_text(encoding="utf-8"))
        for number, (sql, summary) in enumerate(parts, 1):
            expected = "\n".join(line[3:] for line in summary.splitlines())
            yield f"{path.stem}-{number}", sql.strip(), expected


CASES = list(blocks())


def test_there_are_golden_statements() -> None:
    assert len(CASES) > 80


@pytest.mark.parametrize(("sql", "summary"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_golden_statement_has_its_plan(sql: str, summary: str) -> None:
    assert explain(plan(sql, FACTS)) == summary


def picks(name: str) -> bool:
    """Whether a golden statement picks among candidates: between these DuckDB's answer may lie."""
    return name.startswith("quantiles")


EXACT = [case for case in CASES if not picks(case[0])]
NEAR = [case for case in CASES if picks(case[0])]


@pytest.mark.parametrize("sql", [case[1] for case in NEAR], ids=[case[0] for case in NEAR])
def test_without_noise_a_picked_quantile_is_next_to_the_one_of_plain_duckdb(
    con: duckdb.DuckDBPyConnection, sql: str
) -> None:
    ours, theirs = answer(con, plan(sql, FACTS)), con.execute(exact_ranks(sql)).fetchall()
    assert len(ours) == len(theirs)
    for mine, their in zip(ours, sorted(theirs, key=repr_key), strict=True):
        for one, two in zip(mine, their, strict=True):
            assert one == two if isinstance(one, str) else near(one, two), (one, two)


def exact_ranks(sql: str) -> str:
    """MIN and MAX as the quantiles that stand for them."""
    return re.sub(r"\bMIN\((\w+)\)", r"quantile_disc(\1, 0.01)",
                  re.sub(r"\bMAX\((\w+)\)", r"quantile_disc(\1, 0.99)", sql))  # fmt: skip


def near(ours: object, theirs: object) -> bool:
    """Whole numbers within 1 (two halves of the rows have a middle), days within 3, amounts within a gap."""
    room = 3 if isinstance(ours, dt.date) else 1 if isinstance(ours, int) else 60
    return abs(number(ours) - number(theirs)) <= room


def number(cell: object) -> float:
    """A number or a date on one line."""
    if isinstance(cell, dt.date):
        return float(cell.toordinal())
    assert isinstance(cell, (int, float, Decimal))
    return float(cell)


@pytest.mark.parametrize("sql", [case[1] for case in EXACT], ids=[case[0] for case in EXACT])
def test_without_noise_the_answer_is_that_of_plain_duckdb(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    ours, theirs = answer(con, plan(sql, FACTS)), con.execute(sql).fetchall()
    if "ORDER BY" not in sql:
        ours, theirs = sorted(ours, key=repr_key), sorted(theirs, key=repr_key)
    assert len(ours) == len(theirs), (ours, theirs)
    for mine, their in zip(ours, theirs, strict=True):
        assert all(alike(plain(a), plain(b)) for a, b in zip(mine, their, strict=True)), (mine, their)


def test_an_average_of_a_condition_is_the_share_of_true_among_what_is_known(
    con: duckdb.DuckDBPyConnection,
) -> None:
    ((ours,),) = answer(con, plan("SELECT AVG(urgent) FROM visits", FACTS))
    ((theirs,),) = con.execute("SELECT count_if(urgent) / count(urgent) FROM visits").fetchall()
    assert alike(ours, theirs)


def alike(ours: object, theirs: object) -> bool:
    """Equal, numbers up to the rounding of single rows to steps."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-6, abs_tol=1e-6)
    return ours == theirs


def repr_key(row: tuple[object, ...]) -> str:
    """A row as sortable text, numbers rounded."""
    return repr([plain(cell) for cell in row])


def plain(cell: object) -> object:
    """A cell for comparing: a sum over nothing is 0 here and NULL there; numbers are numbers."""
    if cell is None:
        return 0.0
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return round(float(cell), 6) if isinstance(cell, (int, float, Decimal)) else cell
