"""Holds what a server answers against what its OpenAPI document declares."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx2
import jsonschema_rs

JSON = ("application/json", "application/problem+json")
LEFT_OUT = {"/docs", "/openapi.json"}
"""Pages, not part of the contract."""


@dataclass
class Contract:
    """The document of a server, and which successes of it were seen."""

    document: dict[str, Any]
    seen: set[tuple[str, str]] = field(default_factory=set)
    """(method, path) whose success was seen and conforms."""
    _validators: dict[str, jsonschema_rs.Draft202012Validator] = field(default_factory=dict)

    @cached_property
    def paths(self) -> dict[str, re.Pattern[str]]:
        """Path of the document → addresses that it stands for; fixed paths first."""
        ordered = sorted(self.document["paths"], key=lambda path: path.count("{"))
        return {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in ordered}

    def successes(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(method, path) → what is declared of its success, by media type."""
        return {
            (method.upper(), path): answer["content"]
            for path, operations in self.document["paths"].items()
            for method, operation in operations.items()
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        }

    def named(self, method: str, path: str) -> str:
        """What the success of an address is called in the pages: a schema's name, or media types."""
        content = self.successes().get((method, path), {"text/html": {}})
        kinds = [self._name(body["schema"]) if kind in JSON else kind for kind, body in content.items()]
        return ", ".join(f"`{each}`" for each in kinds)

    def _name(self, schema: dict[str, Any]) -> str:
        if "anyOf" in schema:
            return " | ".join(map(self._name, schema["anyOf"]))
        name = str(schema["$ref"]).rpartition("/")[2]
        if not name.startswith("Page_"):
            return name
        whole = self.document["components"]["schemas"][name]
        return f"Page[{self._name(whole['properties']['items']['items'])}]"

    def mistakes(self, schema: dict[str, Any], value: Any) -> list[str]:
        """Where a value differs from a schema of the document."""
        name = json.dumps(schema, sort_keys=True)
        if name not in self._validators:
            whole = {**schema, "components": self.document["components"]}
            self._validators[name] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return [f"{each.instance_path}: {each.message}" for each in self._validators[name].iter_errors(value)]

    def check(self, answer: httpx2.Response) -> None:
        """Whether an answer has a status, a media type and a body that are declared."""
        method, path = answer.request.method, answer.request.url.path
        found = next((each for each, pattern in self.paths.items() if pattern.fullmatch(path)), None)
        if found is None or method.lower() not in self.document["paths"][found]:
            assert answer.status_code in (404, 405) or path in LEFT_OUT, (method, path, answer.status_code)
            return
        declared = self.document["paths"][found][method.lower()]["responses"][str(answer.status_code)]
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in declared["content"], (method, found, kind)
        if kind in JSON:
            answer.read()
            wrong = self.mistakes(declared["content"][kind]["schema"], answer.json())
            assert wrong == [], (method, found, answer.status_code, wrong)
        if answer.is_success:
            self.seen.add((method, found))
