"""What the records alone say the rows of parties, tokens, applications, agreements and stops must be.

Each record of a person's act makes, changes or drops a row; folding them all and comparing finds a row that
was altered, dropped or put in behind the log's back: a role raised, a term lengthened, a stop lifted, the
hash of a token exchanged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, select

from sandbox.ledger import govern_tables as tables
from sandbox.ledger.journal import sight_of
from sandbox.ledger.schema import sight
from sandbox.nouns import event

Body = Mapping[str, Any]
Key = tuple[Any, ...]
WATCHED: tuple[Table, ...] = (
    tables.organisation, tables.member, tables.identity, tables.departed, tables.waiting, tables.token,
    tables.application, tables.agreement, tables.stop, sight,
)  # fmt: skip
"""Tables whose rows follow from the records."""


@dataclass
class ExpectedRow:
    """A row as the records make it."""

    number: int
    """The last record that touched it."""
    values: dict[str, Any]


@dataclass
class Registry:
    """The rows so far."""

    rows: dict[str, dict[Key, ExpectedRow]] = field(
        default_factory=lambda: {table.name: {} for table in WATCHED}
    )

    def add(self, number: int, body: Body) -> None:
        """Fold one record in; raises KeyError or ValueError when it cannot follow those before it."""
        fold = FOLDS.get(body["kind"])
        if fold is not None:
            fold(self, number, body)
        agreement = sight_of(body["kind"], body)
        if agreement is not None:
            self.put(sight, number, agreement=agreement, number=number)

    def put(self, table: Table, at: int, /, **values: Any) -> None:
        """A row appears."""
        key = tuple(values[column.name] for column in table.primary_key)
        if key in self.rows[table.name]:
            raise ValueError("made twice")
        self.rows[table.name][key] = ExpectedRow(at, values)

    def change(self, table: Table, at: int, key: str, /, **values: Any) -> None:
        """A row changes."""
        row = self.rows[table.name][key,]
        row.number = at
        row.values.update(values)

    def drop(self, table: Table, key: Key) -> None:
        """A row goes."""
        del self.rows[table.name][key]

    def differences(self, connection: Connection) -> Iterator[tuple[int | None, str]]:
        """(record, table) of each stored row that is not what its records say; None: it has no record."""
        for table in WATCHED:
            expected = dict(self.rows[table.name])
            for row in connection.execute(select(table)):
                values = dict(row._mapping)
                found = expected.pop(tuple(values[column.name] for column in table.primary_key), None)
                if found is None:
                    yield None, table.name
                elif _committed(values) != found.values:
                    yield found.number, table.name
            yield from ((missing.number, table.name) for missing in expected.values())


def _committed(values: dict[str, Any]) -> dict[str, Any]:
    """A row as the log could know it: of a token's hash it knows the hash."""
    if "sha256" in values:
        values["sha256"] = hashlib.sha256(values["sha256"].encode()).hexdigest()
    return values


def _organisation(it: Registry, at: int, body: Body) -> None:
    it.put(
        tables.organisation, at, name=body["organisation"], type=body["type"],
        credit_code=body["credit_code"], added=body["at"],
    )  # fmt: skip


def _user(it: Registry, at: int, body: Body) -> None:
    name = body["user"]
    it.put(
        tables.member, at, name=name, organisation=body["organisation"], role=body["role"], added=body["at"]
    )
    if body["subject"]:
        it.put(tables.identity, at, subject=body["subject"], member=name)
    if body["waits"]:
        it.put(tables.waiting, at, what="user", name=name)


def _user_ended(it: Registry, at: int, body: Body) -> None:
    it.put(tables.departed, at, member=body["user"], at=body["at"])
    identities = it.rows[tables.identity.name]
    for key in [key for key, row in identities.items() if row.values["member"] == body["user"]]:
        it.drop(tables.identity, key)


def _user_held(it: Registry, at: int, body: Body) -> None:
    it.put(tables.waiting, at, what="user", name=body["user"])


def _confirmed(it: Registry, at: int, body: Body) -> None:  # noqa: ARG001  the signature of folds
    it.drop(tables.waiting, (body["what"], body["name"]))


def _token(it: Registry, at: int, body: Body) -> None:
    it.put(
        tables.token, at, id=body["token"], member=body["user"], sha256=body["hashed"],
        scopes=" ".join(body["scopes"]), issued=body["at"], expires=body["expires"], revoked=None,
    )  # fmt: skip
    if body["waits"]:
        it.put(tables.waiting, at, what="token", name=body["token"])


def _token_revoked(it: Registry, at: int, body: Body) -> None:
    it.change(tables.token, at, body["token"], revoked=body["at"])


def _application(it: Registry, at: int, body: Body) -> None:
    it.put(
        tables.application, at, id=body["application"], organisation=body["organisation"],
        applicant=body["actor"], dataset=body["dataset"], purpose=body["purpose"],
        grants=_text(body["grants"]), epsilon=body["epsilon"], days=body["days"], state="filed",
        filed=body["at"], reviewer="", reason="", basis="",
    )  # fmt: skip


def _review(it: Registry, at: int, body: Body) -> None:
    it.change(
        tables.application, at, body["application"], state="approved" if body["approve"] else "rejected",
        reviewer=body["actor"], reason=body["reason"], basis=body["basis"],
    )  # fmt: skip


def _agreement(it: Registry, at: int, body: Body) -> None:
    asked = it.rows[tables.application.name][body["application"],].values
    it.put(
        tables.agreement, at, id=body["agreement"], application=body["application"],
        organisation=body["organisation"], dataset=body["dataset"], account=body["account"],
        purpose=asked["purpose"], grants=_text(body["grants"]), epsilon=body["epsilon"],
        starts=body["starts"], ends=body["ends"], state="active", held_by="", workspace="", destroyed=None,
    )  # fmt: skip


def _agreement_changed(it: Registry, at: int, body: Body) -> None:
    it.change(tables.agreement, at, body["agreement"], state=body["after"], held_by=body["held_by"])


def _workspace(it: Registry, at: int, body: Body) -> None:
    it.change(tables.agreement, at, body["agreement"], workspace=body["workspace"])


def _destroyed(it: Registry, at: int, body: Body) -> None:
    it.change(tables.agreement, at, body["agreement"], workspace="", destroyed=at)


def _stop(it: Registry, at: int, body: Body) -> None:
    it.put(
        tables.stop, at, id=body["stop"], scope=body["scope"], name=body["name"], reason=body["reason"],
        ordered_by=body["actor"], role=body["role"], at=body["at"], lifted_by="", lifted_at="",
    )  # fmt: skip


def _stop_lifted(it: Registry, at: int, body: Body) -> None:
    it.change(tables.stop, at, body["stop"], lifted_by=body["actor"], lifted_at=body["at"])


def _text(grants: Body) -> str:
    return json.dumps(grants, ensure_ascii=False, sort_keys=True)


FOLDS: dict[str, Callable[[Registry, int, Body], None]] = {
    event.OrganisationAdded.kind: _organisation,
    event.UserAdded.kind: _user,
    event.UserEnded.kind: _user_ended,
    event.UserHeld.kind: _user_held,
    event.Confirmed.kind: _confirmed,
    event.TokenIssued.kind: _token,
    event.TokenRevoked.kind: _token_revoked,
    event.ApplicationFiled.kind: _application,
    event.ReviewGiven.kind: _review,
    event.AgreementMade.kind: _agreement,
    event.AgreementChanged.kind: _agreement_changed,
    event.WorkspaceBuilt.kind: _workspace,
    event.WorkspaceDestroyed.kind: _destroyed,
    event.StopOrdered.kind: _stop,
    event.StopLifted.kind: _stop_lifted,
}
"""Kind of record → what it does to the rows."""
