"""Black-box audit of the privacy claim: the released values alone, against what the ledger charged."""

from __future__ import annotations

import math
import secrets
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import add
from pathlib import Path

from sandbox.audit import source
from sandbox.audit.bounds import at_least, epsilon_of, loss_at_least
from sandbox.audit.lines import ALL, Line
from sandbox.audit.means import Sample, rho_at_least
from sandbox.local import LocalSandbox

ALPHA = 1e-8
"""Chance that one line raises a false alarm; under 1e-6 for the whole table."""
PARTS = 6_000
"""Parts of the synthetic source that an audit asks about, unless told otherwise."""
FEWEST_PARTS = 400
NOT_AUDITED = ("Python results",)
"""What has no line of its own."""


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


def audit_privacy(parts: int | None = None, only: Iterable[Line] = ALL) -> Iterator[Finding]:
    """Ask every measure over identical parts and bound the loss from below.

    Args:
        parts: public parts of the synthetic source, a multiple of four, half of them with one person more;
            ``PARTS`` when None.
        only: the lines to run.

    Raises:
        ValueError: too few parts, or not a multiple of four.
        SandboxError: the build cannot load or answer.
    """
    parts = PARTS if parts is None else parts
    if parts < FEWEST_PARTS or parts % (2 * source.SPREAD):
        raise ValueError(f"parts is a multiple of {2 * source.SPREAD}, at least {FEWEST_PARTS}")
    with tempfile.TemporaryDirectory(prefix="sandbox-audit-") as name, opened(Path(name), parts) as box:
        for line in only:
            yield run(box, line, parts)


def opened(folder: Path, parts: int) -> LocalSandbox:
    """The synthetic source, loaded into a home of its own."""
    policy = source.write(folder, parts)
    return LocalSandbox.open(policy, home=folder / "home", replay=False, key=secrets.token_bytes(32))


def run(box: LocalSandbox, line: Line, parts: int) -> Finding:
    """One line over a source of so many parts."""
    measured = {"ρ": _numbers, "ε": _picked, "δ": _threshold}[line.parameter]
    claimed, certified, samples = measured(box, line, parts)
    return Finding(line.name, line.parameter, claimed, certified, samples, 1 - ALPHA)


def _numbers(box: LocalSandbox, line: Line, parts: int) -> tuple[float, float, int]:
    """Asked as often as the added person touches parts, so that each line has as many samples."""
    sides: tuple[list[Sample], list[Sample]] = [], []
    for _ in range(line.spread):
        rho = _ask(box, line, parts, sides)
    return rho, rho_at_least(*sides, ALPHA), len(sides[0])


def _picked(box: LocalSandbox, line: Line, parts: int) -> tuple[float, float, int]:
    """A pick is priced by its pure ε, as ρ = ε²/2. One that is withheld lies below all others."""
    sides: tuple[list[Sample], list[Sample]] = [], []
    rho = _ask(box, line, parts, sides)
    without, added = ([-math.inf if each is None else each[0] for each in side] for side in sides)
    return math.sqrt(2 * rho), loss_at_least(without, added, epsilon_of, ALPHA), len(added)


def _threshold(box: LocalSandbox, line: Line, parts: int) -> tuple[float, float, int]:
    """Keys that one person alone brought: δ is the chance that any of hers is shown."""
    answer = box.query(line.sql)
    shown = [str(tag) for tag, *_ in answer.rows() if tag is not None and tag != "common"]
    seen = len({int(tag.removeprefix("t")) // line.spread for tag in shown})
    people = parts // line.spread // 2
    return answer.cost.delta, at_least(seen, people, ALPHA), people


def _ask(box: LocalSandbox, line: Line, parts: int, sides: tuple[list[Sample], list[Sample]]) -> float:
    """One answer: its samples are put on their sides; the price in ρ."""
    listed = {line.listed: [f"p{part}" for part in range(parts)]} if line.listed else None
    answer = box.query(line.sql, keys=listed)
    blocks: dict[int, list[Sample]] = defaultdict(list)
    for part, *numbers in answer.rows():
        if part is not None:  # a declared grid has a cell for values outside the domain
            blocks[int(str(part).removeprefix("p")) // line.spread].append(_sums(line, numbers))
    for block, rows in blocks.items():
        sides[block % 2].append(_total(rows))
    return answer.cost.rho


def _sums(line: Line, numbers: Sequence[object]) -> Sample:
    if any(number is None for number in numbers):
        return None
    return line.sums([float(str(number)) for number in numbers])


def _total(rows: Sequence[Sample]) -> Sample:
    """The sum over rows; withheld if any of them is."""
    total: Sample = [0.0] * max(len(row or ()) for row in rows)
    for row in rows:
        total = None if row is None or total is None else list(map(add, total, row))
    return total
