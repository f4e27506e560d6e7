"""Whether the server lives and works, for machines; its figures, for operators."""

from __future__ import annotations

from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, PlainTextResponse

from sandbox.api import answers
from sandbox.api.access import ACCESS, principal
from sandbox.api.context import TheService
from sandbox.api.metrics import exposed
from sandbox.api.once import OnceRoute
from sandbox.nouns.party import Principal

router = APIRouter(tags=["server"], route_class=OnceRoute)


@router.get("/healthz")
def healthz() -> answers.Status:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(service: TheService) -> answers.Status:
    """The control database answers, too, and there is room for answers; 503 otherwise."""
    service.check_ready()
    return {"status": "ready"}


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(service: TheService) -> str:
    """Jobs, stops, loads, budgets and room, in the Prometheus text format."""
    return exposed(service)


@router.get("/v1/me")
def me(who: Annotated[Principal, Depends(principal)]) -> answers.Me:
    """Who the token belongs to."""
    return {"user": who.user, "organisation": who.organisation, "role": who.role}


@router.get("/docs", response_class=HTMLResponse, include_in_schema=False)
def docs() -> str:
    """Every address and who may call it, as a page without scripts; the schema is at /openapi.json."""
    rows = "".join(
        f"<tr><td>{method}</td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(', '.join(sorted(access.roles)) if access.act else 'everybody')}</td></tr>"
        for (method, path), access in ACCESS.items()
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Data Sandbox REST</title>'
        '<h1>Data Sandbox 数据沙箱 REST</h1><p><a href="/openapi.json">OpenAPI</a></p>'
        f"<table><thead><tr><th>Method<th>Address<th>Roles</tr></thead><tbody>{rows}</tbody></table></html>"
    )
