"""What must hold in a home folder, whatever was done to its processes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sandbox.jobs.service import Service
from sandbox.ledger.journal import Record
from sandbox.nouns.event import Failed, Released, Submitted
from sandbox.nouns.spend import Spend
from tests.faults.clients import ENDED, Seen, answer_of
from tests.faults.house import CANARY, House
from tests.postgres import kept

SETTLING = 300.0
"""Seconds in which a served house brings every job to its end."""


def served(house: House, told: Sequence[Seen]) -> None:
    """What the server says: every acknowledged job is there and ends, every answer is the same again."""
    for seen in told:
        assert seen.mistakes == []
        with house.client(seen.party.token) as client:
            end = time.monotonic() + SETTLING
            for job in seen.jobs:
                found = client.get(f"/v1/jobs/{job}").json()
                while found["state"] not in ENDED:
                    assert time.monotonic() < end, found
                    found = client.get(f"/v1/jobs/{job}", params={"wait": 5}).json()
                assert found["state"] == seen.ends.get(job, found["state"])
            for job, answer in seen.answers.items():
                assert answer_of(client.get(f"/v1/jobs/{job}/result")) == answer
        _one_draw(seen)


def _one_draw(seen: Seen) -> None:
    """A question has one answer, whichever job gave it."""
    found: dict[str, object] = {}
    for job, answer in seen.answers.items():
        assert found.setdefault(seen.jobs[job], answer) == answer, "noise was drawn twice"


def at_rest(house: House, told: Sequence[Seen]) -> Counter[str]:
    """What the control database and the files say once nothing is served; returns records by kind."""
    with house.inside() as service:
        assert service.queue.open() == []
        assert service.ledger.verify().ok
        records = service.ledger.records(0, 10**7)
        _jobs_end_once(service, records)
        _accounts_say_what_the_log_says(service, records)
        numbers = {each.number for each in records if each.kind == Released.kind}
        assert {answer.number for seen in told for answer in seen.answers.values()} <= numbers
    plaintext = CANARY.encode()
    assert plaintext not in kept_of(house), "a protected cell lies in the home folder unsealed"
    assert [path for path in house.memory.rglob("*") if path.is_file()] == []
    return Counter(each.kind for each in records)


def _jobs_end_once(service: Service, records: Sequence[Record]) -> None:
    """Each reservation ends in one release or one failure; each released job names its one record."""
    bodies = [each.body for each in records]
    begun = Counter(each["job"] for each in bodies if each["kind"] == Submitted.kind)
    ended = Counter(each["job"] for each in bodies if each["kind"] in (Released.kind, Failed.kind))
    assert begun == ended
    assert set(ended.values()) <= {1}
    answers = [it for it in bodies if it["kind"] == Released.kind]
    draws = Counter((it["agreement"], it["sql"], it["epsilon"]) for it in answers)
    assert set(draws.values()) <= {1}, "a question was answered by two draws"
    jobs = service.queue.page(None, before=None, limit=10**6)
    answered = Counter(job.number for job in jobs if job.state == "released" and not job.replayed)
    released = {each.number for each in records if each.kind == Released.kind}
    assert set(answered.values()) <= {1}
    assert set(answered) <= released


def _accounts_say_what_the_log_says(service: Service, records: Sequence[Record]) -> None:
    """What is spent is the sum of what the log charges, and under every cap."""
    charged: dict[tuple[str, ...], Spend] = {}
    accounts = {each.body["job"]: each.body["accounts"] for each in records if each.kind == Submitted.kind}
    for record in records:
        body = record.body
        if record.kind == Released.kind or (record.kind == Failed.kind and body["touched"]):
            for account in map(tuple, accounts[body["job"]]):
                former = charged.get(account, Spend(0))
                charged[account] = former + Spend(body["rho"], body["delta"])
    for account in service.ledger.accounts():
        cap, spent = service.ledger.balance(*account)
        assert spent == charged.get(account, Spend(0))
        assert spent.within(cap)


def kept_of(house: House) -> bytes:
    """Every byte of the home folder and of its control database."""
    marker = house.home / "database.url"
    if house.url is not None:
        marker.write_text(house.url)
    try:
        return kept(house.home)
    finally:
        Path(marker).unlink(missing_ok=True)
