"""An operator's monitoring reads how the server does, and nothing of anybody's work."""

from __future__ import annotations

import re

from sandbox.jobs.states import State
from tests.api.conftest import BY_CITY, Running

LINE = re.compile(r'([a-z_]+)(?:\{[a-z]+="((?:[^"\\]|\\.)*)"\})? ([0-9.e+-]+)')


def read(here: Running) -> dict[tuple[str, str], float]:
    lines = [each for each in here.operator.get("/metrics").text.splitlines() if not each.startswith("#")]
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), lines
    return {(each[1], each[2] or ""): float(each[3]) for each in found if each}


def test_jobs_stops_loads_budgets_and_room_are_told(here: Running) -> None:
    before = read(here)
    assert {label for name, label in before if name == "sandbox_jobs"} == set(State)
    here.ask(BY_CITY, epsilon="0.5")
    stop = here.operator.post("/v1/stops", json={"scope": "dataset", "name": "other", "reason": "x"}).json()
    after = read(here)
    assert after["sandbox_jobs", "released"] == before["sandbox_jobs", "released"] + 1
    assert after["sandbox_budget_spent", "clinic"] > before["sandbox_budget_spent", "clinic"]
    assert after["sandbox_stops", ""] == before["sandbox_stops", ""] + 1
    assert after["sandbox_loads", ""] == 0
    assert after["sandbox_home_free_bytes", ""] > 0
    here.reviewer.post(f"/v1/stops/{stop['id']}/lift", json={"reason": "x"})


def test_nobody_else_reads_them(here: Running) -> None:
    for name in ("developer", "reviewer", "regulator"):
        assert here.client(name).get("/metrics").status_code == 403
    assert here.client(None).get("/metrics").status_code == 401
