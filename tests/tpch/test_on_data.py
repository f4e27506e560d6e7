"""TPC-H asked of rows, scale 0.01: every planned query, through a load with noise and without noise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from benchmarks.tpch import REWRITES, facts, queries
from benchmarks.tpch_data import EPSILON, ask, generate
from sandbox import Sandbox
from sandbox.nouns.plan import Facts
from sandbox.plan import plan
from tests.plan.database import answer
from tests.plan.test_golden import alike, plain, repr_key
from tests.tpch.workspace import load

SCALE = 0.01
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


def test_a_load_of_the_files_answers_every_planned_query(folder: Path, tmp_path: Path) -> None:
    with Sandbox.local(str(folder / "policy.yaml"), home=str(tmp_path / "home")) as box:
        found = {name: ask(box, name, text) for name, text in queries()}
    assert {name for name, release in found.items() if release is None} == REFUSED
    shown = {name: release for name, release in found.items() if release is not None}
    assert all(release.cost.epsilon == EPSILON for name, release in shown.items() if release.cost.rho)
    assert {name for name, release in shown.items() if not release.cost.rho} == {"Q2", "Q11", "Q16"}
    counted = {row[0]: row[1] for row in shown["Q4"].rows()}
    assert {"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED", "5-LOW"} <= set(counted)
