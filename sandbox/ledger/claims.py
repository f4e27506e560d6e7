"""Which dataset and which sources an account stands for, as the log has it.

Datasets of one catalogue number share one account: the smallest of their caps holds, so none raises it for
the others. A source that was ever charged to one account is never charged to another: neither a new name nor
a new catalogue number starts its budget afresh.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from sandbox.errors import Refused
from sandbox.ledger import accounts, restored
from sandbox.ledger.expected import CAP_SET
from sandbox.ledger.journal import Journal, Record
from sandbox.ledger.schema import record
from sandbox.nouns.event import AccountClaimed, Notice
from sandbox.nouns.spend import Spend

SCOPE = "dataset"
TOLD = ("account", "sources", "rho", "delta")
log = logging.getLogger("sandbox.ledger")


def claim(journal: Journal, claimed: AccountClaimed) -> None:
    """Record what a policy says of its account, and set the cap that follows from all such claims.

    Raises:
        Refused: ``source_accounted``: one of the sources was charged to another account.
    """
    former = _all(journal)
    for body in former:
        if body["account"] != claimed.account and set(body["sources"]) & set(claimed.sources):
            raise Refused(
                "source_accounted", "a source of this dataset was charged to another account already",
                hint=f"keep the catalogue code {body['account']!r}: the same source has one lifetime budget",
                status=409,
            )  # fmt: skip
    newest = {body["dataset"]: body for body in former}
    own = newest.get(claimed.dataset)
    if own is None or any(own[name] != claimed.body()[name] for name in TOLD):
        journal.append(claimed)
    newest[claimed.dataset] = claimed.body()
    sharing = [body for body in newest.values() if body["account"] == claimed.account]
    cap = Spend(min(body["rho"] for body in sharing), min(body["delta"] for body in sharing))
    _set(journal, claimed, cap)


def _set(journal: Journal, claimed: AccountClaimed, cap: Spend) -> None:
    restored.check_may_begin(journal.connection, SCOPE, claimed.account)
    before, _ = accounts.balance(journal.connection, SCOPE, claimed.account)
    if accounts.set_cap(journal.connection, SCOPE, claimed.account, cap):
        details = {"scope": SCOPE, "name": claimed.account, "rho": str(cap.rho), "delta": str(cap.delta)}
        journal.append(Notice(at=claimed.at, actor=claimed.actor, what=CAP_SET, details=details))
        if before != Spend(0) and not cap.within(before):
            log.warning("the lifetime budget of account %s was raised", claimed.account)


def _all(journal: Journal) -> list[Mapping[str, Any]]:
    """Every claim, oldest first; there is one for each change of a policy's budget or sources."""
    query = select(record.c.number, record.c.leaf).where(record.c.kind == AccountClaimed.kind)
    rows = journal.connection.execute(query.order_by(record.c.number))
    return [Record(row.number, row.leaf).body for row in rows]
