"""The disclosure log: own records for developers, all for those who watch; the signed head for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from fastapi.responses import PlainTextResponse

from sandbox.api import views
from sandbox.api.access import missing, principal
from sandbox.api.context import TheService
from sandbox.jobs.service import Service
from sandbox.ledger import Record
from sandbox.nouns.event import Previewed, Refusal, Rehearsed, Released, Replayed, Submitted
from sandbox.nouns.party import Principal, Role

router = APIRouter(prefix="/v1", tags=["disclosures"])
Who = Annotated[Principal, Depends(principal)]
Number = Annotated[int, Path(ge=0, le=2**62)]
DEVELOPERS = frozenset({each.kind for each in (Submitted, Released, Refusal, Previewed, Rehearsed, Replayed)})
"""Kinds of records that a developer sees, of its own agreements: none tells a count or why a job failed."""
CHUNK = 500


@router.get("/disclosures")
def disclosures(
    who: Who, service: TheService, cursor: views.Cursor = None, limit: views.Limit = 50
) -> dict[str, Any]:
    """Records in the order of the log."""
    seen = _sight(service, who)
    start = views.position(cursor) or 0
    found: list[dict[str, Any]] = []
    while chunk := service.ledger.records(start, CHUNK):
        for record in chunk:
            start = record.number + 1
            if seen(record):
                found.append(_view(record))
                if len(found) == limit:
                    return views.page(found, start)
    return views.page(found, None)


@router.get("/disclosures/{number}")
def disclosure(number: Number, who: Who, service: TheService) -> dict[str, Any]:
    """One record, and its canonical text, which the log hashes."""
    record = _record(service, who, number)
    if who.role is not Role.DEVELOPER:
        service.govern.viewed(who, number)
    return _view(record) | {"leaf": record.leaf.decode()}


@router.get("/disclosures/{number}/proof", response_class=PlainTextResponse)
def proof(number: Number, who: Who, service: TheService) -> str:
    """A C2SP tlog-proof that the record is in the log."""
    _record(service, who, number)
    return service.ledger.proof(number)


@router.get("/log/checkpoint", response_class=PlainTextResponse)
def checkpoint(service: TheService) -> str:
    """The newest signed head of the log (a C2SP checkpoint)."""
    return service.ledger.checkpoint()


def _sight(service: Service, who: Principal) -> Callable[[Record], bool]:
    """Which records a caller may see."""
    if who.role is not Role.DEVELOPER:
        return lambda _: True
    mine = {each.id for each in service.govern.agreements(who)}
    return lambda it: it.kind in DEVELOPERS and it.body["agreement"] in mine


def _record(service: Service, who: Principal, number: int) -> Record:
    try:
        record = service.ledger.record(number)
    except KeyError:
        raise missing() from None
    if not _sight(service, who)(record):
        raise missing()
    return record


def _view(record: Record) -> dict[str, Any]:
    return {"number": record.number, "kind": record.kind, "record": dict(record.body)}
