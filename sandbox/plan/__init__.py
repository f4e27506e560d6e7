"""Planning: SQL text and public facts in, a typed plan out. 查询规划.

The gateway never runs a developer's text. ``plan`` parses it, keeps only what an allow-list knows, resolves
names against the granted columns, bounds what one unit can change, and renders new SQL. It is deterministic,
does no I/O and sees no rows.
"""

from __future__ import annotations

from sandbox.errors import Refused
from sandbox.nouns.plan import Facts, Plan
from sandbox.plan.cache import PlanCache
from sandbox.plan.explain import explain
from sandbox.plan.planner import build
from sandbox.plan.rewrites import written_out
from sandbox.plan.targets import targets

__all__ = ["explain", "plan", "targets"]

_CACHE = PlanCache()


def plan(sql: str, facts: Facts) -> Plan:
    """Plan one statement.

    Args:
        sql: one SELECT in the DuckDB dialect.
        facts: policy, grants and public facts; never changed in place.

    Raises:
        Refused: the statement is not answered; ``others`` holds all its further problems, and the hint ends
            in the whole statement rewritten, where the planner accepts one.
    """
    found = _CACHE.get(sql, facts)
    if found is None:
        try:
            found = build(sql, facts)
        except Refused as refused:
            raise written_out(refused, sql, facts, build) from None
        _CACHE.put(sql, facts, found)
    return found
