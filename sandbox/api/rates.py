"""How often one may ask: limits by user after sign-in, by address before it, in this process's memory.

One process serves the REST face (several workers may work off its jobs), so its memory knows every request.
The windows slide: the count of the former minute fades out as the present one goes on.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from sandbox.errors import Refused
from sandbox.govern.sign_in import network_of
from sandbox.settings import Settings

READING = ("GET", "HEAD")


@dataclass(frozen=True)
class Rates:
    """The limits of one server."""

    reads: RateLimitItem
    writes: RateLimitItem
    strangers: RateLimitItem
    _limiter: SlidingWindowCounterRateLimiter

    @classmethod
    def of(cls, settings: Settings) -> Rates:
        """The limits that the settings name."""
        return cls(
            RateLimitItemPerMinute(settings.reads_per_minute),
            RateLimitItemPerMinute(settings.writes_per_minute),
            RateLimitItemPerMinute(settings.strangers_per_minute),
            SlidingWindowCounterRateLimiter(MemoryStorage()),
        )

    def check_user(self, method: str, user: str) -> None:
        """Count a signed-in request; raises Refused ``too_many_requests`` over the limit."""
        kind = "reads" if method in READING else "writes"
        self._check(self.reads if kind == "reads" else self.writes, kind, user)

    def check_stranger(self, source: str) -> None:
        """Count a request that needs no sign-in; raises Refused ``too_many_requests`` over the limit."""
        self._check(self.strangers, "strangers", network_of(source))

    def _check(self, limit: RateLimitItem, kind: str, whose: str) -> None:
        if not self._limiter.hit(limit, kind, whose):
            left = self._limiter.get_window_stats(limit, kind, whose).reset_time - time.time()
            raise Refused(
                "too_many_requests", f"at most {limit.amount} such requests a minute are answered",
                hint="wait as long as Retry-After says; to wait for a job, ask with ?wait=30",
                status=429, wait=min(60, max(1, math.ceil(left))),
            )  # fmt: skip
