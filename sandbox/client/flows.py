"""What is said to a server, without input or output: one conversation for the sync and the async handle.

A *flow* is a generator. It yields what is to be done (``Send`` a request, ``Pause``), gets the ``Reply``
back, and returns its result. Who drives it (``sandbox.client.transport``) brings the network and the clock.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.client.reading import ANSWERED, error_of
from sandbox.errors import SandboxError, Unavailable

TRIES = 4
"""How often a request is sent at most."""
LONGEST_PAUSE = 30.0
"""Longest pause that a server may ask for before a request is sent again, seconds."""
WAIT = 30
"""Seconds of one long poll for a job when nobody watches."""
WATCHED_WAIT = 1
"""The same while progress is shown."""
JSON = "application/json"


@dataclass(frozen=True)
class Send:
    """A request. A POST carries one ``Idempotency-Key`` however often it is sent: it is carried out once."""

    method: str
    path: str
    parameters: Mapping[str, str | int | float] = field(default_factory=dict)
    body: object = None
    key: str = ""
    accept: str = JSON


@dataclass(frozen=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Reply:
    """An answer of the server."""

    status: int
    content: bytes
    retry_after: str = ""


class Lost(Exception):
    """A request that got no answer; the driver raises it into the flow."""

    def __init__(self, error: SandboxError, *, again: bool) -> None:
        super().__init__(error.code)
        self.error = error
        self.again = again
        """Whether sending it again may help."""


T = TypeVar("T")
Flow = Generator[Send | Pause, Reply | None, T]
Tell = Callable[[str], None]
"""Told the state of a job while it is waited for."""


def get(path: str, **parameters: str | int | float) -> Flow[Any]:
    """The JSON of an address."""
    return _json((yield from _exchange(Send("GET", path, parameters))))


def post(path: str, body: object) -> Flow[Any]:
    """Send JSON, to be carried out once."""
    return _json((yield from _exchange(Send("POST", path, body=body, key=str(uuid.uuid4())))))


def fetch(path: str, accept: str, **parameters: str | int | float) -> Flow[bytes]:
    """The bytes of an address in a format."""
    reply = yield from _exchange(Send("GET", path, parameters, accept=accept))
    if reply.status // 100 != ANSWERED:
        _json(reply)
    return reply.content


def finished(job: dict[str, Any], tell: Tell, *, watched: bool) -> Flow[dict[str, Any]]:
    """Wait for a job's end. Whoever breaks off the waiting (Ctrl-C, a cancelled task) cancels the job."""
    try:
        while job["state"] not in ENDED:
            tell(job["state"])
            job = yield from get(f"/v1/jobs/{job['id']}", wait=WATCHED_WAIT if watched else WAIT)
        return job
    except BaseException as broken:
        if isinstance(broken, Exception | GeneratorExit):
            raise
        told = yield from _cancelled(job["id"])
        tell(told)
        broken.add_note(told)
        raise


ENDED = ("released", "held", "refused", "failed", "cancelled")
"""States at which waiting ends: nothing follows, or a person decides first."""


def _cancelled(job: str) -> Flow[str]:
    """Cancel a job on the server; what became of it, in words."""
    try:
        yield from post(f"/v1/jobs/{job}/cancel", None)
    except SandboxError as error:
        if error.code == "job_not_queued":
            return (
                f"job {job} runs on the server already and ends there; "
                "the same question again under the same epsilon gets its answer free"
            )
        return f"job {job} could not be cancelled on the server ({error.code})"
    return f"job {job} was cancelled on the server; nothing was charged"


def _exchange(request: Send) -> Flow[Reply]:
    """Send, and send again where that may help: no answer, or a server that asks to wait.

    Raises:
        Unavailable: ``server_unreachable``, ``tls_failed``.
    """
    pause, attempt = 0.0, 0
    while True:
        attempt += 1
        try:
            reply = yield request
        except Lost as lost:
            if attempt == TRIES or not lost.again:
                raise lost.error from None
            pause = 0.2 * 2**attempt
        else:
            assert reply is not None
            pause = _asked_pause(reply, attempt)
            if not pause or attempt == TRIES:
                return reply
        yield Pause(pause)


def _asked_pause(reply: Reply, attempt: int) -> float:
    """Seconds to wait before the same request again; 0: do not."""
    if reply.status not in (429, 503):
        return 0.0
    seconds = float(reply.retry_after) if reply.retry_after.isdigit() else 0.2 * 2**attempt
    return seconds if seconds <= LONGEST_PAUSE else 0.0


def _json(reply: Reply) -> Any:
    """The content of an answer; raises as ``error_of``, or ``server_unreadable``."""
    try:
        content = json.loads(reply.content)
    except ValueError:
        content = None
    if reply.status // 100 == ANSWERED and content is not None:
        return content
    if isinstance(content, dict) and "code" in content:
        raise error_of(reply.status, content)
    raise Unavailable(
        "server_unreadable", f"the server answered with status {reply.status} and no explanation",
        hint="is this the address of a Data Sandbox?",
    )  # fmt: skip
