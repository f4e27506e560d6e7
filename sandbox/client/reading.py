"""What a server wrote, as the nouns of a local sandbox."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sandbox.errors import JobFailed, Refused, SandboxError, Unavailable
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

ANSWERED = 2
"""First digit of the status of an answer that is none of our errors."""


def error_of(status: int, problem: dict[str, Any]) -> SandboxError:
    """A problem document as the error that the local sandbox would raise."""
    code = str(problem["code"])
    if code == "job_failed":
        return JobFailed()
    reason, hint, position = (str(problem.get(name, "")) for name in ("detail", "hint", "position"))
    if status < 500:
        told = problem.get("problems") or []
        others = tuple(map(_further, told[1:] if told and told[0]["code"] == code else told))
        return Refused(code, reason, hint=hint, position=position, others=others, status=status)
    return Unavailable(code, reason, hint=hint, position=position)


def _further(mistake: dict[str, Any]) -> Refused:
    """One of several mistakes, with its place in the policy, the request or the statement."""
    place = ": ".join(str(mistake[name]) for name in ("line", "path") if mistake.get(name))
    return Refused(mistake["code"], mistake["reason"], hint=str(mistake.get("fix", "")), position=place)


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


def budget_of(page: dict[str, Any], price: Cost | None) -> BudgetView:
    """An agreement's accounts, and how many jobs of a price they pay for."""
    balances = [Balance(**each) for each in page["items"][0]["balances"]]
    affordable = None if price is None else min(_affordable(each, price) for each in balances)
    return BudgetView(balances=balances, affordable=affordable)


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
