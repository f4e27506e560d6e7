"""Jobs that wait for a reviewer, and the verdicts on them. 待审作业."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from sandbox.api import answers, views
from sandbox.api.access import principal
from sandbox.api.bodies import VerdictBody
from sandbox.api.context import TheService
from sandbox.api.once import OnceRoute
from sandbox.nouns.party import Principal

router = APIRouter(prefix="/v1", tags=["reviews"], route_class=OnceRoute)
Who = Annotated[Principal, Depends(principal)]


@router.get("/holds")
def holds(
    who: Who, service: TheService, cursor: views.Cursor = None, limit: views.Limit = 50
) -> answers.Page[answers.HeldJob]:
    """Jobs that wait for a verdict, with what it may rest on: text, plan, price, classes of findings."""
    return views.cut(map(views.hold, service.holds.listed(who)), cursor, limit)


@router.post("/jobs/{id}/reviews", status_code=201)
def review(id: str, body: VerdictBody, who: Who, service: TheService) -> answers.Job:
    """Let a held job go on, booked like a new one, or refuse it."""
    decided = service.review_job(
        who, id, release=body.decision == "release", reason=body.reason, basis=body.basis
    )
    return views.job(decided)
