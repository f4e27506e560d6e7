"""Answers about jobs: where they stand, what they released, what a reviewer decides by."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from sandbox.api.answers.form import Moment, answer
from sandbox.jobs.states import State
from sandbox.nouns.kinds import ColumnType
from sandbox.nouns.withdrawal import Category

SQL = "SELECT region, count(*) AS n FROM visits GROUP BY region"
JOB = {
    "id": "5f3a9c0e8d7b6a5f4e3d2c1b", "state": "released", "kind": "sql", "mode": "run",
    "agreement": "a1b2c3d4e5f60718", "dataset": "outpatient", "sql": SQL, "epsilon": "0.5",
    "submitted": "2026-03-02T08:15:00Z", "problem": None, "disclosure": 42, "replayed": False,
}  # fmt: skip
MEASURE = {
    "label": "n", "quantum": "1", "l0": 1, "l1": "64", "l2_squared": "4096", "linf": "64",
    "mechanism": "gaussian", "scale": "408.0", "rho": "0.0123", "threshold": None, "delta": "0.0",
}  # fmt: skip
PLAN = {"normalised": SQL, "tables": ["visits"], "notes": []}
HELD = {
    "what": "query", "plan": PLAN, "measures": [MEASURE], "rho": 12300000000, "delta": 0,
    "findings": {"direct": 1},
}  # fmt: skip
COST = {"rho": 0.0123, "delta": 0.0, "epsilon": 0.5}
Mode = Literal["run", "preview", "dummy"]
Cell = str | int | float | bool | None
"""Dates and timestamps as ISO 8601 text."""


@answer(
    code="use_not_granted", reason="the agreement does not grant: visits.mobile (group)",
    hint="ask for it in a new application", position="1:8",
)  # fmt: skip
class StatementProblem(TypedDict):
    """One problem of a statement, or of a job."""

    code: str
    """Stable; explained in docs/errors.md."""
    reason: str
    """What is wrong; empty when the code says it all."""
    hint: str
    """What to do next; may be empty."""
    position: str
    """``line:column`` in the SQL, both from 1; empty where no place is meant."""


@answer(
    code="use_not_granted", reason="the agreement does not grant: visits.mobile (group)",
    hint="ask for it in a new application", position="1:8", others=[],
)  # fmt: skip
class JobProblem(StatementProblem):
    """Why a job was refused, failed, waits or was cancelled."""

    others: list[StatementProblem]
    """All further problems of a refused statement, in order."""


@answer(**JOB)
class Job(TypedDict):
    """A job. When it started and how long it took are told to nobody."""

    id: str
    """Its id in addresses."""
    state: State
    """Final are released, refused, failed and cancelled; a held one waits for a reviewer."""
    kind: Literal["sql"]
    """What was submitted."""
    mode: Mode
    """A preview and a dummy answer are free."""
    agreement: str
    """Id of the agreement it was asked under."""
    dataset: str
    """Name of the dataset."""
    sql: str
    """The question as it was submitted, with its keys written in."""
    epsilon: str
    """ε that it asked for, decimal text."""
    submitted: Moment
    """When it was submitted."""
    problem: JobProblem | None
    """Why it was refused, failed, waits or was cancelled; null otherwise."""
    disclosure: int | None
    """Number of its record in the disclosure log; null while it has none."""
    replayed: bool
    """True: a former release was given again, free."""


@answer(**JOB, withdrawn=None)
class JobWithWithdrawal(Job):
    """One job, and whether its answer was taken back."""

    withdrawn: Category | None
    """Why its answer was taken back; null: it was not."""


@answer(**PLAN)
class HeldPlan(TypedDict):
    """What the planner made of a question."""

    normalised: str
    """The statement as it is understood."""
    tables: list[str]
    """Tables that it reads, sorted."""
    notes: list[str]
    """What the developer is told beside the answer."""


@answer(**MEASURE)
class HeldMeasure(TypedDict):
    """One noisy measurement of a question, as the log keeps it."""

    label: str
    """What is measured."""
    quantum: str
    """Size of one integer step, in units of the measured value."""
    l0: int
    """Most cells that one unit changes."""
    l1: str
    """Most that one unit changes over all cells, in steps."""
    l2_squared: str
    """Square of the largest change in Euclidean norm, in steps²."""
    linf: str
    """Most that one unit changes one cell, in steps."""
    mechanism: str
    """Kind of noise."""
    scale: str
    """Scale of the noise in steps: σ of a Gaussian, b of a Laplacian."""
    rho: str
    """Loss in zCDP, rounded up."""
    threshold: int | None
    """Least noisy count with which a discovered group appears; null: keys are public."""
    delta: str
    """δ of the threshold, rounded up."""
    boundary: NotRequired[int]
    """Which stage it belongs to, from 1, where a statement has several."""


@answer(**HELD)
class Held(TypedDict):
    """What a verdict may rest on: all of it the developer could compute, never a value."""

    what: Literal["query", "answer"]
    """``query``: nothing was touched yet; ``answer``: measured and paid, sealed until the verdict."""
    plan: HeldPlan
    """What the planner made of the question."""
    measures: list[HeldMeasure]
    """Each noisy measurement."""
    rho: int
    """Price in zCDP, units of 10⁻¹²."""
    delta: int
    """Price in δ, units of 10⁻¹⁸."""
    findings: dict[str, int]
    """Class of what was found → how often."""


@answer(
    **JOB | {"state": "held", "disclosure": None}, organisation="甲方", actor="zhang",
    until="2026-03-05T08:15:00Z", hold=HELD,
)  # fmt: skip
class HeldJob(Job):
    """A held job as its reviewer sees it."""

    organisation: str
    """Whose job it is."""
    actor: str
    """Who submitted it."""
    until: Moment
    """Without a verdict by then it is refused."""
    hold: Held
    """What the verdict may rest on."""


@answer(**COST)
class Cost(TypedDict):
    """What an answer costs."""

    rho: float
    """zCDP."""
    delta: float
    """δ of key discovery."""
    epsilon: float
    """ε that the job asked for."""


@answer(name="n", type="integer", measured=True)
class ReleaseColumn(TypedDict):
    """A column of a release."""

    name: str
    """Its name."""
    type: ColumnType
    """Its type; dates and timestamps are ISO 8601 text."""
    measured: bool
    """True: it follows from noisy measurements; false: a key or a public fact."""


@answer(
    disclosure=42,
    columns=[
        {"name": "region", "type": "text", "measured": False},
        {"name": "n", "type": "integer", "measured": True},
    ],
    rows=[["郑州市", 48210], ["开封市", 20377]], error95=[[None, 799.7], [None, 799.7]],
    spreads=[[None, 408.0], [None, 408.0]], cost=COST, replayed=False, notes=[], dummy=False,
)  # fmt: skip
class Release(TypedDict):
    """What a job released, with its error bars and its price."""

    disclosure: int
    """Number of its record in the disclosure log; 0: it has none."""
    columns: list[ReleaseColumn]
    """Names and types, in the order of the cells."""
    rows: list[list[Cell]]
    """Rows of cells, in released order."""
    error95: list[list[float | None]]
    """Half-widths of 95 % intervals, same shape as the rows; null for keys and where there is none."""
    spreads: list[list[float | None]]
    """Standard deviations of the noise, same shape."""
    cost: Cost
    """What it cost; a replay costs nothing more."""
    replayed: bool
    """True: a former release was given again."""
    notes: list[str]
    """What to know when reading it."""
    dummy: bool
    """True: made of invented rows; the figures say nothing about anybody."""


@answer(name="n", half_width=799.7)
class PreviewColumn(TypedDict):
    """What a measured column would be like."""

    name: str
    """Its name."""
    half_width: float | None
    """Predicted half-width of the 95 % interval of one cell, from public facts; null: no simple form."""


@answer(
    cost=COST, columns=[{"name": "n", "half_width": 799.7}], plan="count rows of visits by region",
    fits=True, affordable=37,
)  # fmt: skip
class Preview(TypedDict):
    """Price and predicted error of a question; free."""

    cost: Cost
    """What it would cost."""
    columns: list[PreviewColumn]
    """Its measured columns."""
    plan: str
    """The plan as a person reads it."""
    fits: bool
    """Whether the budget left pays for it now."""
    affordable: int
    """How many such jobs the budget left pays for."""
