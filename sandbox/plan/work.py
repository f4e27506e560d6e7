"""How long what is computed of one unit's rows keeps a statement busy: no unit may decide if it ends in time.

Rows of a unit multiply in joins, and conditions look at pairs of them. An expression costs the nanoseconds of
its functions for each such row, as often as they are rendered: so often the engine computes them.
Functions of long texts count by their signs as well (``sandbox.plan.texts``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlglot import exp

from sandbox.plan.names import Scope
from sandbox.plan.refusals import Problems
from sandbox.plan.types import Value

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
        if bracket[0] != ")":
            opened.append(bracket[0] != "(")
        elif opened and opened.pop():
            name = bare[max(0, bracket.start() - LONGEST_TYPE) : bracket.start()].rpartition(" ")[2]
            total += CASTS.get(name.partition("(")[0], 0)
    return total


class Work:
    """What one statement computes of single rows."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[exp.Expr, str, Scope]] = {}
        self._made = 0

    def note(self, node: exp.Expr, value: Value, scope: Scope) -> None:
        """A translated expression: counted once, however often it is looked at."""
        self._found[id(node)] = (node, value.sql, scope)

    def make(self, rows: int) -> None:
        """Rows that public tables make of one another; the engine makes none where no row asks for them."""
        self._made += rows

    def check(self, boundaries: Iterable[Boundary], problems: Problems) -> None:
        """Note the costliest expression where all of them together are too much."""
        whole = [found for found in self._found.values() if not self._inside(found[0])]
        costs = [(nanoseconds(sql) * scope.rows, node) for node, sql, scope in whole]
        taken = sum(
            nanoseconds(exact) * boundary.relation.bound
            for boundary in boundaries
            for exact, _ in boundary.exact
        )
        if sum(cost for cost, _ in costs) + taken + self._made * PUBLIC_ROW > MOST:
            _, worst = max(costs, key=lambda each: each[0], default=(0, None))
            problems.add("rows_too_costly", worst)

    def _inside(self, node: exp.Expr) -> bool:
        """Whether it is part of another expression of the same rows."""
        above = node.parent
        while above is not None and not isinstance(above, exp.Query):
            if id(above) in self._found:
                return True
            above = above.parent
        return False
