"""Scans of texts: what is found, where, and texts with it masked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.classify.china import CONTEXT, SPECS, THRESHOLD, Spec
from sandbox.classify.presidio import recognizers, replaced
from sandbox.nouns.china import FULL_WIDTH, FULL_WIDTH_MARK, HALF_WIDTH, SUSPECTS
from sandbox.nouns.mask import AgeBand, Constant, Drop, Hierarchy, Pseudonym, Region
from sandbox.nouns.policy import Column, ColumnType

BEFORE, AFTER = 12, 4
"""Characters around a match in which a context word counts."""
WHOLE = 0.1
"""What a literal that is nothing but the match adds: it lacks context, yet names one person."""
SHORTEST = 6
"""Characters of the shortest finding there can be, ``a@b.cn``."""

_FOLD = str.maketrans(FULL_WIDTH, HALF_WIDTH)
_ENTITY_SUSPECTS = [(spec, re.compile(spec.prefilter)) for spec in SPECS]


@dataclass(frozen=True)
class Finding:
    """One place in a text; never the text itself."""

    entity: str
    """Such as ``CN_MOBILE``."""
    start: int
    end: int
    """Characters [start, end) of the text as given."""
    score: float
    """0 to 1; 1 means that a check digit agrees."""


def scan_text(text: str, *, context: str = "") -> tuple[Finding, ...]:
    """Everything found in a text, in order of place, without overlaps.

    Args:
        context: what is known about the text, such as its column's name or title; raises scores like a
            context word in the text.
    """
    folded = text.translate(_FOLD)
    found = [finding for finding in _raw(folded, context) if finding.score >= THRESHOLD]
    return _without_overlaps(found)


def mask_text(text: str) -> tuple[str, tuple[Finding, ...]]:
    """The text with findings replaced by tokens such as ``<CN_MOBILE>``, and the findings."""
    findings = scan_text(text)
    if not findings:
        return text, ()
    return replaced(text, [(finding.entity, finding.start, finding.end) for finding in findings]), findings


def looks_like_identifier(literal: str) -> tuple[Finding, ...]:
    """Findings in a literal of a query; formats without check digit count when they fill it."""
    stripped = literal.strip(" %_")
    folded = stripped.translate(_FOLD)
    whole = [
        finding
        for finding in _raw(folded, "")
        if finding.score + WHOLE >= THRESHOLD and finding.end - finding.start == len(folded)
    ]
    return _without_overlaps(whole) or scan_text(literal)


def prefilter_sql(column_sql: str) -> str:
    """Boolean SQL (RE2): whether any recognizer can find something in the column. False for NULL.

    A superset by construction. Values with full-width letters, digits or signs always pass: they are folded
    only here.
    """
    text = f"CAST({column_sql} AS VARCHAR)"
    patterns = [*SUSPECTS.values(), FULL_WIDTH_MARK]
    suspect = " OR ".join(f"regexp_matches({text}, {_literal(pattern)})" for pattern in patterns)
    return f"CASE WHEN length({text}) >= {SHORTEST} THEN {suspect} ELSE false END"


def scan_values(column: str, values: Iterable[object]) -> dict[str, int]:
    """Entity → how many of the (distinct) values hold it. The column's name is context."""
    hits: dict[str, int] = {}
    for value in values:
        if value is None:
            continue
        for entity in {finding.entity for finding in scan_text(str(value), context=column)}:
            hits[entity] = hits.get(entity, 0) + 1
    return hits


def needs_scan(column: Column) -> bool:
    """Whether what is stored of a column can hold an identifier.

    Not: what is dropped, constant, hexadecimal, or from a declared or public list; dates, booleans and
    fractions. A whole number without bounds can be a phone number.
    """
    if isinstance(column.mask, Drop | Constant | Pseudonym | AgeBand | Hierarchy | Region):
        return False
    if column.domain is not None or column.bounds is not None:
        return False
    return column.type in (ColumnType.TEXT, ColumnType.INTEGER)


def _raw(folded: str, context: str) -> list[Finding]:
    """Every match of every recognizer whose prefilter hits, scores raised by context."""
    found = []
    for spec, suspect in _ENTITY_SUSPECTS:
        if not suspect.search(folded):
            continue
        for result in recognizers()[spec.entity].analyze(folded, [spec.entity]):
            near = folded[max(0, result.start - BEFORE) : result.start] + " " + folded[result.end :][:AFTER]
            score = min(1.0, result.score + (CONTEXT if _speaks(spec, f"{near} {context}") else 0))
            found.append(Finding(spec.entity, result.start, result.end, score))
    return found


def _speaks(spec: Spec, words: str) -> bool:
    lowered = words.lower()
    return any(word in lowered for word in spec.context)


def _without_overlaps(found: list[Finding]) -> tuple[Finding, ...]:
    """Overlapping findings: the entity that stands first in ``SPECS`` wins, then the longer span."""
    order = {spec.entity: place for place, spec in enumerate(SPECS)}
    kept: list[Finding] = []
    for finding in sorted(found, key=lambda one: (order[one.entity], one.start - one.end, one.start)):
        if all(finding.end <= other.start or finding.start >= other.end for other in kept):
            kept.append(finding)
    return tuple(sorted(kept, key=lambda one: one.start))


def _literal(pattern: str) -> str:
    return "'" + pattern.replace("'", "''") + "'"
