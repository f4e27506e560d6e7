"""What things look like from outside, and how lists page."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Literal, TypeVar, cast

from fastapi import Query

from sandbox.api import answers
from sandbox.errors import Refused
from sandbox.govern.confirmations import Waiting as WaitingUser
from sandbox.jobs.holds import Waiting
from sandbox.jobs.loads import Task
from sandbox.jobs.rows import Job
from sandbox.nouns.agreement import Agreement, Application, Grants, Stop
from sandbox.nouns.catalogue import Catalogue, ColumnInfo
from sandbox.nouns.kinds import ColumnType, Use
from sandbox.nouns.policy import Policy
from sandbox.nouns.release import Balance, Cell, Cost, Preview, Release

Limit = Annotated[int, Query(ge=1, le=100, description="Most items of a page")]
Cursor = Annotated[str | None, Query(max_length=100, description="`next` of the former page")]
Item = TypeVar("Item")
MOST_PLACE = 2**62
"""Largest place of a list that a cursor may name: what the control database can hold."""


def page(items: list[Item], following: int | None) -> answers.Page[Item]:
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
        raise foreign_cursor() from None


def foreign_cursor() -> Refused:
    """The answer to a cursor that no page gave."""
    return Refused(
        "cursor_invalid", "this cursor is not one of ours",
        hint="take `next` of the former page, or leave it out", status=400,
    )  # fmt: skip


def cut(items: Iterable[Item], cursor: str | None, limit: int) -> answers.Page[Item]:
    """A page of a short list."""
    everything = list(items)
    start = position(cursor) or 0
    end = start + limit
    return page(everything[start:end], end if end < len(everything) else None)


def application(it: Application) -> answers.Application:
    """An application."""
    return {
        "id": it.id, "organisation": it.organisation, "applicant": it.applicant, "dataset": it.dataset,
        "purpose": it.purpose, "grants": grants(it.grants), "epsilon": str(it.epsilon), "days": it.days,
        "state": it.state, "filed": stamp(it.filed), "reviewer": it.reviewer, "reason": it.reason,
        "basis": it.basis, "agreement": it.agreement or None,
    }  # fmt: skip


def agreement(it: Agreement, moment: dt.datetime) -> answers.Agreement:
    """An agreement as it stands at a moment."""
    return {
        "id": it.id, "application": it.application, "organisation": it.organisation, "dataset": it.dataset,
        "purpose": it.purpose, "grants": grants(it.grants), "epsilon": str(it.epsilon),
        "starts": stamp(it.starts), "ends": stamp(it.ends), "state": it.at(moment),
    }  # fmt: skip


def grants(it: Grants) -> dict[str, dict[str, list[Use]]]:
    """Grants as sorted lists."""
    return {table: {name: sorted(uses) for name, uses in columns.items()} for table, columns in it.items()}


def title(it: Policy) -> answers.Title:
    """A dataset's name for people."""
    return {"zh": it.title.zh, "en": it.title.en}


def entry(it: Policy) -> answers.PublicEntry:
    """What everybody sees of a dataset's entry in the catalogue."""
    found = it.catalogue
    return {
        "code": found.code, "provider": found.provider, "update": found.update,
        "registered": found.registered,
    }  # fmt: skip


def tables(it: Catalogue) -> list[answers.Table]:
    """A catalogue."""
    return [
        {
            "name": each.name, "public": each.public, "unit": each.unit,
            "max_rows_per_unit": each.max_rows_per_unit, "columns": list(map(_column, each.columns)),
        }
        for each in it
    ]  # fmt: skip


def _column(it: ColumnInfo) -> answers.Column:
    return {
        "name": it.name, "type": ColumnType(it.type), "kind": it.kind, "uses": list(map(Use, it.uses)),
        "domain": None if it.domain is None else list(it.domain),
        "bounds": None if it.bounds is None else list(it.bounds),
    }  # fmt: skip


def job(it: Job) -> answers.Job:
    """A job. When it started and how long it took are nobody's business outside."""
    problem: answers.JobProblem = {
        "code": it.code, "reason": it.reason, "hint": it.hint, "position": it.position,
        "others": [
            {"code": each.code, "reason": each.reason, "hint": each.hint, "position": each.position}
            for each in it.refusals
        ],
    }  # fmt: skip
    return {
        "id": it.id, "state": it.state, "kind": "sql", "mode": cast(answers.Mode, it.mode),
        "agreement": it.agreement, "dataset": it.dataset, "sql": it.sql, "epsilon": it.epsilon,
        "submitted": stamp(dt.datetime.fromtimestamp(it.submitted_at / 1000, dt.UTC)),
        "problem": problem if it.code else None, "disclosure": it.number, "replayed": it.replayed,
    }  # fmt: skip


def hold(it: Waiting) -> answers.HeldJob:
    """A held job as its reviewer sees it: what the developer could compute, never a value."""
    until = dt.datetime.fromtimestamp(it.hold.until / 1000, dt.UTC)
    record = it.record
    return {
        **job(it.job), "organisation": it.job.organisation, "actor": it.job.actor, "until": stamp(until),
        "hold": {
            "what": record["what"], "plan": record["plan"], "measures": record["measures"],
            "rho": record["rho"], "delta": record["delta"], "findings": record["findings"],
        },
    }  # fmt: skip


def task(it: Task) -> answers.Task:
    """A load."""
    problem: answers.TaskProblem = {"code": it.code, "reason": it.reason, "hint": it.hint}
    progress: answers.TaskProgress = {"step": it.step, "percent": it.percent}
    return {
        "id": it.id, "dataset": it.dataset, "state": cast(answers.TaskState, it.state),
        "progress": progress if it.step else None, "problem": problem if it.code else None,
    }  # fmt: skip


def stop(it: Stop) -> answers.Stop:
    """A stop."""
    return {
        "id": it.id, "scope": it.scope, "name": it.name, "reason": it.reason, "by": it.by, "role": it.role,
        "at": it.at, "lifted_by": it.lifted_by, "lifted_at": it.lifted_at, "active": it.active,
    }  # fmt: skip


def waiting(it: WaitingUser) -> answers.Waiting:
    """A user or a token that waits for its confirmation."""
    return {
        "what": cast(Literal["user", "token"], it.what), "name": it.name, "user": it.user,
        "organisation": it.organisation, "role": it.role,
    }  # fmt: skip


def balance(it: Balance) -> answers.Balance:
    """An account of the budget."""
    return {
        "scope": cast(answers.Scope, it.scope), "name": it.name,
        "cap_rho": it.cap_rho, "spent_rho": it.spent_rho,
        "cap_delta": it.cap_delta, "spent_delta": it.spent_delta, "epsilon_cap": it.epsilon_cap,
        "epsilon_spent": it.epsilon_spent,
    }  # fmt: skip


def preview(it: Preview) -> answers.Preview:
    """A preview."""
    return {
        "cost": cost(it.cost),
        "columns": [{"name": each.name, "half_width": each.half_width} for each in it.columns],
        "plan": it.plan, "fits": it.fits, "affordable": it.affordable,
    }  # fmt: skip


def cost(it: Cost) -> answers.Cost:
    """A price."""
    return {"rho": it.rho, "delta": it.delta, "epsilon": it.epsilon}


def release(it: Release) -> answers.Release:
    """A release with its error bars; dates as ISO 8601 text, exact decimals as numbers."""
    return {
        "disclosure": it.id,
        "columns": [{"name": each.name, "type": each.type, "measured": each.measured} for each in it.columns],
        "rows": [[plain(cell) for cell in row] for row in it.data],
        "error95": [list(row) for row in it.half_widths],
        "spreads": [list(row) for row in it.spreads],
        "cost": cost(it.cost),
        "replayed": it.replayed,
        "notes": list(it.notes),
        "dummy": it.dummy,
    }


def plain(cell: Cell) -> answers.Cell:
    """A cell as JSON."""
    if isinstance(cell, Decimal):
        return float(cell)
    return cell.isoformat() if isinstance(cell, dt.date) else cell


def stamp(moment: dt.datetime) -> str:
    """UTC, ISO 8601 with seconds."""
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode()
