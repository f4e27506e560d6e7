"""A first policy for a new source: what evidence suggests, and nothing that rows decide. 策略草案.

Bounds and domains stay blank, because a policy is public; only packaged public code lists fill them. What is
blank is hidden from developers, so the draft passes ``sandbox policy check`` as it stands once it has a unit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from sandbox.classify.columns import ColumnEvidence

CODE_LISTS: dict[str, tuple[str, ...]] = {
    "SEX": ("男", "女"),
    "REGION": (
        "郑州市", "开封市", "洛阳市", "平顶山市", "安阳市", "鹤壁市", "新乡市", "焦作市", "濮阳市",
        "许昌市", "漯河市", "三门峡市", "南阳市", "商丘市", "信阳市", "周口市", "驻马店市", "济源市",
    ),
}  # fmt: skip
"""Public code lists: GB/T 2261.1 (sex), the cities of Henan (GB/T 2260)."""
UNITS = ("CN_RESIDENT_ID", "CN_USCC", "CN_MOBILE", "CN_PASSPORT")
"""Kinds that can name a privacy unit, best first."""
FILL_IN = "FILL_IN"
"""Marks what the operator must write."""


def draft_policy(path: str, connector: str, name: str, columns: Sequence[ColumnEvidence]) -> str:
    """A policy as YAML text with comments.

    Args:
        path: of the source, as the policy will hold it.
        connector: kind of source, such as ``csv``.
        name: of the dataset and its one table.
        columns: evidence of every column of the source, in order.
    """
    unit = _unit(columns)
    uscc = unit is not None and unit.kind == "CN_USCC"
    form = {"CN_RESIDENT_ID": "resident_id", "CN_USCC": "uscc"}.get(unit.kind if unit else "", "text")
    lines = [
        "# Draft by `sandbox scan`. A policy is public: nothing here was computed from rows.",
        "# 草案：策略是公开文件，取值范围与值域不得由数据推得；请逐列核对。",
        "version: 1",
        f"dataset: {_quoted(name)}",
        f"unit_type: {'enterprise' if uscc else 'person'}",
        "key: {env: SANDBOX_PSEUDONYM_KEY, algorithm: hmac-sha256}",
        "on_unlisted: error",
        "tables:",
        f"  {_quoted(name)}:",
        f"    source: {{connector: {_quoted(connector)}, path: {_quoted(path)}}}",
        f"    unit: {_quoted(unit.name) if unit else FILL_IN + '  # the column that names the person'}",
        f"    unit_format: {form}",
        "    max_rows_per_unit: 64  # most rows of one unit that count; more are dropped at random",
        "    columns:",
        *(line for column in columns for line in _column(column, column is unit)),
        "privacy:",
        "  epsilon: 10.0  # lifetime cap of the dataset",
        "  delta: 1.0e-6",
        "  per_job: {epsilon: 1.0}",
        "  min_units: 10",
        *_risk(columns),
    ]
    return "\n".join(lines) + "\n"


def _unit(columns: Sequence[ColumnEvidence]) -> ColumnEvidence | None:
    ranked = [column for kind in UNITS for column in columns if column.kind == kind]
    return ranked[0] if ranked else None


def _column(column: ColumnEvidence, is_unit: bool) -> list[str]:
    """A comment with the evidence, then the column."""
    domain = CODE_LISTS.get(column.kind)
    fields = [f"class: {column.suggested.value}"]
    mask = "drop" if is_unit else column.mask
    if mask == "keep" and column.type in ("date", "timestamp"):
        mask = "{date_trunc: {unit: month}}"
    if mask != "keep":
        fields.append(f"mask: {mask}")
    elif column.type != "text":
        fields.append(f"type: {column.type}")
    if domain and mask != "drop":
        fields.append(f"domain: [{', '.join(map(_quoted, domain))}]")
    shown = mask != "drop" and (domain or column.kind == "BIRTH_DATE")
    if mask != "drop":
        fields.append("use: [group, filter]" if shown else "use: []")
    note = _note(column, is_unit, bool(shown), mask)
    return [f"      # {note}", f"      {_quoted(column.name)}: {{{', '.join(fields)}}}"]


def _note(column: ColumnEvidence, is_unit: bool, shown: bool, mask: str) -> str:
    """Why the line says what it says, and what to write; never a figure, because a policy is public."""
    parts = [f"grade {column.grade}", column.kind or "nothing personal found"]
    if is_unit:
        parts.append("names the unit")
    elif column.kind == "REGION":
        parts.append("domain is Henan's list of cities: replace it if yours differs")
    elif not shown and mask != "drop":
        parts.append(f"hidden until you write {_blank(column.type, mask)}")
    return "; ".join(parts)


def _blank(kind: str, mask: str) -> str:
    """What makes a column usable. In a file without types, such as CSV, a text may be a number or a date."""
    number, date = (
        "bounds: [lowest, highest], use: [aggregate]",
        "bounds: [first, last], use: [group, filter]",
    )
    if kind in ("integer", "number"):
        return number
    if kind in ("date", "timestamp"):
        return date
    category = "domain: [value, value], use: [group, filter]"
    if mask != "keep":
        return category
    return f"{category} / for an amount: type: number, {number} / for a date: type: date, {date}"


def _risk(columns: Sequence[ColumnEvidence]) -> list[str]:
    quasi = [_quoted(column.name) for column in columns if column.kind in ("BIRTH_DATE", "SEX", "REGION")]
    return [f"risk: {{quasi_identifiers: [{', '.join(quasi)}], k: 10, on_fail: report}}"] if quasi else []


def _quoted(text: str) -> str:
    """Text as a YAML scalar in double quotes (JSON is YAML)."""
    return json.dumps(text, ensure_ascii=False)
