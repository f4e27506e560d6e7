"""What every type of an answer has: a closed form, an example, its fields' meaning; and a page of a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict, get_original_bases, is_typeddict

Item = TypeVar("Item")
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""UTC, ISO 8601, ending in ``Z``."""


EXAMPLES: dict[str, dict[str, Any]] = {}
"""Name of a type → an example. Not in the schemas themselves: the framework would leave nulls out."""


def answer(**example: Any) -> Callable[[type[Any]], type[Any]]:
    """Close a typed dictionary: no field beyond those declared, each explained by the text below it.

    Args:
        example: one answer; shown in the OpenAPI document.
    """

    def close(form: type[Any]) -> type[Any]:
        def told(schema: dict[str, Any]) -> None:
            for name, meaning in _inherited(form).items():
                schema["properties"][name].setdefault("description", meaning)

        if example:
            EXAMPLES[form.__name__] = example
        config = ConfigDict(
            extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True, json_schema_extra=told
        )
        return with_config(config)(form)

    return close


def _inherited(form: type[Any]) -> dict[str, str]:
    """Meaning of the fields that stand in the types it extends: pydantic reads its own class's text alone."""
    bases = [each for each in get_original_bases(form) if is_typeddict(each)]
    schemas = [TypeAdapter(each).json_schema()["properties"] for each in bases]
    return {
        name: field["description"]
        for fields in schemas
        for name, field in fields.items()
        if "description" in field
    }


@answer()
class Page(TypedDict, Generic[Item]):
    """Part of a list."""

    items: list[Item]
    """At most ``limit`` of them."""
    next: str | None
    """``cursor`` of the next page; null on the last."""
