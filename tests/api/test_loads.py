"""A load over REST tells how far it is, in shares, to operators."""

from __future__ import annotations

import threading

import pytest

from sandbox.jobs import loads
from sandbox.nouns.load import Progress
from tests.api.conftest import Running


def test_a_load_tells_its_step_and_share_while_it_runs_and_no_count(
    here: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, go_on = threading.Event(), threading.Event()

    def slow(dataset: str, actor: str, progress: Progress) -> None:
        progress("visits", 41_234, 100_000)
        told.set()
        assert go_on.wait(30)
        progress("public", 7, None)

    monkeypatch.setattr(loads, "TELL_SECONDS", 0.0)
    monkeypatch.setattr(here.service.loads, "_load", slow)
    address = "/v1/tasks/" + here.operator.post("/v1/datasets/clinic/load").json()["id"]
    assert told.wait(30)
    running = here.operator.get(address).json()
    assert (running["state"], running["progress"]) == ("running", {"step": "visits", "percent": 41})
    for name in ("developer", "reviewer", "regulator"):
        assert here.client(name).get(address).status_code == 403
    go_on.set()
    while (ended := here.operator.get(address).json())["state"] == "running":
        assert ended["progress"] in (running["progress"], {"step": "public", "percent": None})
    assert (ended["state"], ended["progress"]) == ("done", None)


def test_a_real_load_tells_its_steps(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loads, "TELL_SECONDS", 0.0)
    seen = set()
    task = here.operator.post("/v1/datasets/clinic/load").json()
    while task["state"] == "running":
        task = here.operator.get(f"/v1/tasks/{task['id']}").json()
        seen.add((task["progress"] or {"step": ""})["step"])
    assert task["state"] == "done"
    assert seen & {"visits", "persons", "scan", "rank", "seal"}
