"""Applications, their reviews, and the agreements they become. 场景申请、评审、应用协议."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends

from sandbox.api import answers, views
from sandbox.api.access import own, principal
from sandbox.api.bodies import ApplicationBody, ReasonBody, ReviewBody
from sandbox.api.context import TheService
from sandbox.api.once import OnceRoute
from sandbox.ledger.holds import MOST_FAILURES
from sandbox.nouns.catalogue import catalogue
from sandbox.nouns.party import Principal

router = APIRouter(prefix="/v1", tags=["agreements"], route_class=OnceRoute)
Who = Annotated[Principal, Depends(principal)]


@router.post("/applications", status_code=201)
def apply(body: ApplicationBody, who: Who, service: TheService) -> answers.Application:
    """File a scenario and the data it needs."""
    filed = service.govern.apply(
        who, dataset=body.dataset, purpose=body.purpose, columns=body.grants, epsilon=body.epsilon,
        days=body.days,
    )  # fmt: skip
    return views.application(filed)


@router.get("/applications")
def applications(
    who: Who, service: TheService, cursor: views.Cursor = None, limit: views.Limit = 50
) -> answers.Page[answers.Application]:
    """Applications: a developer's own organisation's, for others all."""
    return views.cut(map(views.application, service.govern.applications(who)), cursor, limit)


@router.get("/applications/{id}")
def application(id: str, who: Who, service: TheService) -> answers.Application:
    """One application."""
    found = service.govern.application(who, id)
    own(who, found.organisation)
    return views.application(found)


@router.post("/applications/{id}/reviews", status_code=201)
def review(id: str, body: ReviewBody, who: Who, service: TheService) -> answers.Application:
    """Decide an application. An approval makes an agreement and builds its workspace."""
    return views.application(
        service.review(who, id, approve=body.decision == "approve", reason=body.reason, basis=body.basis)
    )


@router.get("/agreements")
def agreements(
    who: Who, service: TheService, cursor: views.Cursor = None, limit: views.Limit = 50
) -> answers.Page[answers.Agreement]:
    """Agreements: a developer's own organisation's, for others all."""
    moment = dt.datetime.now(dt.UTC)
    found = service.govern.agreements(who)
    return views.cut((views.agreement(each, moment) for each in found), cursor, limit)


@router.get("/agreements/{id}")
def agreement(id: str, who: Who, service: TheService) -> answers.AgreementWithTables:
    """One agreement, with the tables, columns and uses that it grants now."""
    found = service.govern.agreement(who, id)
    own(who, found.organisation)
    policy, grants = service.granted(found)
    return {
        **views.agreement(found, dt.datetime.now(dt.UTC)),
        "tables": views.tables(catalogue(policy, grants)),
        "epsilon_per_job": str(policy.privacy.per_job.epsilon),
    }


@router.post("/agreements/{id}/suspend")
def suspend(id: str, body: ReasonBody, who: Who, service: TheService) -> answers.Agreement:
    """Let nothing run under it: what waits is cancelled, what runs is killed."""
    changed = service.govern.suspend(who, id, body.reason)
    service.pool.enforce()
    return views.agreement(changed, dt.datetime.now(dt.UTC))


@router.post("/agreements/{id}/resume")
def resume(id: str, body: ReasonBody, who: Who, service: TheService) -> answers.Agreement:
    """Put it back in force; a second person, of no lower rank than who suspended it."""
    return views.agreement(service.govern.resume(who, id, body.reason), dt.datetime.now(dt.UTC))


@router.post("/agreements/{id}/exit")
def exit_(id: str, body: ReasonBody, who: Who, service: TheService) -> answers.Agreement:
    """End it for good: its work stops, the keys of its workspace are destroyed. Nothing leads back."""
    changed = service.govern.exit(who, id, body.reason)
    service.pool.enforce()
    service.end_overdue()
    return views.agreement(changed, dt.datetime.now(dt.UTC))


@router.get("/agreements/{id}/failures")
def failures(id: str, who: Who, service: TheService) -> answers.FailuresSeen:
    """How many of its jobs failed after they had touched data, and how many nobody has looked at."""
    failed, new = service.govern.failures(who, id)
    return {"failed": failed, "unreviewed": new, "most": MOST_FAILURES}


@router.post("/agreements/{id}/failures", status_code=201)
def review_failures(id: str, body: ReasonBody, who: Who, service: TheService) -> answers.FailuresReviewed:
    """Record that its failed jobs were looked at; lifts the hold that they put on asking."""
    return {"reviewed": service.govern.review_failures(who, id, body.reason)}
