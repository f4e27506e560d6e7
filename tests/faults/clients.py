"""Clients that ask over REST while processes die, and note every acknowledgement that they get."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.faults.house import EPSILON, House, Party

ENDED = ("released", "refused", "failed", "cancelled")
PATIENCE = 300.0
"""Seconds for which a developer asks for one job before the test fails."""
AGAIN = 0.3
"""Share of the questions that have been asked before."""
QUESTIONS = (
    "SELECT count(*) AS n FROM visits WHERE amount > {0}",
    "SELECT city, sum(amount) AS s FROM visits WHERE amount < {0} + 1 GROUP BY city",
    "SELECT sex, count(*) AS n FROM persons WHERE age > {0} GROUP BY sex",
)


@dataclass(frozen=True)
class Answer:
    """What a developer saw of a released job."""

    number: int
    rows: tuple[tuple[object, ...], ...]


@dataclass
class Seen:
    """What one developer was told."""

    party: Party
    jobs: dict[str, str] = field(default_factory=dict)
    """Id of each acknowledged job → its question."""
    ends: dict[str, str] = field(default_factory=dict)
    """Id → state at its end."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """Id → what was released."""
    problems: dict[str, int] = field(default_factory=dict)
    """Code → how often a request was answered by it."""
    mistakes: list[str] = field(default_factory=list)
    """What no client may ever see."""


class Developer(threading.Thread):
    """Asks one question after the other until told to end."""

    def __init__(self, house: House, party: Party, seed: int, over: threading.Event) -> None:
        super().__init__(name=f"developer-{party.name}", daemon=True)
        self.seen = Seen(party)
        self._house, self._over, self._chance = house, over, random.Random(seed)
        self._asked: list[str] = []
        self._number = 0
        self._client = house.client(party.token)
        self._reviewer = house.client(house.reviewer)

    def run(self) -> None:
        try:
            while not self._over.is_set():
                self._ask(self._question())
        except Exception as error:
            self.seen.mistakes.append(f"{type(error).__name__}: {error}")
        finally:
            self._client.close()
            self._reviewer.close()

    def _question(self) -> str:
        if self._asked and self._chance.random() < AGAIN:
            return self._chance.choice(self._asked)
        self._number += 1
        number, which = divmod(self._number, len(QUESTIONS))
        # near the bounds of amounts a question picks out too few people, and is held
        self._asked.append(QUESTIONS[which].format(1 + number % 900))
        return self._asked[-1]

    def _ask(self, question: str) -> None:
        body = {"agreement": self.seen.party.agreement, "sql": question, "epsilon": EPSILON}
        headers = {"idempotency-key": str(uuid.uuid4())}
        answer = self._send(lambda: self._client.post("/v1/jobs", json=body, headers=headers), until=202)
        if answer is None:
            return
        job = answer.json()
        self.seen.jobs[job["id"]] = question
        path = f"/v1/jobs/{job['id']}"
        while job["state"] not in ENDED:
            answer = self._send(lambda: self._client.get(path, params={"wait": 5}))
            if answer is None:
                return
            job = answer.json()
        self.seen.ends[job["id"]] = job["state"]
        if job["state"] == "released":
            self._fetch(job)
        elif job["problem"]:
            self._told(job["problem"]["code"])

    def _fetch(self, job: dict[str, Any]) -> None:
        answer = self._send(lambda: self._client.get(f"/v1/jobs/{job['id']}/result"))
        if answer is not None:
            found = answer_of(answer)
            assert found.number == job["disclosure"]
            self.seen.answers[job["id"]] = found

    def _send(self, request: Callable[[], httpx2.Response], until: int = 200) -> httpx2.Response | None:
        """Send until it is answered as wished, or by what sending again does not change (None)."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._over.is_set():
                return None
            try:
                answer = request()
            except httpx2.TransportError:  # killed, or not there yet
                time.sleep(0.02)
                continue
            if answer.status_code == until:
                return answer
            code = code_of(answer)
            self._told(code)
            if answer.status_code in (429, 503):
                assert int(answer.headers["retry-after"]) > 0, code
                time.sleep(0.2)
            elif code == "idempotency_in_progress":
                return None
            else:
                assert answer.status_code in (409, 422), (answer.status_code, code)
        raise AssertionError("nobody answered in time")

    def _told(self, code: str) -> None:
        self.seen.problems[code] = self.seen.problems.get(code, 0) + 1
        number = self.seen.party.agreement
        if code == "agreement_held":
            self._as_reviewer(f"/v1/agreements/{number}/failures")
        elif code == "agreement_suspended":
            self._as_reviewer(f"/v1/agreements/{number}/resume")

    def _as_reviewer(self, path: str) -> None:
        try:
            self._reviewer.post(path, json={"reason": "processes were killed"})
        except httpx2.TransportError:
            return  # asked again with the next question


def answer_of(answer: httpx2.Response) -> Answer:
    """The numbers of a result."""
    body = answer.json()
    return Answer(body["disclosure"], tuple(map(tuple, body["rows"])))


def code_of(answer: httpx2.Response) -> str:
    """The code of an answer that says no: always a problem document, never a mistake of the program."""
    assert answer.headers["content-type"] == "application/problem+json", answer.status_code
    assert answer.status_code != 500, answer.text
    return str(answer.json()["code"])
