"""Planning: SQL text and public facts in, a typed plan out. 查询规划.

The gateway never runs a developer's text. ``plan`` parses it, keeps only what an allow-list knows, resolves
names against the granted columns, bounds what one unit can change, and renders new SQL. It is deterministic,
does no I/O and sees no rows.
"""

from __future__ import annotations

from sandbox.nouns.plan import Facts, Plan
from sandbox.plan.cache import PlanCache
from sandbox.plan.explain import explain
from sandbox.plan.planner import build
from sandbox.plan.targets import targets

__all__ = ["explain", "plan", "targets"]

_CACHE = PlanCache()


def plan(sql: str, facts: Facts) -> Plan:
    """Plan one statement.

    Args:
        sql: one SELECT in the DuckDB dialect.
        facts: policy, grants and public facts; never changed in place.

    Raises:
        Refused: the statement is not answered; ``others`` holds all its further problems.
    """
    found = _CACHE.get(sql, facts)
    if found is None:
        found = build(sql, facts)
        _CACHE.put(sql, facts, found)
    return found
