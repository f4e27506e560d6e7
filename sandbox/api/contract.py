"""The OpenAPI document: errors that any address may give, who needs a sign-in, an example of every answer."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from sandbox.api.access import ACCESS
from sandbox.api.answers.form import EXAMPLES
from sandbox.api.formats import ARROW, CSV, JSON, MARK, PARQUET
from sandbox.api.problems import MEDIA_TYPE, Problem

SAID = {
    400: "The request cannot be read", 401: "Sign in", 403: "Not permitted", 404: "Nothing here for you",
    406: "No such format", 409: "Not in this state", 410: "Taken back", 413: "Too large", 422: "Refused",
    429: "Too many: wait, as Retry-After says", 431: "Address or headers too long",
    500: "Failed", 503: "Unavailable: wait, as Retry-After says",
}  # fmt: skip

RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}
DUMMY_MARK = {MARK: {"description": "`true` on invented rows", "schema": {"type": "string"}}}
BYTES = {"schema": {"type": "string", "format": "binary"}}
PROBLEM = {"$ref": f"#/components/schemas/{Problem.__name__}"}
BEARER = "HTTPBearer"
CURSOR = "NDI="
"""A cursor, in examples."""


def problems_of_every_address() -> dict[int | str, dict[str, Any]]:
    """Status → what the framework declares of it."""
    return {
        status: {
            "description": said, "model": Problem,
            **({"headers": RETRY_AFTER} if status in (429, 503) else {}),
        }
        for status, said in SAID.items()
    }  # fmt: skip


def rows(model: Any, said: str) -> dict[int | str, dict[str, Any]]:
    """What the framework declares of an answer that is given in all ``FORMATS``; ``model`` is its JSON."""
    text = {"schema": {"type": "string"}}
    return {
        200: {
            "model": model, "description": said, "headers": DUMMY_MARK,
            "content": {JSON: {}, CSV: text, ARROW: BYTES, PARQUET: BYTES},
        }
    }  # fmt: skip


def document(app: FastAPI) -> dict[str, Any]:
    """The document of an application."""
    if app.openapi_schema is None:
        made = FastAPI.openapi(app)
        known = made["components"]["schemas"]
        made["components"]["securitySchemes"] = {BEARER: {"type": "http", "scheme": "bearer"}}
        for name, example in EXAMPLES.items():
            known[name]["examples"] = [example]
        for (method, path), access in ACCESS.items():
            operation = made["paths"].get(path, {}).get(method.lower())
            if operation is None:
                continue
            operation["security"] = [] if access.act is None else [{BEARER: []}]
            for status, answer in operation["responses"].items():
                if int(status) in SAID:
                    answer["content"] = {MEDIA_TYPE: {"schema": PROBLEM}}
                elif status.startswith("2") and JSON in answer.get("content", {}):
                    body = answer["content"][JSON]
                    body["example"] = _example(body["schema"], known)
    return app.openapi_schema or {}


def _example(schema: dict[str, Any], known: dict[str, Any]) -> Any:
    """An answer of this schema: its own example, of a choice the first one's, of a page one item."""
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], known)
    if "$ref" in schema:
        return _example(known[schema["$ref"].rpartition("/")[2]], known)
    if "examples" in schema:
        return schema["examples"][0]
    return {"items": [_example(schema["properties"]["items"]["items"], known)], "next": CURSOR}
