"""How handlers run: each in one thread, from its arguments to its answer.

The framework takes a thread for the handler and then another one to check its answer, which costs more than
the check itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool


class Route(APIRoute):
    """A route whose handler may block."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint if iscoroutinefunction(endpoint) else _threaded(endpoint), **options)


def _threaded(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(endpoint)
    async def threaded(**arguments: Any) -> Any:
        return await run_in_threadpool(endpoint, **arguments)

    return threaded
