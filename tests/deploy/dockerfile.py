"""A Dockerfile's instructions, as far as ours goes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Step:
    """One instruction."""

    word: str
    rest: str


def stages() -> list[list[Step]]:
    """The steps of each stage; what stands before the first FROM is left out."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: list[list[Step]] = []
    for line in text.replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.append([])
        if word and found:
            found[-1].append(Step(word, rest.strip()))
    return found


def only(stage: list[Step], word: str) -> list[str]:
    """What follows a word, each time it stands in a stage."""
    return [step.rest for step in stage if step.word == word]
