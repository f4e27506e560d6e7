"""What every part of ``Govern`` works with: the ledger, the policies, the keys, the clock, the regulation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from sandbox.govern.packs import load_pack
from sandbox.govern.sign_in import Provider, SignIn
from sandbox.ledger import Ledger
from sandbox.nouns.agreement import RegulationPack
from sandbox.nouns.party import Principal, Role
from sandbox.nouns.policy import Policy
from sandbox.seal import Keyring

SYSTEM = "system"
"""Who acts when no person does."""


def utc_now() -> dt.datetime:
    """The moment, in UTC."""
    return dt.datetime.now(dt.UTC)


class Desk:
    """Base of the parts.

    Args:
        ledger: where all of it is kept and recorded.
        policies: the policy in force of a dataset; raises Refused ``dataset_unknown``.
        home: the installation's folder, where workspaces of agreements are.
        keyring: destroys their keys.
        now: the moment, UTC.
        pack: the regulation.
        provider: the identity provider that signs in beside our own tokens, if there is one.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        policies: Callable[[str], Policy],
        home: Path,
        keyring: Keyring,
        now: Callable[[], dt.datetime] = utc_now,
        pack: RegulationPack | None = None,
        provider: Provider | None = None,
    ) -> None:
        self._ledger = ledger
        self._policies = policies
        self._home = home
        self._keyring = keyring
        self._now = now
        self.pack = pack or load_pack()
        self._sign_in = SignIn(ledger, lambda: self._now(), provider)

    def moment(self) -> dt.datetime:
        """The moment as this installation has it, UTC: terms end by it."""
        return self._now()


def reach(who: Principal) -> str | None:
    """Whose things one may see: a developer its own organisation's, everyone else all."""
    return who.organisation if who.role is Role.DEVELOPER else None
