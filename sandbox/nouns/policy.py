"""A policy: what an operator promises about one dataset. 策略、数据集、隐私单元、敏感级别.

Models are strict about meaning, not about where text came from: ``sandbox.policy`` reads YAML, keeps lines,
and builds these. Everything in a policy is public.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.nouns.kinds import ColumnType as ColumnType
from sandbox.nouns.kinds import Use as Use
from sandbox.nouns.mask import Keep, Mask

Scalar = str | int | Decimal | dt.date | bool


class Frozen(BaseModel):
    """Base of the policy's models: immutable, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnClass(StrEnum):
    """What a column says about a person (GB/T 37964-2019)."""

    DIRECT = "direct"  # 直接标识符
    QUASI = "quasi"  # 准标识符
    SENSITIVE = "sensitive"  # 敏感属性
    TEXT = "text"  # 自由文本
    OTHER = "other"


class Column(Frozen):
    """One column of a table, as developers see it after masking."""

    name: str
    kind: ColumnClass = ColumnClass.OTHER
    """YAML key ``class``."""
    mask: Mask = Keep()
    type: ColumnType = ColumnType.TEXT
    """Declared, or derived from mask, domain and bounds by fixed public rules (``sandbox.policy.types``)."""
    domain: tuple[str, ...] | None = None
    """Declared values of the masked column, as text; other values become NULL. None: keys are discovered."""
    bounds: tuple[Decimal, Decimal] | tuple[dt.date, dt.date] | None = None
    """Inclusive bounds of the masked column; values outside are clamped."""
    use: frozenset[Use] = frozenset()
    """Empty: the column is hidden."""
    unit: str = ""
    """Unit of measurement for people: CNY, days; free text."""
    title: str = ""
    grade: int | None = None
    """Grade of the column (分级), None: the dataset's derived grade."""

    @property
    def scale(self) -> int | None:
        """Decimal places a bounded ``number`` is stored with; None where none is stored as a decimal.

        Chosen from public bounds alone, so that the bound has about 8 significant digits and never under 2
        decimal places: bounds ``[0, 20000]`` give 3, ``[0, 1]`` give 8.
        """
        if self.type is not ColumnType.NUMBER or self.bounds is None:
            return None
        lo, hi = self.bounds
        if not isinstance(lo, Decimal) or not isinstance(hi, Decimal):
            return None
        largest = max(abs(lo), abs(hi), Decimal(1))
        digits = len(str(int(largest)))
        return max(2, min(8, 8 - digits)) if largest > 1 else 8


class Source(Frozen):
    """Where a table's rows come from. ``options`` belong to the connector."""

    connector: str
    path: str = ""
    options: dict[str, str] = Field(default_factory=dict)


class Via(Frozen):
    """A foreign key that leads to the privacy unit: rows belong to the unit of the row they refer to."""

    table: str
    """The protected table that is referred to."""
    column: str
    """The column of this table that refers."""
    key: str
    """The column of the other table that is referred to."""


class Table(Frozen):
    """One table of a dataset."""

    name: str
    source: Source
    unit: str | None = None
    """Name of the column that names the privacy unit; None for a public table. With ``via`` it is a column of
    the table at the end of its foreign keys."""
    via: Via | None = None
    """How rows find their unit where no column of theirs names it."""
    public: bool = False
    max_rows_per_unit: int = Field(default=64, ge=1, le=100_000)
    on_null_unit: Literal["drop", "error"] = "drop"
    """Rows whose unit is NULL or malformed are dropped, or stop the load."""
    unit_format: Literal["text", "resident_id", "uscc"] = "text"
    """How a unit identifier is normalised and judged valid."""
    columns: tuple[Column, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of this name, or None."""
        return next((column for column in self.columns if column.name == name), None)


class Budget(Frozen):
    """ε and δ as an operator writes them; converted once to ρ at δ/2."""

    epsilon: Decimal
    delta: Decimal | None = None


class Privacy(Frozen):
    """Budgets and floors of a dataset."""

    epsilon: Decimal = Field(gt=0, le=1000)
    """Lifetime cap of the dataset, all developers together."""
    delta: Decimal = Field(gt=0, lt=Decimal("0.1"))
    per_job: Budget = Budget(epsilon=Decimal(1))
    """Cap of one job; its δ (for discovered keys) defaults to δ/10 000."""
    min_units: int = Field(default=10, ge=1)
    """Groups with a noisy unit count below this are not shown."""
    profile: Budget | None = None

    @property
    def job_delta(self) -> Decimal:
        """δ that one job may spend on discovering keys."""
        return self.per_job.delta if self.per_job.delta is not None else self.delta / 10_000


class Key(Frozen):
    """The pseudonym key: where it is read from and how it is used. Never the key itself."""

    env: str = "SANDBOX_PSEUDONYM_KEY"
    algorithm: Literal["hmac-sha256", "hmac-sm3"] = "hmac-sha256"


class Title(Frozen):
    """A name in Chinese and English."""

    zh: str = ""
    en: str = ""


class Catalogue(Frozen):
    """Entry in the public-data catalogue (目录) and its registration (登记)."""

    code: str = ""
    """One account of budget per catalogue number, whatever the dataset is called."""
    provider: str = ""
    update: str = ""
    registered: str = ""
    excluded: str = ""


class Grade(Frozen):
    """Grades before and after masking (GB/T 43697-2024)."""

    source: int = Field(default=3, ge=1, le=9)
    derived: int = Field(default=2, ge=1, le=9)
    label: Literal["general", "important", "core"] = "general"
    """Important and core data refuse to load."""


class Risk(Frozen):
    """Operator's report on re-identification risk; never changes rows."""

    quasi_identifiers: tuple[str, ...] = ()
    k: int = Field(default=10, ge=2)
    on_fail: Literal["report", "fail"] = "report"


class Jobs(Frozen):
    """What kinds of jobs the dataset takes."""

    python: Literal["tier_a", "tier_b", "off"] = "tier_a"
    lanes: int = Field(default=1, ge=1, le=64)


class Policy(Frozen):
    """A whole policy file, checked."""

    version: Literal[1]
    dataset: str = Field(pattern=r"^[A-Za-z一-鿿][A-Za-z0-9_一-鿿-]{0,62}$")
    title: Title = Title()
    catalogue: Catalogue = Catalogue()
    grade: Grade = Grade()
    unit_type: str
    """The population whose members are protected, such as ``person``."""
    key: Key = Key()
    on_unlisted: Literal["error", "drop"] = "error"
    """A source column the policy does not name stops the load, or is left out."""
    egress: Literal["mask", "hold"] = "mask"
    """What happens to a released text that looks like personal data."""
    residual: Literal["quarantine", "report"] = "quarantine"
    """What a load with personal data left after masking does."""
    tables: tuple[Table, ...]
    privacy: Privacy
    risk: Risk = Risk()
    jobs: Jobs = Jobs()
    folder: str = ""
    """Folder of the policy file; relative source paths start here. Not part of the policy's hash."""
    sha256: str = ""
    """Hash of the file's bytes; names the policy version."""

    @property
    def account(self) -> str:
        """Name of the budget account: the catalogue number, or the dataset where it has none."""
        return self.catalogue.code or self.dataset

    def table(self, name: str) -> Table | None:
        """The table of this name, or None."""
        return next((table for table in self.tables if table.name == name), None)

    def key_of(self, name: str) -> str | None:
        """The column of a table by which other tables find their unit, or None. There is at most one."""
        vias = (table.via for table in self.tables if table.via is not None)
        return next((via.key for via in vias if via.table == name), None)

    def owners_first(self) -> tuple[Table, ...]:
        """The tables, each after the one through which it finds its unit."""
        found: dict[str, Table] = {}
        while len(found) < len(self.tables):
            ready = [
                table for table in self.tables
                if table.name not in found and (table.via is None or table.via.table in found)
            ]  # fmt: skip
            if not ready:
                raise ValueError("tables find their units through each other")  # the policy's check says it
            found |= {table.name: table for table in ready}
        return tuple(found.values())
