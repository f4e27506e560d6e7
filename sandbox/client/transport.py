"""Flows over the network: one driver with a blocking connection, one for ``asyncio``."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx2

from sandbox.client.flows import Flow, Lost, Pause, Reply, Send
from sandbox.errors import Refused, SandboxError, Unavailable

SECONDS = 45.0
"""Longest wait for one answer: above the 30 seconds that a server waits for a job."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
T = TypeVar("T")


class Line:
    """One server and one token, blocking."""

    def __init__(self, url: str, token: str, *, timeout: float = SECONDS, ca: str | None = None) -> None:
        self._http = httpx2.Client(**_arguments(url, token, timeout, ca))

    def carry_out(self, flow: Flow[T]) -> T:
        """Drive a flow to its result; what breaks in between (Ctrl-C too) is raised into it first."""
        try:
            step = next(flow)
            while True:
                try:
                    reply = self._done(step)
                except BaseException as broken:
                    step = flow.throw(broken)
                else:
                    step = flow.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result
        except SandboxError as error:
            raise error.with_traceback(None) from None  # the flow's frames tell a user nothing

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _done(self, step: Send | Pause) -> Reply | None:
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            return None
        with _lost():
            return _reply(self._http.request(**_request(step)))


class AsyncLine:
    """One server and one token, for ``asyncio``."""

    def __init__(self, url: str, token: str, *, timeout: float = SECONDS, ca: str | None = None) -> None:
        self._http = httpx2.AsyncClient(**_arguments(url, token, timeout, ca))

    async def carry_out(self, flow: Flow[T]) -> T:
        """Drive a flow to its result; what breaks in between (a cancellation too) is raised into it first."""
        try:
            step = next(flow)
            while True:
                try:
                    reply = await self._done(step)
                except BaseException as broken:
                    step = flow.throw(broken)
                else:
                    step = flow.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result
        except SandboxError as error:
            raise error.with_traceback(None) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _done(self, step: Send | Pause) -> Reply | None:
        if isinstance(step, Pause):
            import asyncio

            await asyncio.sleep(step.seconds)
            return None
        with _lost():
            return _reply(await self._http.request(**_request(step)))


def _arguments(url: str, token: str, timeout: float, ca: str | None) -> dict[str, Any]:
    """What both kinds of connection are made with.

    Raises:
        Refused: ``https_required``, ``unauthenticated``.
        Unavailable: ``ca_unreadable``.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise Refused(
            "https_required", "a token travels over https only, or to this machine itself",
            hint="connect to https://…",
        )  # fmt: skip
    if not (token.isascii() and token.isprintable() and token.strip()):
        raise Refused(
            "unauthenticated", "this is not a token", hint="pass the whole token, as it was shown", status=401
        )
    return {
        "base_url": url, "timeout": timeout, "follow_redirects": False, "trust_env": False,
        "verify": True if ca is None else _authorities(ca),
        "headers": {"authorization": f"Bearer {token.strip()}"},
    }  # fmt: skip


def _authorities(ca: str) -> ssl.SSLContext:
    """A context that trusts the authorities of a PEM file alone."""
    try:
        return ssl.create_default_context(cadata=Path(ca).read_text(encoding="ascii"))
    except (OSError, ValueError):  # an SSLError is an OSError
        raise Unavailable(
            "ca_unreadable", "the file of certificate authorities cannot be read",
            hint="ca= names a PEM file; ask the operator for the server's",
        ) from None  # fmt: skip


def _request(step: Send) -> dict[str, Any]:
    headers = {"accept": step.accept}
    if step.key:
        headers["idempotency-key"] = step.key
    body = {} if step.body is None else {"json": step.body}
    return {
        "method": step.method, "url": step.path, "params": dict(step.parameters), "headers": headers,
    } | body  # fmt: skip


def _reply(answer: httpx2.Response) -> Reply:
    return Reply(answer.status_code, answer.content, answer.headers.get("retry-after", ""))


@contextmanager
def _lost() -> Iterator[None]:
    """A network error as ``Lost``, without the library's words."""
    try:
        yield
    except httpx2.TransportError as error:
        lost = _explained(error)
    else:
        return
    raise lost


def _explained(error: BaseException) -> Lost:
    """A certificate that does not verify will not verify the next time either; the rest may pass."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Lost(
                Unavailable(
                    "tls_failed", "the server could not prove who it is, or does not speak TLS",
                    hint="check the address; a server with its own certificates needs ca='authority.pem'",
                ),
                again=False,
            )  # fmt: skip
        cause = cause.__cause__ or cause.__context__
    slow = isinstance(error, httpx2.TimeoutException)
    return Lost(
        Unavailable(
            "server_unreachable",
            "the server did not answer in time" if slow else "the server cannot be reached",
            hint="check the address and the network, then try again",
        ),
        again=True,
    )  # fmt: skip
