"""What the disclosure log records: one small typed record per act. 披露日志.

Records hold public text, numbers, names and hashes; never an exact aggregate or a row. Serialised as
canonical JSON (RFC 8785: sorted keys, no spaces, no floats; amounts are integers or decimal strings).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all records."""

    kind: ClassVar[str]
    at: str
    """UTC, ISO 8601 with milliseconds."""
    actor: str
    """Who acted: an account, or ``system``."""
    dataset: str = ""

    def body(self) -> dict[str, Any]:
        """The record as plain data, ``kind`` first."""
        return {"kind": self.kind} | {item.name: getattr(self, item.name) for item in fields(self)}

    def canonical(self) -> bytes:
        """Canonical JSON: what the log hashes."""
        return json.dumps(
            self.body(), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        ).encode()


@dataclass(frozen=True, kw_only=True)
class PolicyAccepted(Event):
    """A policy version came into force."""

    kind: ClassVar[str] = "policy"
    policy: str
    """SHA-256 of the file."""
    former: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountClaimed(Event):
    """A policy named its account, its sources and its lifetime budget."""

    kind: ClassVar[str] = "account_claimed"
    account: str
    sources: list[str]
    """SHA-256 of where each protected table comes from."""
    rho: int
    """Units of 10⁻¹²."""
    delta: int
    """Units of 10⁻¹⁸."""


@dataclass(frozen=True, kw_only=True)
class Loaded(Event):
    """A snapshot was kept. Row counts are for operators and reviewers only."""

    kind: ClassVar[str] = "load"
    policy: str
    snapshot: str
    """SHA-256 of the sealed snapshot file."""
    workspace: str
    tables: dict[str, dict[str, int]]
    """Table → {read, kept, dropped_unit, bad_lines …}."""
    findings: dict[str, int]
    """Residual scan: entity class → cells."""
    masks: str
    """SHA-256 of the rendered masking SQL."""


@dataclass(frozen=True, kw_only=True)
class LoadStopped(Event):
    """A load failed or was quarantined; the former snapshot stands."""

    kind: ClassVar[str] = "load_stopped"
    code: str
    findings: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Submitted(Event):
    """A job was admitted and its price reserved."""

    kind: ClassVar[str] = "submission"
    job: str
    agreement: str
    sql: str
    rho: int
    """Units of 10⁻¹²."""
    delta: int
    """Units of 10⁻¹⁸."""
    accounts: list[list[str]] = field(default_factory=list)
    """[scope, name] of every account charged, each in full; the ledger fills it in."""


@dataclass(frozen=True, kw_only=True)
class Refusal(Event):
    """A request was refused; nothing was touched or charged."""

    kind: ClassVar[str] = "refusal"
    agreement: str
    sql: str
    code: str
    position: str = ""


@dataclass(frozen=True, kw_only=True)
class Previewed(Event):
    """A price was asked for."""

    kind: ClassVar[str] = "preview"
    agreement: str
    sql: str
    rho: int
    delta: int


@dataclass(frozen=True, kw_only=True)
class Rehearsed(Event):
    """A question was answered from invented rows: nothing was touched or charged."""

    kind: ClassVar[str] = "dummy"
    agreement: str
    sql: str
    epsilon: str


@dataclass(frozen=True, kw_only=True)
class Released(Event):
    """A job's full record: everything a reviewer needs to recompute the promise."""

    kind: ClassVar[str] = "release"
    job: str
    agreement: str
    policy: str
    snapshot: str
    workspace: str
    sql: str
    rendered: list[str]
    """The SQL that ran, one text per stage, and the post-processing SQL last."""
    plan: dict[str, Any]
    measures: list[dict[str, Any]]
    """Per measure: label, sensitivities, mechanism, scale (decimal text), ρ, threshold, δ."""
    rho: int
    delta: int
    epsilon: str
    groups: int
    """Groups released (a released fact, not an exact count)."""
    egress: dict[str, int]
    """Egress findings: entity class → cells masked."""
    result: str
    """SHA-256 of the stored release."""
    states: list[list[str]]
    """State changes: [state, time]."""
    stored: str = ""
    """SHA-256 over replay key, place and hash of the stored release; the ledger fills it in."""


@dataclass(frozen=True, kw_only=True)
class JobHeld(Event):
    """A job waits for a reviewer. What the reviewer decides by: all of it the developer could compute."""

    kind: ClassVar[str] = "job_held"
    case: str
    """Id of the submission."""
    agreement: str
    what: str
    """``query``: before data was touched. ``answer``: measured and paid, sealed until the verdict."""
    sql: str
    plan: dict[str, Any]
    measures: list[dict[str, Any]]
    rho: int
    """Price: asked of a ``query``, spent by an ``answer``."""
    delta: int
    epsilon: str
    findings: dict[str, int]
    """Class → how many: of the question's targets, or of what the egress scan masked in the answer."""
    result: str = ""
    """SHA-256 of the answer that waits."""


@dataclass(frozen=True, kw_only=True)
class HoldReviewed(Event):
    """A reviewer let a held job go on, or refused it."""

    kind: ClassVar[str] = "hold_reviewed"
    case: str
    agreement: str
    held: int
    """Number of the record of the hold."""
    organisation: str
    """The reviewer's."""
    release: bool
    reason: str
    basis: str


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Event):
    """A released answer may no longer be fetched or given again; what was paid stays paid."""

    kind: ClassVar[str] = "withdrawal"
    agreement: str
    release: int
    """Number of the record of the release."""
    organisation: str
    """Whose reviewer or regulator ordered it."""
    category: str
    """Public: what the developer is told."""
    reason: str


@dataclass(frozen=True, kw_only=True)
class Replayed(Event):
    """A stored release was given again, free."""

    kind: ClassVar[str] = "replay"
    agreement: str
    sql: str
    of: int
    """Number of the record of the release."""


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """A job failed. After touch everything stays spent."""

    kind: ClassVar[str] = "failure"
    job: str
    agreement: str
    error: str
    """Class of the failure, never its text."""
    touched: bool
    rho: int
    """What stays spent."""
    delta: int


@dataclass(frozen=True, kw_only=True)
class Notice(Event):
    """An act of operation worth a record: the jail switched off, a key destroyed, a view of the log."""

    kind: ClassVar[str] = "notice"
    what: str
    details: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class OrganisationAdded(Event):
    """A party joined."""

    kind: ClassVar[str] = "organisation_added"
    organisation: str
    type: str
    credit_code: str


@dataclass(frozen=True, kw_only=True)
class UserAdded(Event):
    """A user of an organisation was admitted."""

    kind: ClassVar[str] = "user_added"
    user: str
    organisation: str
    role: str
    subject: str = ""
    """``<issuer>#<value of the claim>`` that signs in as this user at the identity provider."""
    waits: bool = False
    """It does not count until somebody who watches has confirmed it."""


@dataclass(frozen=True, kw_only=True)
class UserEnded(Event):
    """A user was shut out for good."""

    kind: ClassVar[str] = "user_ended"
    user: str


@dataclass(frozen=True, kw_only=True)
class UserHeld(Event):
    """A user counts no more until somebody who watches has confirmed it again."""

    kind: ClassVar[str] = "user_held"
    user: str


@dataclass(frozen=True, kw_only=True)
class Confirmed(Event):
    """Somebody who watches confirmed a user or a token that waited."""

    kind: ClassVar[str] = "confirmed"
    what: str
    """``user`` or ``token``."""
    name: str
    """The user's name, the token's number."""


@dataclass(frozen=True, kw_only=True)
class TokenIssued(Event):
    """A token was made; here by its public number alone."""

    kind: ClassVar[str] = "token_issued"
    token: str
    user: str
    scopes: list[str]
    expires: str
    hashed: str = ""
    """SHA-256 of the hash that is kept of it: whoever puts another hash in its place is found."""
    waits: bool = False


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(Event):
    """A token was ended before its time."""

    kind: ClassVar[str] = "token_revoked"
    token: str
    user: str


@dataclass(frozen=True, kw_only=True)
class SignInFailed(Event):
    """Sign-ins that failed: the first from an address at once, those that followed it counted."""

    kind: ClassVar[str] = "sign_in_failed"
    subject: str
    """``from:`` and a hash of the address, ``from:many`` for addresses beyond those told one by one."""
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class ApplicationFiled(Event):
    """A developer asked for data."""

    kind: ClassVar[str] = "application_filed"
    application: str
    organisation: str
    purpose: str
    grants: dict[str, dict[str, list[str]]]
    epsilon: str
    days: int
    policy: str
    pack: str
    """Regulation pack it was checked against."""


@dataclass(frozen=True, kw_only=True)
class ReviewGiven(Event):
    """An application was approved or rejected."""

    kind: ClassVar[str] = "review_given"
    application: str
    organisation: str
    """The reviewer's."""
    approve: bool
    reason: str
    basis: str
    pack: str


@dataclass(frozen=True, kw_only=True)
class AgreementMade(Event):
    """An approval came into force."""

    kind: ClassVar[str] = "agreement_made"
    agreement: str
    application: str
    organisation: str
    grants: dict[str, dict[str, list[str]]]
    epsilon: str
    starts: str
    ends: str
    account: str
    """The dataset's account that its jobs are charged to."""


@dataclass(frozen=True, kw_only=True)
class AgreementChanged(Event):
    """An agreement was suspended, resumed, or came to its end."""

    kind: ClassVar[str] = "agreement_changed"
    agreement: str
    before: str
    after: str
    reason: str
    held_by: str = ""
    """Role that suspended it; empty when it is not suspended."""


@dataclass(frozen=True, kw_only=True)
class WorkspaceBuilt(Event):
    """An agreement's workspace was built from the snapshot in force."""

    kind: ClassVar[str] = "workspace_built"
    agreement: str
    policy: str
    snapshot: str
    workspace: str
    """SHA-256 of the sealed workspace."""
    columns: dict[str, list[str]]


@dataclass(frozen=True, kw_only=True)
class WorkspaceDestroyed(Event):
    """An agreement's workspace and its key were destroyed: the certificate of destruction (销毁证明)."""

    kind: ClassVar[str] = "workspace_destroyed"
    agreement: str
    workspaces: list[str]
    """Names of the files whose keys were destroyed."""


@dataclass(frozen=True, kw_only=True)
class StopOrdered(Event):
    """The kill switch was pulled."""

    kind: ClassVar[str] = "stop_ordered"
    stop: str
    scope: str
    name: str
    reason: str
    role: str
    """Of whoever ordered it."""


@dataclass(frozen=True, kw_only=True)
class StopLifted(Event):
    """A second person let work go on."""

    kind: ClassVar[str] = "stop_lifted"
    stop: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DisclosureViewed(Event):
    """Someone other than its developer looked at a record in full."""

    kind: ClassVar[str] = "disclosure_viewed"
    number: int


EVENTS: dict[str, type[Event]] = {
    event.kind: event
    for event in (
        PolicyAccepted, AccountClaimed, Loaded, LoadStopped, Submitted, Refusal, Previewed, Rehearsed,
        Released, Replayed, Failed, Notice, OrganisationAdded, UserAdded, UserEnded, UserHeld, Confirmed,
        TokenIssued, TokenRevoked, SignInFailed,
        ApplicationFiled, ReviewGiven, AgreementMade, AgreementChanged, WorkspaceBuilt, WorkspaceDestroyed,
        StopOrdered, StopLifted, DisclosureViewed, JobHeld, HoldReviewed, Withdrawn,
    )
}  # fmt: skip
"""Every record class by its kind."""

DEVELOPERS_SEE = frozenset(
    {
        each.kind
        for each in (Submitted, Released, Refusal, Previewed, Rehearsed, Replayed, JobHeld, HoldReviewed)
    }
)
"""Kinds of records that a developer sees, of its own agreements: none tells a count or why a job failed."""
