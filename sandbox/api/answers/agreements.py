"""Answers about applications, agreements, their budgets, stops and confirmations."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from sandbox.api.answers.datasets import TABLE, Table
from sandbox.api.answers.form import Moment, answer
from sandbox.nouns.agreement import AgreementState, ApplicationState, StopScope
from sandbox.nouns.kinds import Use
from sandbox.nouns.party import Role

GRANTS = {"visits": {"amount": ["aggregate"], "region": ["filter", "group"]}}
AGREEMENT = {
    "id": "a1b2c3d4e5f60718", "application": "0f1e2d3c4b5a6978", "organisation": "甲方",
    "dataset": "outpatient", "purpose": "Seasonal planning of outpatient capacity", "grants": GRANTS,
    "epsilon": "5", "starts": "2026-03-01T08:00:00Z", "ends": "2026-08-28T08:00:00Z", "state": "active",
}  # fmt: skip
BALANCE = {
    "scope": "agreement", "name": "a1b2c3d4e5f60718", "cap_rho": 0.41, "spent_rho": 0.0123,
    "cap_delta": 1e-06, "spent_delta": 0.0, "epsilon_cap": 5.0, "epsilon_spent": 0.86,
}  # fmt: skip
Scope = Literal["dataset", "agreement", "organisation"]
Grants = dict[str, dict[str, list[Use]]]


@answer(
    id="0f1e2d3c4b5a6978", organisation="甲方", applicant="zhang", dataset="outpatient",
    purpose="Seasonal planning of outpatient capacity", grants=GRANTS, epsilon="5", days=180,
    state="approved", filed="2026-02-27T09:30:00Z", reviewer="li", reason="purpose and scope are in order",
    basis="", agreement="a1b2c3d4e5f60718",
)  # fmt: skip
class Application(TypedDict):
    """A developer's scenario and the data it needs."""

    id: str
    """Its id in addresses."""
    organisation: str
    """Who asks."""
    applicant: str
    """User who filed it."""
    dataset: str
    """Name of the dataset."""
    purpose: str
    """What for."""
    grants: Grants
    """Table → column → uses asked for, sorted."""
    epsilon: str
    """Lifetime ε asked for, decimal text."""
    days: int
    """Term asked for, in days from the approval on."""
    state: ApplicationState
    """Whether it was decided, and how."""
    filed: Moment
    """When it was filed."""
    reviewer: str
    """Who decided it; empty while nobody has."""
    reason: str
    """Why it was decided so."""
    basis: str
    """The rule that a rejection rests on."""
    agreement: str | None
    """Id of the agreement that an approval made."""


@answer(**AGREEMENT)
class Agreement(TypedDict):
    """Purpose, scope, term and budget in force between operator and developer."""

    id: str
    """Its id in addresses, and the name of its budget account."""
    application: str
    """Id of the application it came from."""
    organisation: str
    """Whose it is."""
    dataset: str
    """Name of the dataset."""
    purpose: str
    """What for."""
    grants: Grants
    """Table → column → uses agreed, sorted; public tables need no mention."""
    epsilon: str
    """Lifetime ε, decimal text."""
    starts: Moment
    """When it came into force."""
    ends: Moment
    """At this moment it has ended."""
    state: AgreementState
    """How it stands now."""


@answer(**AGREEMENT, tables=[TABLE], epsilon_per_job="1.0")
class AgreementWithTables(Agreement):
    """One agreement, with what it grants now."""

    tables: list[Table]
    """Tables and columns that a question may use: what was agreed and the policy in force still offers."""
    epsilon_per_job: str
    """Largest ε of one job, decimal text."""


@answer(failed=2, unreviewed=1, most=3)
class FailuresSeen(TypedDict):
    """Jobs of an agreement that failed after they had touched data."""

    failed: int
    """How many there were."""
    unreviewed: int
    """How many nobody has looked at."""
    most: int
    """With as many unreviewed its questions are refused."""


@answer(reviewed=1)
class FailuresReviewed(TypedDict):
    """Failed jobs that were looked at."""

    reviewed: int
    """How many this review covers."""


@answer(**BALANCE)
class Balance(TypedDict):
    """One account of the budget."""

    scope: Scope
    """Whose account it is."""
    name: str
    """Its name."""
    cap_rho: float
    """Most that may be spent, zCDP."""
    spent_rho: float
    """Spent and reserved, zCDP."""
    cap_delta: float
    """Most that may be spent on key discovery, δ."""
    spent_delta: float
    """Spent and reserved, δ."""
    epsilon_cap: float
    """The cap as the ε that people know."""
    epsilon_spent: float
    """The spent ρ as ε at half of the cap's δ."""


@answer(agreement="a1b2c3d4e5f60718", balances=[BALANCE])
class Budget(TypedDict):
    """Every account that a job of an agreement is charged to, each in full."""

    agreement: str
    """Id of the agreement."""
    balances: list[Balance]
    """Its own account, its organisation's and the dataset's."""


@answer(
    id="9c8b7a6f5e4d3c2b", scope="dataset", name="outpatient", reason="suspected misuse", by="li",
    role="reviewer", at="2026-03-02T08:15:00.000Z", lifted_by="", lifted_at="", active=True,
)  # fmt: skip
class Stop(TypedDict):
    """The kill switch: what it covers stops at once, and stays so until a second person lifts it."""

    id: str
    """Its id in addresses."""
    scope: StopScope
    """How far it reaches."""
    name: str
    """Id of the job or agreement, name of the dataset; empty for the platform."""
    reason: str
    """Why it was ordered."""
    by: str
    """Who ordered it."""
    role: str
    """Role of whoever ordered it."""
    at: Moment
    """When it was ordered."""
    lifted_by: str
    """Who lifted it; empty while it is in force."""
    lifted_at: str
    """When it was lifted, ISO 8601; empty while it is in force."""
    active: bool
    """Whether it is in force."""


@answer(what="user", name="wang", user="wang", organisation="实施机构", role="reviewer")
class Waiting(TypedDict):
    """A user or a token that does not count before a second person has confirmed it."""

    what: Literal["user", "token"]
    """Which of the two."""
    name: str
    """The user's name, or the token's number."""
    user: str
    """Whose token it is, or the user itself."""
    organisation: str
    """The user's organisation."""
    role: Role
    """The user's role."""


@answer(what="user", name="wang", confirmed_by="li")
class Confirmed(TypedDict):
    """A user or a token that counts now."""

    what: Literal["user", "token"]
    """Which of the two."""
    name: str
    """The user's name, or the token's number."""
    confirmed_by: str
    """The second person."""
