"""Black-box audit of the privacy claim: the released values alone, against what the ledger charged."""

from __future__ import annotations

import math
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.audit import source
from sandbox.audit.bounds import at_least, epsilon_of, loss_at_least, rho_of
from sandbox.local import LocalSandbox

ALPHA = 1e-8
"""Chance that one line raises a false alarm; under 1e-6 for the whole table."""
PARTS = 12_000
"""Parts of the synthetic source that an audit asks about, unless told otherwise."""
FEWEST_PARTS = 400

ROWS = {
    "COUNT(*)": "SELECT part, count(*) AS x FROM visits GROUP BY part",
    "COUNT(DISTINCT x)": "SELECT part, count(DISTINCT wide) AS x FROM visits GROUP BY part",
    "SUM": "SELECT part, sum(amount) AS x FROM visits GROUP BY part",
    "SUM of a clamp": "SELECT part, sum(clamp(wide, 0, 10)) AS x FROM visits GROUP BY part",
    "SUM and COUNT": "SELECT part, sum(amount) / 10 + count(*) AS x FROM visits GROUP BY part",
}
"""Asked of every part, one part a sample: name, and statement."""
PEOPLE = "SELECT part, count(DISTINCT id_card) AS x FROM calls GROUP BY part"
PICKED = "SELECT part, median(side) AS x FROM visits GROUP BY part"
DISCOVERED = "SELECT tag, count(DISTINCT id_card) AS x FROM calls GROUP BY tag"
NOT_AUDITED = ("AVG", "VAR and STDDEV", "correlations", "quantiles of other ranks", "joins", "Python results")
"""What has no line of its own: as one number it says too little of what was charged for it."""


@dataclass(frozen=True)
class Finding:
    """One line of the audit."""

    name: str
    """What was measured."""
    parameter: str
    """``ρ``, ``ε`` (pure) or ``δ``."""
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


def audit_privacy(parts: int | None = None) -> Iterator[Finding]:
    """Ask every measure over identical parts and bound the loss from below.

    Args:
        parts: public parts of the synthetic source, a multiple of four, half of them with one person more;
            ``PARTS`` when None.

    Raises:
        ValueError: too few parts, or not a multiple of four.
        SandboxError: the build cannot load or answer.
    """
    parts = PARTS if parts is None else parts
    if parts < FEWEST_PARTS or parts % (2 * source.SPREAD):
        raise ValueError(f"parts is a multiple of {2 * source.SPREAD}, at least {FEWEST_PARTS}")
    with tempfile.TemporaryDirectory(prefix="sandbox-audit-") as name:
        folder = Path(name)
        policy = source.write(folder, parts)
        key = secrets.token_bytes(32)
        with LocalSandbox.open(policy, home=folder / "home", replay=False, key=key) as box:
            for title, sql in ROWS.items():
                yield _numbers(box, title, sql, spread=1)
            yield _numbers(box, "COUNT(DISTINCT unit)", PEOPLE, spread=source.SPREAD)
            yield _picked(box)
            yield _threshold(box, parts // source.SPREAD // 2)


def _numbers(box: LocalSandbox, title: str, sql: str, *, spread: int) -> Finding:
    """A sample is the sum over the parts that the added person touches: asked as often as that is many."""
    sides: tuple[list[float], list[float]] = [], []
    for _ in range(spread):
        cells, rho = _ask(box, sql)
        for block in range(len(cells) // spread):
            sample = math.fsum(cells[block * spread + place] for place in range(spread))
            sides[block % 2].append(sample)
    bound = loss_at_least(*sides, rho_of, ALPHA)
    return Finding(title, "ρ", rho, bound, len(sides[0]), 1 - ALPHA)


def _picked(box: LocalSandbox) -> Finding:
    """A pick is priced by its pure ε, as ρ = ε²/2."""
    cells, rho = _ask(box, PICKED)
    without, added = ([cells[part] for part in range(side, len(cells), 2)] for side in (0, 1))
    bound = loss_at_least(without, added, epsilon_of, ALPHA)
    return Finding("MEDIAN, noisy max", "ε", math.sqrt(2 * rho), bound, len(added), 1 - ALPHA)


def _threshold(box: LocalSandbox, people: int) -> Finding:
    """Keys that one person alone brought: δ is the chance that any of hers is shown."""
    answer = box.query(DISCOVERED)
    shown = [str(tag) for tag, *_ in answer.rows() if tag is not None and tag != "common"]
    seen = len({int(tag.removeprefix("t")) // source.SPREAD for tag in shown})
    bound = at_least(seen, people, ALPHA)
    return Finding("discovered keys", "δ", answer.cost.delta, bound, people, 1 - ALPHA)


def _ask(box: LocalSandbox, sql: str) -> tuple[Mapping[int, float], float]:
    """One answer: part → number (one that is withheld lies below all others), and the price in ρ."""
    answer = box.query(sql)
    cells = {
        int(str(part).removeprefix("p")): float(str(value)) if value is not None else -math.inf
        for part, value in answer.rows()
        if part is not None  # a declared grid has a cell for values outside the domain
    }
    return cells, answer.cost.rho
