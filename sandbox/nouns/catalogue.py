"""What a developer sees of a dataset before asking: public facts only. 数据目录."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.nouns.kinds import Use

if TYPE_CHECKING:
    from sandbox.nouns.policy import Policy


@dataclass(frozen=True)
class ColumnInfo:
    """One granted column."""

    name: str
    type: str
    kind: str
    """Class of the column: quasi, sensitive …; ``public`` in a public table."""
    uses: tuple[str, ...]
    domain: tuple[str, ...] | None
    """Declared values; None: keys are discovered, so small groups may not appear."""
    bounds: tuple[str, str] | None
    """Inclusive bounds as text."""


@dataclass(frozen=True)
class TableInfo:
    """One table."""

    name: str
    public: bool
    unit: str | None
    """Name that stands for the privacy unit in ``COUNT(DISTINCT …)`` and joins."""
    max_rows_per_unit: int | None
    columns: tuple[ColumnInfo, ...]

    def __str__(self) -> str:
        head = f"{self.name} ({'public' if self.public else f'unit: {self.unit}'})"
        return "\n".join([head, *(f"  {line(column)}" for column in self.columns)])


class Catalogue(tuple[TableInfo, ...]):
    """All tables; prints as a page."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "\n\n".join(str(table) for table in self)


def line(column: ColumnInfo) -> str:
    """One column as a line of text."""
    facts = ""
    if column.domain is not None:
        shown = ", ".join(column.domain[:6]) + (", …" if len(column.domain) > 6 else "")
        facts = f"one of {len(column.domain)}: {shown}"
    elif column.bounds is not None:
        facts = f"{column.bounds[0]} … {column.bounds[1]}"
    return f"{column.name:<16} {column.type:<10} {', '.join(column.uses):<28} {facts}".rstrip()


def catalogue(policy: Policy, grants: Mapping[str, Mapping[str, frozenset[Use]]]) -> Catalogue:
    """The part of a policy that an agreement's grants show."""
    return Catalogue(
        TableInfo(
            name=table.name,
            public=table.public,
            unit=table.unit,
            max_rows_per_unit=None if table.public else table.max_rows_per_unit,
            columns=tuple(
                ColumnInfo(
                    name=column.name,
                    type=column.type.value,
                    kind="public" if table.public else column.kind.value,
                    uses=tuple(sorted(grants[table.name][column.name])),
                    domain=column.domain,
                    bounds=None if column.bounds is None else (str(column.bounds[0]), str(column.bounds[1])),
                )
                for column in table.columns
                if column.name in grants.get(table.name, {})
            ),
        )
        for table in policy.tables
        if table.name in grants
    )
