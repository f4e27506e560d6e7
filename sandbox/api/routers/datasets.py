"""Datasets, their loads and the tasks that load them. 数据集."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response

from sandbox.api import answers, contract, views
from sandbox.api.access import missing, principal
from sandbox.api.bodies import PolicyBody
from sandbox.api.context import TheService
from sandbox.api.formats import JSON, chosen, rendered
from sandbox.api.once import OnceRoute
from sandbox.intake import every_use
from sandbox.nouns.catalogue import catalogue
from sandbox.nouns.party import Principal
from sandbox.nouns.policy import Policy

router = APIRouter(prefix="/v1", tags=["datasets"], route_class=OnceRoute)
Who = Annotated[Principal, Depends(principal)]


@router.post("/datasets", status_code=201)
def register(body: PolicyBody, who: Who, service: TheService) -> answers.Dataset:
    """Take in a policy: a new dataset, or a new version of one."""
    return _view(service, service.datasets.register(body.policy, who.user))


@router.get("/datasets")
def names(
    service: TheService, cursor: views.Cursor = None, limit: views.Limit = 50
) -> answers.Page[answers.DatasetHead]:
    """All datasets, by name."""
    policies = [service.datasets.policy(name) for name in service.datasets.names()]
    return views.cut((_head(service, policy) for policy in policies), cursor, limit)


@router.get("/datasets/{name}")
def dataset(name: str, service: TheService) -> answers.Dataset:
    """What a policy makes public: tables, columns, uses, domains, bounds, budget."""
    return _view(service, service.datasets.policy(name))


@router.get(
    "/datasets/{name}/dummy",
    response_class=Response,
    responses=contract.rows(answers.Release, "Invented rows"),
)
def dummy(
    name: str,
    service: TheService,
    table: Annotated[str, Query(max_length=200, description="Name of a table")],
    accept: Annotated[str, Header(max_length=500)] = JSON,
) -> Response:
    """One table as it may look: a protected one with rows invented from the policy alone, a public one as it
    is."""
    kind = chosen(accept)
    return rendered(service.datasets.dummy(name, table), kind)


@router.post("/datasets/{name}/load", status_code=202)
def load(name: str, who: Who, service: TheService) -> answers.Task:
    """Begin a load; follow it with ``GET /v1/tasks/{id}``."""
    return views.task(service.load(name, who.user))


@router.get("/tasks/{id}")
def task(id: str, service: TheService) -> answers.Task:
    """How a load goes."""
    found = service.loads.get(id)
    if found is None:
        raise missing()
    return views.task(found)


def _head(service: TheService, policy: Policy) -> answers.DatasetHead:
    return {
        "name": policy.dataset, "title": views.title(policy), "unit_type": policy.unit_type,
        "account": policy.account, "policy": policy.sha256, "loaded": service.datasets.loaded(policy.dataset),
    }  # fmt: skip


def _view(service: TheService, policy: Policy) -> answers.Dataset:
    privacy, grade = policy.privacy, policy.grade
    return {
        **_head(service, policy),
        "catalogue": {**views.entry(policy), "excluded": policy.catalogue.excluded},
        "grade": {"source": grade.source, "derived": grade.derived, "label": grade.label},
        "epsilon": str(privacy.epsilon), "delta": str(privacy.delta),
        "epsilon_per_job": str(privacy.per_job.epsilon), "min_units": privacy.min_units,
        "tables": views.tables(catalogue(policy, every_use(policy))),
    }  # fmt: skip
