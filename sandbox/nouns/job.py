"""A job: one submission of one developer. 作业."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sandbox.errors import Refused
from sandbox.nouns.plan import Calibrated, Plan
from sandbox.nouns.spend import Spend

LEAST_EPSILON = Decimal("0.0001")
"""Least ε of a job or an agreement: below, answers are noise, and the search for ρ leaves the floats."""


@dataclass(frozen=True)
class Question:
    """A SQL job as it arrives."""

    sql: str
    epsilon: Decimal
    """ε of the whole job; see ``to_epsilon``."""
    actor: str
    agreement: str
    organisation: str

    @property
    def accounts(self) -> tuple[tuple[str, str], ...]:
        """Accounts of the asker that are charged besides the dataset's."""
        return ("agreement", self.agreement), ("organisation", self.organisation)


@dataclass(frozen=True)
class Offer:
    """A planned and priced job: everything but the data. A function of public facts alone."""

    plan: Plan
    calibrated: tuple[tuple[Calibrated, ...], ...]
    """Per stage, its measures with their noise."""
    price: Spend


@dataclass(frozen=True)
class Case:
    """A submission that a reviewer may have to look at."""

    id: str
    until: int
    """UTC milliseconds at which a hold of it is refused without a verdict."""
    approved: bool = False
    """A reviewer has let the question go on."""


class Waiting(Exception):
    """The job waits for a reviewer; how it goes on is not this call's business."""

    def __init__(self, what: str, number: int) -> None:
        super().__init__(what, number)
        self.what = what
        """``query``: nothing was touched. ``answer``: measured, paid and sealed."""
        self.number = number
        """Record of the hold."""


def to_epsilon(value: object, *, most: Decimal) -> Decimal:
    """A job's ε as an exact decimal.

    Args:
        value: what the caller gave: int, float, Decimal or text.
        most: the policy's ``per_job.epsilon``.

    Raises:
        Refused: ``epsilon_invalid`` for anything that is not a finite number from ``LEAST_EPSILON``,
            ``epsilon_too_large`` above the policy's cap of one job.
    """
    try:
        epsilon = Decimal(str(value))
    except InvalidOperation:
        epsilon = Decimal("nan")
    if isinstance(value, bool) or not epsilon.is_finite() or epsilon < LEAST_EPSILON:
        raise Refused(
            "epsilon_invalid",
            f"epsilon must be a finite number, at least {LEAST_EPSILON}",
            hint=f"for example epsilon=0.5; this dataset allows up to {most} a job",
        )
    if epsilon > most:
        raise Refused(
            "epsilon_too_large",
            f"one job may ask for epsilon up to {most}",
            hint="ask with a smaller epsilon, or split the question into several jobs",
        )
    return epsilon
