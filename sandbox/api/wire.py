"""The wire below the application: short request heads, no slow clients, our headers on every answer.

Whoever opens a connection has ``READ_SECONDS`` to send a whole request; one that trickles is closed, so that
nobody holds connections for nothing. A request line and headers that are longer than ``MOST_HEAD`` are
dropped, here as soon as that many bytes came without an end, in the shell when they came at once. The whole
request, with what frames its body, has at most ``MOST_REQUEST``: extensions of chunks and trailers are read
by nobody, and the parser would keep what has no end.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.api.problems import MOST_BYTES, MOST_HEAD, problem
from sandbox.api.shell import HEADERS

READ_SECONDS = 30.0
"""For a whole request, from its first byte, or from the connection's beginning."""
MOST_CONNECTIONS = 1000
"""Connections and requests at once; further ones are answered 503 at once."""
MOST_REQUEST = MOST_HEAD + 2 * MOST_BYTES
"""Bytes of a request on the wire."""


class Wire(HttpToolsProtocol):
    """One connection."""

    _late: asyncio.TimerHandle | None = None
    _in_head = True
    _taken = 0
    """Bytes of the request that is being read, but for those that came together with its first one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Take bytes in; a request that is whole is waited for no longer."""
        if self.transport.is_closing():
            return
        if self._taken > (MOST_HEAD if self._in_head else MOST_REQUEST):
            self.send_400_response("")
            return
        self._taken += len(data)
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        self._stop()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._taken = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; after the body it would be a trailer, which nobody reads."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request has ended; what comes next is the head of another one."""
        super().on_message_complete()
        self._in_head, self._taken = True, 0

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  the server's words are not ours
        """Answer what is no HTTP, as a problem document like all others; where an answer is due, or has
        begun, only close."""
        answer = problem(
            400, "request_invalid", "this is no HTTP request that can be read",
            hint=f"a request line with its headers holds at most {MOST_HEAD >> 10} KiB",
        )  # fmt: skip
        given = {**dict(answer.headers.items()), **HEADERS, "connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        if not self.pipeline and (self._idle() or not self.cycle.response_started):
            if self.cycle is not None:
                self.cycle.disconnected = True  # whatever the application still says of it
            self.transport.write(f"HTTP/1.1 400 Bad Request\r\n{head}\r\n".encode() + bytes(answer.body))
        self.transport.close()

    def _watch(self) -> None:
        if not self._reading():
            self._stop()
        elif self._late is None and not self.transport.is_closing():
            self._late = self.loop.call_later(READ_SECONDS, self._close_late)

    def _reading(self) -> bool:
        """Whether the client has still to send something of a request."""
        return self._idle() or self.cycle.more_body

    def _idle(self) -> bool:
        """Whether no request waits for an answer."""
        return self.cycle is None or self.cycle.response_complete

    def _stop(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _close_late(self) -> None:
        self._late = None
        if self._reading():
            self.transport.close()


OPTIONS: dict[str, Any] = {
    "http": Wire, "limit_concurrency": MOST_CONNECTIONS, "timeout_keep_alive": 5, "server_header": False,
    "lifespan": "on", "access_log": False,
}  # fmt: skip
"""Of the server (uvicorn), wherever it is started."""
