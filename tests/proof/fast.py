"""Random neighbours and random questions for a while: ``python -m tests.proof.fast --seconds 60``.

Prints pairs a second, what became of the questions, and every question with which a pair differed by more
than it may; with it the seed that finds it again.
"""

from __future__ import annotations

import argparse
import math
import random
import secrets
import time
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.proof import questions
from tests.proof.draws import MOODS
from tests.proof.replay import Family

NEIGHBOURS = 24
"""Sources with one unit more, to one source."""
FEW = 6
"""The same, where time is short."""
SOURCES = 4
"""Sources, each with its neighbours, to one public table and set of plans."""
RANDOM = 80
"""Random questions of a public table."""
GOLDEN = 50
"""Golden ones."""
SAMPLE = 4
"""Golden and random questions, each, where time is short."""
CORPUS = Path(__file__).parent / "corpus.sql"
"""Questions with which something was found once, or that reach what random ones seldom do."""


@dataclass
class Found:
    """What a while of pairs came to."""

    pairs: int = 0
    questions: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: dict[str, list[str]] = field(default_factory=dict)
    """Question → what differed."""
    seconds: float = 0.0
    """Of this process, with all that was planned and loaded."""


def corpus() -> list[str]:
    """The kept questions."""
    return questions.split(CORPUS.read_text(encoding="utf-8"))


def search(number: int, *, seconds: float = math.inf, families: int | None = None) -> Found:
    """Look for violations.

    Args:
        number: seed of questions, sources and order.
        seconds: when to stop.
        families: how many public tables; None: until the time is over. With a number, each is asked a sample
            of the questions over one source and its neighbours.
    """
    rng, found = random.Random(number), Found()
    start, ends = time.process_time(), time.monotonic() + seconds
    made = 0
    while time.monotonic() < ends and made != families:
        made += 1
        few = families is not None
        kept = rng.sample(questions.golden(), SAMPLE if few else GOLDEN)
        made_up = questions.statements(SAMPLE if few else RANDOM, rng.getrandbits(32))
        pool = [*corpus(), *kept, *made_up]
        family, hospitals = Family(questions.SMALL, FEW if few else NEIGHBOURS), questions.hospitals(rng)
        for turn in range(1 if few else SOURCES):
            if time.monotonic() > ends:
                break  # a load is dear, and nothing would be asked of it
            _one_source(family, hospitals, rng.sample(pool, len(pool)), rng, found, ends, again=turn > 0)
        family.close()
    found.seconds = time.process_time() - start
    return found


def _one_source(
    family: Family,
    hospitals: list[questions.Row],
    pool: list[str],
    rng: random.Random,
    found: Found,
    ends: float,
    *,
    again: bool,
) -> None:
    """Every question to one source and its neighbours."""
    source, neighbours = questions.family(rng, len(family.others))
    for each in (source, *neighbours):
        each["hospitals"] = hospitals
    (family.reload if again else family.load)(source, neighbours, rng.getrandbits(32))
    for sql in pool:
        if time.monotonic() > ends:
            return
        came, violations = family.ask(sql, rng.choice(MOODS))
        found.outcomes[came] += 1
        found.questions.add(sql)
        found.pairs += len(violations)
        for each in filter(None, violations):
            found.violations.setdefault(sql, each)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
    number = secrets.randbits(32) if options.seed is None else options.seed
    found = search(number, seconds=options.seconds)
    for sql, texts in found.violations.items():
        print(sql, *(text[:2000] for text in texts), sep="\n    ", end="\n\n")
    rate = found.pairs / found.seconds
    print(f"seed {number}: {found.pairs} pairs, {rate:.0f} a second of processor time; "
          f"{len(found.questions)} questions, {len(found.violations)} with violations; "
          f"{dict(found.outcomes)}")  # fmt: skip
    return 1 if found.violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
