"""Random joins of tables that find their unit through one another, counted over rows of one unit.

Whatever is joined with whatever, on which sides and by which columns: what a statement counts of one unit is
never more than what its noise is made for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.errors import Refused
from sandbox.nouns.plan import Facts, PublicTable
from sandbox.nouns.policy import Column, Source, Table, Use
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import plan
from tests.plan.database import exact, fill
from tests.plan.test_owners import BY_ITEM, BY_STAY, KNOWN, load
from tests.plan.world import ALL, facts

COLUMNS = {
    "patients": ("pid", "age"), "stays": ("patient", "sid", "days"), "bills": ("stay", "item"),
    BY_STAY: ("stay", "n"), BY_ITEM: ("item", "n"),
    "(SELECT id_card, stay, item, COUNT(*) n FROM bills GROUP BY 1, 2, 3)": ("stay", "item", "n"),
    "(SELECT id_card, patient, MAX(days) AS n FROM stays GROUP BY id_card, patient)": ("patient", "n"),
    "(SELECT id_card, sid, patient FROM stays WHERE days > 0)": ("sid", "patient"),
    "(SELECT id_card, stay FROM bills UNION ALL SELECT id_card, sid FROM stays)": ("stay",),
    "(SELECT s.id_card, s.sid, p.pid FROM stays s LEFT JOIN patients p ON s.patient = p.pid)": ("sid", "pid"),
}  # fmt: skip
"""Tables and subqueries → their columns beside the unit."""
ROWS: dict[str, list[tuple[int | None, int | None]]] = {
    "codes": [(0, 0), (0, 1), (0, 1), (1, 1), *((10 + n, None) for n in range(8))],
    "wards": [(0, 0), (0, 3), (0, 3)],
}
"""Public tables, a code and a level: some rows match many, some none."""
PUBLIC = dict.fromkeys(ROWS, ("code", "level")) | {
    "(SELECT code, COUNT(*) AS level FROM codes GROUP BY code)": ("code", "level"),
    "(SELECT code, level FROM codes UNION ALL SELECT level, code FROM wards)": ("code", "level"),
    "(VALUES (0, 1), (1, 1), (1, 2))": ("code", "level"),
    "(VALUES (0, 0), (1, 1), (2, 2), (2, 3))": ("code", '"a t0.""age"'),
}  # fmt: skip
REFERENCES = {("pid", "patient"), ("sid", "stay")}
SIDES = ("", "", "", "LEFT ", "RIGHT ", "FULL ", "SEMI ", "ANTI ")


@st.composite
def joins(draw: st.DrawFn, *, public: bool = True) -> str:
    """A FROM of two to four tables; equalities are mostly those of keys, and may be within one table."""
    columns = COLUMNS | (PUBLIC if public and draw(st.booleans()) else {})
    names = draw(st.lists(st.sampled_from(sorted(columns)), min_size=2, max_size=4))
    text = f"{names[0]} {_alias(names[0], 0)}"
    for place, name in enumerate(names[1:], start=1):
        said = []
        owned = [other for other in range(place) if names[other] in COLUMNS and name in COLUMNS]
        if owned and draw(st.integers(0, 3)):
            said.append(f"t{draw(st.sampled_from(owned))}.id_card = t{place}.id_card")
        pairs = [
            (f"t{other}.{one} {same} t{place}.{two}", {(one, two), (two, one)} & REFERENCES)
            for other in range(place + 1) for one in columns[names[other]] for two in columns[name]
            for same in ("=", "IS NOT DISTINCT FROM")
        ]  # fmt: skip
        keys = [text for text, known in pairs if known]
        for _ in range(draw(st.integers(0 if said or name in PUBLIC else 1, 2))):
            said.append(
                draw(st.sampled_from(keys if keys and draw(st.booleans()) else [pair[0] for pair in pairs]))
            )
        side, condition = draw(st.sampled_from(SIDES)), " AND ".join(said) or "TRUE"
        text += f" {side}JOIN {name} {_alias(name, place)} ON {condition}"
    return text


def _alias(name: str, place: int) -> str:
    return f"t{place}({', '.join(PUBLIC[name])})" if "VALUES" in name else f"t{place}"


def public(name: str) -> Table:
    columns = tuple(Column(name=column, type=Kind.INTEGER, use=ALL | {Use.OUTPUT}) for column in PUBLIC[name])
    return Table(name=name, source=Source(connector="csv"), public=True, columns=columns)


def known() -> Facts:
    """The tables of people, and what a load finds of the public ones."""
    policy = KNOWN.policy.model_copy(update={"tables": (*KNOWN.policy.tables, *map(public, ROWS))})
    found = {}
    for name, rows in ROWS.items():
        counts = [
            Counter(value for value in column if value is not None) for column in zip(*rows, strict=True)
        ]
        most = {column: max(count.values()) for column, count in zip(PUBLIC[name], counts, strict=True)}
        found[name] = PublicTable(rows=len(rows), multiplicity=most)
    return replace(facts(policy, row_bounds=dict(KNOWN.row_bounds)), public=found)


ALL_KNOWN = known()
Sources = list[duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def sources() -> Iterator[Sources]:
    made = [loaded(seed) for seed in range(12)]
    yield made
    for con in made:
        con.close()


def loaded(seed: int) -> duckdb.DuckDBPyConnection:
    con = load(seed)
    for name, rows in ROWS.items():
        fill(con, public(name), [dict(zip(PUBLIC[name], row, strict=True)) for row in rows], 0)
    return con


def check(sources: Sources, tables: str) -> None:
    """Plan a statement and count the rows of one unit, as many and as much alike as a load keeps them."""
    try:
        made = plan(f"SELECT COUNT(*) FROM {tables}", ALL_KNOWN)
    except Refused:
        return
    if made.public:
        return
    (stage,) = made.stages
    most = max(int(str(exact(con, stage)[0]["m0"])) for con in sources)
    assert most <= stage.measures[0].sensitivity.linf


@st.composite
def groups(draw: st.DrawFn) -> str:
    """Such a FROM in groups of one or two of the columns that it joins by."""
    tables = draw(joins())
    columns = sorted(set(re.findall(r"\bt\d\.(?!id_card)\w+", tables)))
    keys = draw(st.lists(st.sampled_from(columns), min_size=1, max_size=2, unique=True)) if columns else []
    keys = [f"coalesce({', '.join(keys)})"] if len(keys) == 2 and draw(st.booleans()) else keys
    return f"SELECT {', '.join([*keys, 'COUNT(*)'])} FROM {tables}" + (
        f" GROUP BY {', '.join(keys)}" if keys else ""
    )


def check_groups(sources: Sources, sql: str) -> None:
    """Count the groups of one unit: those that rows without a unit open are not its own."""
    try:
        made = plan(sql, ALL_KNOWN)
    except Refused:
        return
    if made.public or not made.stages[0].unit_measure:
        return
    (stage,) = made.stages
    (units,) = (one for one in stage.measures if one.name == stage.unit_measure)
    for con in sources:
        assert sum(bool(row[units.name]) for row in exact(con, stage)) <= units.sensitivity.l0


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(sql=groups())
def test_a_unit_has_rows_in_no_more_groups_than_its_bound(sources: Sources, sql: str) -> None:
    check_groups(sources, sql)


@pytest.mark.full
@settings(max_examples=5_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(sql=groups())
def test_a_unit_has_rows_in_no_more_groups_of_any_of_many_joins(sources: Sources, sql: str) -> None:
    check_groups(sources, sql)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables=joins())
def test_a_unit_has_no_more_rows_in_a_join_than_its_bound(sources: Sources, tables: str) -> None:
    check(sources, tables)


@pytest.mark.full
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables=joins())
def test_a_unit_has_no_more_rows_in_any_of_many_joins(sources: Sources, tables: str) -> None:
    check(sources, tables)
