"""A crowd of clients: submissions, long polls, results, reads and reviewers' work, each at its own pace."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter, defaultdict

import httpx2

SQL = "SELECT region, count(*) AS n FROM visits WHERE amount > {} GROUP BY region"
PAUSE = 1.0
"""Mean seconds that a client thinks between two requests."""


class Tally:
    """What came back, and how long each kind of request took."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.jobs: Counter[str] = Counter()
        self.broken: Counter[str] = Counter()

    async def send(
        self, client: httpx2.AsyncClient, kind: str, method: str, path: str, **arguments: object
    ) -> httpx2.Response | None:
        """One request; None when no answer came."""
        started = time.perf_counter()
        try:
            answer = await client.request(method, path, **arguments)
        except httpx2.TransportError as error:
            self.broken[type(error).__name__] += 1
            return None
        self.times[kind].append(time.perf_counter() - started)
        self.statuses[kind, answer.status_code] += 1
        return answer

    def show(self, seconds: float) -> None:
        """Print the table, and what was not expected."""
        every = [each for times in self.times.values() for each in times]
        print(f"crowd: {len(every)} requests in {seconds:.0f} s, {len(every) / seconds:.0f} a second")
        for kind, times in sorted(self.times.items()):
            statuses = {status: n for (name, status), n in sorted(self.statuses.items()) if name == kind}
            p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
            median = statistics.median(times)
            print(
                f"  {kind:<10} median {median * 1e3:8.1f} ms, 95th percentile {p95 * 1e3:8.1f} ms {statuses}"
            )
        print(f"  jobs ended: {dict(self.jobs)}")
        bad = {each: n for each, n in self.statuses.items() if each[1] >= 500}
        print(f"  answers ≥ 500: {bad or 'none'}; without an answer: {dict(self.broken) or 'none'}")


async def crowd(url: str, tokens: dict[str, str], agreement: str, clients: int, seconds: float) -> Tally:
    """Let a crowd loose: of ten clients six are developers, two watch, one reviews, one operates.

    Waiting for a job is not counted as a slow answer: long polls have a kind of their own.
    """
    tally = Tally()
    until = time.monotonic() + seconds
    limits = httpx2.Limits(max_connections=None)

    async def live(place: int) -> None:
        role = ("developer",) * 6 + ("developer-watch",) * 2 + ("reviewer", "operator")
        mine = role[place % 10]
        token = tokens[mine.partition("-")[0]]
        async with httpx2.AsyncClient(
            base_url=url,
            headers={"authorization": f"Bearer {token}"},
            timeout=90,
            trust_env=False,
            limits=limits,
        ) as client:
            await asyncio.sleep(random.random() * PAUSE)
            while time.monotonic() < until:
                await ACTS[mine](client, tally, agreement)
                await asyncio.sleep(random.expovariate(1 / PAUSE))

    started = time.monotonic()
    await asyncio.gather(*(live(place) for place in range(clients)))
    tally.show(time.monotonic() - started)
    return tally


async def _develop(client: httpx2.AsyncClient, tally: Tally, agreement: str) -> None:
    """Submit (often what somebody asked before), wait, fetch."""
    body = {"agreement": agreement, "sql": SQL.format(random.randrange(400)), "epsilon": "0.02"}
    answer = await tally.send(client, "submit", "POST", "/v1/jobs", json=body)
    if answer is None or answer.status_code != 202:
        return
    job = answer.json()
    for _ in range(4):
        polled = await tally.send(client, "long poll", "GET", f"/v1/jobs/{job['id']}", params={"wait": 20})
        if polled is not None and polled.status_code == 200:
            job = polled.json()
        if job["state"] not in ("queued", "running"):
            break
    tally.jobs[job["state"]] += 1
    if job["state"] == "released":
        await tally.send(client, "result", "GET", f"/v1/jobs/{job['id']}/result")


async def _watch(client: httpx2.AsyncClient, tally: Tally, _: str) -> None:
    await tally.send(client, "read", "GET", random.choice(("/v1/budgets", "/v1/jobs", "/v1/disclosures")))


async def _review(client: httpx2.AsyncClient, tally: Tally, _: str) -> None:
    await tally.send(client, "read", "GET", random.choice(("/v1/applications", "/v1/disclosures")))
    body = {"decision": "reject", "reason": "no such application", "basis": "none"}
    await tally.send(client, "review", "POST", "/v1/applications/none/reviews", json=body)


async def _operate(client: httpx2.AsyncClient, tally: Tally, _: str) -> None:
    await tally.send(client, "read", "GET", random.choice(("/metrics", "/v1/agreements", "/v1/datasets")))


ACTS = {"developer": _develop, "developer-watch": _watch, "reviewer": _review, "operator": _operate}
