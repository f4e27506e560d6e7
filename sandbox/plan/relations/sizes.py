"""How much work one unit's rows may be: no single unit may decide whether a statement ends in time."""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.refusals import Problems

MAX_UNIT_ROWS = 1_000_000
"""Rows of one unit that a join may have, and pairs of its rows and others that a condition may look at."""


def check_size(bound: int, node: exp.Expr, problems: Problems) -> None:
    """Refuse to go on where one unit may have more rows than ``MAX_UNIT_ROWS``."""
    if bound > MAX_UNIT_ROWS:
        problems.stop("join_too_large", node, count=bound, limit=MAX_UNIT_ROWS)
