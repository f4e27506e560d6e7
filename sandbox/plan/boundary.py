"""The boundary: what is aggregated exactly, what one unit can change in it, and over which groups.

Weights (shares of a stage's ρ): every measure that the statement asks for has 4. A unit count that only the
floor needs has 1 over declared keys, and 2 over discovered keys, where it decides what is released at all.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.first import first_bits
from sandbox.nouns.plan import Choice, KeyColumn, Measure
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.spend import Sensitivity
from sandbox.plan import types as t
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.scalars.dates import listed
from sandbox.plan.types import ColumnRef, Value

MAX_CELLS = 100_000
MAX_DAYS = 1_000
"""Longest span of a date column whose days are declared keys."""
ASKED, FLOOR, THRESHOLD = 4, 1, 2
"""Weights of measures."""
SUBQUERY: ColumnRef = ("", "")
"""Stands among the columns of a filter for what its subqueries look at."""
MAX_CANDIDATES, FEWEST_CANDIDATES = 2_001, 20
"""Candidates of one pick."""
MAX_SCORES = 500_000
"""Scores of one pick over all declared cells: some microseconds of noise each."""
MAX_PICKS = 8
"""Picks of full size in one statement; smaller ones are more."""
MAX_GROUPS = 5_000
"""Discovered groups that picks are sized for."""
EMPTY = '[]::STRUCT("key" BIGINT, "value" UBIGINT)[]'
"""The histogram of no rows."""
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
    only: str = ""
    """Condition that keeps the rows of listed values."""


@dataclass
class Boundary:
    """Keys and measures of one stage of a statement."""

    relation: Relation
    rows: Rows
    where: str = ""
    filtered: frozenset[ColumnRef] = frozenset()
    """Columns that WHERE depends on."""
    keys: tuple[Key, ...] = ()
    grouped: bool = False
    exact: dict[tuple[str, Choice | None], str] = field(default_factory=dict)
    """Exact SQL of a measure, and what is picked by it → its name."""
    measures: dict[str, Measure] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What a person should know of single aggregates."""

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
        """Groups that one unit can touch: enforced by the row bounds, and by the grid where there is one."""
        if not self.grouped:
            return 1
        rows = min(self.relation.bound, self._opened)
        return rows if self.cells is None else max(1, min(rows, self.cells))

    @property
    def _opened(self) -> int:
        """Groups that a unit's rows of the tables in the keys can open, whatever they are joined with.

        A key is settled by these rows, each of which is there or, in an outer join, all NULL, and by values
        that are the same for everybody. Keys of other than stored rows of the unit open as many groups as
        there are rows.
        """
        scans = self.relation.scans
        stored = {one.name: one.table.name for one in scans if one.protected and one.derived is None}
        named = frozenset[str]().union(*(t.tables_of(key.sql) for key in self.keys))
        if not named <= stored.keys():
            return self.relation.bound
        return math.prod(self.rows.scope.facts.row_bounds[stored[name]] + 1 for name in named)

    def same(self, other: Boundary) -> bool:
        """Whether it is the same rows in the same groups, by what is rendered and which groups are public."""
        return self._rendered == other._rendered

    @property
    def _rendered(self) -> tuple[object, ...]:
        keys = tuple((key.sql, key.column.domain) for key in self.keys)
        return self.relation.sql, self.where, self.grouped, keys

    def most_groups(self, most: int) -> int:
        """Groups that may be released."""
        if not self.grouped:
            return 1
        cells = self.cells
        return most if cells is None else cells

    def unit_measure(self) -> str | None:
        """The count of units that decides what is shown: the one asked for, or one of our own."""
        if not self.grouped:
            return None
        weight = THRESHOLD if self.discovered else FLOOR
        return self.units(self.relation.unit, "COUNT(DISTINCT unit)", weight)

    def measure(
        self,
        exact: str,
        label: str,
        sensitivity: Sensitivity,
        quantum: Fraction = Fraction(1),
        weight: int = ASKED,
        choice: Choice | None = None,
    ) -> str:
        """Name of a measure; the same exact SQL is measured once."""
        name = self.exact.get((exact, choice))
        if name is None:
            name = self.exact[exact, choice] = f"m{len(self.exact)}"
            self.measures[name] = Measure(name, label, sensitivity, quantum, weight, choice)
        return name

    @property
    def candidates(self) -> int:
        """Most candidates that a pick may have, so that the scores of all groups stay few."""
        cells = self.cells or MAX_GROUPS
        return max(FEWEST_CANDIDATES, min(MAX_CANDIDATES, MAX_SCORES // cells))

    def picked(self, item: str, label: str, choice: Choice, quantum: Fraction, node: exp.Expr) -> str:
        """A pick among candidates; ``item`` is the candidate that a row is nearest to, or NULL.

        Rows in several groups are picked from group by group; together they are still the unit's rows.
        """
        others = sum(measure.choice.count for measure in self.measures.values() if measure.choice)
        if choice.count * (self.cells or 1) > MAX_SCORES:
            self.rows.problems.stop("grid_too_large", node, limit=MAX_SCORES // choice.count)
        if (others + choice.count) * (self.cells or MAX_GROUPS) > MAX_PICKS * MAX_SCORES:
            self.rows.problems.stop("too_many_picks", node)
        exact = f"coalesce(map_entries(histogram({item})), {EMPTY})"
        reach = Sensitivity.rows(self.relation.bound, choice.step)
        return self.measure(exact, label, reach, quantum, choice=choice)

    def note(self, text: str) -> None:
        """Say something about an aggregate, once."""
        if text not in self.notes:
            self.notes.append(text)

    def counted(self, exact: str, label: str) -> str:
        """A count of rows."""
        return self.measure(exact, label, self.reach(1))

    def summed(self, exact: str, label: str, step: int, quantum: Fraction, node: exp.Expr) -> str:
        """A sum of integers of at most ``step`` each."""
        if self.relation.bound * step > LARGEST_CHANGE:
            self.rows.problems.stop("bounds_too_wide", node, what=label)
        return self.measure(exact, label, self.reach(max(1, step)), quantum)

    def reach(self, step: int) -> Sensitivity:
        """What one unit's rows can change when each moves its group by at most ``step``.

        With bound m that is m · step, and all of it may fall in one group. Rows of a subquery that groups by
        the unit and by keys that are grouped by again lie in different groups: G · step in all for G groups,
        √G · step as a distance, and ``step`` in one.
        """
        if not self._apart:
            return Sensitivity.rows(self.relation.bound, step)
        return Sensitivity.capped(self.groups, self.relation.bound * step, step)

    @property
    def _apart(self) -> bool:
        """Whether the rendered GROUP BY of a subquery keeps one row of a unit in a group."""
        once = self.relation.scans[0].once if len(self.relation.scans) == 1 else None
        kept = {key.sql for key in self.keys}  # a converted key is another text: it could merge two values
        return once is not None and once <= kept

    def units(self, unit: str, label: str, weight: int = ASKED) -> str:
        """A count of distinct units.

        Rows that stand for one unit each are cheaper to count, where the load has marked them.
        """
        marked = self._marked()
        exact = f"count(*) FILTER (WHERE {marked})" if marked else f"count(DISTINCT {unit})"
        return self.measure(exact, label, Sensitivity.groups(self.groups), weight=weight)

    def _marked(self) -> str | None:
        """A condition that one row of each unit and group meets, if there is one.

        Over the whole of one table that is rank 0. By one flagged column it is the flag, also under a WHERE
        of that column alone: it keeps all rows of a value or none. The row bound keeps the marked rows,
        because they have the lowest rank of their unit and value.
        """
        if not self.relation.plain:
            return None
        scan = self.relation.scans[0]
        if not self.grouped:
            return None if self.where else f'{scan.name}."_rank" = 0'
        value = self.keys[0].value if len(self.keys) == 1 else None
        if value is None or value.column is None or self.filtered - {value.column}:
            return None
        bit = first_bits(scan.table).get(value.column[1])
        if bit is None or value.sql != f"{scan.name}.{t.quote(value.column[1])}":
            return None
        return f'({scan.name}."_first" & {1 << bit}) <> 0'


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
        values = cells_of(domain, value.kind)
        values += (None,) if narrowed.nullable or not values else ()
    name = f"k{position}"
    kind = value.kind or Kind.TEXT
    sql = number_key(value) if kind in (Kind.NUMBER, Kind.INTEGER) else value.sql
    return Key(KeyColumn(name, label, kind, values), value, sql)


def number_key(value: Value) -> str:
    """A number to group by or count distinctly: no infinity, no NaN (they become NULL), one spelling of zero.

    Whether a group of them appears must never decide whether a job succeeds, and the sign of a zero would
    tell which row came first. A computed whole number is one of 64 bits: a cell of the grid that is compared
    as DOUBLE would have the rows of its neighbours too.
    """
    if value.exact:
        return t.as_double(value) if value.kind is Kind.NUMBER else value.sql
    x = t.as_double(value)
    if value.kind is Kind.INTEGER:
        return f"TRY_CAST({x} AS BIGINT)"
    return f"(CASE WHEN {x} = 0e0 THEN 0e0 WHEN isfinite({x}) THEN {x} END)"


def cells_of(domain: Iterable[t.Constant | None], kind: Kind | None) -> tuple[object, ...]:
    """Values of a key in the Python type of the released column, each once, however it was written."""
    return tuple(dict.fromkeys(_released_as(item, kind) for item in domain))


def _released_as(item: t.Constant | None, kind: Kind | None) -> object:
    if isinstance(item, Fraction):
        return int(item) if kind is Kind.INTEGER else float(item)
    if kind is Kind.TIMESTAMP and isinstance(item, dt.date) and not isinstance(item, dt.datetime):
        return dt.datetime.combine(item, dt.time())
    return item
