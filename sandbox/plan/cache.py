"""Plans already made: a plan is a function of text and facts, so the same pair gives the same plan."""

from __future__ import annotations

import threading
from collections import OrderedDict

from sandbox.nouns.plan import Facts, Plan


class PlanCache:
    """The last ``size`` plans, by text and by the very ``Facts`` object (which is never changed in place)."""

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._plans: OrderedDict[tuple[str, int], tuple[Facts, Plan]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, sql: str, facts: Facts) -> Plan | None:
        """The plan made before, or None."""
        with self._lock:
            found = self._plans.get((sql, id(facts)))
            if found is None or found[0] is not facts:  # the entry keeps its facts alive, so ids do not recur
                return None
            self._plans.move_to_end((sql, id(facts)))
            return found[1]

    def put(self, sql: str, facts: Facts, plan: Plan) -> None:
        """Keep a plan; the longest unused one goes."""
        with self._lock:
            self._plans[(sql, id(facts))] = (facts, plan)
            while len(self._plans) > self._size:
                self._plans.popitem(last=False)
