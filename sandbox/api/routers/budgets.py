"""Budgets of agreements: their own account, their organisation's and the dataset's. 隐私预算."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from sandbox.api import answers, views
from sandbox.api.access import own, principal
from sandbox.api.context import TheService
from sandbox.api.once import OnceRoute
from sandbox.jobs.service import Service
from sandbox.nouns.agreement import Agreement
from sandbox.nouns.party import Principal

router = APIRouter(prefix="/v1/budgets", tags=["budgets"], route_class=OnceRoute)


@router.get("")
def budgets(
    who: Annotated[Principal, Depends(principal)],
    service: TheService,
    agreement: Annotated[str | None, Query(max_length=200)] = None,
    cursor: views.Cursor = None,
    limit: views.Limit = 50,
) -> answers.Page[answers.Budget]:
    """Caps and what is spent, for one agreement or for all that the caller sees."""
    if agreement is None:
        found = list(service.govern.agreements(who))
    else:
        found = [service.govern.agreement(who, agreement)]
        own(who, found[0].organisation)
    return views.cut((_view(service, each) for each in found), cursor, limit)


def _view(service: Service, agreement: Agreement) -> answers.Budget:
    return {"agreement": agreement.id, "balances": list(map(views.balance, service.balances(agreement)))}
