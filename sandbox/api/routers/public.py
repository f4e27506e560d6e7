"""What an operator offers, for everybody: products and how many agreements use them. 公开目录.

Counts and catalogue entries alone: no purpose, no organisation, no person.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

from fastapi import APIRouter, Response

from sandbox.api import answers, views
from sandbox.api.context import TheService
from sandbox.api.once import OnceRoute
from sandbox.nouns.agreement import AgreementState
from sandbox.nouns.party import LOCAL
from sandbox.nouns.policy import Policy

router = APIRouter(prefix="/v1/public", tags=["public"], route_class=OnceRoute)
FRESH_SECONDS = 300
"""How long a copy of the list may be shown."""


@router.get("/products")
def products(
    response: Response, service: TheService, cursor: views.Cursor = None, limit: views.Limit = 50
) -> answers.Page[answers.Product]:
    """Loaded datasets: title, entry in the catalogue, grade after masking, agreements in force."""
    response.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    moment = dt.datetime.now(dt.UTC)
    used = Counter(
        each.dataset for each in service.govern.agreements(LOCAL) if each.at(moment) is AgreementState.ACTIVE
    )
    offered = [name for name in service.datasets.names() if service.datasets.loaded(name)]
    policies = (service.datasets.policy(name) for name in offered)
    return views.cut((_product(each, used[each.dataset]) for each in policies), cursor, limit)


def _product(policy: Policy, agreements: int) -> answers.Product:
    return {
        "name": policy.dataset, "title": views.title(policy), "unit_type": policy.unit_type,
        "grade": policy.grade.derived, "agreements": agreements, "catalogue": views.entry(policy),
    }  # fmt: skip
