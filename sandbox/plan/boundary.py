"""The boundary: what is aggregated exactly, what one unit can change in it, and over which groups.

Weights (shares of a stage's ρ): every measure that the statement asks for has 4. A unit count that only the
floor needs has 1 over declared keys, and 2 over discovered keys, where it decides what is released at all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.plan import KeyColumn, Measure
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import types as t
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.scalars.dates import listed
from sandbox.plan.types import Value

MAX_CELLS = 100_000
MAX_DAYS = 1_000
"""Longest span of a date column whose days are declared keys."""
ASKED, FLOOR, THRESHOLD = 4, 1, 2
"""Weights of measures."""
LARGEST_CHANGE = 2**53
"""Largest change by one unit that is measured, in steps: far below the clamp of totals at 2⁶²."""


@dataclass(frozen=True)
class Key:
    """One grouping expression."""

    column: KeyColumn
    value: Value
    """Over rows, as the statement's other expressions see it (not narrowed)."""
    sql: str
    """Rendered for the group by, in the type it is released in."""


@dataclass
class Boundary:
    """Keys and measures of the one stage of a statement."""

    relation: Relation
    rows: Rows
    where: str = ""
    keys: tuple[Key, ...] = ()
    grouped: bool = False
    exact: dict[str, str] = field(default_factory=dict)
    """Exact SQL of a measure → its name."""
    measures: dict[str, Measure] = field(default_factory=dict)

    @property
    def discovered(self) -> bool:
        """Whether any key lacks public values: then the whole tuple is discovered."""
        return any(key.column.domain is None for key in self.keys)

    @property
    def cells(self) -> int | None:
        """Cells of the declared grid."""
        return None if self.discovered else math.prod(len(key.column.domain or ()) for key in self.keys)

    @property
    def groups(self) -> int:
        """Groups that one unit can touch: enforced by the row bound, and by the grid where there is one."""
        if not self.grouped:
            return 1
        cells = self.cells
        return self.relation.bound if cells is None else max(1, min(self.relation.bound, cells))

    def measure(
        self,
        exact: str,
        label: str,
        sensitivity: Sensitivity,
        quantum: Fraction = Fraction(1),
        weight: int = ASKED,
    ) -> str:
        """Name of a measure; the same exact SQL is measured once."""
        name = self.exact.get(exact)
        if name is None:
            name = self.exact[exact] = f"m{len(self.exact)}"
            self.measures[name] = Measure(name, label, sensitivity, quantum, weight)
        return name

    def counted(self, exact: str, label: str) -> str:
        """A count of rows."""
        return self.measure(exact, label, Sensitivity.rows(self.relation.bound))

    def summed(self, exact: str, label: str, step: int, quantum: Fraction, node: exp.Expr) -> str:
        """A sum of integers of at most ``step`` each."""
        if self.relation.bound * step > LARGEST_CHANGE:
            self.rows.problems.stop("bounds_too_wide", node, what=label)
        return self.measure(exact, label, Sensitivity.rows(self.relation.bound, max(1, step)), quantum)

    def units(self, unit: str, label: str, weight: int = ASKED) -> str:
        """A count of distinct units.

        Without filter, join or grouping, each unit has exactly one row of rank 0, which is cheaper to count.
        """
        name = self.relation.scans[0].name
        cheap = self.relation.plain and not self.where and not self.grouped
        exact = f'count(*) FILTER (WHERE {name}."_rank" = 0)' if cheap else f"count(DISTINCT {unit})"
        return self.measure(exact, label, Sensitivity.groups(self.groups), weight=weight)


def make_key(position: int, value: Value, narrowed: Value, label: str) -> Key:
    """A grouping expression with its public values, if they are finite.

    The NULL cell is part of the grid unless WHERE excludes it.
    """
    domain = narrowed.domain
    if domain is None and narrowed.kind is Kind.DATE and narrowed.column is not None:
        days = listed(narrowed.days)
        domain = tuple(days) if days is not None and len(days) <= MAX_DAYS else None
    values: tuple[object, ...] | None = None
    if domain is not None:
        values = tuple(_released(item, value.kind) for item in domain)
        values += (None,) if narrowed.nullable or not values else ()
    name = f"k{position}"
    kind = value.kind or Kind.TEXT
    sql = t.as_double(value) if kind is Kind.NUMBER else value.sql
    if value.storage == t.DOUBLE:
        sql = t.one_zero(sql)
    return Key(KeyColumn(name, label, kind, values), value, sql)


def _released(item: t.Constant, kind: Kind | None) -> object:
    """A domain value in the Python type of the released column."""
    if isinstance(item, Fraction):
        return int(item) if kind is Kind.INTEGER else float(item)
    return item
