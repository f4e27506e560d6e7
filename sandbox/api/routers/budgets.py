"""Budgets of agreements: their own account, their organisation's and the dataset's. 隐私预算."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from sandbox.api import views
from sandbox.api.access import own, principal
from sandbox.api.context import TheService
from sandbox.nouns.party import Principal

router = APIRouter(prefix="/v1/budgets", tags=["budgets"])


@router.get("")
def budgets(
    who: Annotated[Principal, Depends(principal)],
    service: TheService,
    agreement: Annotated[str | None, Query(max_length=200)] = None,
    cursor: views.Cursor = None,
    limit: views.Limit = 50,
) -> dict[str, Any]:
    """Caps and what is spent, for one agreement or for all that the caller sees."""
    if agreement is None:
        found = list(service.govern.agreements(who))
    else:
        found = [service.govern.agreement(who, agreement)]
        own(who, found[0].organisation)
    items = (
        {"agreement": each.id, "balances": [asdict(balance) for balance in service.balances(each)]}
        for each in found
    )
    return views.cut(items, cursor, limit)
