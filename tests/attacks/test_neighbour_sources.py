"""One unit more or less in the sources, two real loads: exact answers move by no more than the plan declares.

Tests on workspaces alone cannot see a load step that looks at other people. Ranks are drawn afresh by each
load, so the other units here stay within their bounds; the unit that comes and goes does not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sandbox import Sandbox
from sandbox.plan import plan
from tests import shop

RELATIONS = (
    "lines l",
    "orders o JOIN lines l ON o_order = l_order",
    "lines l LEFT JOIN orders o ON l_order = o_order",
    "orders o LEFT JOIN lines l ON l_order = o_order",
    "orders o RIGHT JOIN lines l ON l_order = o_order",
    "orders o FULL JOIN lines l ON l_order = o_order AND l.pieces > 3",
    "customers c FULL JOIN lines l ON c_customer = l.o_customer",
    "customers c, orders o, lines l, goods g WHERE c_customer = o_customer AND l_order = o_order"
    " AND g.goods = l.goods AND c.age > 20",
    "goods g LEFT JOIN lines l ON g.goods = l.goods",
    "lines l JOIN orders o ON l_order = o_order JOIN notes n ON n_line = l_line",
    "notes n LEFT JOIN lines l ON n_line = l_line",
    "lines l JOIN lines m ON m.l_order = l.l_order",
    "lines l SEMI JOIN orders o ON o_order = l_order AND o.state = 'open'",
    "lines l ANTI JOIN notes n ON n_line = l_line",
    "lines l WHERE EXISTS (SELECT 1 FROM lines m WHERE m.l_order = l.l_order AND m.pieces > l.pieces)",
    "lines l WHERE l_line NOT IN (SELECT n_line FROM notes WHERE stars > 2)",
    "lines l WHERE goods NOT IN (SELECT goods FROM goods)",
    "(SELECT o_customer, pieces, goods FROM lines UNION ALL SELECT o_customer, stars, 'tea' FROM notes) l",
    "(SELECT o_customer, SUM(pieces) AS pieces, MIN(goods) AS goods FROM lines GROUP BY o_customer) l"
    " JOIN customers c ON c_customer = l.o_customer",
    "(SELECT o_customer, goods, RANK() OVER (PARTITION BY o_customer ORDER BY pieces) AS pieces"
    " FROM lines) l",
)
ASKED = (
    "SELECT COUNT(l.pieces), SUM(clamp(l.pieces, 0, 7)) FROM {}",
    "SELECT l.pieces, COUNT(l.pieces), COUNT(DISTINCT l.o_customer) FROM {} GROUP BY l.pieces",
    "SELECT l.goods, COUNT(l.pieces) FROM {} GROUP BY l.goods",
)
KEYS = (1, 2, 3)
"""Keys that several units may have."""
PADDED = "goods g LEFT JOIN"


def orders(unit: str, keys: st.SearchStrategy[list[int]]) -> st.SearchStrategy[list[tuple[object, ...]]]:
    """Orders of a unit with the given keys."""
    return keys.map(lambda found: [(unit, key, ("open", "done")[key % 2]) for key in found])


@st.composite
def sources(draw: st.DrawFn) -> dict[str, list[tuple[object, ...]]]:
    """Rows of the shop. ``eve`` comes and goes: many orders with repeated keys, and lines of her own."""
    one = st.lists(st.sampled_from(KEYS), unique=True, max_size=3)
    many = st.lists(st.sampled_from((*KEYS, 8, 9)), max_size=12)
    held = draw(orders("ann", one)) + draw(orders("bob", one)) + draw(orders("eve", many))
    piece, goods = st.integers(0, 10), st.sampled_from(("tea", "salt", "", "silk"))
    common = draw(st.lists(st.tuples(st.sampled_from((*KEYS, 4)), piece, goods), max_size=5))
    own = draw(st.lists(st.tuples(st.sampled_from((8, 9)), piece, goods), max_size=12))
    lines = [(key, f"L{place}", pieces, what) for place, (key, pieces, what) in enumerate(common)]
    lines += [(key, f"E{place % 4}", pieces, what) for place, (key, pieces, what) in enumerate(own)]
    stars = draw(
        st.lists(st.tuples(st.sampled_from(("L0", "L1", "E0", "E1", "x")), st.integers(0, 5)), max_size=9)
    )
    people = [(name, draw(st.integers(0, 90))) for name in ("ann", "bob", "eve", "eve")]
    return {"orders": held, "lines": lines, "notes": stars, "customers": people}


def without(rows: Mapping[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """The sources without one unit: what names it goes, and what only it is referred to by leads nowhere."""
    return {name: [row for row in each if row[0] != "eve"] for name, each in rows.items()}


def check(rows: Mapping[str, list[tuple[object, ...]]], folder: Path) -> None:
    """Load twice, ask everything of both, and compare with what each plan declares."""
    answers: list[dict[str, dict[str, dict[str, int]]]] = []
    for place, version in enumerate((rows, without(rows))):
        path = shop.write(folder / str(place), version)
        with Sandbox.local(str(path), home=str(folder / str(place) / "home")) as box:
            facts, found = box._gateway.facts, {}
            for sql in (text.format(relation) for relation in RELATIONS for text in ASKED):
                if PADDED in sql and ("DISTINCT" in sql or "GROUP BY" in sql):
                    continue
                (stage,) = plan(sql, facts).stages
                listed = box._gateway.workspace.exact(stage.exact_sql).to_pylist()
                names = [key.name for key in stage.keys]
                found[sql] = {
                    measure.name: {repr([row[n] for n in names]): row[measure.name] for row in listed}
                    for measure in stage.measures
                }
            answers.append(found)
    for sql, measured in answers[0].items():
        for measure in plan(sql, facts).stages[0].measures:
            before, after = measured[measure.name], answers[1][sql][measure.name]
            moves = [abs(before.get(key, 0) - after.get(key, 0)) for key in before.keys() | after.keys()]
            reach = measure.sensitivity
            assert sum(map(bool, moves)) <= reach.l0, sql
            assert sum(moves) <= reach.l1, sql
            assert sum(move * move for move in moves) <= reach.l2_squared, sql
            assert max(moves, default=0) <= reach.linf, sql


CHECKS = {
    "deadline": None, "suppress_health_check": list(HealthCheck), "database": None,
    "phases": (Phase.explicit, Phase.generate),
}  # fmt: skip
"""An example is two loads: nothing is shrunk."""


@settings(max_examples=4, **CHECKS)  # type: ignore[arg-type]
@given(rows=sources())
def test_one_unit_in_the_sources_moves_answers_by_no_more_than_declared(
    rows: dict[str, list[tuple[object, ...]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(rows, Path(folder))


@pytest.mark.full
@settings(max_examples=300, **CHECKS)  # type: ignore[arg-type]
@given(rows=sources())
def test_one_unit_in_many_sources_moves_answers_by_no_more_than_declared(
    rows: dict[str, list[tuple[object, ...]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check(rows, Path(folder))


def test_the_worst_unit_attains_what_is_declared(tmp_path: Path) -> None:
    """Rows up to every bound, on keys that others have too."""
    rows: dict[str, list[tuple[object, ...]]] = {
        "orders": [("eve", key, "open") for key in (1, 1, 8, 9, 9)] + [("ann", 1, "done")],
        "lines": [(8, f"E{place}", 7, "salt") for place in range(9)] + [(1, "L0", 7, "tea")],
        "notes": [(f"E{place % 3}", 5) for place in range(12)],
        "customers": [("eve", 40), ("eve", 41), ("ann", 50)],
    }
    check(rows, tmp_path)
