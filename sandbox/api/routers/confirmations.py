"""Reviewers, regulators and their tokens that wait for a second person. 人员确认."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from sandbox.api import answers, views
from sandbox.api.access import principal
from sandbox.api.bodies import ConfirmationBody
from sandbox.api.context import TheService
from sandbox.api.once import OnceRoute
from sandbox.nouns.party import Principal

router = APIRouter(prefix="/v1/confirmations", tags=["confirmations"], route_class=OnceRoute)
Who = Annotated[Principal, Depends(principal)]


@router.get("")
def waiting(
    who: Who, service: TheService, cursor: views.Cursor = None, limit: views.Limit = 50
) -> answers.Page[answers.Waiting]:
    """Users and tokens that do not count yet."""
    return views.cut(map(views.waiting, service.govern.waiting(who)), cursor, limit)


@router.post("", status_code=201)
def confirm(body: ConfirmationBody, who: Who, service: TheService) -> answers.Confirmed:
    """Let one of them count."""
    service.govern.confirm(who, body.what, body.name)
    return {"what": body.what, "name": body.name, "confirmed_by": who.user}
