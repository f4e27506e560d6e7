"""An application, the agreement it becomes, and a stop. 场景申请、应用协议、停止令.

States are Enums, the ways between them dicts; who may take a way is another matter
(``sandbox.govern.permissions``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sandbox.nouns.policy import Policy, Use

Grants = Mapping[str, Mapping[str, frozenset[Use]]]
"""Table → column → uses."""


class ApplicationState(StrEnum):
    """Where an application stands."""

    FILED = "filed"
    APPROVED = "approved"
    REJECTED = "rejected"


APPLICATION_TRANSITIONS: dict[ApplicationState, frozenset[ApplicationState]] = {
    ApplicationState.FILED: frozenset({ApplicationState.APPROVED, ApplicationState.REJECTED}),
    ApplicationState.APPROVED: frozenset(),
    ApplicationState.REJECTED: frozenset(),
}
"""One application, one scenario, one review (article 15): nothing is reviewed twice."""


class AgreementState(StrEnum):
    """Where an agreement stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    EXITED = "exited"


AGREEMENT_TRANSITIONS: dict[AgreementState, frozenset[AgreementState]] = {
    AgreementState.ACTIVE: frozenset(
        {AgreementState.SUSPENDED, AgreementState.EXPIRED, AgreementState.EXITED}
    ),
    AgreementState.SUSPENDED: frozenset(
        {AgreementState.ACTIVE, AgreementState.EXPIRED, AgreementState.EXITED}
    ),
    AgreementState.EXPIRED: frozenset({AgreementState.EXITED}),
    AgreementState.EXITED: frozenset(),
}
"""Nothing leads back from expired or exited: going on takes a new application."""


@dataclass(frozen=True)
class Application:
    """A developer's scenario and data need (场景和数据需求)."""

    id: str
    organisation: str
    applicant: str
    dataset: str
    purpose: str
    grants: Grants
    """Columns and the uses asked for. Public tables need no mention: every agreement has them."""
    epsilon: Decimal
    """Lifetime budget asked for."""
    days: int
    """Term asked for, from approval on."""
    state: ApplicationState
    filed: dt.datetime
    """UTC."""
    reviewer: str = ""
    reason: str = ""
    basis: str = ""
    """The rule a rejection rests on (article 15, 4)."""
    agreement: str = ""
    """Number of the agreement an approval made."""


@dataclass(frozen=True)
class Agreement:
    """Purpose, scope, term and budget in force between operator and developer (应用协议)."""

    id: str
    application: str
    organisation: str
    dataset: str
    account: str
    """The dataset's budget account."""
    purpose: str
    grants: Grants
    epsilon: Decimal
    starts: dt.datetime
    """UTC."""
    ends: dt.datetime
    """UTC; at this moment it has ended."""
    state: AgreementState

    @property
    def organisation_account(self) -> str:
        """Name of the organisation's budget account with this dataset; ``Question.organisation``."""
        return f"{self.organisation}/{self.account}"

    def at(self, moment: dt.datetime) -> AgreementState:
        """Its state at a moment: the term ends by itself."""
        running = AgreementState.EXPIRED in AGREEMENT_TRANSITIONS[self.state]
        return AgreementState.EXPIRED if running and moment >= self.ends else self.state


class StopScope(StrEnum):
    """How far a stop reaches (article 18)."""

    JOB = "job"
    AGREEMENT = "agreement"
    DATASET = "dataset"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Stop:
    """The kill switch: what it covers stops at once, and stays so until a second person lifts it."""

    id: str
    scope: StopScope
    name: str
    """Job, agreement or dataset; empty for the platform."""
    reason: str
    by: str
    role: str
    """Role of whoever ordered it."""
    at: str
    lifted_by: str = ""
    lifted_at: str = ""

    @property
    def active(self) -> bool:
        """Whether it is in force."""
        return not self.lifted_at


@dataclass(frozen=True)
class RegulationPack:
    """Values of one regulation, with the time it is in force; a decision records which pack it used."""

    id: str
    title: str
    document: str
    valid_from: dt.date
    valid_to: dt.date
    max_term_years: int
    """Longest term of an agreement."""
    articles: Mapping[str, str]
    """Number of an article → what it asks; a rejection cites one."""

    @property
    def max_term_days(self) -> int:
        """Longest term in days: never longer than the years, whichever of them are leap years.

        >>> RegulationPack("p", "", "", dt.date(2025, 2, 28), dt.date(2028, 2, 27), 3, {}).max_term_days
        1095
        """
        return 365 * self.max_term_years


def effective(policy: Policy, grants: Grants) -> dict[str, dict[str, frozenset[Use]]]:
    """What an agreement grants now: what was agreed and the policy in force still offers, and public tables.

    Args:
        policy: with public columns as the load in force found them.
        grants: the agreement's.
    """
    found: dict[str, dict[str, frozenset[Use]]] = {}
    for table in policy.tables:
        agreed = grants.get(table.name, {})
        columns = {
            column.name: column.use if table.public else column.use & agreed.get(column.name, frozenset())
            for column in table.columns
        }
        if kept := {name: uses for name, uses in columns.items() if uses}:
            found[table.name] = kept
    return found
