"""Open workspaces of agreements: as many engines as lanes can use, the longest unused closed first.

A workspace that was built anew takes effect for jobs that begin afterwards; those under way finish on the one
they began with, which is closed with the last of them.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
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
    _users: Counter[int] = field(default_factory=Counter)
    """Identity of a gateway → jobs that use it."""
    _retired: dict[int, Gateway] = field(default_factory=dict)
    """Dropped while jobs used them."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, agreement: str) -> Gateway:
        """``get`` for a job: until ``done`` nobody closes its engines, whatever is built or dropped."""
        return self._get(agreement, users=1)

    def opened(self, agreement: str, workspace: str) -> Gateway | None:
        """``take``, if it is open already and of the workspace with this SHA-256; None otherwise."""
        with self._lock:
            gateway = self._held.get(agreement)
            if gateway is None or gateway.manifest.workspace_sha256 != workspace:
                return None
            self._users[id(gateway)] += 1
            return gateway

    def done(self, gateway: Gateway) -> None:
        """A job no longer uses a gateway that it took."""
        with self._lock:
            self._users[id(gateway)] -= 1
            if self._users[id(gateway)]:
                return
            del self._users[id(gateway)]
            retired = self._retired.pop(id(gateway), None)
        if retired is not None:
            retired.workspace.close()

    def get(self, agreement: str) -> Gateway:
        """The agreement's gateway; its engines start with the first statement."""
        return self._get(agreement, users=0)

    def _get(self, agreement: str, *, users: int) -> Gateway:
        with self._lock:
            gateway = self._held.get(agreement)
            if gateway is None:
                gateway = self._held[agreement] = self.open(agreement)
            self._held.move_to_end(agreement)
            if users:
                self._users[id(gateway)] += users
            idle = [name for name in self._held if name != agreement and not self._used(name)]
            surplus = max(0, len(self._held) - self.most)
            spare = [self._held.pop(name) for name in idle[:surplus]]
        for each in spare:
            each.workspace.close()
        return gateway

    def _used(self, agreement: str) -> bool:
        return self.busy(agreement) or bool(self._users.get(id(self._held[agreement])))

    def drop_other(self, agreement: str, workspace: str) -> None:
        """``drop``, unless the held gateway is of the workspace with this SHA-256: another process may have
        put a newer one in force."""
        with self._lock:
            gateway = self._held.get(agreement)
        if gateway is not None and gateway.manifest.workspace_sha256 != workspace:
            self.drop(agreement)

    def drop(self, agreement: str) -> None:
        """Open the workspace anew for whoever asks next; close the old one when nobody uses it."""
        with self._lock:
            gateway = self._held.pop(agreement, None)
            if gateway is not None and self._users.get(id(gateway)):
                self._retired[id(gateway)] = gateway
                return
        if gateway is not None:
            gateway.workspace.close()

    def held(self) -> list[str]:
        """Agreements whose gateways are kept open."""
        with self._lock:
            return list(self._held)

    def close(self) -> None:
        """Close all engines."""
        with self._lock:
            held = [*self._held.values(), *self._retired.values()]
            self._held.clear()
            self._retired.clear()
        for gateway in held:
            gateway.workspace.close()
