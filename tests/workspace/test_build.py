"""A built workspace: one code per unit, ranks from 0 without gaps, rows cut at the bound and sorted."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.local import LocalSandbox
from sandbox.nouns.first import first_bits
from sandbox.workspace import build
from tests import clinic

ONE_TABLE = (
    clinic.POLICY[: clinic.POLICY.index("  persons:")] + clinic.POLICY[clinic.POLICY.index("privacy:") :]
)


def rows(box: LocalSandbox, sql: str) -> list[tuple[object, ...]]:
    table = box._gateway.workspace.exact(sql)
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("policy", [clinic.POLICY, ONE_TABLE], ids=["three tables", "one table"])
@pytest.mark.parametrize("part", [40, 10**6], ids=["many parts", "one part"])
def test_each_unit_has_one_code_and_its_rows_are_ranked_and_sorted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str, part: int
) -> None:
    monkeypatch.setattr(build, "PART_ROWS", part)
    rng = random.Random(5)
    source = clinic.visits(60, 20, rng)
    rng.shuffle(source)
    path = clinic.write(tmp_path, visit_rows=source, person_rows=clinic.persons(60, rng), policy=policy)
    with Sandbox.local(str(path), home=str(tmp_path / "home")) as box:
        stored = rows(box, "SELECT _unit, _rank FROM workspace.visits")
        load = box.report.tables[0]
    ranks = defaultdict(list)
    for unit, rank in stored:
        ranks[unit].append(rank)
    kept = Counter({unit: min(n, 8) for unit, n in Counter(row["id_card"] for row in source).items()})
    assert sorted(len(each) for each in ranks.values()) == sorted(kept.values())
    assert all(each == list(range(len(each))) for each in ranks.values())
    assert stored == sorted(stored)
    assert set(ranks) == set(range(60))
    assert load.kept == len(stored)
    assert load.dropped_rank == len(source) - len(stored)


def test_one_person_has_one_code_in_all_tables(tmp_path: Path) -> None:
    rng = random.Random(6)
    visits = [{**row, "amount": float(row["id_card"][1:])} for row in clinic.visits(50, 3, rng)]
    persons = [{**row, "age": int(row["id_card"][1:])} for row in clinic.persons(50, rng)]
    rng.shuffle(persons)
    path = clinic.write(tmp_path, visit_rows=visits, person_rows=persons)
    with Sandbox.local(str(path), home=str(tmp_path / "home")) as box:
        joined = rows(
            box,
            "SELECT v.amount::BIGINT, p.age FROM workspace.visits v JOIN workspace.persons p USING (_unit)",
        )
    assert len(joined) == len(visits)
    assert all(amount == age for amount, age in joined)


def test_codes_and_ranks_are_drawn_afresh_by_every_load(tmp_path: Path) -> None:
    orders = set()
    for turn in range(2):
        path = clinic.small(tmp_path / str(turn), people=60)
        with Sandbox.local(str(path), home=str(tmp_path / str(turn) / "home")) as box:
            orders.add(tuple(rows(box, "SELECT age FROM workspace.persons ORDER BY _unit")))
    assert len(orders) == 2


def test_the_first_row_of_each_unit_with_each_value_is_flagged(tmp_path: Path) -> None:
    rng = random.Random(7)
    source = clinic.visits(60, 20, rng)
    for place, row in enumerate(source):
        row["city"] = None if place % 5 == 0 else row["city"]
    path = clinic.write(tmp_path, visit_rows=source, person_rows=clinic.persons(60, rng))
    with Sandbox.local(str(path), home=str(tmp_path / "home")) as box:
        table = box.policy.table("visits")
        assert table is not None
        bit = 1 << first_bits(table)["city"]
        stored = rows(box, f"SELECT _unit, city, _rank, _first & {bit} FROM workspace.visits ORDER BY ALL")
    lowest: dict[tuple[object, object], object] = {}
    for unit, city, rank, _ in stored:
        lowest.setdefault((unit, city), rank)
    assert len({city for _, city, _, _ in stored}) > 2
    assert all((flag == bit) == (lowest[unit, city] == rank) for unit, city, rank, flag in stored)


def test_ranges_cover_every_unit_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "PART_ROWS", 10)
    for units in range(40):
        for count in range(0, 100, 7):
            covered = [unit for low, high in build.ranges(units, count) for unit in range(low, high)]
            assert sorted(set(covered)) == sorted(covered)
            assert set(range(units)) <= set(covered)
