"""Who may call what: one table, checked before every handler, printed into the documents, walked by tests.

A route that the table lacks is closed to everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from sandbox.api.rates import Rates
from sandbox.errors import Refused
from sandbox.govern.permissions import PERMISSIONS, Act, check
from sandbox.jobs.service import Service
from sandbox.nouns.party import Principal, Role


@dataclass(frozen=True)
class Access:
    """What a route needs."""

    act: Act | None
    """None: no sign-in."""
    own: bool = False
    """Developers reach their own organisation's things only; others look like nothing (404)."""

    @property
    def roles(self) -> frozenset[Role]:
        """Roles that may call it."""
        return frozenset(Role) if self.act is None else PERMISSIONS[self.act]


ACCESS: dict[tuple[str, str], Access] = {
    ("GET", "/healthz"): Access(None),
    ("GET", "/readyz"): Access(None),
    ("GET", "/metrics"): Access(Act.LOAD),
    ("GET", "/docs"): Access(None),
    ("GET", "/v1/log/checkpoint"): Access(None),
    ("GET", "/v1/public/products"): Access(None),
    ("GET", "/v1/me"): Access(Act.READ_DATASETS),
    ("POST", "/v1/datasets"): Access(Act.ADD_DATASET),
    ("GET", "/v1/datasets"): Access(Act.READ_DATASETS),
    ("GET", "/v1/datasets/{name}"): Access(Act.READ_DATASETS),
    ("GET", "/v1/datasets/{name}/dummy"): Access(Act.READ_DATASETS),
    ("POST", "/v1/datasets/{name}/load"): Access(Act.LOAD),
    ("GET", "/v1/tasks/{id}"): Access(Act.LOAD),
    ("POST", "/v1/applications"): Access(Act.FILE_APPLICATION),
    ("GET", "/v1/applications"): Access(Act.READ_APPLICATIONS, own=True),
    ("GET", "/v1/applications/{id}"): Access(Act.READ_APPLICATIONS, own=True),
    ("POST", "/v1/applications/{id}/reviews"): Access(Act.REVIEW_APPLICATION),
    ("GET", "/v1/agreements"): Access(Act.READ_AGREEMENTS, own=True),
    ("GET", "/v1/agreements/{id}"): Access(Act.READ_AGREEMENTS, own=True),
    ("POST", "/v1/agreements/{id}/suspend"): Access(Act.SUSPEND_AGREEMENT),
    ("POST", "/v1/agreements/{id}/resume"): Access(Act.RESUME_AGREEMENT),
    ("POST", "/v1/agreements/{id}/exit"): Access(Act.EXIT_AGREEMENT, own=True),
    ("GET", "/v1/agreements/{id}/failures"): Access(Act.REVIEW_FAILURES),
    ("POST", "/v1/agreements/{id}/failures"): Access(Act.REVIEW_FAILURES),
    ("POST", "/v1/jobs"): Access(Act.SUBMIT_JOB, own=True),
    ("GET", "/v1/jobs"): Access(Act.READ_JOBS, own=True),
    ("GET", "/v1/jobs/{id}"): Access(Act.READ_JOBS, own=True),
    ("GET", "/v1/jobs/{id}/result"): Access(Act.READ_RESULTS, own=True),
    ("POST", "/v1/jobs/{id}/cancel"): Access(Act.CANCEL_JOB, own=True),
    ("GET", "/v1/holds"): Access(Act.REVIEW_JOB),
    ("POST", "/v1/jobs/{id}/reviews"): Access(Act.REVIEW_JOB),
    ("GET", "/v1/budgets"): Access(Act.READ_BUDGETS, own=True),
    ("GET", "/v1/disclosures"): Access(Act.READ_LOG, own=True),
    ("GET", "/v1/disclosures/{number}"): Access(Act.READ_LOG, own=True),
    ("GET", "/v1/disclosures/{number}/proof"): Access(Act.READ_LOG, own=True),
    ("POST", "/v1/disclosures/{number}/withdraw"): Access(Act.WITHDRAW_RELEASE),
    ("GET", "/v1/confirmations"): Access(Act.CONFIRM),
    ("POST", "/v1/confirmations"): Access(Act.CONFIRM),
    ("POST", "/v1/stops"): Access(Act.ORDER_STOP),
    ("GET", "/v1/stops"): Access(Act.READ_STOPS),
    ("POST", "/v1/stops/{id}/lift"): Access(Act.LIFT_STOP),
}
"""(method, path) → what it needs."""


def authorise(request: Request) -> Principal | None:
    """Sign in and check the route's act; the principal is kept for the handler.

    Raises:
        Refused: 401 ``token_required`` or as ``Govern.authenticate``; 429 as ``Rates``; 403 as
            ``permissions.check``.
    """
    if hasattr(request.state, "who"):
        return request.state.who  # type: ignore[no-any-return]  # set below
    access = ACCESS.get((request.method, request.scope["route"].path))
    if access is None:
        raise Refused("not_permitted", "nobody may call this", hint="see /docs", status=403)
    who = None
    rates: Rates = request.app.state.rates
    if access.act is None:
        rates.check_stranger(source_of(request))
    else:
        who = _signed_in(request)
        request.state.who = who
        rates.check_user(request.method, who.user)
        check(who, access.act)
    request.state.who = who
    return who


def _signed_in(request: Request) -> Principal:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Refused(
            "token_required", "this needs a sign-in",
            hint="send the header `Authorization: Bearer <token>`", status=401,
        )  # fmt: skip
    service: Service = request.app.state.service
    return service.govern.authenticate(secret.strip(), source=source_of(request))


def source_of(request: Request) -> str:
    """The caller's address; of a proxy on this machine, the one that it names."""
    return request.client.host if request.client is not None else ""


async def principal(request: Request) -> Principal:
    """The signed-in user of a route that needs one."""
    who: Principal | None = getattr(request.state, "who", None)
    if who is None:
        raise Refused("token_required", "this needs a sign-in", hint="send a bearer token", status=401)
    return who


def own(who: Principal, organisation: str) -> None:
    """Raises 404 when a developer reaches for another organisation's thing: it must not even exist."""
    if who.role is Role.DEVELOPER and who.organisation != organisation:
        raise missing()


def missing() -> Refused:
    """The answer to a thing that is not there, or not there for this caller."""
    return Refused(
        "not_found", "there is nothing here for you", hint="check the address and the token", status=404
    )
