"""TPC-H asked of rows: every planned query without noise at scale 0.1, and through a load with noise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from benchmarks.tpch import REWRITES, facts, queries
from benchmarks.tpch_data import EPSILON, ask, generate
from sandbox import Sandbox
from sandbox.errors import Refused
from sandbox.nouns.plan import Facts
from sandbox.plan import plan
from sandbox.plan.rewrites import MARK
from tests.plan.database import answer
from tests.plan.test_golden import alike, plain, repr_key
from tests.tpch.workspace import load

SCALE = 0.1
SMALL = 0.01
"""With noise the larger scale takes half a minute more, in the engine's jails."""
REFUSED = {"Q3", "Q10", "Q18"}
PLANNED = [(name, text) for name, text in queries() if name not in REFUSED]
WIDE = {"customer": 1, "orders": 64, "lineitem": 512}
"""Bounds that no customer of the generator reaches."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("tpch"), SCALE).parent


@pytest.fixture(scope="module")
def wide() -> Facts:
    return facts(WIDE)


@pytest.fixture(scope="module")
def con(folder: Path, wide: Facts) -> Iterator[duckdb.DuckDBPyConnection]:
    made = load(folder, wide.policy)
    yield made
    made.close()


@pytest.mark.parametrize(("name", "text"), PLANNED, ids=[name for name, _ in PLANNED])
def test_without_noise_a_query_has_the_answer_of_plain_duckdb(
    con: duckdb.DuckDBPyConnection, wide: Facts, name: str, text: str
) -> None:
    ours = sorted(answer(con, plan(REWRITES.get(name, text), wide)), key=repr_key)
    theirs = sorted(con.execute(text).fetchall(), key=repr_key)
    assert len(ours) == len(theirs) > 0
    for mine, their in zip(ours, theirs, strict=True):
        assert all(alike(plain(a), plain(b)) for a, b in zip(mine, their, strict=True)), (mine, their)


def test_what_the_refusal_of_q13_prints_has_the_answer_of_q13(
    con: duckdb.DuckDBPyConnection, wide: Facts
) -> None:
    asked = dict(queries())["Q13"]
    with pytest.raises(Refused) as caught:
        plan(asked, wide)
    ours = answer(con, plan(caught.value.hint.partition(MARK)[2], wide))
    assert sorted(ours) == sorted(con.execute(asked).fetchall())


@pytest.mark.parametrize("scale", [SMALL, pytest.param(SCALE, marks=pytest.mark.full)])
def test_a_load_of_the_files_answers_every_planned_query(scale: float, tmp_path: Path) -> None:
    folder = generate(tmp_path / "tpch", scale).parent
    with Sandbox.local(str(folder / "policy.yaml"), home=str(tmp_path / "home")) as box:
        found = {name: ask(box, name, text) for name, text in queries()}
    assert {name for name, release in found.items() if release is None} == REFUSED
    shown = {name: release for name, release in found.items() if release is not None}
    assert all(release.cost.epsilon == EPSILON for name, release in shown.items() if release.cost.rho)
    assert {name for name, release in shown.items() if not release.cost.rho} == {"Q2", "Q11", "Q16"}
    counted = {row[0]: row[1] for row in shown["Q4"].rows()}
    assert {"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"} <= set(counted)
