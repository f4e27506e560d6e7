"""The environment of expressions over rows of FROM, and the uses of columns that they need."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sqlglot import exp

from sandbox.nouns.policy import Use
from sandbox.plan.above.reading import Reading
from sandbox.plan.names import Scope, uses_of
from sandbox.plan.refusals import Problems, Stopped
from sandbox.plan.scalars import translate
from sandbox.plan.types import ColumnRef, Constant, Narrow, Range, Value

if TYPE_CHECKING:
    from sandbox.plan.above.statement import Statement


@dataclass
class Rows:
    """Expressions below the boundary."""

    scope: Scope
    problems: Problems
    uses: dict[ColumnRef, set[Use]] = field(default_factory=dict)
    windows: Callable[[exp.Window], Value] | None = None
    """How window functions are translated, where they may stand."""
    _missing: dict[tuple[ColumnRef, Use], exp.Expr] = field(default_factory=dict)
    statement: Statement = field(kw_only=True)
    reading: Reading = field(default_factory=Reading)
    """What the SQL of these rows reads besides protected tables."""

    @property
    def released(self) -> bool:
        """Rows are looked at."""
        return False

    @property
    def rows(self) -> Rows:
        """These rows."""
        return self

    def column(self, node: exp.Column) -> Value:
        """The stored column a name means."""
        return self.scope.column(node)

    def known(self, _node: exp.Expr, /) -> Value | None:
        """Nothing is known below the boundary but names."""
        return None

    def quietly(self, node: exp.Expr) -> Value | None:
        """An expression over these rows without noting problems or uses; None where it is none."""
        hushed = Problems("")
        try:
            return translate(
                node, Rows(replace(self.scope, problems=hushed), hushed, statement=self.statement)
            )
        except Stopped:
            return None

    def subquery(self, node: exp.Expr, /) -> Value:
        """EXISTS, IN or a scalar subquery, in WHERE."""
        from sandbox.plan.relations.exists import subquery

        return subquery(node, self)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """WHERE: the place where subqueries may stand."""
        self.scope.subqueries = True
        try:
            yield
        finally:
            self.scope.subqueries = False

    def window(self, node: exp.Window, /) -> Value:
        """A window function, among the items of a subquery over rows."""
        if self.windows is None:
            self.problems.stop("window_not_supported", node, help="stand it in a subquery of FROM")
        windows, self.windows = self.windows, None  # not one within another
        try:
            return windows(node)
        finally:
            self.windows = windows

    def use(self, columns: Iterable[ColumnRef], use: Use, node: exp.Expr) -> None:
        """Note that the statement needs a use of columns."""
        for ref in columns:
            self.uses.setdefault(ref, set()).add(use)
            if use not in self._granted(ref):
                self._missing.setdefault((ref, use), node)

    def use_as_groups(self, columns: Iterable[ColumnRef], node: exp.Expr) -> None:
        """Aggregation that groups would tell as well: either use allows it."""
        for ref in columns:
            found = self._granted(ref)
            groups = Use.GROUP in found and Use.AGGREGATE not in found
            self.use((ref,), Use.GROUP if groups else Use.AGGREGATE, node)

    def _granted(self, ref: ColumnRef) -> frozenset[Use]:
        table = self.scope.facts.policy.table(ref[0])
        column = table.column(ref[1]) if table is not None else None
        return uses_of(self.scope.facts, ref[0], column) if column is not None else frozenset()

    def inside(self, scope: Scope) -> Rows:
        """Rows of a subquery's own FROM, written in place; its uses and what it lacks count for the whole."""
        return replace(self.apart(scope), reading=self.reading)

    def apart(self, scope: Scope) -> Rows:
        """Rows of a subquery that may be run by itself; its uses and what it lacks count for the whole."""
        return Rows(scope, self.problems, self.uses, _missing=self._missing, statement=self.statement)

    def check_grants(self) -> None:
        """Note every missing grant, all in one problem."""
        if self._missing:
            missing = sorted(f"{use.value} of {table}.{column}" for (table, column), use in self._missing)
            first = next(iter(self._missing.values()))
            self.problems.add("use_not_granted", first, missing=", ".join(missing))


@dataclass
class Narrowed(Rows):
    """Rows under a WHERE: values and bounds of plain columns shrink by what it says in public.

    Used for the values of grouping keys alone. A sensitivity never rests on it.
    """

    narrows: dict[str, list[Narrow]] = field(default_factory=dict)

    @staticmethod
    def of(rows: Rows, narrows: dict[str, list[Narrow]]) -> Narrowed:
        """The same rows under a WHERE; what they use and read is noted already."""
        return Narrowed(rows.scope, rows.problems, statement=rows.statement, narrows=narrows)

    def column(self, node: exp.Column) -> Value:
        """The stored column, narrowed."""
        value = super().column(node)
        for narrow in self.narrows.get(value.sql, []):
            value = narrowed(value, narrow)
        return value


def narrowed(value: Value, narrow: Narrow) -> Value:
    """A column's public facts where a conjunct of WHERE is true."""
    made = replace(value, nullable=False)
    if made.domain is not None:
        made = replace(made, domain=tuple(item for item in made.domain if _fits(item, narrow)))
    if made.days is not None:
        lo, hi = _day(narrow.lo) or made.days[0], _day(narrow.hi) or made.days[1]
        made = replace(made, days=(max(lo, made.days[0]), min(hi, made.days[1])))
    if made.domain is None and narrow.values is not None and made.storage in ("VARCHAR", "BIGINT", "DATE"):
        made = replace(made, domain=tuple(sorted(narrow.values, key=str)))
    return replace(made, range=_tighter(made.range, narrow))


def _fits(item: Constant, narrow: Narrow) -> bool:
    if narrow.values is not None and item not in narrow.values:
        return False
    if isinstance(item, dt.date):
        lo, hi = _day(narrow.lo) or item, _day(narrow.hi) or item
        return lo <= item <= hi
    if not isinstance(item, Fraction):  # order of texts is the engine's business
        return True
    low = not isinstance(narrow.lo, Fraction) or item >= narrow.lo
    return low and (not isinstance(narrow.hi, Fraction) or item <= narrow.hi)


def _day(value: Constant | None) -> dt.date | None:
    return value if isinstance(value, dt.date) else None


def _tighter(found: Range, narrow: Narrow) -> Range:
    lo = max((b for b in (found.lo, narrow.lo) if isinstance(b, Fraction)), default=None)
    hi = min((b for b in (found.hi, narrow.hi) if isinstance(b, Fraction)), default=None)
    return Range(lo, hi)
