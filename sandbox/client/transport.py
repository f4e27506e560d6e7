"""Requests to a server: sign-in, retries where they are safe, problem documents as our errors."""

from __future__ import annotations

import time
import uuid
from typing import Any
from urllib.parse import urlsplit

import httpx2

from sandbox.errors import JobFailed, Refused, SandboxError, Unavailable

TRIES = 4
"""How often a request is sent at most; only ones that may be repeated are sent more than once."""
SECONDS = 45.0
"""Longest wait for one answer: above the 30 seconds that a server waits for a job."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Transport:
    """One server and one token."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise Refused(
                "https_required", "a token travels over https only, or to this machine itself",
                hint="connect to https://…",
            )  # fmt: skip
        self._http = httpx2.Client(
            base_url=url, timeout=SECONDS, follow_redirects=False, trust_env=False,
            headers={"authorization": f"Bearer {token}", "accept": "application/json"},
        )  # fmt: skip

    def get(self, path: str, **parameters: str | int | float) -> Any:
        """The JSON of an address; repeated when the server cannot be reached."""
        return self._send("GET", path, params=parameters)

    def post(self, path: str, body: object) -> Any:
        """Send JSON once: repeated with one Idempotency-Key, so that it is carried out once."""
        return self._send("POST", path, json=body, headers={"idempotency-key": str(uuid.uuid4())})

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _send(self, method: str, path: str, **arguments: Any) -> Any:
        """Raises as ``error_of``; Unavailable ``server_unreachable``, ``server_unreadable``."""
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._http.request(method, path, **arguments)
            except httpx2.TransportError:
                if attempt == TRIES:
                    raise Unavailable(
                        "server_unreachable", "the server cannot be reached",
                        hint="check the address and the network, then try again",
                    ) from None  # fmt: skip
            else:
                if answer.status_code != 503 or attempt == TRIES:
                    return _content(answer)
            time.sleep(0.2 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


def _content(answer: httpx2.Response) -> Any:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if answer.is_success and content is not None:
        return content
    if isinstance(content, dict) and "code" in content:
        raise error_of(answer.status_code, content)
    raise Unavailable(
        "server_unreadable", f"the server answered with status {answer.status_code} and no explanation",
        hint="is this the address of a Data Sandbox?",
    )  # fmt: skip


def error_of(status: int, problem: dict[str, Any]) -> SandboxError:
    """A problem document as the error that the local sandbox would raise."""
    code = str(problem["code"])
    if code == "job_failed":
        return JobFailed()
    reason, hint, position = (str(problem.get(name, "")) for name in ("detail", "hint", "position"))
    if status < 500:
        return Refused(code, reason, hint=hint, position=position, status=status)
    return Unavailable(code, reason, hint=hint, position=position)
