"""Who may do what: roles × acts. What a state permits is elsewhere (``sandbox.nouns.agreement``).

An act of a developer reaches its own organisation's things only; that check is made where the thing is.
"""

from __future__ import annotations

from enum import StrEnum

from sandbox.errors import Refused
from sandbox.nouns.party import Principal, Role


class Act(StrEnum):
    """Everything a signed-in user can do. A token may be limited to some of these."""

    ADD_ORGANISATION = "add_organisation"
    ADD_USER = "add_user"
    END_USER = "end_user"
    CONFIRM = "confirm"
    CAP_ORGANISATION = "cap_organisation"
    ISSUE_TOKEN = "issue_token"  # noqa: S105  the name of an act
    REVOKE_TOKEN = "revoke_token"  # noqa: S105
    ADD_DATASET = "add_dataset"
    LOAD = "load"
    READ_DATASETS = "read_datasets"
    FILE_APPLICATION = "file_application"
    READ_APPLICATIONS = "read_applications"
    REVIEW_APPLICATION = "review_application"
    READ_AGREEMENTS = "read_agreements"
    SUSPEND_AGREEMENT = "suspend_agreement"
    RESUME_AGREEMENT = "resume_agreement"
    EXIT_AGREEMENT = "exit_agreement"
    REVIEW_FAILURES = "review_failures"
    SUBMIT_JOB = "submit_job"
    READ_JOBS = "read_jobs"
    CANCEL_JOB = "cancel_job"
    REVIEW_JOB = "review_job"
    WITHDRAW_RELEASE = "withdraw_release"
    READ_RESULTS = "read_results"
    READ_BUDGETS = "read_budgets"
    READ_LOG = "read_log"
    ORDER_STOP = "order_stop"
    LIFT_STOP = "lift_stop"
    READ_STOPS = "read_stops"


_DEVELOPER, _OPERATOR, _REVIEWER, _REGULATOR = Role.DEVELOPER, Role.OPERATOR, Role.REVIEWER, Role.REGULATOR
_ALL = frozenset(Role)
_WATCH = frozenset({_OPERATOR, _REVIEWER, _REGULATOR})

PERMISSIONS: dict[Act, frozenset[Role]] = {
    Act.ADD_ORGANISATION: frozenset({_OPERATOR}),
    Act.ADD_USER: frozenset({_OPERATOR}),
    Act.END_USER: frozenset({_OPERATOR}),
    Act.CONFIRM: frozenset({_REVIEWER, _REGULATOR}),
    Act.CAP_ORGANISATION: frozenset({_OPERATOR}),
    Act.ISSUE_TOKEN: frozenset({_OPERATOR}),
    Act.REVOKE_TOKEN: frozenset({_OPERATOR}),
    Act.ADD_DATASET: frozenset({_OPERATOR}),
    Act.LOAD: frozenset({_OPERATOR}),
    Act.READ_DATASETS: _ALL,
    Act.FILE_APPLICATION: frozenset({_DEVELOPER}),
    Act.READ_APPLICATIONS: _ALL,
    Act.REVIEW_APPLICATION: frozenset({_REVIEWER}),
    Act.READ_AGREEMENTS: _ALL,
    Act.SUSPEND_AGREEMENT: _WATCH,
    Act.RESUME_AGREEMENT: frozenset({_REVIEWER, _REGULATOR}),
    Act.EXIT_AGREEMENT: frozenset({_DEVELOPER, _OPERATOR, _REVIEWER}),
    Act.REVIEW_FAILURES: frozenset({_REVIEWER}),
    Act.SUBMIT_JOB: frozenset({_DEVELOPER}),
    Act.READ_JOBS: _ALL,
    Act.CANCEL_JOB: frozenset({_DEVELOPER, _OPERATOR}),
    Act.REVIEW_JOB: frozenset({_REVIEWER}),
    Act.WITHDRAW_RELEASE: frozenset({_REVIEWER, _REGULATOR}),
    Act.READ_RESULTS: frozenset({_DEVELOPER, _REVIEWER, _REGULATOR}),
    Act.READ_BUDGETS: _ALL,
    Act.READ_LOG: _ALL,
    Act.ORDER_STOP: _WATCH,
    Act.LIFT_STOP: _WATCH,
    Act.READ_STOPS: _WATCH,
}
"""Act → roles that may. The documents' table is made from this."""

RANK: dict[Role, int] = {Role.DEVELOPER: 0, Role.OPERATOR: 1, Role.REVIEWER: 2, Role.REGULATOR: 3}
"""Whose order stands over whose: nobody lifts a stop or a suspension of a higher rank."""


def can(who: Principal, act: Act) -> bool:
    """Whether a role and its token's scopes permit an act."""
    return who.role in PERMISSIONS[act] and (not who.scopes or act in who.scopes)


def check(who: Principal, act: Act) -> None:
    """Raises ``Refused("not_permitted")`` (403) unless ``can``."""
    if who.role not in PERMISSIONS[act]:
        raise Refused(
            "not_permitted", f"the role {who.role} may not do this ({act})",
            hint="ask a user of one of these roles: " + ", ".join(sorted(PERMISSIONS[act])), status=403,
        )  # fmt: skip
    if not can(who, act):
        raise Refused(
            "scope_missing", f"this token does not cover the act {act}",
            hint="use a token with this scope", status=403,
        )  # fmt: skip


def check_rank(who: Principal, former: Role) -> None:
    """Raises ``Refused("order_of_higher_rank")`` (403) when a higher rank gave the order to be undone."""
    if RANK[who.role] < RANK[former]:
        raise Refused(
            "order_of_higher_rank", f"a {former} gave this order, so a {who.role} cannot undo it",
            hint=f"ask a {former}", status=403,
        )  # fmt: skip


def as_markdown() -> str:
    """The table as the documents show it: one act a row, ● for a role that may."""
    roles = list(Role)
    lines = ["| Act | " + " | ".join(roles) + " |", "|---" * (len(roles) + 1) + "|"]
    for act, may in PERMISSIONS.items():
        lines.append(f"| `{act}` | " + " | ".join("●" if role in may else "" for role in roles) + " |")
    return "\n".join(lines)
