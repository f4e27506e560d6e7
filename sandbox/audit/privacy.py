"""Black-box audit of the privacy claim: the released values alone, against what the ledger charged."""

from __future__ import annotations

import math
import secrets
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.audit import source
from sandbox.audit.bounds import at_least, rho_at_least
from sandbox.local import LocalSandbox

ALPHA = 1e-8
"""Chance that one line raises a false alarm; under 1e-6 for the whole table."""

MEASURES = (
    ("COUNT(*)", "count(*)"),
    ("COUNT(DISTINCT unit)", "count(DISTINCT id_card)"),
    ("COUNT(DISTINCT x)", "count(DISTINCT wide)"),
    ("SUM at the edge", "sum(amount)"),
    ("SUM beyond a clamp", "sum(clamp(wide, 0, 10))"),
    ("AVG", "avg(amount)"),
    ("VAR", "var_pop(amount)"),
    ("MEDIAN, noisy max", "median(amount)"),
)
"""What is asked of every part: name, and expression."""
DISCOVERED = "SELECT tag, count(DISTINCT id_card) FROM visits GROUP BY tag"


@dataclass(frozen=True)
class Finding:
    """One line of the audit."""

    name: str
    """What was measured."""
    parameter: str
    """``ρ`` or ``δ``."""
    claimed: float
    """What the job was charged."""
    certified: float
    """Lower bound of the true loss."""
    samples: int
    """Outputs looked at on each side."""
    confidence: float
    """Chance that ``certified`` is a true bound."""

    @property
    def held(self) -> bool:
        """Whether the bound stays within the claim."""
        return self.certified <= self.claimed


def audit_privacy(*, parts: int = 4000, minutes: float = 0.0) -> Iterator[Finding]:
    """Ask every measure over identical parts and bound the loss from below.

    Args:
        parts: public parts of the synthetic source, even; half of them with one person more.
        minutes: repeat each question for its share of this time; once when 0.

    Raises:
        SandboxError: the build cannot load or answer.
    """
    pause = minutes * 60 / (len(MEASURES) + 1)
    with tempfile.TemporaryDirectory(prefix="sandbox-audit-") as name:
        folder = Path(name)
        policy = source.write(folder, parts)
        with LocalSandbox.open(
            policy, home=folder / "home", replay=False, key=secrets.token_bytes(32)
        ) as box:
            for title, expression in MEASURES:
                yield _measure(box, title, expression, time.monotonic() + pause)
            yield _threshold(box, parts // 2, time.monotonic() + pause)


def _measure(box: LocalSandbox, title: str, expression: str, until: float) -> Finding:
    sides: tuple[list[float], list[float]] = [], []
    claimed = 0.0
    while True:
        answer = box.query(f"SELECT part, {expression} AS x FROM visits GROUP BY part")
        claimed = answer.cost.rho
        for part, value in answer.rows():
            if part is not None:  # a declared grid has a cell for values outside the domain
                sides[int(str(part)[1:]) % 2].append(_number(value))
        if time.monotonic() >= until:
            break
    bound = rho_at_least(*sides, ALPHA)
    return Finding(title, "ρ", claimed, bound, len(sides[0]), 1 - ALPHA)


def _threshold(box: LocalSandbox, groups: int, until: float) -> Finding:
    """Groups that one person alone opened: none may be seen more often than δ."""
    seen = trials = 0
    while True:
        answer = box.query(DISCOVERED)
        delta = answer.cost.delta
        seen += sum(tag not in ("common", None) for tag, *_ in answer.rows())
        trials += groups
        if time.monotonic() >= until:
            break
    bound = at_least(seen, trials, ALPHA)
    return Finding("discovered key", "δ", delta, bound, trials, 1 - ALPHA)


def _number(value: object) -> float:
    """A cell as a number; an absent one below all others."""
    return float(str(value)) if value is not None else -math.inf
