"""The application: routers, sign-in, problem documents and the shell around them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool

from sandbox.api import problems
from sandbox.api.access import ACCESS, authorise
from sandbox.api.problems import Problem
from sandbox.api.rates import Rates
from sandbox.api.routers import (
    agreements,
    budgets,
    confirmations,
    datasets,
    disclosures,
    health,
    holds,
    jobs,
    public,
    stops,
)
from sandbox.api.shell import Shell
from sandbox.jobs.service import Service

ROUTERS = (health, datasets, agreements, holds, jobs, budgets, disclosures, stops, confirmations, public)
SAID = {
    400: "The request cannot be read", 401: "Sign in", 403: "Not permitted", 404: "Nothing here for you",
    406: "No such format", 409: "Not in this state", 413: "Too large", 422: "Refused",
    429: "Too many: wait, as Retry-After says", 500: "Failed",
    503: "Unavailable: wait, as Retry-After says",
}  # fmt: skip

RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}


def create_app(service: Service) -> FastAPI:
    """The REST face of a service. The application starts its lanes and closes it at the end."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            yield
            await run_in_threadpool(service.drain, threading.Event(), service.patience)
        finally:
            service.close()

    app = FastAPI(
        title="Data Sandbox 数据沙箱", version="1", lifespan=lifespan,
        docs_url=None, redoc_url=None, redirect_slashes=False,
        dependencies=[Depends(authorise), Depends(HTTPBearer(auto_error=False))],
        responses={
            status: {
                "description": said, "model": Problem, "content": {problems.MEDIA_TYPE: {}},
                **({"headers": RETRY_AFTER} if status in (429, 503) else {}),
            }
            for status, said in SAID.items()
        },
    )  # fmt: skip
    app.state.service = service
    app.state.rates = Rates.of(service.settings)
    problems.install(app)
    for each in ROUTERS:
        app.include_router(each.router)
    app.add_middleware(Shell)
    app.openapi = partial(_contract, app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app


def _contract(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, which says of each address whether it needs a sign-in."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        for (method, path), access in ACCESS.items():
            operation = document["paths"].get(path, {}).get(method.lower())
            if operation is not None and access.act is None:
                operation["security"] = []
    return app.openapi_schema or {}
