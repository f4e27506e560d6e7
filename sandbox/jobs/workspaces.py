"""Open workspaces of agreements: as many engines as lanes can use, the longest unused closed first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.gateway import Gateway


@dataclass(frozen=True)
class Workspaces:
    """Gateways by agreement. Safe to use from several threads."""

    open: Callable[[str], Gateway]
    """Opens the gateway of an agreement's workspace in force."""
    most: int
    """Most gateways kept open; more stay open only while jobs use them."""
    busy: Callable[[str], bool] = lambda _: False
    """Whether a job of an agreement is on a lane: nobody else's request may close its engines."""
    _held: OrderedDict[str, Gateway] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, agreement: str) -> Gateway:
        """The agreement's gateway; its engines start with the first statement."""
        with self._lock:
            gateway = self._held.get(agreement)
            if gateway is None:
                gateway = self._held[agreement] = self.open(agreement)
            self._held.move_to_end(agreement)
            idle = [name for name in self._held if name != agreement and not self.busy(name)]
            surplus = max(0, len(self._held) - self.most)
            spare = [self._held.pop(name) for name in idle[:surplus]]
        for each in spare:
            each.workspace.close()
        return gateway

    def drop(self, agreement: str) -> None:
        """Close an agreement's engines: its workspace was built anew or its agreement has ended."""
        with self._lock:
            gateway = self._held.pop(agreement, None)
        if gateway is not None:
            gateway.workspace.close()

    def held(self) -> list[str]:
        """Agreements whose gateways are kept open."""
        with self._lock:
            return list(self._held)

    def close(self) -> None:
        """Close all engines."""
        with self._lock:
            held = list(self._held.values())
            self._held.clear()
        for gateway in held:
            gateway.workspace.close()
