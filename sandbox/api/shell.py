"""The outermost layer of every request: size, headers, and an end to every error.

Nothing raised inside reaches the server's own log, which would print its text.
"""

from __future__ import annotations

from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.api.problems import MOST_BYTES, MOST_HEAD, internal, problem

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_ENCODED = {name.encode(): (name.encode(), value.encode()) for name, value in HEADERS.items()}


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
                raise HTTPException(413)  # the one kind that the framework hands on from reading a body
            return message

        async def dressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                given = {name for name, _ in message["headers"]}
                extra = [pair for name, pair in _ENCODED.items() if name not in given]
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        try:
            if _head(scope) > MOST_HEAD:
                await _long_head()(scope, receive, dressed)
                return
            if "\0" in scope["path"] or b"%00" in scope["query_string"]:
                await _nul()(scope, receive, dressed)
                return
            await self._app(scope, limited, dressed)
        except Exception as error:
            if not started:  # half an answer stays so: the server closes the connection
                await internal(error)(scope, receive, dressed)


def _head(scope: Scope) -> int:
    """Bytes of a request's address and headers."""
    sent = sum(len(name) + len(value) for name, value in scope["headers"])
    return sent + len(scope.get("raw_path") or b"") + len(scope["query_string"])


def _long_head() -> JSONResponse:
    return problem(
        431, "request_too_large", f"a request line with its headers holds at most {MOST_HEAD >> 10} KiB",
        hint="send less in the address and in headers",
    )  # fmt: skip


def _nul() -> JSONResponse:
    return problem(
        400, "request_invalid", "the address holds a NUL character", hint="leave %00 out of the address"
    )
