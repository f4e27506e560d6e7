"""Errors as RFC 9457 problem documents. Their text is public text; what is not becomes a bare code."""

from __future__ import annotations

import logging
import secrets
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from sandbox.errors import JobFailed, PolicyInvalid, Refused, SandboxError
from sandbox.nouns.party import Role

MOST_BYTES = 256 << 10
"""Largest request body."""
MOST_HEAD = 32 << 10
"""Largest request line with its headers, bytes."""
MOST_MISTAKES = 20
"""Mistakes of a body that are listed; names of unknown fields are the sender's own text."""
LONGEST_PART = 64
"""Characters of each name in a mistake's place."""
RETRY_SECONDS = 5
"""``Retry-After`` of an answer that the server cannot give now."""
MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("sandbox.api")


class Mistake(BaseModel):
    """One mistake of a policy or of a request."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    path: str
    """Names that lead to it, joined by dots; in SQL its ``line:column``."""
    code: str
    """Stable."""
    reason: str
    """What is wrong, without the value that was sent."""
    line: int = 0
    """Of a policy: its line, from 1; 0 for the file as a whole."""
    fix: str = ""
    """What to write instead."""


class Problem(BaseModel):
    """What went wrong and what to do next (RFC 9457)."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:data-sandbox:error:budget_exhausted", "title": "budget_exhausted",
                    "status": 422, "code": "budget_exhausted",
                    "detail": "the budget of the agreement has too little left for this job",
                    "hint": "ask for less accuracy (a smaller epsilon)",
                }
            ]
        },
    )  # fmt: skip

    type: str
    """A URN that ends in the code."""
    title: str
    """The code."""
    status: int
    """The HTTP status."""
    code: str
    """Stable; every code is explained in docs/errors.md."""
    detail: str
    """What is wrong, for people."""
    hint: str = ""
    """What to do next."""
    position: str = ""
    """``line:column`` in the SQL, both from 1."""
    problems: list[Mistake] = []
    """Each mistake of a policy, of a request or of a statement that has several."""


def install(app: FastAPI) -> None:
    """Turn every error into a problem document."""
    app.add_exception_handler(SandboxError, _ours)
    app.add_exception_handler(RequestValidationError, _body)
    app.add_exception_handler(HTTPException, _http)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    hint: str = "",
    position: str = "",
    problems: Any = None,
    wait: int = 0,
) -> JSONResponse:
    """A problem document; ``wait``: seconds for ``Retry-After``."""
    body = {
        "type": f"urn:data-sandbox:error:{code}", "title": code, "status": status, "code": code,
        "detail": detail, "hint": hint, "position": position,
    }  # fmt: skip
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if wait:
        headers["Retry-After"] = str(wait)
    content = {key: value for key, value in body.items() if value != ""}
    if problems:
        content["problems"] = problems
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def internal(error: Exception) -> JSONResponse:
    """A mistake of ours: its class goes to the log under a number, nothing else leaves."""
    incident = secrets.token_hex(4)
    log.error("incident %s: %s", incident, type(error).__name__)
    return problem(
        500, "internal", f"a mistake of the program, not yours (incident {incident})",
        hint="report it with this number",
    )  # fmt: skip


def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SandboxError)
    who = getattr(request.state, "who", None)
    if isinstance(error, Refused | JobFailed | PolicyInvalid) or (who and who.role is Role.OPERATOR):
        problems = None
        if isinstance(error, PolicyInvalid):
            problems = [
                {key: value for key, value in asdict(each).items() if key != "file"}
                for each in error.problems
            ]
        elif isinstance(error, Refused) and error.others:
            problems = [
                {"path": each.position, "code": each.code, "reason": each.reason, "fix": each.hint}
                for each in (error, *error.others)
            ]
        return problem(
            error.status, error.code, error.reason, hint=error.hint, position=error.position,
            problems=problems, wait=_wait(error),
        )  # fmt: skip
    log.error("unavailable: %s", error.code)
    return problem(
        503, "unavailable", "the service cannot answer this now",
        hint="try again later; the operator sees why", wait=RETRY_SECONDS,
    )  # fmt: skip


def _wait(error: SandboxError) -> int:
    """Seconds after which a request may be sent again, where that helps."""
    if isinstance(error, Refused):
        return error.wait
    return RETRY_SECONDS if error.status == 503 else 0


def _body(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001  the signature of handlers
    """What is wrong with a request, by place and kind: never with the value that was sent."""
    assert isinstance(error, RequestValidationError)
    problems = [
        {
            "path": ".".join(str(part)[:LONGEST_PART] for part in each["loc"]), "code": each["type"],
            "reason": each["msg"],
        }
        for each in error.errors()[:MOST_MISTAKES]
    ]  # fmt: skip
    return problem(
        422, "request_invalid", "the request does not have the form that this address takes",
        hint="each place is listed; unknown fields are refused", problems=problems,
    )  # fmt: skip


def _http(request: Request, error: Exception) -> JSONResponse:  # noqa: ARG001  the signature of handlers
    assert isinstance(error, HTTPException)
    code, reason = STATUSES.get(error.status_code, ("request_invalid", "the request cannot be read"))
    return problem(error.status_code, code, reason, hint="see /docs for every address")


STATUSES = {
    404: ("not_found", "there is nothing here for you"),
    405: ("method_not_allowed", "this address does not take this method"),
    413: ("request_too_large", f"a request holds at most {MOST_BYTES >> 10} KiB"),
}
"""Status of the framework's own errors → code and reason."""
