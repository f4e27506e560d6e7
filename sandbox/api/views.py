"""What things look like from outside, and how lists page."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Query

from sandbox.errors import Refused
from sandbox.jobs.holds import Waiting
from sandbox.jobs.loads import Task
from sandbox.jobs.rows import Job
from sandbox.nouns.agreement import Agreement, Application, Stop
from sandbox.nouns.catalogue import Catalogue
from sandbox.nouns.release import Preview, Release

Limit = Annotated[int, Query(ge=1, le=100, description="Most items of a page")]
Cursor = Annotated[str | None, Query(max_length=100, description="`next` of the former page")]
MOST_PLACE = 2**62
"""Largest place of a list that a cursor may name: what the control database can hold."""


def page(items: list[dict[str, Any]], following: int | None) -> dict[str, Any]:
    """One page: its items, and the cursor of the next one (None: the last)."""
    return {"items": items, "next": None if following is None else _cursor(following)}


def position(cursor: str | None) -> int | None:
    """Where a page begins.

    Raises:
        Refused: ``cursor_invalid``.
    """
    if cursor is None:
        return None
    try:
        place = int(base64.urlsafe_b64decode(cursor.encode()).decode("ascii"))
        if not 0 <= place <= MOST_PLACE:
            raise ValueError
        return place
    except ValueError:
        raise Refused(
            "cursor_invalid", "this cursor is not one of ours",
            hint="take `next` of the former page, or leave it out", status=400,
        ) from None  # fmt: skip


def cut(items: Iterable[dict[str, Any]], cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of a short list."""
    everything = list(items)
    start = position(cursor) or 0
    end = start + limit
    return page(everything[start:end], end if end < len(everything) else None)


def application(it: Application) -> dict[str, Any]:
    """An application."""
    return {
        "id": it.id, "organisation": it.organisation, "applicant": it.applicant, "dataset": it.dataset,
        "purpose": it.purpose, "grants": grants(it.grants), "epsilon": str(it.epsilon), "days": it.days,
        "state": it.state, "filed": stamp(it.filed), "reviewer": it.reviewer, "reason": it.reason,
        "basis": it.basis, "agreement": it.agreement or None,
    }  # fmt: skip


def agreement(it: Agreement, moment: dt.datetime) -> dict[str, Any]:
    """An agreement as it stands at a moment."""
    return {
        "id": it.id, "application": it.application, "organisation": it.organisation, "dataset": it.dataset,
        "purpose": it.purpose, "grants": grants(it.grants), "epsilon": str(it.epsilon),
        "starts": stamp(it.starts), "ends": stamp(it.ends), "state": it.at(moment),
    }  # fmt: skip


def grants(it: Any) -> dict[str, dict[str, list[str]]]:
    """Grants as sorted lists."""
    return {table: {name: sorted(uses) for name, uses in columns.items()} for table, columns in it.items()}


def tables(it: Catalogue) -> list[dict[str, Any]]:
    """A catalogue."""
    return [asdict(table) for table in it]


def job(it: Job) -> dict[str, Any]:
    """A job. When it started and how long it took are nobody's business outside."""
    problem = {"code": it.code, "reason": it.reason, "hint": it.hint, "position": it.position}
    return {
        "id": it.id, "state": it.state, "kind": "sql", "mode": it.mode, "agreement": it.agreement,
        "dataset": it.dataset, "sql": it.sql, "epsilon": it.epsilon,
        "submitted": stamp(dt.datetime.fromtimestamp(it.submitted_at / 1000, dt.UTC)),
        "problem": problem if it.code else None, "disclosure": it.number, "replayed": it.replayed,
    }  # fmt: skip


def hold(it: Waiting) -> dict[str, Any]:
    """A held job as its reviewer sees it: what the developer could compute, never a value."""
    told = ("what", "plan", "measures", "rho", "delta", "findings")
    until = dt.datetime.fromtimestamp(it.hold.until / 1000, dt.UTC)
    return job(it.job) | {
        "organisation": it.job.organisation, "actor": it.job.actor, "until": stamp(until),
        "hold": {name: it.record[name] for name in told},
    }  # fmt: skip


def task(it: Task) -> dict[str, Any]:
    """A load."""
    problem = {"code": it.code, "reason": it.reason, "hint": it.hint}
    return {
        "id": it.id, "dataset": it.dataset, "state": it.state, "problem": problem if it.code else None,
    }  # fmt: skip


def stop(it: Stop) -> dict[str, Any]:
    """A stop."""
    return asdict(it) | {"active": it.active}


def preview(it: Preview) -> dict[str, Any]:
    """A preview."""
    return asdict(it)


def release(it: Release) -> dict[str, Any]:
    """A release with its error bars; dates as ISO 8601 text, exact decimals as numbers."""
    return {
        "disclosure": it.id,
        "columns": [{"name": each.name, "type": each.type, "measured": each.measured} for each in it.columns],
        "rows": [[plain(cell) for cell in row] for row in it.data],
        "error95": [list(row) for row in it.half_widths],
        "spreads": [list(row) for row in it.spreads],
        "cost": asdict(it.cost),
        "replayed": it.replayed,
        "notes": list(it.notes),
        "dummy": it.dummy,
    }


def plain(cell: object) -> object:
    """A cell as JSON."""
    if isinstance(cell, Decimal):
        return float(cell)
    return cell.isoformat() if isinstance(cell, dt.date) else cell


def stamp(moment: dt.datetime) -> str:
    """UTC, ISO 8601 with seconds."""
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode()
