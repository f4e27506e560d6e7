"""Sign-in: a token of ours, or of the identity provider, becomes a principal; what failed is told.

Whoever holds the right secret is let in, whatever strangers tried before: nobody is locked out. Failures are
counted by address in windows of ``WINDOW``: the first failure of an address is a record at once, what follows
is counted in a second one when the window ends, and addresses beyond ``MOST_ADDRESSES`` share one count. So
every failure is on the log, and nobody can fill it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from collections.abc import Callable
from ipaddress import IPv6Network, ip_address
from typing import Protocol

from sandbox.errors import Refused
from sandbox.govern import parties, tokens
from sandbox.govern.rows import stamp
from sandbox.ledger import Ledger
from sandbox.nouns.event import SignInFailed
from sandbox.nouns.party import Principal

WINDOW = 900
"""Seconds in which failures add up."""
MOST_FAILURES = 10
"""Failures of an address in a window that are answered 401; further ones are told to wait. Public."""
MOST_ADDRESSES = 100
"""Addresses a window that are counted one by one."""
MANY = "from:many"
NOBODY = "nobody"


class Provider(Protocol):
    """An identity provider, as sign-in needs it."""

    def subject(self, token: str) -> str | None:
        """``<issuer>#<value of the claim>`` that a token vouches for; None when it does not hold.

        Raises:
            Refused: ``sign_in_unavailable`` while the provider's keys cannot be had.
        """
        ...


class SignIn:
    """The door. Safe to use from several threads.

    Args:
        ledger: where users, tokens and the log are.
        now: the moment, UTC.
        provider: signs in beside our own tokens, if there is one.
    """

    def __init__(self, ledger: Ledger, now: Callable[[], dt.datetime], provider: Provider | None) -> None:
        self._ledger = ledger
        self._now = now
        self._provider = provider
        self._lock = threading.Lock()
        self._since = 0.0
        self._counts: dict[str, int] = {}

    def authenticate(self, secret: str, source: str) -> Principal:
        """Who a secret belongs to; raises as ``Govern.authenticate``."""
        who = self._known(secret)
        if who is not None:
            return who
        wait = self._failed(subject_of(source))
        if wait:
            raise Refused(
                "locked_out", f"more than {MOST_FAILURES} wrong sign-ins came from this address",
                hint="check the token, then wait; a right one is let in at once", status=429, wait=wait,
            )  # fmt: skip
        raise Refused(
            "unauthenticated", "the token is not valid",
            hint="check it, or ask the operator for a new one", status=401,
        )  # fmt: skip

    def settle(self, *, everything: bool = False) -> None:
        """Record what was counted in a window that is over; ``everything``: in this one too."""
        with self._lock:
            over = self._now().timestamp() - self._since >= WINDOW
            counts = self._counts if over or everything else {}
            if counts:
                self._counts = {}
        for subject, count in counts.items():
            if count > 1:
                self._tell(subject, count - 1)

    def _known(self, secret: str) -> Principal | None:
        if secret.startswith(f"{tokens.PREFIX}_"):
            return self._ledger.read(lambda it: tokens.principal(it, secret, self._now()))
        subject = self._provider.subject(secret) if self._provider is not None else None
        if subject is None:
            return None
        return self._ledger.read(lambda it: parties.of_subject(it, subject))

    def _failed(self, subject: str) -> int:
        """Count a failure; returns the seconds to wait, 0 below the limit."""
        self.settle()
        now = self._now().timestamp()
        with self._lock:
            if not self._counts:
                self._since = now
            if subject not in self._counts and len(self._counts) >= MOST_ADDRESSES:
                subject = MANY
            count = self._counts[subject] = self._counts.get(subject, 0) + 1
            left = max(1, round(self._since + WINDOW - now))
        if count == 1:
            self._tell(subject, 1)
        return left if count > MOST_FAILURES else 0

    def _tell(self, subject: str, count: int) -> None:
        self._ledger.append(SignInFailed(at=stamp(self._now()), actor=NOBODY, subject=subject, count=count))


def network_of(source: str) -> str:
    """What an address counts as: itself; for IPv6 its /64, which one customer has whole."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    return str(IPv6Network((address, 64), strict=False)) if address.version == 6 else str(address)


def subject_of(source: str) -> str:
    """A caller's address as the log names it: a hash."""
    return f"from:{hashlib.sha256(network_of(source).encode()).hexdigest()[:16]}"
