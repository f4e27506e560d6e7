"""YAML text as a tree of scalars that stay text, each with its line.

Only the plain part of YAML 1.2 is read: mappings, lists, scalars. Anchors, aliases, tags and further
documents are refused, so that no small file can stand for a large one and no text becomes an object. Nothing
is converted here: ``0123`` stays ``"0123"``, ``NO`` stays ``"NO"``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from sandbox.policy.mistakes import Mistakes, Path, quote

MAX_BYTES = 1 << 20
"""Largest policy file, bytes."""
MAX_DEPTH = 16
"""Deepest nesting; a policy needs 7."""


@dataclass(frozen=True)
class Text:
    """A scalar as written."""

    value: str
    line: int
    empty: bool = False
    """Nothing was written, or an unquoted ``null`` or ``~``."""


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True)
class Keys:
    """A mapping, in the order written."""

    entries: dict[str, Node]
    line: int
    lines: dict[str, int] = field(default_factory=dict)
    """Line of each key."""


Node = Text | Items | Keys


class Unreadable(Exception):
    """The file cannot be read further; why is already in the mistakes."""


def read_tree(content: bytes, mistakes: Mistakes) -> Keys:
    """Parse a policy file's bytes into a mapping.

    Raises:
        Unreadable: not UTF-8, not YAML, too large or too deep; said in ``mistakes``.
    """
    text = _decode(content, mistakes)
    builder = _Builder(mistakes)
    try:
        root = builder.document(iter(YAML(typ="safe", pure=True).parse(text)))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"this is not YAML: {quote(str(error.problem or 'unexpected text'))}"
        mistakes.stop(
            mark.line + 1 if mark else 0, "yaml_syntax", reason, "check indent, quotes and brackets"
        )
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1 if isinstance(error.position, int) else 0
        mistakes.stop(line, "yaml_syntax", "a control character is in the file", "remove it")
    except (YAMLError, ValueError, RecursionError):
        mistakes.stop(0, "yaml_syntax", "this is not YAML that a policy may use", "compare with the manual")
    else:
        if isinstance(root, Keys) and not builder.foreign:
            return root
        if not builder.foreign:
            mistakes.stop(
                1, "shape_wrong", "a policy is a mapping of keys", "start the file with `version: 1`"
            )
    raise Unreadable


def line_of(root: Keys, path: Path) -> int:
    """Line of the key or list item that ``path`` names, or of the nearest parent that is there."""
    node: Node = root
    line = root.line
    for step in path:
        if isinstance(node, Keys) and str(step) in node.entries:
            line, node = node.lines[str(step)], node.entries[str(step)]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
            line = node.line
        else:
            break
    return line


def _decode(content: bytes, mistakes: Mistakes) -> str:
    if len(content) > MAX_BYTES:
        reason = f"the file is larger than {MAX_BYTES >> 20} MiB"
        mistakes.stop(0, "file_too_large", reason, "shorten the lists of values, or split the dataset")
        raise Unreadable
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        mistakes.stop(line, "file_encoding", "the file is not UTF-8", "save it as UTF-8")
        raise Unreadable from None


class _Builder:
    """Turns parser events into nodes; keeps the path for what it says."""

    def __init__(self, mistakes: Mistakes) -> None:
        self.mistakes = mistakes
        self.foreign = False
        """Whether anchors, aliases or tags were met: then nothing more is read into the file."""

    def document(self, events: Iterator[Any]) -> Node | None:
        """The first document; a second is a mistake."""
        root: Node | None = None
        for event in events:
            name = type(event).__name__
            if name == "DocumentStartEvent":
                if root is not None:
                    line = event.start_mark.line + 1
                    self.mistakes.add(
                        line,
                        (),
                        "yaml_documents",
                        "a second document starts here",
                        "keep one document a file",
                    )
                    break
                root = self._node(next(events), events, ())
        return root

    def _node(self, event: Any, events: Iterator[Any], path: Path) -> Node:
        line = event.start_mark.line + 1
        if len(path) > MAX_DEPTH:
            self.mistakes.stop(line, "yaml_depth", "the nesting is too deep", "flatten it")
            raise Unreadable
        self._plain_yaml(event, line, path)
        match type(event).__name__:
            case "MappingStartEvent":
                return self._keys(line, events, path)
            case "SequenceStartEvent":
                return self._items(line, events, path)
            case "ScalarEvent":
                bare = event.implicit[0] and event.value in ("", "null", "Null", "NULL", "~")
                return Text(event.value, line, bare)
        return Text("", line)  # an alias: already a mistake

    def _plain_yaml(self, event: Any, line: int, path: Path) -> None:
        alias = type(event).__name__ == "AliasEvent" or bool(event.anchor)
        self.foreign = self.foreign or alias or bool(event.tag)
        if alias:
            self.mistakes.add(
                line,
                path,
                "yaml_alias",
                "anchors and aliases (& and *) are not allowed",
                "write the value out",
            )
        elif event.tag:
            self.mistakes.add(
                line,
                path,
                "yaml_tag",
                "tags (!) are not allowed",
                "remove the tag; quote the value if it is text",
            )

    def _items(self, line: int, events: Iterator[Any], path: Path) -> Items:
        items: list[Node] = []
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            items.append(self._node(event, events, (*path, len(items))))
        return Items(tuple(items), line)

    def _keys(self, line: int, events: Iterator[Any], path: Path) -> Keys:
        entries: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                break
            key = self._node(event, events, path)
            if not isinstance(key, Text):
                self.mistakes.add(
                    key.line, path, "shape_wrong", "a key is a single text", "write `key: value`"
                )
                self._node(next(events), events, path)
                continue
            value = self._node(next(events), events, (*path, key.value))
            if key.value in entries:
                self.mistakes.add(
                    key.line, (*path, key.value), "key_duplicate",
                    f"{quote(key.value)} stands in line {lines[key.value]} already", "keep one",
                )  # fmt: skip
                continue
            entries[key.value], lines[key.value] = value, key.line
        return Keys(entries, line, lines)
