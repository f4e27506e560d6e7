"""Dummy data as a way in: does anything of the protected rows show in invented ones, or in their answers?

The attacker may load whatever they like on one side: two sources that differ in every row, canaries in every
cell, a table that is empty. Dummy data must not differ by a byte, and must cost and touch nothing.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from sandbox.errors import Unavailable
from sandbox.local import LocalSandbox
from sandbox.release import dump
from sandbox.workspace.opened import OpenWorkspace
from tests import clinic

CANARY = "KANARI7743"
BY_CITY = "SELECT city, count(*) AS n FROM visits GROUP BY city"
TABLES = ("visits", "persons", "hospitals")


def marked(row: dict[str, Any]) -> dict[str, Any]:
    """The same row with a canary in every text, and other numbers."""
    texts = {name: f"{CANARY}{value}" for name, value in row.items() if isinstance(value, str)}
    return row | texts | ({"amount": 999.99, "free": 7743.0} if "amount" in row else {})


def opened(folder: Path, visits: list[dict[str, Any]], persons: list[dict[str, Any]]) -> LocalSandbox:
    path = clinic.write(folder, visit_rows=visits, person_rows=persons)
    return Sandbox.local(str(path), home=str(folder / "home"))


def test_dummy_data_of_any_two_sources_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    rng = random.Random(5)
    visits, persons = clinic.visits(60, 4, rng), clinic.persons(60, rng)
    with (
        opened(tmp_path / "one", visits, persons) as one,
        opened(tmp_path / "two", [marked(row) for row in visits[:3]], []) as two,
    ):
        for table in TABLES:
            assert dump(one.dummy(table)) == dump(two.dummy(table))
            assert CANARY.encode() not in dump(two.dummy(table))


def test_an_engine_of_invented_rows_holds_no_protected_one(tmp_path: Path) -> None:
    rng = random.Random(6)
    visits = [marked(row) for row in clinic.visits(60, 4, rng)]
    with opened(tmp_path, visits, clinic.persons(60, rng)) as box:
        workspace = box._rehearsal.workspace
        text = str(workspace.exact("SELECT * FROM workspace.visits").to_pylist())
        assert CANARY not in text
        assert "7743.0" not in text
        held = workspace.exact("SELECT table_catalog, table_name FROM information_schema.tables").to_pylist()
        assert {(row["table_catalog"], row["table_name"]) for row in held} >= {("workspace", "visits")}
        assert {row["table_catalog"] for row in held} <= {"workspace", "memory"}


def test_a_dummy_answer_opens_no_protected_workspace(
    box: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = box._gateway.workspace

    def closed(*_: object, **__: object) -> None:
        raise AssertionError("the protected workspace was opened")

    kept = OpenWorkspace.data
    monkeypatch.setattr(OpenWorkspace, "data", lambda it: closed() if it is real else kept(it))
    assert box.query(BY_CITY, mode="dummy").dummy


def test_dummy_answers_cost_nothing_are_logged_as_such_and_never_replayed_as_real(box: LocalSandbox) -> None:
    before = [(each.spent_rho, each.spent_delta) for each in box.budget().balances]
    answer = box.query(BY_CITY, epsilon="0.5", mode="dummy")
    assert [(each.spent_rho, each.spent_delta) for each in box.budget().balances] == before
    assert box.ledger.record(answer.id).kind == "dummy"
    assert (answer.cost.rho, answer.cost.delta) == (0, 0)
    real = box.query(BY_CITY, epsilon="0.5")
    assert (real.dummy, real.replayed) == (False, False)
    assert box.query(BY_CITY, epsilon="0.5", mode="dummy").rows() != real.rows()


def test_what_fails_on_invented_rows_says_nothing_of_the_engine(
    box: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(f"the engine says {CANARY}")

    monkeypatch.setattr(OpenWorkspace, "exact", broken)
    with pytest.raises(Unavailable) as failure:
        box.query(BY_CITY, mode="dummy")
    assert failure.value.code == "dummy_failed"
    assert failure.value.__cause__ is None
    assert failure.value.__context__ is None


def test_a_dummy_question_is_refused_where_the_real_one_is(box: LocalSandbox) -> None:
    for sql, code in (
        ("SELECT name FROM visits", "unknown_column"),
        ("SELECT count(*) FROM visits WHERE diagnosis = '11010519491231002X'", "targeted_query"),
    ):
        with pytest.raises(Exception, match=code):
            box.query(sql, mode="dummy")
