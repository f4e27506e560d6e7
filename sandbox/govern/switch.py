"""The kill switch: ordered by whoever watches, lifted by a second person. 停止令."""

from __future__ import annotations

from sandbox.govern import stops
from sandbox.govern.desk import Desk
from sandbox.govern.permissions import Act, check
from sandbox.govern.rows import checked_text
from sandbox.nouns.agreement import Stop, StopScope
from sandbox.nouns.party import Principal


class Switch(Desk):
    """Stops."""

    def stop(self, who: Principal, *, scope: StopScope, id: str = "", reason: str) -> Stop:
        """Stop a job, an agreement, a dataset or the platform at once (article 18)."""
        check(who, Act.ORDER_STOP)
        told = checked_text(reason, "the reason")
        return self._ledger.act(lambda log: stops.order(log, who, StopScope(scope), id, told, self._now()))

    def lift(self, who: Principal, stop: str, reason: str) -> Stop:
        """Let work go on; by a second person, of no lower rank than who ordered the stop."""
        check(who, Act.LIFT_STOP)
        told = checked_text(reason, "the reason")
        return self._ledger.act(lambda log: stops.lift(log, who, stop, told, self._now()))

    def stops(self, who: Principal, *, active: bool = True) -> list[Stop]:
        """Stops in force, or all with ``active=False``."""
        check(who, Act.READ_STOPS)
        return self._ledger.read(lambda it: stops.listed(it, active=active))
