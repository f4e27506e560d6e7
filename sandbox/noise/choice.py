"""Quantiles and modes: one of public candidates, picked by noisy max over integer scores.

With h(c) rows nearest to candidate c, and α = a/b::

    quantile:   score(c) = −max(0, b·L − a·n, a·n − b·(L + h(c)))      a row moves it by ≤ max(a, b − a)
                L rows below c, n rows in all: 0 where the rank a·n/b falls upon c, else how far it is
    mode:       score(c) = h(c)                                         a row moves it by ≤ 1

A row below c moves the second term by b − a and the third by −(b − a), one above by −a and a, one at c by
−a and −(b − a); the greatest of terms moves no further than one of them.

A unit with at most m rows moves no score by more than m · step, and OpenDP's map at that distance is the pure
ε of the pick. Rows of one unit may lie in several groups, each picked by itself: the maps are linear and the
rows add up to at most m, so the ε of all groups together is that of one group with all m rows.

Source: noisy max as permute-and-flip, McKenna & Sheldon 2020 (arXiv:2010.12603); rank scores, Smith 2011.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.noise import primitives
from sandbox.nouns.plan import Calibrated, Choice

Histogram = Mapping[int, int]
"""Candidate in steps → rows nearest to it; those without rows may be left out."""


def is_histogram(kind: Any) -> bool:
    """Whether an Arrow type is that of a histogram as the engine returns it."""
    import pyarrow as pa

    pair = pa.struct([("key", pa.int64()), ("value", pa.uint64())])
    return bool(pa.types.is_list(kind)) and bool(kind.value_type == pair)


def histogram(choice: Choice, entries: Sequence[Mapping[str, int]]) -> dict[int, int]:
    """Pairs as a histogram.

    Raises:
        ValueError: a pair is incomplete, repeats another, or is of no candidate.
    """
    limit, known = primitives.EXACT_LIMIT, range(choice.first, choice.first + choice.count)
    found: dict[int, int] = {}
    for entry in entries:
        key, value = entry["key"], entry["value"]
        if value is None or key in found or key not in known:
            raise ValueError("not a histogram over the candidates")
        found[key] = min(value, limit)
    return found


def pick(item: Calibrated, histogram: Histogram) -> int:
    """The picked candidate, in steps of the measure."""
    choice = item.measure.choice
    if choice is None:
        raise ValueError("a choice is picked, a number is drawn")
    return choice.first + primitives.pick(item.scale, scores(choice, histogram))


def scores(choice: Choice, histogram: Histogram) -> list[int]:
    """Score of every candidate, clamped to ± 2⁶² (1-Lipschitz, so the bound on a change stays).

    >>> scores(Choice(first=10, count=3, rank=(1, 2)), {10: 4, 11: 1, 12: 2})
    [0, -1, -3]
    """
    limit = primitives.EXACT_LIMIT
    counts = [histogram.get(choice.first + place, 0) for place in range(choice.count)]
    if choice.rank is None:
        return [min(count, limit) for count in counts]
    a, b = choice.rank
    below, rank, found = 0, a * sum(counts), []
    for count in counts:
        found.append(-min(max(0, b * below - rank, rank - b * (below + count)), limit))
        below += count
    return found
