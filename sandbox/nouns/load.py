"""What a load did: the operator's report and the manifest that names what is in force. 快照、工作区."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.nouns.plan import PublicTable
from sandbox.nouns.policy import Column, ColumnType, Policy, Use

LAYOUT = 3
"""Version of what a workspace holds: another one is loaded again."""
Progress = Callable[[str, int, int | None], None]
"""``progress(step, done, total)``: step is a table's name or one of ``scan``, ``rank``, ``seal``."""


@dataclass(frozen=True)
class TableLoad:
    """One table of a load. Operators and reviewers only: counts are exact."""

    name: str
    read: int
    """Rows that the source gave."""
    kept: int
    """Rows in the workspace."""
    dropped_unit: int = 0
    """Rows whose unit was NULL or malformed."""
    dropped_rank: int = 0
    """Rows over ``max_rows_per_unit``."""
    bad_lines: tuple[tuple[int, str], ...] = ()
    """Source rows that could not be read: (line, reason)."""
    outside: Mapping[str, int] = field(default_factory=dict)
    """Column → values outside its domain or bounds, malformed or too long: nulled, clamped or cut."""


@dataclass(frozen=True)
class LoadReport:
    """A finished load."""

    snapshot: str
    """SHA-256 of the sealed snapshot."""
    tables: tuple[TableLoad, ...]
    findings: Mapping[str, int]
    """Residual scan: ``table.column:ENTITY`` → distinct values that look like personal data."""
    risk: Mapping[str, int] = field(default_factory=dict)
    """k-anonymity over the policy's quasi-identifiers: classes, smallest class, rows in classes below k."""
    reused: bool = False
    """True when sources and policy were unchanged and the snapshot in force was kept."""


@dataclass(frozen=True)
class Manifest:
    """The load in force: where it is sealed and the public facts a plan may use."""

    dataset: str
    policy: str
    """SHA-256 of the policy file."""
    snapshot: str
    """Name of the sealed snapshot."""
    snapshot_sha256: str
    workspace: str
    """Name of the sealed workspace."""
    workspace_sha256: str
    sources: str
    """Fingerprint of the source files: unchanged sources are not loaded twice."""
    public: Mapping[str, PublicTable]
    public_columns: Mapping[str, Mapping[str, ColumnType]]
    """Public tables whose columns the policy leaves to the source: column → type."""
    layout: int = LAYOUT


def with_columns(policy: Policy, manifest: Manifest) -> Policy:
    """The policy with public columns as the load in force found them."""
    tables = tuple(
        table.model_copy(
            update={
                "columns": tuple(
                    Column(name=name, type=kind, use=frozenset(Use))
                    for name, kind in manifest.public_columns[table.name].items()
                )
            }
        )
        if table.name in manifest.public_columns
        else table
        for table in policy.tables
    )
    return policy.model_copy(update={"tables": tables})
