"""Kill servers and workers, again and again, while developers ask over REST; then hold what was said against
what is there.

kills FOLDER MEMORY COUNT [URL]    URL: a PostgreSQL control database; without it the server works alone

Each round kills one process (with PostgreSQL sometimes all of them) at a random moment, mostly while jobs run
and sometimes while it starts, and starts it anew at once.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import checks
from tests.faults.clients import Developer, Seen
from tests.faults.house import House, Zygote

WORKERS = 2
LONGEST = 0.6
"""Longest life of a process after it was seen to serve, seconds."""
EARLY = 0.15
"""Share of the kills that do not wait until the server answers."""
ANSWERED = 0.6
"""Share of the kills that wait until somebody has got an answer."""
ALL = 0.1
"""Share of the kills that end every process at once."""


@dataclass
class Crew:
    """The processes of a house."""

    house: House
    zygote: Zygote
    pids: dict[str, int] = field(default_factory=dict)
    kills: int = 0

    @property
    def names(self) -> list[str]:
        return ["server", *(f"worker {place}" for place in range(WORKERS if self.house.url else 0))]

    def start(self) -> None:
        for name in self.names:
            if name not in self.pids:
                arguments = self.house.serving if name == "server" else ["worker"]
                self.pids[name] = self.zygote.start(self.house, *arguments)

    def kill(self, *names: str) -> None:
        """As a supervisor sees it: a process is started again once the former one is gone."""
        killed = [self.pids.pop(name) for name in names]
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
        for pid in killed:
            until_gone(pid)

    def end(self) -> None:
        """As an operator ends them."""
        for pid in self.pids.values():
            os.kill(pid, signal.SIGTERM)
        for pid in self.pids.values():
            until_gone(pid)
        self.pids.clear()


def until_gone(pid: int, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < end, "a process does not end"
        time.sleep(0.02)


def engines(pids: list[int]) -> set[int]:
    """Descendants of processes."""
    found: set[int] = set()
    for pid in pids:
        try:
            lists = [it.read_text() for it in Path(f"/proc/{pid}/task").glob("*/children")]
        except OSError:
            continue
        children = [int(each) for text in lists for each in text.split()]
        found |= set(children) | engines(children)
    return found


def wait_for_an_answer(developers: list[Developer], seconds: float = 30) -> None:
    """Until there is one more answer, or for some seconds: all may be spent, or refused."""
    end = time.monotonic() + seconds
    before = sum(len(each.seen.answers) for each in developers)
    while sum(len(each.seen.answers) for each in developers) == before and time.monotonic() < end:
        time.sleep(0.01)


def run(house: House, count: int, seed: int) -> tuple[list[Seen], int]:
    chance = random.Random(seed)
    zygote = Zygote()
    crew = Crew(house, zygote)
    crew.start()
    over = threading.Event()
    parties = enumerate(house.parties.values())
    developers = [Developer(house, party, seed + place, over) for place, party in parties]
    for each in developers:
        each.start()
    left: set[int] = set()
    try:
        while crew.kills < count:
            if (moment := chance.random()) > EARLY:
                house.wait_until_served()
            if moment > 1 - ANSWERED:
                wait_for_an_answer(developers)
            time.sleep(chance.random() * LONGEST)
            doomed = crew.names if chance.random() < ALL else [chance.choice(crew.names)]
            left |= engines([crew.pids[name] for name in doomed])
            crew.kill(*doomed)
            crew.start()
        house.wait_until_served()
        time.sleep(LONGEST)
        over.set()
        for each in developers:
            each.join()
        told = [each.seen for each in developers]
        checks.served(house, told)
    finally:
        over.set()
        crew.end()
        zygote.close()
    for pid in left:
        until_gone(pid, 10)
    return told, crew.kills


def main(folder: Path, memory: Path, count: int, url: str | None) -> None:
    seed = random.SystemRandom().randrange(2**31)
    print(f"seed {seed}", flush=True)
    house = House(folder, memory, url)
    house.prepare()
    began = time.monotonic()
    told, kills = run(house, count, seed)
    seconds = time.monotonic() - began
    kinds = checks.at_rest(house, told)
    problems = sum((Counter(each.problems) for each in told), Counter[str]())
    jobs, answers = (sum(map(len, each)) for each in ([it.jobs for it in told], [it.answers for it in told]))
    print(
        f"{kills} kills in {seconds:.0f} s; {jobs} jobs acknowledged, {answers} answers seen; "
        f"problems {dict(problems)}; records {dict(kinds)}; all are there"
    )
    assert answers, "nobody was answered"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else None)
