"""The disclosure log: own records for developers, all for those who watch; the signed head for everybody."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from fastapi.responses import PlainTextResponse

from sandbox.api import answers, views
from sandbox.api.access import missing, principal
from sandbox.api.bodies import WithdrawBody
from sandbox.api.context import TheService
from sandbox.api.once import OnceRoute
from sandbox.jobs.service import Service
from sandbox.ledger import Record
from sandbox.nouns.event import DEVELOPERS_SEE
from sandbox.nouns.party import Principal, Role

router = APIRouter(prefix="/v1", tags=["disclosures"], route_class=OnceRoute)
Who = Annotated[Principal, Depends(principal)]
TOLD: tuple[Literal["at", "actor", "dataset", "agreement"], ...] = ("at", "actor", "dataset", "agreement")
"""Of a record, what it is about."""
Number = Annotated[int, Path(ge=0, le=2**62)]


@router.get("/disclosures")
def disclosures(
    who: Who, service: TheService, cursor: views.Cursor = None, limit: views.Limit = 50
) -> answers.Page[answers.Disclosure | answers.DisclosureHead]:
    """Records in the order of the log: a developer's own in full; for who watches, what each is about.

    Whoever watches reads a record in full under its number, and that is recorded.
    """
    start = views.position(cursor) or 0
    if who.role is Role.DEVELOPER:
        found = service.ledger.seen(_agreements(service, who), start, limit + 1)
        items: list[answers.Disclosure | answers.DisclosureHead] = [_view(each) for each in found[:limit]]
    else:
        found = service.ledger.records(start, limit + 1)
        items = [_head(each) for each in found[:limit]]
    return views.page(items, found[limit].number if len(found) > limit else None)


@router.get("/disclosures/{number}")
def disclosure(number: Number, who: Who, service: TheService) -> answers.DisclosureWithLeaf:
    """One record, and its canonical text, which the log hashes."""
    record = _record(service, who, number)
    if who.role is not Role.DEVELOPER:
        service.govern.viewed(who, number)
    return {**_view(record), "leaf": record.leaf.decode()}


@router.get("/disclosures/{number}/proof", response_class=PlainTextResponse)
def proof(number: Number, who: Who, service: TheService) -> str:
    """A C2SP tlog-proof that the record is in the log."""
    _record(service, who, number)
    return service.ledger.proof(number)


@router.post("/disclosures/{number}/withdraw", status_code=201)
def withdraw(number: Number, body: WithdrawBody, who: Who, service: TheService) -> answers.Withdrawal:
    """Take a release back: no more downloads or replays (410). What it cost stays spent."""
    return {"disclosure": service.govern.withdraw(who, number, body.category, body.reason)}


@router.get("/log/checkpoint", response_class=PlainTextResponse)
def checkpoint(service: TheService) -> str:
    """The newest signed head of the log (a C2SP checkpoint)."""
    return service.ledger.checkpoint()


def _agreements(service: Service, who: Principal) -> list[str]:
    return [each.id for each in service.govern.agreements(who)]


def _record(service: Service, who: Principal, number: int) -> Record:
    try:
        record = service.ledger.record(number)
    except KeyError:
        raise missing() from None
    hidden = who.role is Role.DEVELOPER and (
        record.kind not in DEVELOPERS_SEE or record.body["agreement"] not in _agreements(service, who)
    )
    if hidden:
        raise missing()
    return record


def _head(record: Record) -> answers.DisclosureHead:
    head: answers.DisclosureHead = {"number": record.number, "kind": record.kind}
    for name in TOLD:
        if record.body.get(name):
            head[name] = record.body[name]
    return head


def _view(record: Record) -> answers.Disclosure:
    return {"number": record.number, "kind": record.kind, "record": dict(record.body)}
