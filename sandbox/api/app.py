"""The application: routers, sign-in, problem documents and the shell around them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool

from sandbox.api import contract, problems
from sandbox.api.access import authorise
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
        dependencies=[Depends(authorise)],
        responses=contract.problems_of_every_address(),
    )  # fmt: skip
    app.state.service = service
    app.state.rates = Rates.of(service.settings)
    problems.install(app)
    for each in ROUTERS:
        app.include_router(each.router)
    app.add_middleware(Shell)
    app.openapi = partial(contract.document, app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return app
