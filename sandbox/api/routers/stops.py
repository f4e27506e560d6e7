"""The kill switch. 停止令."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from sandbox.api import answers, views
from sandbox.api.access import principal
from sandbox.api.bodies import LiftBody, StopBody
from sandbox.api.context import TheService
from sandbox.api.once import OnceRoute
from sandbox.nouns.party import Principal

router = APIRouter(prefix="/v1/stops", tags=["stops"], route_class=OnceRoute)
Who = Annotated[Principal, Depends(principal)]


@router.post("", status_code=201)
def stop(body: StopBody, who: Who, service: TheService) -> answers.Stop:
    """Stop a job, an agreement, a dataset or everything: what runs is killed, what waits is cancelled."""
    ordered = service.govern.stop(who, scope=body.scope, id=body.name, reason=body.reason)
    service.pool.enforce()
    return views.stop(ordered)


@router.get("")
def stops(
    who: Who, service: TheService, cursor: views.Cursor = None, limit: views.Limit = 50
) -> answers.Page[answers.Stop]:
    """All stops."""
    return views.cut(map(views.stop, service.govern.stops(who, active=False)), cursor, limit)


@router.post("/{id}/lift")
def lift(id: str, body: LiftBody, who: Who, service: TheService) -> answers.Stop:
    """Lift a stop; a second person, never whoever ordered it."""
    return views.stop(service.govern.lift(who, id, body.reason))
