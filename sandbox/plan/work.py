"""How long what is computed of one unit's rows keeps a statement busy: no unit may decide if it ends in time.

Rows of a unit multiply in joins, and conditions look at pairs of them. An expression costs the nanoseconds of
its functions for each such row, as often as they are rendered: so often the engine computes them. What is
said of public rows alone costs as much for each of them.
Groups that only one unit has cost their noise, though they are never released.
Functions of long texts count by their signs as well (``sandbox.plan.texts``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from sandbox.plan.names import Scope
from sandbox.plan.refusals import Problems
from sandbox.plan.types import Value, tables_of

if TYPE_CHECKING:
    from sandbox.plan.boundary import Boundary

FUNCTIONS = (
    (r"\bmod\(", 30_000),
    (r"\bregexp_replace\(", 20_000),
    (r"\bstrftime\(|\bregexp_\w+\(", 4_000),
    (r"\b[lr]?trim\(", 1_500),
    (r"\b(?:replace|split_part|concat|concat_ws|lower|upper|substr|left|right|strpos|contains)\(", 500),
    (r"\b(?:starts_with|ends_with)\(| LIKE | \|\| |\b(?:date_\w+|dayname|monthname)\(| INTERVAL ", 500),
    (r" % ", 1_000),
    (r"\b(?:sin|cos|exp|ln|log2|log10|pow|cbrt|sqrt|round)\(", 200),
    (r"\bhistogram\(", 5_000),
    (r"\bDISTINCT ", 500),
    (r"\(|,", 4),
)  # fmt: skip
"""What stands in rendered SQL → nanoseconds on a core, of short texts: several times what
``python -m benchmarks.functions`` measures, for machines that are slower or busy."""
CASTS = {
    "DATE": 4_000, "TIMESTAMP": 4_000, "VARCHAR": 1_500, "DOUBLE": 1_000, "BIGINT": 4_000, "DECIMAL": 8_000,
    "BOOLEAN": 1_500,
}  # fmt: skip
"""Type that TRY_CAST makes → the same, for what does not convert: that takes the engine longest."""
LONGEST_TYPE = len(" DECIMAL(38,38)")
PUBLIC_ROW = 100
"""Nanoseconds of a row that public tables make of one another."""
ROW = 500
"""Nanoseconds of a row of a unit that is joined and aggregated."""
GROUP = 100_000
"""Nanoseconds of a group of discovered keys, which any row of a unit may open: mostly of its noise, which is
drawn before anybody knows whether the group is released."""
MOST = 2_000_000_000
"""Nanoseconds that may hang on one unit's rows in one statement."""
_FUNCTIONS = tuple((re.compile(pattern), cost) for pattern, cost in FUNCTIONS)
_COLUMN = re.compile(r"\bt\d+\.")
_QUOTED = re.compile(r'"(?:[^"]|"")*"|' + r"'(?:[^']|'')*'")
_BRACKET = re.compile(r"\bTRY_CAST\(|\(|\)")


def nanoseconds(sql: str) -> int:
    """What one row costs; nothing where no column is named.

    >>> nanoseconds('sin(t0."x")'), nanoseconds("sin(1e0)"), nanoseconds('TRY_CAST((t0."x") AS VARCHAR)')
    (204, 0, 1508)
    >>> nanoseconds('TRY_CAST(t0."x" AS DECIMAL(9,2))'), nanoseconds('TRY_CAST(t0."x" AS DECIMAL(38,10))')
    (8012, 8012)
    """
    bare = _QUOTED.sub("", sql)
    if _COLUMN.search(bare) is None:
        return 0
    return _casts(bare) + sum(cost * len(pattern.findall(bare)) for pattern, cost in _FUNCTIONS)


def _casts(bare: str) -> int:
    total = 0
    opened: list[bool] = []
    for bracket in _BRACKET.finditer(bare):
        if bracket[0].endswith("("):
            opened.append(bracket[0] != "(")
        elif opened.pop():
            name = bare[max(0, bracket.start() - LONGEST_TYPE) : bracket.start()].rpartition(" ")[2]
            total += CASTS.get(name.partition("(")[0], 0)
    return total


@dataclass(frozen=True)
class Expression:
    """What is computed of single rows."""

    node: exp.Expr
    sql: str
    scope: Scope
    public: Mapping[str, int]
    """Table of its FROM → rows of it that are nobody's."""

    @property
    def cost(self) -> int:
        """Nanoseconds that hang on one unit's rows."""
        return nanoseconds(self.sql) * self._rows

    @property
    def _rows(self) -> int:
        """What a condition says of a public table may be computed for all of its rows, before any of a unit
        finds its match among them, and not at all where a unit has none."""
        place = self.node.find_ancestor(exp.Where, exp.Join, exp.Query)
        if self.scope.above or (self.scope.unit and isinstance(place, exp.Query)):
            return self.scope.rows
        named = tables_of(self.sql)
        rows = [self.scope.rows, *(most for name, most in self.public.items() if name in named)]
        return max(rows if self.scope.unit else [*rows, self.scope.size])


class Work:
    """What one statement computes of single rows."""

    def __init__(self) -> None:
        self._found: dict[int, Expression] = {}
        self._made = 0

    def note(self, node: exp.Expr, value: Value, scope: Scope) -> None:
        """A translated expression: counted once, however often it is looked at.

        Operands of AND are counted each by itself, as the engine looks at them.
        """
        if not isinstance(node, exp.And):
            public = {scan.name: scan.rows for scan in scope.scans}
            self._found[id(node)] = Expression(node, value.sql, scope, public)

    def make(self, rows: int) -> None:
        """Rows that public tables make of one another; the engine makes none where no row asks for them."""
        self._made += rows

    def check(self, boundaries: Sequence[Boundary], problems: Problems) -> None:
        """Note the costliest expression where all of them together are too much."""
        whole = [one for one in self._found.values() if boundaries and not self._inside(one.node)]
        taken = sum(map(_aggregated, boundaries))
        if sum(one.cost for one in whole) + taken + self._made * PUBLIC_ROW > MOST:
            worst = max(whole, key=lambda one: one.cost, default=None)
            problems.add("rows_too_costly", worst.node if worst is not None else None)

    def _inside(self, node: exp.Expr) -> bool:
        """Whether it is part of another expression of the same rows."""
        above = node.parent
        while above is not None and not isinstance(above, exp.Query):
            if id(above) in self._found:
                return True
            above = above.parent
        return False


def _aggregated(boundary: Boundary) -> int:
    """What the aggregation of one unit's rows costs, and the groups that they open."""
    row = ROW + sum(nanoseconds(exact) for exact, _ in boundary.exact)
    return boundary.relation.bound * row + (boundary.groups * GROUP if boundary.discovered else 0)
