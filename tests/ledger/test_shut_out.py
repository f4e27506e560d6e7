"""Who is shut out of a restored ledger: everybody where records are missing, nobody where none is."""

from __future__ import annotations

from sqlalchemy import Connection, Table, insert, select

from sandbox.ledger import Ledger, restored
from sandbox.ledger.govern_tables import (
    agreement,
    application,
    departed,
    member,
    organisation,
    token,
    waiting,
)
from sandbox.nouns.event import AgreementChanged, Event, TokenRevoked, UserHeld


def rows(connection: Connection, table: Table) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]


def people(connection: Connection) -> None:
    """Four users, of whom one has left and one waits; tokens; agreements."""

    def add(table: Table, *values: dict[str, object]) -> None:
        blank = {column.name: "" for column in table.columns if not column.nullable}
        connection.execute(insert(table), [blank | each for each in values])

    add(organisation, {"name": "o", "type": "owner"})
    add(member, *({"name": each, "organisation": "o", "role": "developer"} for each in "abcd"))
    add(departed, {"member": "b"})
    add(waiting, {"what": "user", "name": "c"}, {"what": "token", "name": "d"})
    add(token, {"id": "1", "member": "a", "sha256": "x"}, {"id": "2", "member": "b", "sha256": "y"})
    add(token, {"id": "3", "member": "a", "sha256": "z", "revoked": "before"})
    for name, state in (("1", "active"), ("2", "active"), ("3", "exited")):
        add(application, {"id": name, "organisation": "o", "applicant": "a", "days": 1, "state": "approved"})
        add(
            agreement,
            {"id": name, "application": name, "organisation": "o", "dataset": "d", "state": state},
        )


def after_a_restore(ledger: Ledger, *, forfeit: bool) -> list[Event]:
    """What is recorded when the ledger opens again, with or without proof that nothing is missing."""
    ledger.transact(people)
    start = len(ledger.records())
    mark = {"archive": "a", "restore": "r"}
    ledger.act(lambda log: restored._open(log, start, mark, forfeit=forfeit))
    return [each.event for each in ledger.records(start)]


def test_without_proof_tokens_end_agreements_stop_and_users_wait(ledger: Ledger) -> None:
    events = after_a_restore(ledger, forfeit=True)
    ended = [each for each in events if isinstance(each, TokenRevoked)]
    assert [(each.token, each.user) for each in ended] == [("1", "a"), ("2", "b")]
    moments = [row[-1] for row in ledger.read(lambda it: rows(it, token))]
    assert moments == [ended[0].at, ended[1].at, "before"]
    assert [each.user for each in events if isinstance(each, UserHeld)] == ["a", "d"]
    assert ledger.read(lambda it: rows(it, waiting)) == [
        ("token", "d"), ("user", "a"), ("user", "c"), ("user", "d"),
    ]  # fmt: skip
    assert [(e.agreement, e.after) for e in events if isinstance(e, AgreementChanged)] == [
        ("1", "suspended"), ("2", "suspended"),
    ]  # fmt: skip
    found = ledger.read(lambda it: it.execute(select(agreement.c.state, agreement.c.held_by)).all())
    assert [tuple(row) for row in found] == [("suspended", "reviewer")] * 2 + [("exited", "")]


def test_with_proof_nobody_is_shut_out(ledger: Ledger) -> None:
    (thawed,) = after_a_restore(ledger, forfeit=False)
    assert thawed.kind == "notice"
    assert ledger.read(lambda it: rows(it, waiting)) == [("token", "d"), ("user", "c")]
    assert [row[-1] for row in ledger.read(lambda it: rows(it, token))] == [None, None, "before"]
    found = ledger.read(lambda it: it.execute(select(agreement.c.state)).scalars().all())
    assert found == ["active", "active", "exited"]
