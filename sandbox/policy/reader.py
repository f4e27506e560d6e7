"""The tree of a policy file as the nouns of ``sandbox.nouns.policy``."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from sandbox.nouns.mask import OPERATORS, Keep, Operator
from sandbox.nouns.policy import (
    Budget,
    Catalogue,
    Column,
    Grade,
    Jobs,
    Key,
    Policy,
    Privacy,
    Risk,
    Source,
    Table,
    Title,
    Use,
    Via,
)
from sandbox.policy import types, units
from sandbox.policy.mistakes import Mistakes, Path, did_you_mean, explain_error, quote
from sandbox.policy.tree import Items, Keys, Node, Text, line_of

Model = TypeVar("Model", bound=BaseModel)

REQUIRED = ("version", "dataset", "unit_type", "key", "tables", "privacy")
SCALARS = ("dataset", "unit_type", "on_unlisted", "egress", "residual")
SECTIONS: dict[str, type[BaseModel]] = {
    "title": Title,
    "catalogue": Catalogue,
    "grade": Grade,
    "key": Key,
    "privacy": Privacy,
    "risk": Risk,
    "jobs": Jobs,
}
TOP = ("version", *SCALARS, *SECTIONS, "tables")
COLUMN_KEYS = ("class", "mask", "type", "domain", "bounds", "use", "unit", "title", "grade")
TABLE_KEYS = (
    "source",
    "unit",
    "public",
    "max_rows_per_unit",
    "on_null_unit",
    "unit_format",
    "columns",
)
HIGH_GRADES = {"core": "core", "核心": "core", "important": "important", "重要": "important"}
"""Words that an office writes where a number stands, and the label they mean."""

UNREAD = Privacy.model_construct(set(), epsilon=Decimal(1), delta=Decimal("1e-6"))
"""Stands for budgets that could not be read, while the rest of the file is checked; never leaves."""
UNNAMED: dict[str, object] = {"dataset": "unnamed", "unit_type": "unnamed"}
"""Stands in the same way for names that are missing."""


class Reader:
    """Reads one tree; what cannot be read is a mistake and left out."""

    def __init__(self, root: Keys, mistakes: Mistakes) -> None:
        self.root = root
        self.mistakes = mistakes

    def problem(self, path: Path, code: str, reason: str, fix: str) -> None:
        """Note a mistake at the line of ``path``."""
        self.mistakes.add(line_of(self.root, path), path, code, reason, fix)

    def policy(self, folder: str, sha256: str) -> Policy | None:
        """The policy of what could be read; None when its head is unusable."""
        entries = self.known(self.root, (), TOP)
        for name in REQUIRED:
            if name not in entries:
                self.problem((), "key_missing", f"{quote(name)} is required", f"add `{name}: …`")
        self._version(entries.get("version"))
        values: dict[str, object] = {
            name: value
            for name in SCALARS
            if name in entries and (value := self.plain(entries[name], (name,))) != ""
        }
        for name, model in SECTIONS.items():
            built = self._section(name, model, entries[name]) if name in entries else None
            if built is not None:
                values[name] = built
        values.setdefault("privacy", UNREAD)
        tables = self._tables(entries["tables"]) if "tables" in entries else ()
        whole = {"version": 1, "tables": tables, "folder": folder, "sha256": sha256}
        return self.build(Policy, UNNAMED | values | whole, ())

    def plain(self, node: Node, path: Path) -> object:
        """Text, lists and dicts; a key without a value is a mistake, never a silent default."""
        if isinstance(node, Text):
            if node.empty:
                fix = "write a value or remove the key; in quotes if the text 'null' is meant"
                self.problem(path, "value_empty", "no value is given", fix)
            return node.value
        if isinstance(node, Items):
            return [self.plain(item, (*path, place)) for place, item in enumerate(node.items)]
        return {key: self.plain(value, (*path, key)) for key, value in node.entries.items()}

    def known(self, node: Node, path: Path, names: tuple[str, ...]) -> dict[str, Node]:
        """Entries of a mapping; unknown keys are mistakes and left out."""
        if not isinstance(node, Keys):
            self.problem(path, "shape_wrong", "keys and values are expected here", "write `key: value` pairs")
            return {}
        for name in node.entries:
            if name not in names:
                reason = f"{quote(name)} is not a key here"
                self.problem((*path, name), "key_unknown", reason, did_you_mean(name, names))
        return {name: value for name, value in node.entries.items() if name in names}

    def build(
        self, model: type[Model], values: object, path: Path, *, renamed: dict[str, str] | None = None
    ) -> Model | None:
        """A model of ``values``; every complaint is noted under ``path`` and what it is about left out."""
        try:
            return model.model_validate(values)
        except ValidationError as error:
            complaints = explain_error(error, model.model_fields)
            for where, code, reason, fix in complaints:
                place = tuple((renamed or {}).get(str(step), step) for step in where)
                self.problem((*path, *place), code, reason, fix)
            return self._rest(model, values, {str(where[0]) for where, *_ in complaints if where})

    def _rest(self, model: type[Model], values: object, bad: set[str]) -> Model | None:
        """What is left without the keys that are wrong, so that the rest of the file can be checked."""
        if model not in (Policy, Table, Column) or not isinstance(values, dict) or not bad:
            return None
        left = {key: value for key, value in values.items() if key not in bad}
        try:
            return model.model_validate(UNNAMED | left if model is Policy else left)
        except ValidationError:
            return None

    def _version(self, node: Node | None) -> None:
        if node is not None and not (isinstance(node, Text) and node.value == "1"):
            self.problem(("version",), "value_unknown", "this version is not known", "write `version: 1`")

    def _section(self, name: str, model: type[BaseModel], node: Node) -> BaseModel | None:
        if name == "title" and isinstance(node, Text):
            return Title(zh=node.value, en=node.value)
        if name == "grade":
            self._grade_words(node)
        if not isinstance(node, Keys):
            self.known(node, (name,), ())
            return None
        before = len(self.mistakes)
        values = self.plain(node, (name,))
        if len(self.mistakes) > before:
            return None
        built = self.build(model, values, (name,))
        if isinstance(built, Privacy) and "per_job" not in built.model_fields_set:
            # The default of one job never exceeds what the dataset has.
            least = Budget(epsilon=min(built.per_job.epsilon, built.epsilon))
            built = built.model_copy(update={"per_job": least})
        return built

    def _grade_words(self, node: Node) -> None:
        """Core and important data are refused, wherever the word stands."""
        words = node.entries if isinstance(node, Keys) else {"": node}
        for name, value in words.items():
            if isinstance(value, Text) and value.value.strip().lower() in HIGH_GRADES:
                label = HIGH_GRADES[value.value.strip().lower()]
                path: Path = ("grade", name) if name else ("grade",)
                fix = "keep such data out of the sandbox; a dataset here is general data"
                self.problem(path, "grade_refused", f"{label} data are never loaded", fix)

    def _tables(self, node: Node) -> tuple[Table, ...]:
        if not isinstance(node, Keys) or not node.entries:
            self.problem(
                ("tables",), "shape_wrong", "no table is named", "write `tables: {name: {source: …}}`"
            )
            return ()
        built = [self._table(name, value) for name, value in node.entries.items()]
        return units.borrowed(tuple(table for table in built if table is not None))

    def _table(self, name: str, node: Node) -> Table | None:
        path: Path = ("tables", name)
        entries = self.known(node, path, TABLE_KEYS)
        values: dict[str, object] = {
            key: self.plain(value, (*path, key))
            for key, value in entries.items()
            if key not in ("source", "columns")
        }
        if isinstance(entries.get("unit"), Keys):
            values |= {"unit": None, "via": self._via(entries["unit"], (*path, "unit"))}
        public = str(values.get("public", "")).lower() in ("true", "yes", "on", "1")
        source = self._source(entries["source"], (*path, "source")) if "source" in entries else None
        if "source" not in entries:
            self.problem(path, "key_missing", "'source' is required", "add `source: {connector: …, path: …}`")
        columns = (
            self._columns(entries["columns"], (*path, "columns"), public) if "columns" in entries else ()
        )
        values |= {"name": name, "columns": columns, "source": source or Source(connector="unknown")}
        return self.build(Table, values, path)

    def _via(self, node: Node, path: Path) -> Via | None:
        """``{via: orders, on: {l_orderkey: o_orderkey}}``."""
        entries = self.known(node, path, ("via", "on"))
        table, on = entries.get("via"), entries.get("on")
        pair = list(on.entries.items()) if isinstance(on, Keys) else []
        if isinstance(table, Text) and len(pair) == 1 and isinstance(pair[0][1], Text):
            return Via(table=table.value, column=pair[0][0], key=pair[0][1].value)
        fix = "write `unit: {via: orders, on: {l_orderkey: o_orderkey}}`"
        self.problem(path, "shape_wrong", "a unit is a column, or one foreign key to another table", fix)
        return None

    def _source(self, node: Node, path: Path) -> Source | None:
        if not isinstance(node, Keys):
            self.known(node, path, ())
            return None
        texts: dict[str, object] = {}
        for key, value in node.entries.items():
            if isinstance(value, Text):
                texts[key] = value.value  # an option may be the empty text, or the text null
            else:
                self.problem(
                    (*path, key),
                    "shape_wrong",
                    "an option is a single text",
                    f"write `{quote(key, '')}: value`",
                )
        own = {key: texts.pop(key) for key in ("connector", "path") if key in texts}
        return self.build(Source, own | {"options": texts}, path)

    def _columns(self, node: Node, path: Path, public: bool) -> tuple[Column, ...]:
        if not isinstance(node, Keys):
            self.problem(
                path, "shape_wrong", "columns are names with their settings", "write `name: {class: other}`"
            )
            return ()
        built = [self._column(name, value, (*path, name), public) for name, value in node.entries.items()]
        return tuple(column for column in built if column is not None)

    def _column(self, name: str, node: Node, path: Path, public: bool) -> Column | None:
        empty = isinstance(node, Text) and node.empty
        before = len(self.mistakes)
        entries = {} if empty else self.known(node, path, COLUMN_KEYS)
        mask = self._mask(entries.pop("mask"), (*path, "mask")) if "mask" in entries else Keep()
        raw = {key: self.plain(value, (*path, key)) for key, value in entries.items()}
        declared = None
        if mask is not None and len(self.mistakes) == before:
            declared = types.declare(raw, mask, lambda where, *words: self.problem((*path, *where), *words))
        values: dict[str, object] = {
            "name": name,
            "mask": mask or Keep(),
            "use": tuple(Use) if public else (),
        }
        values |= {
            ("kind" if key == "class" else key): value for key, value in raw.items() if key not in types.KEYS
        }
        if declared is not None:
            values |= {"type": declared.type, "domain": declared.domain, "bounds": declared.bounds}
        column = self.build(Column, values, path, renamed={"kind": "class"})
        return column if mask is not None else None  # no verdict on a column whose mask is unknown

    def _mask(self, node: Node, path: Path) -> Operator | None:
        """``drop`` or ``{partial: {first: 3}}``."""
        options: Node | None = None
        if isinstance(node, Text) and node.empty:
            self.plain(node, path)
            return None
        if isinstance(node, Text):
            name = node.value
        elif isinstance(node, Keys) and len(node.entries) == 1:
            name, options = next(iter(node.entries.items()))
            path = (*path, name)
        else:
            fix = "write `mask: drop` or `mask: {partial: {first: 3, last: 4}}`"
            self.problem(path, "shape_wrong", "a mask is one name, with options or without", fix)
            return None
        if name not in OPERATORS:
            self.problem(path, "mask_unknown", f"{quote(name)} is not a mask", did_you_mean(name, OPERATORS))
            return None
        model = OPERATORS[name]
        known = tuple(key for key in model.model_fields if key != "op")
        entries = self.known(options, path, known) if options is not None else {}
        return self.build(
            model, {key: self.plain(value, (*path, key)) for key, value in entries.items()}, path
        )
