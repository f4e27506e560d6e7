"""Records of the disclosure log as one schema: a closed form for each kind, made of the log's own types.

Records are read back as the log holds them, whatever version wrote them, so they are not checked again when
they are shown; the form of each kind stands here for whoever reads them.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import MISSING, fields
from typing import Annotated, Any, get_type_hints

from pydantic import GetJsonSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from sandbox.api.answers.jobs import HeldMeasure, HeldPlan
from sandbox.nouns import event
from sandbox.nouns.event import EVENTS, Event

NESTED = {"plan": HeldPlan, "measures": list[HeldMeasure]}
"""Fields whose inside the log's types leave open."""


class _Told:
    """Takes the place of what pydantic would say of a dictionary."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        meanings = _meanings()
        forms = [_form(each, meanings) for each in EVENTS.values()]
        return {"title": "Record", "description": "A record of the disclosure log.", "oneOf": forms}


Record = TypeAliasType("Record", Annotated[dict[str, Any], _Told()])
"""A record's fields, ``kind`` among them."""


def _form(kind: type[Event], meanings: dict[tuple[str, str], str]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    properties: dict[str, Any] = {"kind": {"const": kind.kind, "description": "What it records."}}
    for each in fields(kind):
        properties[each.name] = _inline(NESTED.get(each.name, hints[each.name]))
        owner = next(base for base in kind.__mro__ if each.name in base.__annotations__)
        if meaning := meanings.get((owner.__name__, each.name)):
            properties[each.name]["description"] = meaning
    needed = [each.name for each in fields(kind) if each.default is each.default_factory is MISSING]
    return {
        "type": "object", "title": kind.__name__, "description": inspect.getdoc(kind) or "",
        "properties": properties, "required": ["kind", *needed], "additionalProperties": False,
    }  # fmt: skip


def _inline(hint: Any) -> dict[str, Any]:
    """The schema of a type, with what it refers to in its place (one level, in lists)."""
    schema = TypeAdapter(hint).json_schema()
    known = schema.pop("$defs", {})
    if "$ref" in schema.get("items", {}):
        schema["items"] = known[schema["items"]["$ref"].rpartition("/")[2]]
    return schema


def _meanings() -> dict[tuple[str, str], str]:
    """(class, field) → the text below the field in the log's source."""
    found = {}
    for form in ast.parse(inspect.getsource(event)).body:
        if isinstance(form, ast.ClassDef):
            for field, text in zip(form.body, form.body[1:], strict=False):
                match field, text:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(meaning))),
                    ):
                        found[form.name, name] = inspect.cleandoc(meaning)
    return found
