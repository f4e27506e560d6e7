"""Replay keys that a process knows already: whoever repeats a question is not kept waiting for its plan."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from decimal import Decimal

MOST_KEPT = 4096
"""Questions of one workspace whose keys are kept, about a megabyte."""
_Asked = tuple[bytes, Decimal]


@dataclass(frozen=True)
class Keys:
    """Question → replay key, the longest unused forgotten first. Safe to use from several threads.

    A plan is a function of the question and of its workspace's public facts, so each workspace has its own.
    """

    most: int = MOST_KEPT
    _known: OrderedDict[_Asked, str] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, sql: str, epsilon: Decimal, key: str) -> None:
        """Remember a question's key."""
        with self._lock:
            self._known[_asked(sql, epsilon)] = key
            self._known.move_to_end(_asked(sql, epsilon))
            if len(self._known) > self.most:
                self._known.popitem(last=False)

    def of(self, sql: str, epsilon: Decimal) -> str | None:
        """The key of a question, if it was kept."""
        with self._lock:
            return self._known.get(_asked(sql, epsilon))


def _asked(sql: str, epsilon: Decimal) -> _Asked:
    return hashlib.sha256(sql.encode()).digest(), epsilon
