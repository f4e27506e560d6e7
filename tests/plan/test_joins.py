"""Random joins of tables that find their unit through one another, counted over rows of one unit.

Whatever is joined with whatever, on which sides and by which columns: what a statement counts of one unit is
never more than what its noise is made for.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.errors import Refused
from sandbox.plan import plan
from tests.plan.database import exact
from tests.plan.test_owners import BY_ITEM, BY_STAY, KNOWN, load

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
REFERENCES = {("pid", "patient"), ("sid", "stay")}
SIDES = ("", "", "", "LEFT ", "RIGHT ", "FULL ", "SEMI ", "ANTI ")


@st.composite
def joins(draw: st.DrawFn) -> str:
    """A FROM of two to four tables; equalities are mostly those of keys."""
    names = draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=2, max_size=4))
    text = f"{names[0]} t0"
    for place, name in enumerate(names[1:], start=1):
        said = []
        if draw(st.integers(0, 3)):
            said.append(f"t{draw(st.integers(0, place - 1))}.id_card = t{place}.id_card")
        pairs = [
            (f"t{other}.{one} = t{place}.{two}", {(one, two), (two, one)} & REFERENCES)
            for other in range(place) for one in COLUMNS[names[other]] for two in COLUMNS[name]
        ]  # fmt: skip
        keys = [text for text, known in pairs if known]
        for _ in range(draw(st.integers(0 if said else 1, 2))):
            said.append(
                draw(st.sampled_from(keys if keys and draw(st.booleans()) else [pair[0] for pair in pairs]))
            )
        text += f" {draw(st.sampled_from(SIDES))}JOIN {name} t{place} ON {' AND '.join(said)}"
    return text


Sources = list[duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def sources() -> Iterator[Sources]:
    made = [load(seed) for seed in range(12)]
    yield made
    for con in made:
        con.close()


def check(sources: Sources, tables: str) -> None:
    """Plan a statement and count the rows of one unit, as many and as much alike as a load keeps them."""
    try:
        (stage,) = plan(f"SELECT COUNT(*) FROM {tables}", KNOWN).stages
    except Refused:
        return
    most = max(int(str(exact(con, stage)[0]["m0"])) for con in sources)
    assert most <= stage.measures[0].sensitivity.linf


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables=joins())
def test_a_unit_has_no_more_rows_in_a_join_than_its_bound(sources: Sources, tables: str) -> None:
    check(sources, tables)


@pytest.mark.full
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables=joins())
def test_a_unit_has_no_more_rows_in_any_of_many_joins(sources: Sources, tables: str) -> None:
    check(sources, tables)
