"""Collecting mistakes: every one with file, line, path, code and fix, all of them at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import ValidationError

from sandbox.errors import Problem

Path = tuple[str | int, ...]
"""Keys and list places from the root of the file."""

QUOTED = 60
"""Longest piece of the policy's own text that a message repeats, characters."""


class Mistakes:
    """The mistakes of one file, in the order found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: list[Problem] = []

    def add(self, line: int, path: Path, code: str, reason: str, fix: str) -> None:
        """Note one mistake."""
        self._found.append(Problem(self.file, line, dotted(path), code, reason, fix))

    def stop(self, line: int, code: str, reason: str, fix: str) -> None:
        """Note a mistake of the file as a whole."""
        self.add(line, (), code, reason, fix)

    def sorted(self) -> tuple[Problem, ...]:
        """All mistakes by line, then path; the same one is said once."""
        unique = dict.fromkeys(self._found)
        return tuple(sorted(unique, key=lambda problem: (problem.line, problem.path, problem.code)))

    def __len__(self) -> int:
        return len(self._found)


def dotted(path: Path) -> str:
    """``("tables", "visits", "domain", 0)`` as ``tables.visits.domain.0``; long steps are cut."""
    return ".".join(quote(str(step), marks="") for step in path)


def quote(text: str, marks: str = "'") -> str:
    """The policy's own text in a message: one line, printable, at most ``QUOTED`` characters.

    >>> quote("a" * 70)[-3:]
    "a…'"
    """
    clean = "".join(letter if letter.isprintable() else "�" for letter in text)
    return marks + (clean if len(clean) <= QUOTED else clean[: QUOTED - 1] + "…") + marks


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A fix for an unknown word: the nearest known one, else all of them.

    >>> did_you_mean("epsilom", ["epsilon", "delta"])
    "did you mean 'epsilon'?"
    """
    words = list(known)
    near = difflib.get_close_matches(word[:QUOTED].lower(), words, n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(words)}"


def explain_error(error: ValidationError, known: Iterable[str]) -> list[tuple[Path, str, str, str]]:
    """A model's complaints as (path, code, reason, fix); ``known`` are the keys of the model."""
    return [(detail["loc"], *_words(dict(detail), list(known))) for detail in error.errors(include_url=False)]


def _words(detail: dict[str, object], known: list[str]) -> tuple[str, str, str]:
    """Code, reason and fix of one complaint of pydantic."""
    kind, context = str(detail["type"]), detail.get("ctx") or {}
    assert isinstance(context, dict)
    loc = detail["loc"]
    assert isinstance(loc, tuple)
    name = next((step for step in reversed(loc) if isinstance(step, str)), "")
    given = quote(str(detail["input"])) if isinstance(detail["input"], str) else "this"
    if kind == "missing":
        return "key_missing", f"{quote(name)} is required", f"add `{name}: …`"
    if kind == "extra_forbidden":
        return "key_unknown", f"{quote(name)} is not a key here", did_you_mean(name, known)
    if kind in ("literal_error", "enum"):
        wanted = str(context.get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
        return (
            "value_unknown",
            f"{given} is not a value of {quote(name)}",
            did_you_mean(given.strip("'"), wanted),
        )
    if kind.startswith("int_"):
        return "not_integer", f"{given} is not an integer", "write a whole number"
    if kind in ("decimal_parsing", "decimal_type"):
        return "not_number", f"{given} is not a number", "write a number such as 1.0"
    if kind == "finite_number":
        return "not_finite", f"{given} is not a finite number", "write a number such as 1.0"
    if kind.startswith("bool_"):
        return "not_boolean", f"{given} is not true or false", "write true or false"
    if kind.startswith(("greater_than", "less_than")):
        sign = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
        limits = " and ".join(f"{sign[key]} {value}" for key, value in context.items() if key in sign)
        return "out_of_range", f"{given} is outside the range of {quote(name)}", f"write {limits}"
    if kind == "string_pattern_mismatch":
        fix = "start with a letter; use letters, digits, _ and - (63 at most)"
        return "name_invalid", f"{given} is not a name", fix
    if kind == "string_too_short":
        return "value_empty", f"{quote(name)} is empty", "write a value"
    return "shape_wrong", f"{quote(name)} has the wrong shape", "compare with the manual's example"
