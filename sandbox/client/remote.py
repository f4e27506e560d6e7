"""``Sandbox.connect``: an agreement on a server, asked like a local sandbox."""

from __future__ import annotations

import datetime as dt
from types import TracebackType
from typing import Any, Literal, Self, overload

from sandbox.client.transport import Transport
from sandbox.errors import Refused
from sandbox.nouns.asking import check_asked
from sandbox.nouns.catalogue import Catalogue, ColumnInfo, TableInfo
from sandbox.nouns.kinds import ColumnType
from sandbox.nouns.release import (
    Balance,
    BudgetView,
    Cell,
    Cost,
    Preview,
    PreviewColumn,
    Release,
    ReleaseColumn,
)
from sandbox.nouns.spend import DELTA_UNIT, RHO_UNIT

WAIT = 30
"""Seconds of one long poll for a job."""
ENDED = ("released", "refused", "failed", "cancelled")


class RemoteSandbox:
    """An agreement on a server. Use ``Sandbox.connect``; a context manager."""

    def __init__(self, transport: Transport, agreement: str) -> None:
        self.agreement = agreement
        self._server = transport
        self._last_price: Cost | None = None

    @classmethod
    def open(cls, url: str, *, token: str, agreement: str | None = None) -> Self:
        """Connect under an agreement; the only one in force when None.

        Raises:
            Refused: ``agreement_required``, ``agreement_missing``, ``agreement_unknown``,
                ``unauthenticated``, ``https_required``.
            Unavailable: ``server_unreachable``.
        """
        server = Transport(url, token)
        try:
            if agreement is None:
                agreement = _only(server)
            else:
                server.get(f"/v1/agreements/{agreement}")
        except BaseException:
            server.close()
            raise
        return cls(server, agreement)

    @overload
    def query(self, sql: str, *, epsilon: object = ..., mode: Literal["run"] = ...) -> Release: ...
    @overload
    def query(self, sql: str, *, epsilon: object = ..., mode: Literal["preview"]) -> Preview: ...
    @overload
    def query(
        self, sql: str, *, epsilon: object = ..., accuracy: object = ..., mode: str
    ) -> Release | Preview: ...
    def query(
        self, sql: str, *, epsilon: object = None, accuracy: object = None, mode: str = "run"
    ) -> Release | Preview:
        """Ask a question in SQL; waits for the answer.

        Args:
            sql: one SELECT of the dialect.
            epsilon: ε of the whole job; the policy's ``per_job.epsilon`` when None.
            accuracy: needs a DP profile of the dataset.
            mode: ``run``, or ``preview`` for price and predicted error (free).

        Raises:
            Refused: nothing was touched or charged.
            JobFailed: the price stays spent.
        """
        check_asked(sql, accuracy=accuracy, mode=mode)
        body = {
            "agreement": self.agreement, "kind": "sql", "sql": sql, "mode": mode,
            "epsilon": None if epsilon is None else str(epsilon),
        }  # fmt: skip
        job = self._server.post("/v1/jobs", body)
        while job["state"] not in ENDED:
            job = self._server.get(f"/v1/jobs/{job['id']}", wait=WAIT)
        answer = self._server.get(f"/v1/jobs/{job['id']}/result")
        if mode == "preview":
            return preview_of(answer)
        release = release_of(answer)
        if not (release.replayed or release.dummy):
            self._last_price = release.cost
        return release

    def tables(self) -> Catalogue:
        """Schema, uses, domains and bounds: what may be asked."""
        return catalogue_of(self._server.get(f"/v1/agreements/{self.agreement}")["tables"])

    def budget(self) -> BudgetView:
        """Caps, spent, left, and how many jobs like the last one fit."""
        page = self._server.get("/v1/budgets", agreement=self.agreement)
        balances = [Balance(**each) for each in page["items"][0]["balances"]]
        price = self._last_price
        affordable = None if price is None else min(_affordable(each, price) for each in balances)
        return BudgetView(balances=balances, affordable=affordable)

    def close(self) -> None:
        """Close the connections; idempotent."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def release_of(body: dict[str, Any]) -> Release:
    """A release as the server wrote it in JSON."""
    columns = tuple(
        ReleaseColumn(each["name"], ColumnType(each["type"]), each["measured"]) for each in body["columns"]
    )
    return Release(
        id=body["disclosure"],
        columns=columns,
        data=tuple(
            tuple(_cell(cell, column.type) for cell, column in zip(row, columns, strict=True))
            for row in body["rows"]
        ),
        spreads=tuple(map(tuple, body["spreads"])),
        half_widths=tuple(map(tuple, body["error95"])),
        cost=Cost(**body["cost"]),
        replayed=body["replayed"],
        notes=tuple(body["notes"]),
        dummy=body["dummy"],
    )


def preview_of(body: dict[str, Any]) -> Preview:
    """A preview as the server wrote it in JSON."""
    return Preview(
        cost=Cost(**body["cost"]), columns=tuple(PreviewColumn(**each) for each in body["columns"]),
        plan=body["plan"], fits=body["fits"], affordable=body["affordable"],
    )  # fmt: skip


def catalogue_of(tables: list[dict[str, Any]]) -> Catalogue:
    """Tables as the server wrote them in JSON."""
    return Catalogue(
        TableInfo(**table | {"columns": tuple(_column(column) for column in table["columns"])})
        for table in tables
    )


def _column(body: dict[str, Any]) -> ColumnInfo:
    lists = {name: None if body[name] is None else tuple(body[name]) for name in ("domain", "bounds", "uses")}
    return ColumnInfo(**body | lists)


def _cell(cell: Cell, kind: ColumnType) -> Cell:
    if isinstance(cell, str) and kind is ColumnType.DATE:
        return dt.date.fromisoformat(cell)
    if isinstance(cell, str) and kind is ColumnType.TIMESTAMP:
        return dt.datetime.fromisoformat(cell)
    return cell


def _affordable(balance: Balance, price: Cost) -> int:
    """How many jobs of this price an account pays for, in the ledger's integer units."""
    pairs = (
        (balance.cap_rho, balance.spent_rho, price.rho, RHO_UNIT),
        (balance.cap_delta, balance.spent_delta, price.delta, DELTA_UNIT),
    )
    left = [max(0, round(cap * unit) - round(spent * unit)) // round(each * unit)
            for cap, spent, each, unit in pairs if each]  # fmt: skip
    return min(left, default=10**9)


def _only(server: Transport) -> str:
    """The only agreement in force."""
    found, parameters = [], dict[str, str | int | float]()
    while True:
        page = server.get("/v1/agreements", **parameters)
        found += [each["id"] for each in page["items"] if each["state"] == "active"]
        if page["next"] is None:
            break
        parameters = {"cursor": page["next"]}
    if len(found) == 1:
        return str(found[0])
    if found:
        raise Refused(
            "agreement_required", "several agreements are in force, so one must be named",
            hint="agreement= one of: " + ", ".join(found),
        )  # fmt: skip
    raise Refused(
        "agreement_missing", "no agreement of yours is in force",
        hint="file an application, and wait for its review",
    )  # fmt: skip
