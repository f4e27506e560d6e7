"""The noise of a run, written down cell by cell, and the same for its neighbour.

What a cell gets is a function of its boundary, measure and group alone, so every run of one statement gets
the same results. Any integer is a possible result of either mechanism whatever it hides; these lead the
answer through every threshold, floor, ``HAVING`` and tie. OpenDP's samplers alone do not run here.

A group that only the extra unit opens has no result on the other side. The event E of the model is that no
such group survives, and it holds but for the δ that was charged: its count gets τ − 1, and the rest of the
answer must be the same. What that rests on is checked: such a group has one unit, and they are no more than
the plan says.
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pytest

from sandbox import noise
from sandbox.noise import primitives
from sandbox.nouns.plan import Calibrated, Mechanism, Stage
from tests.proof.inside import Notes

measuring = importlib.import_module("sandbox.noise.measure")
"""The module: the package has a function of that name."""
Group = str
MOODS = ("all", "any", "near")
"""Groups all survive; survive by chance; stand at the threshold and next to it."""


@dataclass
class Draw:
    """One call of a primitive."""

    stage: int
    measure: str
    mechanism: Mechanism
    scale: float
    hidden: dict[Group, Any]
    """What it was asked to hide, by group: a number, or the scores of a pick."""
    given: dict[Group, int]
    """What it gave, by group."""


@dataclass
class Draws:
    """Stands in for the primitives during one run."""

    notes: Notes
    mood: str = "any"
    beside: Sequence[Draw] | None = None
    """Draws of the neighbour with one unit less."""
    made: list[Draw] = field(default_factory=list)
    opened: list[tuple[Calibrated, list[int]]] = field(default_factory=list)
    """Per discovered stage: its unit count, and the exact counts of groups that the neighbour lacks."""
    _stage: int = 0
    _item: Calibrated | None = None
    _units: dict[Group, int] | None = None
    """Exact units of each group of a discovered stage."""
    _alive: list[Group] = field(default_factory=list)
    """Groups of the vectors to come, in order."""
    _rows: list[Group] = field(default_factory=list)
    """Groups of the current vector that have no result yet."""

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Within, whatever is measured comes here."""
        measured, drawn = noise.measure, measuring._draw

        def measure(stage: Stage, calibrated: Sequence[Calibrated], exact: pa.Table) -> Any:
            self._begin(stage, exact)
            return measured(stage, calibrated, exact)

        def of_item(item: Calibrated, vector: Any) -> list[int]:
            first = item.threshold is not None and self._units is not None
            if first:
                self._alive = [group for group, units in (self._units or {}).items() if units >= 1]
            self._item, self._rows = item, list(self._alive)
            found: list[int] = drawn(item, vector)
            if first:
                pairs = zip(self._alive, found, strict=True)
                self._alive = [group for group, units in pairs if units >= (item.threshold or 0)]
            self._item = None
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(noise, "measure", measure)
            patch.setattr(measuring, "_draw", of_item)
            patch.setattr(primitives, "draw", self._draw)
            patch.setattr(primitives, "pick", self._pick)
            yield

    def _begin(self, stage: Stage, exact: pa.Table) -> None:
        self._stage += 1
        columns = [exact.column(key.name).to_pylist() for key in stage.keys]
        self._alive = [repr(row) for row in zip(*columns, strict=True)] or ["()"] * exact.num_rows
        self._units = None
        if stage.discovered and stage.unit_measure is not None:
            units = exact.column(stage.unit_measure).to_pylist()
            self._units = dict(zip(self._alive, units, strict=True))

    def _draw(self, mechanism: Mechanism, scale: float, values: list[int]) -> list[int]:
        hidden = dict(zip(self._rows, values, strict=True))
        given = {group: self._number(scale, group) for group in hidden}
        if self.beside is not None:
            given |= self._lacking(hidden)
        self._note(Draw(self._stage, self._name, mechanism, scale, hidden, given))
        return list(given.values())

    def _pick(self, scale: float, scores: list[int]) -> int:
        group = self._rows.pop(0)
        place = self._chance(group) % len(scores)
        self._note(Draw(self._stage, self._name, Mechanism.NOISY_MAX, scale, {group: scores}, {group: place}))
        return place

    def _number(self, scale: float, group: Group) -> int:
        chance, floor = self._chance(group), max((self._item and self._item.threshold) or 0, 10)
        wide = max(2, min(int(4 * scale), 2**40))
        if self.mood == "near":
            return floor + chance % 3 - 1
        return floor + chance % wide if self.mood == "all" or chance % 3 else chance % (2 * wide) - wide

    def _chance(self, group: Group) -> int:
        return zlib.crc32(f"{self.mood} {self._stage} {self._name} {group}".encode())

    def _lacking(self, hidden: dict[Group, int]) -> dict[Group, int]:
        """Groups that the neighbour has not: they fall to the event E."""
        assert self.beside is not None
        kept = self.beside[len(self.made)].given
        lacking = {group: value for group, value in hidden.items() if group not in kept}
        if lacking:
            assert self._item is not None, "a draw of no measure has no groups of its own"
            assert self._item.threshold is not None, "a grid is the same on both sides"
            self.opened.append((self._item, list(lacking.values())))
            return dict.fromkeys(lacking, self._item.threshold - 1)
        return {}

    @property
    def _name(self) -> str:
        return self._item.measure.name if self._item is not None else "?"

    def _note(self, made: Draw) -> None:
        known = made.given if self.beside is None else self.beside[len(self.made)].given
        groups = tuple((group, given) for group, given in made.given.items() if group in known)
        self.made.append(made)
        self.notes.append(("draw", made.stage, made.measure, made.mechanism, made.scale, groups))
