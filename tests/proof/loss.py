"""What a pair of runs lost, by what its draws had to hide: against each measure, and against the charge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from sandbox.noise import primitives
from sandbox.noise.threshold import threshold_delta
from sandbox.nouns.job import Offer
from sandbox.nouns.plan import Calibrated, Mechanism
from sandbox.nouns.spend import DELTA_UNIT, RHO_UNIT, Spend
from tests.proof.draws import Draw, Draws

Changes = dict[tuple[int, str], list[int]]
"""Boundary and measure → how far each of its groups moved; of a pick, the score that moved furthest."""


def losses(offer: Offer, first: Sequence[Draw], second: Draws, charged: Spend) -> list[str]:
    """Every way in which a pair lost more than was said or paid."""
    if len(first) != len(second.made):
        return [f"one drew {len(first)} times, the other {len(second.made)}"]
    pairs = [(two, changes(one, two)) for one, two in zip(first, second.made, strict=True)]
    items = {
        (number, item.measure.name): item
        for number, stage in enumerate(offer.calibrated, 1)
        for item in stage
    }  # fmt: skip
    moved: Changes = defaultdict(list)
    for two, moves in pairs:
        moved[two.stage, two.measure] += [change for change in moves if change]
    found = [text for place, of in moved.items() for text in too_far(items.get(place), of)]
    rho = sum((loss(two.mechanism, two.scale, moves) for two, moves in spent(pairs)), Fraction(0))
    if rho * RHO_UNIT > charged.rho:
        found.append(f"lost ρ {float(rho)}, charged {charged.rho / RHO_UNIT}")
    return found + opened(second, charged)


def changes(one: Draw, two: Draw) -> list[int]:
    """How far each group of a draw moved; a group that only one side has moved from 0."""
    if one.hidden == two.hidden:
        return [0] * len(one.hidden)
    if two.mechanism is Mechanism.NOISY_MAX:
        return [furthest(scores, two.hidden[group]) for group, scores in one.hidden.items()]
    groups = {**one.hidden, **two.hidden}
    return [abs(one.hidden.get(group, 0) - two.hidden.get(group, 0)) for group in groups]


def furthest(one: list[int], two: list[int]) -> int:
    """How far the score moved that moved furthest."""
    return max(abs(a - b) for a, b in zip(one, two, strict=True))


def too_far(item: Calibrated | None, moves: list[int]) -> list[str]:
    """The norms of a measure that its sensitivity does not cover."""
    if item is None:
        return ["a draw of no measure"]
    reach = item.measure.sensitivity
    norms = {
        "l0": len(moves),
        "l1": sum(moves),
        "l2_squared": sum(move**2 for move in moves),
        "linf": max(moves, default=0),
    }
    return [
        f"{item.measure.label}: {norm} {value} > {getattr(reach, norm)}"
        for norm, value in norms.items()
        if value > getattr(reach, norm)
    ]


def spent(pairs: Sequence[tuple[Draw, list[int]]]) -> list[tuple[Draw, list[int]]]:
    """Draws with their changes; the picks of one measure are one, since their ε add up."""
    kept: dict[tuple[Any, ...], tuple[Draw, list[int]]] = {}
    for number, (two, moves) in enumerate(pairs):
        whole = two.mechanism is Mechanism.NOISY_MAX
        key = (two.stage, two.measure, two.scale) if whole else (number,)
        kept.setdefault(key, (two, []))[1].extend(moves)
    return list(kept.values())


def loss(mechanism: Mechanism, scale: float, moves: list[int]) -> Fraction:
    """ρ of a draw whose cells moved like that: l2²/2σ² of a Gaussian; else ε²/2, ε by OpenDP at Σ|move|."""
    if not any(moves):
        return Fraction(0)
    if mechanism is Mechanism.GAUSSIAN:
        return Fraction(sum(move**2 for move in moves)) / (2 * Fraction(scale) ** 2)
    return Fraction(primitives.mechanism_of(mechanism, scale).map(sum(moves))) ** 2 / 2


def opened(second: Draws, charged: Spend) -> list[str]:
    """Whether the groups that only one unit opens are what the charged δ was computed for."""
    found, delta = [], Fraction(0)
    for item, counts in second.opened:
        reach = item.measure.sensitivity
        if any(count != 1 for count in counts):
            found.append(f"{item.measure.label}: a group that one unit opens has {max(counts)}")
        if len(counts) > reach.l0:
            found.append(f"{item.measure.label}: one unit opens {len(counts)} groups > {reach.l0}")
        delta += Fraction(threshold_delta(item.scale, item.threshold or 0, len(counts)))
    if delta * DELTA_UNIT > charged.delta:
        found.append(f"lost δ {float(delta)}, charged {charged.delta / DELTA_UNIT}")
    return found
