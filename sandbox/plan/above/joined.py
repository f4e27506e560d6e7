"""How many rows a statement joins of released relations: what is paid for must also come to its end.

Such joins run after everything is measured and paid, so they are bounded before. Sizes are public: cells of a
declared grid, rows of public tables, LIMIT. How many groups of discovered keys there will be is known to
nobody; joins are sized for ``MAX_GROUPS`` of them, as picks are.
"""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.above.query import MOST_ROWS
from sandbox.plan.clauses import limits
from sandbox.plan.refusals import Problems
from sandbox.plan.rows import Rows

MOST_JOINED = 3_000_000
"""Rows of all joins over released relations in a statement: some seconds, with sorts and windows."""


class Joined:
    """The joins of one statement that read released values."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, exp.Expr]] = {}

    def note(self, name: str, rows: int, node: exp.Expr) -> None:
        """A join of so many rows; what has one name, such as the same SQL, is done once."""
        self._found[name] = (rows, node)

    def check(self, problems: Problems) -> None:
        """Note the largest join where all of them together are too much."""
        total = sum(rows for rows, _ in self._found.values())
        if total > MOST_JOINED:
            _, worst = max(self._found.values(), key=lambda each: each[0])
            problems.add("released_join_too_large", worst, count=total, limit=MOST_JOINED)


def answer_limits(node: exp.Query, rows: Rows, most: int, *, known: bool, outermost: bool) -> str:
    """LIMIT and OFFSET of released rows; one of our own where discovered groups could be too many to show.

    Args:
        node: the SELECT, or the combination of several.
        rows: its FROM.
        most: rows that it has, at most.
        known: whether it has so many where nothing filters them, because no keys are discovered.
        outermost: whether it is what the developer sees.
    """
    if known and most > MOST_ROWS:
        rows.problems.add("answer_too_large", node, count=most, limit=MOST_ROWS)
    return shown_limits(node, rows, most if outermost else 0, MOST_ROWS)


def shown_limits(node: exp.Query, rows: Rows, most: int, limit: int) -> str:
    """LIMIT and OFFSET; one of our own where there may be more rows than ``limit``, which the plan tells."""
    if most <= limit:
        return limits(node, rows.problems, limit)
    rows.statement.said.append(f"at most {limit:,} rows are shown")
    return limits(node, rows.problems, limit, limit)
