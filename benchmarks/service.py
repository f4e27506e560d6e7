"""``python -m benchmarks.service``: a real ``sandbox serve`` process and clients on loopback.

Prints submit → result, replay, authenticated reads a second and the memory of an idle server; with
``--crowd`` what a crowd of clients meets. Client and server share the machine's cores.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from benchmarks import source
from benchmarks.crowd import crowd
from benchmarks.watch import proportional

QUERY = "SELECT region, count(*) AS n, avg(amount) AS mean FROM visits WHERE amount > {} GROUP BY region"
EPSILON = "0.02"
READS = ("/v1/budgets", "/v1/agreements", "/v1/jobs?limit=20", "/v1/me")


@dataclass(frozen=True)
class Served:
    """A running server."""

    process: subprocess.Popen[str]
    url: str
    tokens: dict[str, str]
    agreement: str

    def client(self, role: str = "developer") -> httpx2.Client:
        """A signed-in client."""
        headers = {"authorization": f"Bearer {self.tokens[role]}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)


@contextmanager
def served(policy: Path, home: Path, port: int, *, slots: bool) -> Iterator[Served]:
    """``sandbox serve --demo`` as a user starts it; ends with the context."""
    environment = os.environ | {
        "SANDBOX_SLOTS": str(slots).lower(), "SANDBOX_BENCH_KEY": "b" * 64, "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    command = [
        sys.executable,
        "-c",
        "from sandbox.cli import main; main()",
        "serve",
        "--demo",
        str(policy),
    ]
    command += ["--home", str(home), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        said: dict[str, str] = {}
        assert process.stdout is not None
        for line in process.stdout:
            name, _, value = line.strip().partition(" ")
            said[name] = value.strip()
            if line.startswith("curl:"):
                break
        url = f"http://127.0.0.1:{port}"
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    if httpx2.get(f"{url}/readyz", trust_env=False).status_code == 200:
                        break
                except httpx2.TransportError:
                    pass
                time.sleep(0.1)
            yield Served(process, url, said, said["agreement"])
        finally:
            process.terminate()
            process.wait()


def ask(client: httpx2.Client, agreement: str, sql: str) -> float:
    """Seconds from submission to the result in hand, by one long poll."""
    started = time.perf_counter()
    body = {"agreement": agreement, "sql": sql, "epsilon": EPSILON}
    job = client.post("/v1/jobs", json=body).raise_for_status().json()
    while job["state"] in ("queued", "running"):
        job = client.get(f"/v1/jobs/{job['id']}", params={"wait": 30}).raise_for_status().json()
    assert job["state"] == "released", job
    client.get(f"/v1/jobs/{job['id']}/result").raise_for_status()
    return time.perf_counter() - started


def bench_answers(here: Served, rounds: int) -> None:
    with here.client() as client:
        ask(client, here.agreement, QUERY.format(1))
        fresh, replays = [], []
        for turn in range(rounds):
            sql = QUERY.format(2 + turn)
            fresh.append(ask(client, here.agreement, sql))
            replays.append(ask(client, here.agreement, sql))
    for name, times, goal in (("submit to result", fresh, 150), ("replay", replays, 20)):
        tail = statistics.quantiles(times, n=20)[-1]
        print(f"{name}: median {statistics.median(times) * 1e3:.1f} ms (goal ≤ {goal} ms), ", end="")
        print(f"95th percentile {tail * 1e3:.1f} ms")


async def _reads(here: Served, seconds: float, connections: int) -> Counter[int]:
    found: Counter[int] = Counter()
    headers = {"authorization": f"Bearer {here.tokens['developer']}"}
    until = time.monotonic() + seconds

    async def reader(client: httpx2.AsyncClient, place: int) -> None:
        while time.monotonic() < until:
            found[(await client.get(READS[place % len(READS)])).status_code] += 1
            place += 1

    async with httpx2.AsyncClient(base_url=here.url, headers=headers, timeout=60, trust_env=False) as client:
        await asyncio.gather(*(reader(client, place) for place in range(connections)))
    return found


def bench_reads(here: Served, seconds: float) -> None:
    found = asyncio.run(_reads(here, seconds, 8))
    print(f"authenticated reads: {found[200] / seconds:.0f} a second (goal ≥ 300); answers {dict(found)}")


def bench_idle(here: Served, when: str) -> None:
    own, whole = proportional(here.process.pid)
    # Presidio itself is Python alone; the libraries that it imports can be seen
    loaded = re.search(r"/spacy/", Path(f"/proc/{here.process.pid}/maps").read_text())
    print(
        f"idle {when}: server process {own >> 20} MiB, with its engines {whole >> 20} MiB "
        f"(goal < 400 MiB){', Presidio loaded' if loaded else ''}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--seconds", type=float, default=10.0, help="of reading")
    parser.add_argument("--crowd", type=float, default=0.0, help="seconds of a crowd of clients; 0: none")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--port", type=int, default=8479)
    parser.add_argument("--data", type=Path, default=Path("data/bench"))
    options = parser.parse_args()
    print(
        f"{dt.date.today()} · {platform.machine()} · {os.cpu_count()} cores"
        f" · Python {platform.python_version()} · {options.rows:,} rows"
    )
    policy = source.write(options.data / str(options.rows), options.rows, options.rows // 10)
    with tempfile.TemporaryDirectory(dir=options.data) as folder:
        with served(policy, Path(folder) / "quick", options.port, slots=False) as here:
            time.sleep(2)
            bench_idle(here, "before the first job")
            bench_answers(here, options.rounds)
            bench_reads(here, options.seconds)
            bench_idle(here, "after the jobs")
        if options.crowd:
            with served(policy, Path(folder) / "crowd", options.port, slots=True) as here:
                asyncio.run(crowd(here.url, here.tokens, here.agreement, options.clients, options.crowd))


if __name__ == "__main__":
    main()
