"""The wire below the application: short request heads, no slow clients, our headers on every answer.

Whoever opens a connection has ``READ_SECONDS`` to send a whole request; one that trickles is closed, so that
nobody holds connections for nothing. A request line and headers that are longer than ``MOST_HEAD`` are
dropped, here as soon as that many bytes came without an end, in the shell when they came at once.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.api.problems import MOST_HEAD, problem
from sandbox.api.shell import HEADERS

READ_SECONDS = 30.0
"""For a whole request, from its first byte, or from the connection's beginning."""
MOST_CONNECTIONS = 1000
"""Connections and requests at once; further ones are answered 503 at once."""


class Wire(H11Protocol):
    """One connection."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; a request that is whole is waited for no longer."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._stop()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  the server's words are not ours
        """Answer what is no HTTP, as a problem document like all others."""
        answer = problem(
            400, "request_invalid", "this is no HTTP request that can be read",
            hint=f"a request line with its headers holds at most {MOST_HEAD >> 10} KiB",
        )  # fmt: skip
        given = {**dict(answer.headers.items()), **HEADERS, "connection": "close"}
        headers = [(name.encode(), value.encode()) for name, value in given.items()]
        for event in (
            h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _watch(self) -> None:
        if not self._reading():
            self._stop()
        elif self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(READ_SECONDS, self._close_late)

    def _reading(self) -> bool:
        """Whether the client has still to send something of a request."""
        return self.cycle is None or self.cycle.response_complete or self.cycle.more_body

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _close_late(self) -> None:
        self._late = None
        if self._reading():
            self.transport.close()


OPTIONS: dict[str, Any] = {
    "http": Wire, "h11_max_incomplete_event_size": MOST_HEAD, "limit_concurrency": MOST_CONNECTIONS,
    "timeout_keep_alive": 5, "server_header": False, "lifespan": "on",
    "access_log": False,
}  # fmt: skip
"""Of the server (uvicorn), wherever it is started."""
