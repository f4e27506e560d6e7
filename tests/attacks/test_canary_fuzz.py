"""Thousands of random requests in every role: no planted cell in an answer, a log, a file or a process."""

from __future__ import annotations

import base64
import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.errors import Refused
from sandbox.govern import Govern
from tests.api import conftest
from tests.api.conftest import Running
from tests.attacks import canaries, fuzzing
from tests.attacks.canaries import Finding

REQUESTS = int(os.environ.get("SANDBOX_TEST_FUZZ", "400"))
"""Requests of the short run."""
THREADS = 4
MOST = 10**9


@dataclass
class Seen:
    """What a run met."""

    findings: list[Finding] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    calls: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A server over nothing but canaries."""
    monkeypatch.setattr(conftest, "GRANTS", canaries.GRANTED)
    yield from conftest.running(
        tmp_path, write=canaries.planted, slots=False, reads_per_minute=MOST, writes_per_minute=MOST,
        strangers_per_minute=MOST, jobs_per_agreement=100_000, jobs_per_user=100_000,
    )  # fmt: skip


def fuzz(here: Running, requests: int, seed: int) -> Seen:
    """Send ``requests`` random requests from several threads; every answer is searched."""
    seen = Seen()
    pool = fuzzing.Pool(fuzzing.asked(max(60, min(3000, requests // 10))), [here.agreement])
    turn = threading.Lock()
    left = iter(range(requests))

    def work(number: int) -> None:
        rng = random.Random(seed * 1000 + number)
        with httpx2.Client(base_url=here.url, timeout=60, trust_env=False) as client:
            while True:
                with turn:
                    done = next(left, None)
                    if done is not None and done % 250 == 249:
                        with suppress(AssertionError):  # another thread's stop came between
                            pool.agreements.append(mend(here))
                if done is None:
                    return
                send(client, fuzzing.drawn(rng, pool))

    def send(client: httpx2.Client, request: fuzzing.Request) -> None:
        headers = {} if request.role is None else {"authorization": f"Bearer {here.tokens[request.role]}"}
        headers |= dict(request.headers)
        place = f"{request.role} {request.method} {request.path}"[:200]
        try:
            encoded = {name: value.encode() for name, value in headers.items()}
            answer = client.request(request.method, request.path, headers=encoded, content=request.body)
        except httpx2.HTTPError as error:
            seen.broken.append(f"{place}: {type(error).__name__}")
            return
        seen.statuses[answer.status_code] += 1
        head = repr(answer.headers.raw).encode() + b"".join(a + b for a, b in answer.headers.raw)
        seen.findings += canaries.found(head, place + " headers") + canaries.found(answer.content, place)
        if answer.status_code >= 500 and answer.status_code != 503:
            seen.broken.append(f"{place}: {answer.status_code} {request.body!r:.300}")
        pool.learn(answer.content, random)  # type: ignore[arg-type]  # the module draws like a Random

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def mend(here: Running) -> str:
    """Lift what random orders stopped; returns a new agreement in force."""
    for stop in here.operator.get("/v1/stops", params={"limit": 100}).json()["items"]:
        for name in ("operator", "regulator", "second"):
            here.client(name).post(f"/v1/stops/{stop['id']}/lift", json={"reason": "drill"})
    return here.agree()


def downloads(here: Running, seen: Seen) -> int:
    """Every job's result in every format, for its owner; returns the number of releases."""
    cursor, released = None, 0
    while True:
        page = here.developer.get("/v1/jobs", params={"limit": 100, **({"cursor": cursor} if cursor else {})})
        for job in page.json()["items"]:
            while job["state"] in ("queued", "running"):
                job = here.developer.get(f"/v1/jobs/{job['id']}", params={"wait": 30}).json()
            released += job["state"] == "released"
            for kind in fuzzing.FORMATS if job["state"] == "released" else ():
                answer = here.developer.get(f"/v1/jobs/{job['id']}/result", headers={"accept": kind})
                seen.findings += canaries.found(answer.content, f"{job['id']} {kind}")
        cursor = page.json().get("next")
        if not cursor:
            return released


def files(folder: Path) -> list[Finding]:
    """Canaries in names and bytes of every file of a folder."""
    seen = []
    for path in folder.rglob("*"):
        seen += canaries.found(str(path).encode(), "file name")
        if path.is_file():
            seen += canaries.found(path.read_bytes(), str(path))
    return seen


def processes() -> tuple[int, list[Finding]]:
    """Canaries in the command lines and environments of the server and all its children."""
    family, seen = {os.getpid()}, []
    for pid in sorted(int(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()):
        try:
            parent = int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
            if pid not in family and parent not in family:
                continue
            family.add(pid)
            for name in ("cmdline", "environ"):
                seen += canaries.found(Path(f"/proc/{pid}/{name}").read_bytes(), f"{pid} {name}")
        except (FileNotFoundError, ProcessLookupError):
            continue
    return len(family), seen


def whole(
    here: Running,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    count: int,
) -> None:
    """One run of ``count`` requests, then everything that it left behind."""
    began = time.monotonic()
    seed = random.SystemRandom().randrange(10**6)
    for name in ("httpx2", "httpcore2"):  # the clients' own words, not the server's
        caplog.set_level("WARNING", name)
    with caplog.at_level("DEBUG"):
        seen = fuzz(here, count, seed)
        here.ask(fuzzing.QUESTIONS[0], agreement=mend(here), epsilon="0.05")
        released = downloads(here, seen)
    looked, in_processes = processes()
    said = "".join(capfd.readouterr()) + caplog.text
    report = f"{count} requests, seed {seed}, {time.monotonic() - began:.0f} s, {released} releases"
    sys.__stderr__.write(f"{report} {dict(seen.statuses)} {seen.broken[:10]}\n")
    assert seen.findings == [], report
    assert in_processes == []
    assert canaries.found(said.encode(), "log") == []
    assert files(tmp_path / "home") == []
    assert seen.broken == [], report
    assert looked > 1, "the engine's processes were looked at"
    assert released > count // 500, report
    assert {200, 202, 401, 403, 404, 422} <= set(seen.statuses)


def test_no_cell_is_in_any_answer_log_file_or_process(
    here: Running, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    whole(here, tmp_path, capfd, caplog, REQUESTS)


@pytest.mark.full
def test_no_cell_is_in_a_hundred_thousand_answers(
    here: Running, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    whole(here, tmp_path, capfd, caplog, 100_000)


def test_an_error_that_quotes_a_cell_is_found(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = cell_of(here)

    def leaking(*_: Any) -> None:
        raise Refused("not_found", f"no such row: {cell}", hint="look again", status=404)

    monkeypatch.setattr(Govern, "applications", leaking)
    monkeypatch.setattr(
        fuzzing, "drawn", lambda *_: fuzzing.Request("operator", "GET", "/v1/applications", (), None)
    )
    assert len(fuzz(here, 12, 1).findings) >= 12


def cell_of(here: Running) -> str:
    """A cell of the source, as an engine's message would quote it."""
    import pyarrow.parquet

    folder = here.service.settings.sources_folder
    assert folder is not None
    return str(pyarrow.parquet.read_table(folder / "visits.parquet")["name"][7].as_py())


@pytest.mark.parametrize(
    "said",
    [
        "金丝雀姓名kWvx007".encode(), "x金丝雀姓名kWvx007".encode("utf-16-le"), b"12.086753098624",
        "金丝雀姓名kWvx007".encode().hex().encode(), b"7.654321098725e+10", b"76543210987.25", b"1987-03-19",
        *(base64.b64encode(b"x" * shift + "金丝雀姓名kWvx007".encode()) for shift in range(3)),
    ],
)  # fmt: skip
def test_each_form_is_found(said: bytes) -> None:
    assert canaries.found(said, "here")
