"""Planted strings: none in any byte of any answer, whoever asks and whatever fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.api.access import ACCESS
from tests import clinic
from tests.api import conftest
from tests.api.conftest import BY_CITY, Running

CANARIES = ("CANARYperson", "CANARYname", "CANARYphone", "CANARYrare", "7654321.25")
QUESTIONS = (
    BY_CITY,
    "SELECT diagnosis, count(*) FROM visits GROUP BY diagnosis",
    "SELECT sum(amount) FROM visits WHERE amount > 900",
    "SELECT name FROM visits",
    "SELECT id_card, count(*) FROM visits GROUP BY id_card",
    "SELECT cast(diagnosis AS integer) AS x, count(*) FROM visits GROUP BY x",
    "SELECT max(diagnosis) FROM visits",
    "SELECT * FROM visits",
    "not sql at all '",
)


def planted(folder: Path, **_: Any) -> Path:
    """A clinic with one person who is all canaries."""
    import random

    rng = random.Random(3)
    rows = clinic.visits(120, 4, rng)
    rows.append(
        rows[0]
        | {"id_card": CANARIES[0], "name": CANARIES[1], "mobile": CANARIES[2], "diagnosis": CANARIES[3],
           "amount": 7654321.25}
    )  # fmt: skip
    return clinic.write(folder, visit_rows=rows, person_rows=clinic.persons(120, rng))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setenv("SANDBOX_TEST_KEY", "t" * 64)
    monkeypatch.setattr(conftest.clinic, "small", planted)
    yield from conftest.running(tmp_path, slots=False)


def test_no_planted_string_is_in_any_byte_of_any_answer(
    here: Running, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: list[bytes] = []
    original = httpx2.Client.send

    def watched(self: httpx2.Client, *arguments: Any, **options: Any) -> httpx2.Response:
        answer = original(self, *arguments, **options)
        seen.append(repr(answer.headers.raw).encode() + answer.read())
        return answer

    monkeypatch.setattr(httpx2.Client, "send", watched)
    jobs = [here.ask(sql, epsilon="0.2") for sql in QUESTIONS]
    (gateway,) = here.service.workspaces._held.values()

    def broken(*_: object) -> None:
        raise ValueError(" ".join(CANARIES))

    with monkeypatch.context() as patch:
        patch.setattr(gateway.workspace, "exact", broken)
        failed = here.ask("SELECT sex, count(*) FROM persons GROUP BY sex", epsilon="0.2")
    assert failed["problem"]["code"] == "job_failed"
    kinds = ("application/json", "text/csv", "application/vnd.apache.arrow.stream",
             "application/vnd.apache.parquet")  # fmt: skip
    for job in [*jobs, failed]:
        for kind in kinds:
            here.developer.get(f"/v1/jobs/{job['id']}/result", headers={"accept": kind})
    numbers = range(len(here.service.ledger.records(limit=10_000)))
    for name in ("developer", "operator", "reviewer", "regulator", "stranger"):
        for method, path in ACCESS:
            if method == "GET":
                here.client(name).get(re.sub(r"\{\w+\}", here.agreement, path))
    for number in numbers:
        here.developer.get(f"/v1/disclosures/{number}")
    assert {job["state"] for job in jobs} == {"released", "refused"}
    assert len(seen) > 100
    said = "".join(capfd.readouterr()).encode()
    for canary in CANARIES:
        assert not [each for each in seen if canary.encode() in each], canary
        assert canary.encode() not in said
