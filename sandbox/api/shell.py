"""The outermost layer of every request: size, headers, and an end to every error.

Nothing raised inside reaches the server's own log, which would print its text.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.api.problems import internal, problem

MOST_BYTES = 256 << 10
"""Largest request body."""
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


class _TooLarge(Exception):
    """The body went over ``MOST_BYTES``."""


class Shell:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                raise _TooLarge
            return message

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                given = {name for name, _ in message["headers"]}
                extra = [
                    (name.encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.encode() not in given
                ]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        try:
            await self._app(scope, limited, dressed)
        except Exception as error:
            if started:
                return  # half an answer: the server closes the connection
            large = isinstance(error, _TooLarge) or isinstance(error.__cause__, _TooLarge)
            response = _too_large() if large else internal(error)
            await response(scope, receive, dressed)


def _too_large() -> ASGIApp:
    return problem(
        413, "request_too_large", f"a request holds at most {MOST_BYTES >> 10} KiB",
        hint="send a shorter statement or policy",
    )  # fmt: skip
