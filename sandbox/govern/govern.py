"""``Govern``: everything people decide, each act with its record in one transaction. 授权运营.

Who may act is asked of ``permissions``; what a state permits, of the transitions in ``nouns.agreement``.
A developer sees its own organisation's things; to everyone else's it gets the answer of things that do not
exist.
"""

from __future__ import annotations

from sandbox.govern.people import People
from sandbox.govern.releases import Releases
from sandbox.govern.scenarios import Scenarios
from sandbox.govern.switch import Switch
from sandbox.govern.terms import Terms


class Govern(People, Scenarios, Terms, Releases, Switch):
    """Parties, tokens, applications, agreements, releases and stops. Safe to use from several threads."""
