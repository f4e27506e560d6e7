"""A question whose answer is out is answered as it comes in, and leaves what a lane would have left."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from sandbox.release import Keys
from tests.api.conftest import Running

OWN = {"id", "place", "submitted_at"}
"""What no two jobs share."""
AFTER = ("starts_at", "visible_at", "lease_until")
"""Moments, compared by how long after the submission they are."""


def asked(here: Running, sql: str, *, at_once: bool) -> tuple[Any, ...]:
    """A replay's row, the records it wrote, its view and its answer."""
    start = len(here.service.ledger.records(limit=10_000))
    body = {"agreement": here.agreement, "sql": sql, "epsilon": "0.3"}
    job = here.developer.post("/v1/jobs", json=body).json()
    assert job["state"] == ("released" if at_once else "queued")
    view = here.developer.get(f"/v1/jobs/{job['id']}", params={"wait": 30}).json()
    row = here.service.queue.get(job["id"])
    assert row is not None
    kept = {name: value for name, value in asdict(row).items() if name not in OWN}
    kept |= {name: kept[name] - row.submitted_at for name in AFTER}
    records = [{**each.body, "at": ""} for each in here.service.ledger.records(start, limit=100)]
    answer = here.developer.get(f"/v1/jobs/{job['id']}/result").content
    return kept, records, {**view, "id": "", "submitted": ""}, answer


def test_the_short_way_leaves_what_the_long_way_leaves(
    here: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "SELECT city, count(*) AS n FROM visits GROUP BY city"
    assert here.ask(sql, epsilon="0.3")["state"] == "released"
    short = asked(here, sql, at_once=True)
    monkeypatch.setattr(Keys, "of", lambda *_: None)
    long = asked(here, sql, at_once=False)
    assert short == long
    assert [each["kind"] for each in short[1]] == ["replay"]
    assert here.service.ledger.verify().ok


def test_a_replay_costs_nothing(here: Running) -> None:
    sql = "SELECT count(*) AS n FROM visits WHERE amount > 7"
    here.ask(sql, epsilon="0.3")
    spent = here.developer.get("/v1/budgets").json()
    assert here.ask(sql, epsilon="0.3")["replayed"]
    assert here.developer.get("/v1/budgets").json() == spent


def test_a_submission_sent_twice_with_one_key_is_one_replay(here: Running) -> None:
    sql = "SELECT count(*) AS n FROM visits WHERE amount > 8"
    here.ask(sql, epsilon="0.3")
    body = {"agreement": here.agreement, "sql": sql, "epsilon": "0.3"}
    headers = {"idempotency-key": "replay-once"}
    first, second = (here.developer.post("/v1/jobs", json=body, headers=headers).json() for _ in range(2))
    assert first == second
    assert first["state"] == "released"
