"""How long one unit's texts keep a statement busy, at most: no unit may decide whether it ends in time.

A protected text without a domain has at most ``LONGEST_TEXT`` signs. A function of one costs so many
nanoseconds a sign, times how much longer than a stored one its text may be, times the rows of one unit for
which it is computed. The sum over a statement stays below a second and a half of one core.
"""

from __future__ import annotations

from sqlglot import exp

from sandbox.nouns.plan import Facts
from sandbox.nouns.policy import ColumnType
from sandbox.plan.names import Scope
from sandbox.plan.refusals import Problems
from sandbox.plan.types import ColumnRef, Value

COST: dict[type[exp.Expr], int] = {
    exp.RegexpReplace: 35, exp.Trim: 12, exp.Replace: 6, exp.Lower: 3, exp.Upper: 3,
    exp.Like: 2, exp.RegexpLike: 2, exp.RegexpFullMatch: 2, exp.RegexpExtract: 2, exp.SplitPart: 2,
    exp.Cast: 2, exp.TryCast: 2, exp.Substring: 2, exp.Left: 2, exp.Right: 2,
    exp.Length: 1, exp.Concat: 1, exp.DPipe: 1, exp.ConcatWs: 1, exp.StrPosition: 1, exp.Contains: 1,
    exp.StartsWith: 1, exp.EndsWith: 1,
}  # fmt: skip
"""Function of a text → nanoseconds a sign on one core, measured in DuckDB 2.0 and rounded up."""
MOST = 3_000_000
"""Costs of one unit in one statement: a second and a half at 500 signs a text."""


class Texts:
    """The functions of long texts in one statement."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._found: dict[int, tuple[exp.Expr, Scope, int]] = {}

    def note(self, node: exp.Expr, value: Value, scope: Scope) -> None:
        """A translated expression: counted once, however often it is looked at."""
        cost = COST.get(type(node), 0)
        if cost and any(self._long(ref) for ref in value.reads | value.tests):
            self._found[id(node)] = (node, scope, cost * value.growth)

    def check(self, problems: Problems) -> None:
        """Note the costliest function where all of them together are too much."""
        costs = [(cost * scope.rows, node) for node, scope, cost in self._found.values()]
        if sum(cost for cost, _ in costs) > MOST:
            _, worst = max(costs, key=lambda each: each[0])
            problems.add("texts_too_costly", worst)

    def _long(self, ref: ColumnRef) -> bool:
        table = self._facts.policy.table(ref[0])
        column = table.column(ref[1]) if table is not None and not table.public else None
        return column is not None and column.type is ColumnType.TEXT and column.domain is None
