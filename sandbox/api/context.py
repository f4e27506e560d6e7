"""What handlers get: the service behind the application."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from sandbox.jobs.service import Service


async def service_of(request: Request) -> Service:
    """The service of this application."""
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(service_of)]
