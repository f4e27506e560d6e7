"""Released answers: who looked at their records, and which are taken back. 撤回."""

from __future__ import annotations

from sandbox.errors import Refused
from sandbox.govern.agreements import check_other, get
from sandbox.govern.desk import Desk
from sandbox.govern.permissions import Act, check
from sandbox.govern.rows import checked_text, stamp
from sandbox.ledger.journal import Journal, bodies
from sandbox.nouns.event import DisclosureViewed, Released, Withdrawn
from sandbox.nouns.party import Principal
from sandbox.nouns.withdrawal import Category


class Releases(Desk):
    """What becomes of answers after their release."""

    def withdraw(self, who: Principal, number: int, category: Category, reason: str) -> int:
        """Take a released answer back: no more downloads, no more replays; its price stays spent.

        Args:
            who: a reviewer or regulator, of another organisation than the agreement's.
            number: the record of the release.
            category: what the developer is told.
            reason: why, for those who watch.

        Returns:
            The number of the withdrawal's record.

        Raises:
            Refused: ``not_permitted``, ``release_unknown``, ``own_agreement``, ``withdrawn_already``.
        """
        check(who, Act.WITHDRAW_RELEASE)
        told = checked_text(reason, "the reason")

        def work(log: Journal) -> int:
            try:
                body = self._ledger.record(number).body
            except KeyError:
                body = {"kind": ""}
            if body["kind"] != Released.kind:
                raise Refused(
                    "release_unknown", "there is no release with this number",
                    hint="the record of a release has its number: GET /v1/disclosures", status=404,
                )  # fmt: skip
            check_other(who, get(log.connection, body["agreement"]))
            done = bodies(log.connection, Withdrawn.kind, body["dataset"])
            if any(each["release"] == number for each in done):
                raise Refused(
                    "withdrawn_already", "this release was withdrawn already", hint="see the log", status=409
                )
            return log.append(
                Withdrawn(
                    at=stamp(self._now()), actor=who.user, dataset=body["dataset"],
                    agreement=body["agreement"], release=number, organisation=who.organisation,
                    category=Category(category).value, reason=told,
                )
            )  # fmt: skip

        return self._ledger.act(work)

    def viewed(self, who: Principal, number: int) -> None:
        """Record that someone looked at a disclosure in full."""
        self._ledger.append(DisclosureViewed(at=stamp(self._now()), actor=who.user, number=number))
