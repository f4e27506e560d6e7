"""``Govern``: everything people decide, each act with its record in one transaction. 授权运营.

Who may act is asked of ``permissions``; what a state permits, of the transitions in ``nouns.agreement``.
A developer sees its own organisation's things; to everyone else's it gets the answer of things that do not
exist.
"""

from __future__ import annotations

from sandbox.govern.people import People
from sandbox.govern.rows import stamp
from sandbox.govern.scenarios import Scenarios
from sandbox.govern.switch import Switch
from sandbox.govern.terms import Terms
from sandbox.nouns.event import DisclosureViewed
from sandbox.nouns.party import Principal


class Govern(People, Scenarios, Terms, Switch):
    """Parties, tokens, applications, agreements and stops. Safe to use from several threads."""

    def viewed(self, who: Principal, number: int) -> None:
        """Record that someone looked at a disclosure in full."""
        self._ledger.append(DisclosureViewed(at=stamp(self._now()), actor=who.user, number=number))
