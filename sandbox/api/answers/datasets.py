"""Answers about datasets, their loads, and the products that everybody sees."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from sandbox.api.answers.form import answer
from sandbox.nouns.kinds import ColumnType, Use

TaskState = Literal["running", "done", "failed"]
TITLE = {"zh": "门诊结算", "en": "Outpatient claims"}
ENTRY = {
    "code": "410000-YB-0001", "provider": "河南省医疗保障局", "update": "daily",
    "registered": "410000-2026-0001",
}  # fmt: skip
COLUMN = {
    "name": "region", "type": "text", "kind": "quasi", "uses": ["filter", "group"],
    "domain": ["郑州市", "开封市"], "bounds": None,
}  # fmt: skip
TABLE = {"name": "visits", "public": False, "unit": "id_card", "max_rows_per_unit": 64, "columns": [COLUMN]}
HEAD = {
    "name": "outpatient", "title": TITLE, "unit_type": "person", "account": "410000-YB-0001",
    "policy": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "loaded": True,
}  # fmt: skip


@answer(**TITLE)
class Title(TypedDict):
    """A name in two languages."""

    zh: str
    """Chinese; empty where the policy gives none."""
    en: str
    """English; empty where the policy gives none."""


@answer(**ENTRY)
class PublicEntry(TypedDict):
    """A dataset's entry in the public-data catalogue, as everybody sees it."""

    code: str
    """Catalogue number (目录编码); empty where the policy gives none, like the rest."""
    provider: str
    """Who provides the data."""
    update: str
    """How often the data changes."""
    registered: str
    """Number of the registration (登记编号)."""


@answer(**ENTRY, excluded="none")
class Entry(PublicEntry):
    """A dataset's entry in the public-data catalogue."""

    excluded: str
    """What the offer leaves out."""


@answer(source=4, derived=3, label="general")
class Grade(TypedDict):
    """Grades before and after masking (GB/T 43697-2024)."""

    source: int
    """Grade of the source, 1 to 9."""
    derived: int
    """Grade of what the masks leave, 1 to 9."""
    label: Literal["general", "important", "core"]
    """Important and core data refuse to load."""


@answer(**COLUMN)
class Column(TypedDict):
    """A column as a developer sees it: public facts."""

    name: str
    """Its name in SQL."""
    type: ColumnType
    """Declared type of the masked column."""
    kind: str
    """Class of the column: quasi, sensitive …; ``public`` in a public table."""
    uses: list[Use]
    """What a question may do with it, sorted."""
    domain: list[str] | None
    """Declared values as text; null: keys are discovered, so small groups may not appear."""
    bounds: list[str] | None
    """Least and largest value as text, both inclusive; null: none declared."""


@answer(**TABLE)
class Table(TypedDict):
    """A table as a developer sees it."""

    name: str
    """Its name in SQL."""
    public: bool
    """True: no row belongs to a protected person or enterprise; answers are exact and free."""
    unit: str | None
    """Name that stands for the privacy unit in ``COUNT(DISTINCT …)`` and joins; null in a public table."""
    max_rows_per_unit: int | None
    """Most rows of one unit that count; null in a public table."""
    columns: list[Column]
    """Columns with at least one use."""


@answer(**HEAD)
class DatasetHead(TypedDict):
    """A dataset in a list."""

    name: str
    """Its name in addresses."""
    title: Title
    """Its name for people."""
    unit_type: str
    """The population whose members are protected: ``person``, ``enterprise`` …"""
    account: str
    """Name of its budget account; datasets of one source share it."""
    policy: str
    """SHA-256 of the policy file in force, hexadecimal."""
    loaded: bool
    """Whether a load is in force, so that it can be asked."""


@answer(
    **HEAD, catalogue={**ENTRY, "excluded": "none"}, grade={"source": 4, "derived": 3, "label": "general"},
    epsilon="20.0", delta="0.0000010", epsilon_per_job="1.0", min_units=10, tables=[TABLE],
)  # fmt: skip
class Dataset(DatasetHead):
    """What a policy makes public."""

    catalogue: Entry
    """Its entry in the public-data catalogue (目录)."""
    grade: Grade
    """Its grades (分级)."""
    epsilon: str
    """Lifetime ε of all developers together, decimal text."""
    delta: str
    """Lifetime δ, decimal text."""
    epsilon_per_job: str
    """Largest ε of one job, decimal text."""
    min_units: int
    """Groups with a noisy number of units below this show nothing."""
    tables: list[Table]
    """Tables and columns that an agreement can grant."""


@answer(code="source_missing", reason="the source is not there", hint="check its path in the policy")
class TaskProblem(TypedDict):
    """Why a load failed."""

    code: str
    """Stable; explained in docs/errors.md."""
    reason: str
    """What went wrong."""
    hint: str
    """What to do next."""


@answer(step="visits", percent=40)
class TaskProgress(TypedDict):
    """How far a load is."""

    step: str
    """What it is at: a table's name, or `scan`, `rank`, `seal`."""
    percent: int | None
    """How much of the step is done; null where nobody knows how much there is."""


@answer(
    id="5f3a9c0e8d7b6a5f4e3d2c1b", dataset="outpatient", state="running",
    progress={"step": "visits", "percent": 40}, problem=None,
)  # fmt: skip
class Task(TypedDict):
    """A load."""

    id: str
    """Its id in addresses."""
    dataset: str
    """Name of the dataset that is loaded."""
    state: TaskState
    """The former load stays in force until this one is done."""
    progress: TaskProgress | None
    """Null before its first step and after its end."""
    problem: TaskProblem | None
    """Null unless it failed."""


@answer(name="outpatient", title=TITLE, unit_type="person", grade=3, agreements=2, catalogue=ENTRY)
class Product(TypedDict):
    """What is offered, for everybody: no purpose, no organisation, no person."""

    name: str
    """Name of the dataset."""
    title: Title
    """Its name for people."""
    unit_type: str
    """The population whose members are protected."""
    grade: int
    """Grade after masking, 1 to 9."""
    agreements: int
    """How many agreements use it now."""
    catalogue: PublicEntry
    """Its entry in the public-data catalogue."""
