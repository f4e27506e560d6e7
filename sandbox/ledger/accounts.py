"""Budget accounts: caps, charges and refunds inside the caller's transaction.

A cap holds by one conditional UPDATE: read and write are one statement, so no two charges can both believe in
the same room (a lost update).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, insert, select, tuple_, update

from sandbox.errors import Refused
from sandbox.ledger.schema import LARGEST, account
from sandbox.nouns.spend import Spend

SCOPES = ("dataset", "agreement", "organisation")
"""Whose budget an account can be."""
Account = tuple[str, str]
"""(scope, name)."""


def check_account(scope: str, name: str) -> None:
    """Raises ValueError unless the scope is known and the name is not empty."""
    if scope not in SCOPES or not name:
        raise ValueError("an account is (dataset | agreement | organisation, name)")


def listed(connection: Connection) -> list[Account]:
    """Every account, in order."""
    rows = connection.execute(select(account.c.scope, account.c.name).order_by(*account.primary_key))
    return [(row.scope, row.name) for row in rows]


def kept_cap(cap: Spend) -> Spend:
    """A cap as it is kept: beyond the largest amount there is no larger cap."""
    return Spend(min(cap.rho, LARGEST), min(cap.delta, LARGEST))


def set_cap(connection: Connection, scope: str, name: str, cap: Spend) -> bool:
    """Make an account or change its cap; False when it already has this cap."""
    row = connection.execute(
        select(account).where(account.c.scope == scope, account.c.name == name).with_for_update()
    ).one_or_none()
    if row is None:
        amounts = {"cap_rho": cap.rho, "cap_delta": cap.delta, "roof_rho": cap.rho, "roof_delta": cap.delta}
        connection.execute(
            insert(account).values(scope=scope, name=name, spent_rho=0, spent_delta=0, **amounts)
        )
        return True
    if (row.cap_rho, row.cap_delta) == (cap.rho, cap.delta):
        return False
    connection.execute(
        update(account)
        .where(account.c.scope == scope, account.c.name == name)
        .values(
            cap_rho=cap.rho,
            cap_delta=cap.delta,
            roof_rho=max(cap.rho, row.spent_rho),
            roof_delta=max(cap.delta, row.spent_delta),
        )
    )
    return True


_ASKED = select(account).where(tuple_(account.c.scope, account.c.name).in_(bindparam("accounts")))


def balance(connection: Connection, scope: str, name: str) -> tuple[Spend, Spend]:
    """(cap, spent) of an account; both nothing where none was made."""
    return balances(connection, [(scope, name)])[0]


def balances(connection: Connection, accounts: Sequence[Account]) -> list[tuple[Spend, Spend]]:
    """``balance`` of several accounts, in their order."""
    found = {
        (row.scope, row.name): (
            Spend(row.cap_rho, row.cap_delta), Spend(row.spent_rho, row.spent_delta)
        )
        for row in connection.execute(_ASKED, {"accounts": accounts})
    }  # fmt: skip
    return [found.get(each, (Spend(0), Spend(0))) for each in accounts]


def charge(connection: Connection, accounts: Sequence[Account], price: Spend) -> None:
    """Charge every account in full.

    Raises:
        Refused: ``budget_exhausted`` for the first account whose cap would be passed; the caller rolls back.
    """
    fits = price.within(Spend(LARGEST, LARGEST))  # the database has no larger amount
    statement = (
        update(account)
        .where(
            account.c.spent_rho <= account.c.cap_rho - price.rho,
            account.c.spent_delta <= account.c.cap_delta - price.delta,
        )
        .values(spent_rho=account.c.spent_rho + price.rho, spent_delta=account.c.spent_delta + price.delta)
    )
    for scope, name in accounts:
        this = statement.where(account.c.scope == scope, account.c.name == name)
        if not fits or connection.execute(this).rowcount != 1:
            raise _exhausted(scope)


def refund(connection: Connection, accounts: Sequence[Account], price: Spend) -> None:
    """Give a price back to every account it was charged to."""
    for scope, name in accounts:
        connection.execute(
            update(account)
            .where(and_(account.c.scope == scope, account.c.name == name))
            .values(
                spent_rho=account.c.spent_rho - price.rho, spent_delta=account.c.spent_delta - price.delta
            )
        )


def _exhausted(scope: str) -> Refused:
    return Refused(
        "budget_exhausted",
        f"the budget of the {scope} has too little left for this job",
        hint="ask for less accuracy (a smaller epsilon), or ask the operator what is left",
    )
