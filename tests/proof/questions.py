"""Questions of the whole dialect over the planner's little world, and rows that are unkind to them."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.plan import grammar, test_joins, test_stages
from tests.plan.test_owners import BILLS, PATIENTS, STAYS
from tests.plan.world import POLICY

Row = dict[str, object]
BOUNDS = {"visits": 3, "drugs": 2, "patients": 2, "stays": 3, "bills": 5}
SMALL = POLICY.model_copy(
    update={
        "tables": tuple(
            table if table.public else table.model_copy(update={"max_rows_per_unit": BOUNDS[table.name]})
            for table in (*POLICY.tables, PATIENTS, STAYS, BILLS)
        )
    }
)
"""The world, and tables that find their unit through one another, with row bounds that a few rows exceed."""
OUTSIDE: dict[str, dict[str, tuple[object, ...]]] = {
    "visits": {
        "city": ("上海市", "", " 郑州市"), "sex": ("X",), "amount": (Decimal("-7"), 1e308, "nan", "inf"),
        "days": (-5, 31, 2**63 - 1), "hospital": ("13800138000", "第三医院"), "diagnosis": ("only me",),
        "visited_on": (),
    },
    "drugs": {"drug": ("C",), "price": (1e9, "nan", "-inf"), "city": ("上海市",)},
}  # fmt: skip
"""Values outside of what the policy declares."""


def row(table: str, rng: random.Random, *, wild: float = 0.1) -> Row:
    """A random row, here and there with a value outside of what the policy declares."""
    made: Row = {}
    for name, usual in grammar.VALUES[table].items():
        outside = OUTSIDE.get(table, {}).get(name, ())
        made[name] = rng.choice(outside if outside and rng.random() < wild else usual)
    return made


def unit(name: str, rng: random.Random, most: int) -> dict[str, list[Row]]:
    """The rows of one unit; often many of a kind, which add up to the most that one unit can do."""
    found: dict[str, list[Row]] = {}
    for table, column in (("visits", "id_card"), ("drugs", "person")):
        rows = [row(table, rng) for _ in range(rng.randrange(most + 1))]
        if rows and rng.random() < 0.4:
            rows = [rows[0]] * most
        found[table] = [{**each, column: name} for each in rows]
    return found | owned(name, rng, most)


def owned(name: str, rng: random.Random, most: int) -> dict[str, list[Row]]:
    """Rows of the same unit that refer to one another.

    Now and then another unit has the same key: what refers to it is a row of both. So no row of the one
    that is added refers to a key that may be somebody else's.
    """

    def number(column: str) -> int:
        apart = column in ("patient", "stay") or rng.random() < 0.9
        return rng.randrange(3) + (10 * (sum(map(ord, name)) % 50) if apart else 0)

    def rows(*columns: str) -> list[Row]:
        return [{column: number(column) for column in columns} for _ in range(rng.randrange(most + 1))]

    patients = [{**each, "id_card": name} for each in rows("pid", "age")]
    return {
        "patients": patients, "stays": rows("patient", "sid", "days", "cost"), "bills": rows("stay", "item"),
    }  # fmt: skip


def family(rng: random.Random, neighbours: int) -> tuple[dict[str, list[Row]], list[dict[str, list[Row]]]]:
    """A source, and others with one unit more, whose rows stand anywhere among the rest."""
    source: dict[str, list[Row]] = {table: [] for table in BOUNDS}
    for number in range(rng.choice((0, 1, 2, 4))):
        for table, rows in unit(f"P{number}", rng, 4).items():
            source[table] += rows
    source["visits"] += [{**row("visits", rng), "id_card": rng.choice((None, "", " "))}]
    return source, [with_one_more(source, rng) for _ in range(neighbours)]


def with_one_more(source: dict[str, list[Row]], rng: random.Random) -> dict[str, list[Row]]:
    """The source and one more unit."""
    more = {table: list(rows) for table, rows in source.items()}
    for table, rows in unit("PX", rng, rng.choice((1, 3, 6))).items():
        for each in rows:
            more[table].insert(rng.randint(0, len(more[table])), each)
    return more


def hospitals(rng: random.Random) -> list[Row]:
    """A public table: none, some, or one that repeats."""
    rows = [row("hospitals", rng) for _ in range(rng.randrange(5))]
    return rows[:1] * 3 if rng.random() < 0.3 else rows


GOLDEN = Path(__file__).parents[1] / "golden"


def golden() -> list[str]:
    """Every golden statement."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(GOLDEN.glob("*.sql"))]
    return [sql for text in texts for sql in split(text)]


def split(text: str) -> list[str]:
    """Statements that end in a semicolon; lines of comment after it are not theirs."""
    return [found.strip() for found in re.findall(r"([^;]*?);\n(?:-- .*\n)*", text)]


SIMPLE = ("COUNT(*) AS n", "SUM(v.days) AS n", "AVG(v.amount) AS n", "COUNT(DISTINCT v.id_card) AS n",
          "MEDIAN(v.days) AS n", "MODE(v.days) AS n", "COUNT(DISTINCT v.code) AS n",
          "STDDEV(v.days) AS n", "MAX(v.days) AS n", "SUM(clamp(v.weight, -5, 5)) AS n")  # fmt: skip
BY = ("v.city", "v.sex", "v.hospital", "v.code", "v.weight", "v.urgent", "v.diagnosis", "v.visited_on",
      "month(v.visited_on)", "v.days", "v.amount", "lower(v.hospital)")  # fmt: skip
AFTER = (
    "ORDER BY n LIMIT 2", "ORDER BY n DESC, 1 LIMIT 1 OFFSET 1", "HAVING COUNT(*) > 3", "ORDER BY 1",
    "HAVING COUNT(*) > 2 ORDER BY n DESC LIMIT 3", "QUALIFY ROW_NUMBER() OVER (ORDER BY n DESC) <= 2",
    "QUALIFY RANK() OVER (ORDER BY n) = 1", "", "", "HAVING COUNT(DISTINCT v.id_card) > 11",
)  # fmt: skip
AROUND = (
    "{0}", "SELECT MAX(n) AS m, COUNT(*) AS c FROM ({0}) t",
    "SELECT k, n / (SELECT COUNT(*) FROM visits) AS r FROM ({0}) t",
    "SELECT * FROM ({0}) t WHERE n > 5 ORDER BY n LIMIT 3",
    "SELECT a.k, a.n - b.n AS d FROM ({0}) a JOIN ({1}) b ON a.k = b.k",
    "SELECT k, n FROM ({0}) a UNION ALL SELECT k, n FROM ({1}) b",
    "SELECT k, SUM(n) OVER (ORDER BY k) AS s FROM ({0}) t", "SELECT DISTINCT n > 3 AS big FROM ({0}) t",
    "WITH m AS ({0}) SELECT COUNT(*) AS c, AVG(clamp(v.days - m.n, -5, 5)) AS a FROM visits v"
    " LEFT JOIN m ON m.k = v.city WHERE v.days < m.n",
    "WITH m AS ({0}) SELECT v.code, COUNT(*) AS c FROM visits v JOIN m ON m.k = v.hospital GROUP BY v.code",
    "SELECT v.sex, COUNT(*) AS c FROM visits v WHERE v.city IN (SELECT k FROM ({0}) m WHERE n > 12)"
    " GROUP BY v.sex",
    "SELECT h.level, m.n FROM hospitals h LEFT JOIN ({0}) m ON m.k = h.hospital ORDER BY m.n, h.level",
)  # fmt: skip
"""What stands around one or two measured parts, ``k`` and ``n``."""
SETS = ("ROLLUP ({0}, {1})", "CUBE ({0}, {1})", "GROUPING SETS (({0}), ({1}), ())",
        "GROUPING SETS (({0}, {1}), ({0}))")  # fmt: skip
PUBLIC_LEFT = (
    "SELECT h.region, {0} FROM hospitals h LEFT JOIN visits v ON v.city = h.region GROUP BY h.region {1}",
    "SELECT h.hospital, {0} FROM hospitals h LEFT JOIN visits v ON v.hospital = h.hospital AND v.days > 1"
    " GROUP BY h.hospital {1}",
)
KEYED = ("COUNT(v.days) AS n", "SUM(v.days) AS n", "AVG(v.amount) AS n", "COUNT(DISTINCT v.id_card) AS n")


@st.composite
def part(draw: st.DrawFn) -> str:
    """One measured part with a key ``k`` and a figure ``n``."""
    by, after = draw(st.sampled_from(BY)), draw(st.sampled_from(AFTER))
    places = (*grammar.RELATIONS, *grammar.UNEVEN, *grammar.WINDOWS, *grammar.PER_UNIT)
    relation = draw(st.one_of(st.just("visits v"), st.sampled_from(places)))
    kept = draw(st.one_of(st.none(), st.sampled_from(grammar.CONDITIONS)))
    where = f" {'AND' if relation in grammar.CROSSED else 'WHERE'} ({kept})" if kept else ""
    return f"SELECT {by} AS k, {draw(st.sampled_from(SIMPLE))} FROM {relation}{where} GROUP BY {by} {after}"


@st.composite
def several(draw: st.DrawFn) -> str:
    """Parts with something around them: post-processing, several boundaries, a stage that reads another."""
    return draw(st.sampled_from(AROUND)).format(draw(part()), draw(part()))


@st.composite
def sets(draw: st.DrawFn) -> str:
    """Grouping sets."""
    one, two = draw(st.lists(st.sampled_from(BY), min_size=2, max_size=2, unique=True))
    return (
        f"SELECT {one} AS k, {two} AS l, {draw(st.sampled_from(SIMPLE))} FROM visits v "
        f"GROUP BY {draw(st.sampled_from(SETS)).format(one, two)}"
    )


@st.composite
def keyed(draw: st.DrawFn) -> str:
    """Keys that the developer lists, or that come from a public table."""
    after = draw(st.sampled_from(("", "ORDER BY n LIMIT 2", "HAVING COUNT(v.days) > 3")))
    if draw(st.booleans()):
        return draw(st.sampled_from(PUBLIC_LEFT)).format(draw(st.sampled_from(KEYED)), after)
    by, lists = draw(st.sampled_from((
        ("v.hospital", '{"hospital": ["第一医院", "12", null]}'), ("v.code", '{"code": ["0", "1"]}'),
        ("v.hospital, v.code", '{"hospital": ["12"], "code": ["0", "-1", null]}'),
        ("v.hospital, v.sex", '{"hospital": ["第一医院", "none"]}'),
    )))  # fmt: skip
    figure = draw(st.sampled_from(SIMPLE))
    return f"SELECT {by}, {figure} FROM visits v GROUP BY {by} {after}\n-- keys: {lists}"


def owners() -> st.SearchStrategy[str]:
    """Joins of the tables that find their unit through one another."""
    return test_joins.joins(public=False).map("SELECT COUNT(*) AS n FROM {}".format)


def whole() -> st.SearchStrategy[str]:
    """Statements of the whole dialect."""
    return st.one_of(
        grammar.statements(),
        several(),
        several(),
        sets(),
        keyed(),
        test_stages.statements(),
        test_stages.wide(),
        owners(),
    )


def statements(count: int, number: int) -> list[str]:
    """Distinct random statements."""
    found: dict[str, None] = {}

    @seed(number)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(whole())
    def collect(sql: str) -> None:
        found.setdefault(sql)

    collect()
    return list(found)
