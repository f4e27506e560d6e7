"""A first run: one party and one user of each role, and for a policy an agreement that may use all of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import Unavailable

if TYPE_CHECKING:
    from sandbox.jobs.service import Service
    from sandbox.nouns.policy import Policy

CREDIT_CODE = "91410100MA44TT2L9Y"
"""A well-formed credit code that belongs to nobody we know of."""
DAYS = 30
"""Term of the tokens and of the agreement."""


@dataclass(frozen=True)
class FirstRun:
    """What a first run made."""

    tokens: dict[str, str]
    """Role → token; shown once, kept nowhere."""
    agreement: str
    """Number of the agreement; empty without a policy."""


def first_run(service: Service, policy: Path | None) -> FirstRun:
    """Make one user a role, and load and grant a policy, if one is given.

    Raises:
        Unavailable: ``not_first_run`` when the home folder has users already.
        PolicyInvalid, LoadFailed: the policy cannot be used.
    """
    from sandbox.nouns.party import LOCAL, OrganisationType, Role

    govern = service.govern
    if govern.users(LOCAL):
        raise Unavailable(
            "not_first_run",
            "this home folder has users already, so none are invented",
            hint="serve without --demo, or name a fresh folder with --home",
        )
    found = None
    if policy is not None:
        found = service.datasets.register(policy.read_text(encoding="utf-8"), LOCAL.user)
        service.ensure_loaded(found.dataset, LOCAL.user)
    parties = {
        Role.OPERATOR: ("demo-operator", OrganisationType.OPERATOR, ""),
        Role.REVIEWER: ("demo-agency", OrganisationType.AGENCY, ""),
        Role.REGULATOR: ("demo-regulator", OrganisationType.REGULATOR, ""),
        Role.DEVELOPER: ("demo-developer", OrganisationType.DEVELOPER, CREDIT_CODE),
    }
    tokens = {}
    for role, (organisation, kind, code) in parties.items():
        govern.add_organisation(LOCAL, organisation, kind, code)
        govern.add_user(LOCAL, f"{organisation}-user", organisation, role)
        tokens[role.value] = govern.issue_token(LOCAL, f"{organisation}-user", days=DAYS)
        if role is Role.REGULATOR:
            reviewer = govern.authenticate(tokens[Role.REVIEWER.value])
            govern.confirm(reviewer, "user", f"{organisation}-user")
            govern.confirm(reviewer, "token", tokens[role.value].split("_")[1])
    agreement = "" if found is None else _agree(service, tokens, found)
    return FirstRun(tokens, agreement)


def _agree(service: Service, tokens: dict[str, str], policy: Policy) -> str:
    """File an application for every use that the policy offers, and approve it."""
    govern = service.govern
    columns = {
        table.name: {each.name: sorted(each.use) for each in table.columns if each.use}
        for table in policy.tables
        if not table.public
    }
    filed = govern.apply(
        govern.authenticate(tokens["developer"]), dataset=policy.dataset, purpose="Demonstration",
        columns=columns, epsilon=policy.privacy.epsilon, days=DAYS,
    )  # fmt: skip
    reviewer = govern.authenticate(tokens["reviewer"])
    return service.review(reviewer, filed.id, approve=True, reason="demonstration", basis="").agreement
