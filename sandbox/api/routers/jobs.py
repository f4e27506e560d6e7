"""Jobs and their results. 作业."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from sandbox.api import answers, contract, views
from sandbox.api.access import missing, own, principal
from sandbox.api.bodies import JobBody
from sandbox.api.context import TheService
from sandbox.api.formats import JSON, chosen, previewed, rendered
from sandbox.api.once import OnceRoute
from sandbox.errors import JobFailed, Refused
from sandbox.jobs.queue import UNDER_WAY
from sandbox.jobs.rows import Job
from sandbox.jobs.service import Service
from sandbox.jobs.states import State
from sandbox.nouns.job import to_epsilon
from sandbox.nouns.keys import with_keys
from sandbox.nouns.party import Principal, Role
from sandbox.nouns.release import Preview
from sandbox.nouns.withdrawal import Category

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=OnceRoute)
Who = Annotated[Principal, Depends(principal)]
HEARTBEAT_SECONDS = 5.0
"""How often a long poll looks whether its client is still there."""


@router.post("", status_code=202)
def submit(body: JobBody, who: Who, service: TheService) -> answers.Job:
    """Submit a job under an agreement. A preview is answered at once, for free."""
    agreement = service.govern.agreement(who, body.agreement)
    own(who, agreement.organisation)
    most = service.datasets.policy(agreement.dataset).privacy.per_job.epsilon
    epsilon = to_epsilon(most if body.epsilon is None else body.epsilon, most=most)
    sql = with_keys(body.sql, body.keys)
    return views.job(service.submit(agreement, who.user, sql, str(epsilon), body.mode))


@router.get("")
def jobs(
    who: Who, service: TheService, cursor: views.Cursor = None, limit: views.Limit = 50
) -> answers.Page[answers.Job]:
    """Jobs, newest first: a developer's own organisation's, for others all."""
    organisation = who.organisation if who.role is Role.DEVELOPER else None
    try:
        found = service.queue.page(organisation, before=cursor, limit=limit)
    except KeyError:
        raise views.foreign_cursor() from None
    return {
        "items": [views.job(each) for each in found], "next": found[-1].id if len(found) == limit else None
    }  # fmt: skip


@router.get("/{id}")
async def job(
    id: str,
    who: Who,
    service: TheService,
    request: Request,
    wait: Annotated[float, Query(ge=0, le=30, description="Seconds to wait for the job to end")] = 0,
) -> answers.JobWithWithdrawal:
    """One job; with ``wait``, as soon as it has ended or waits for a reviewer."""
    found = await run_in_threadpool(_own, service, who, id)
    until = time.monotonic() + wait
    while found.state in UNDER_WAY and (left := until - time.monotonic()) > 0:
        if await request.is_disconnected():
            break
        await service.bell.wait(id, min(left, HEARTBEAT_SECONDS))
        found = await run_in_threadpool(_own, service, who, id)
    taken_back = await run_in_threadpool(service.withdrawn, found)
    return {**views.job(found), "withdrawn": None if taken_back is None else Category(taken_back)}


@router.get(
    "/{id}/result",
    response_class=Response,
    responses=contract.rows(answers.Release | answers.Preview, "The release"),
)
def result(
    id: str, who: Who, service: TheService, accept: Annotated[str, Header(max_length=500)] = JSON
) -> Response:
    """What a job released, as JSON, CSV, Arrow stream or Parquet. A preview is JSON."""
    kind = chosen(accept)
    found = _own(service, who, id)
    _check_released(found)
    answer = service.result(found)
    if isinstance(answer, Preview):
        return previewed(answer)
    return rendered(answer, kind)


@router.post("/{id}/cancel")
def cancel(id: str, who: Who, service: TheService) -> answers.Job:
    """Cancel a job that waits, in the queue or for a reviewer; what was measured stays paid."""
    return views.job(service.cancel(_own(service, who, id)))


def _own(service: Service, who: Principal, name: str) -> Job:
    found = service.queue.get(name)
    if found is None:
        raise missing()
    own(who, found.organisation)
    return found


def _check_released(job: Job) -> None:
    """Raises the job's own refusal or failure, or ``job_not_finished``."""
    if job.state in (State.REFUSED, State.CANCELLED, State.HELD):
        raise Refused(
            job.code, job.reason, hint=job.hint, position=job.position, others=job.refusals, status=409
        )
    if job.state is State.FAILED:
        raise (
            JobFailed
            if job.code == "job_failed"
            else Refused(job.code, job.reason, hint=job.hint, status=409)
        )
    if job.state is not State.RELEASED:
        raise Refused(
            "job_not_finished", "the job has not ended yet", status=409,
            hint="wait with GET /v1/jobs/{id}?wait=30",
        )  # fmt: skip
