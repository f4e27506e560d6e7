"""Who takes part: organisations, roles, and the person behind a request. 授权运营各方."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OrganisationType(StrEnum):
    """Parties of 豫政办〔2025〕5号, article 3."""

    OWNER = "owner"  # 公共管理和服务机构
    AGENCY = "agency"  # 实施机构
    OPERATOR = "operator"  # 一级开发主体
    DEVELOPER = "developer"  # 二级开发主体
    AUTHORITY = "authority"  # 公共数据主管部门
    REGULATOR = "regulator"  # 监管部门


class Role(StrEnum):
    """What a user is here for."""

    DEVELOPER = "developer"
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    REGULATOR = "regulator"


ROLES: dict[OrganisationType, frozenset[Role]] = {
    OrganisationType.OWNER: frozenset({Role.REVIEWER}),
    OrganisationType.AGENCY: frozenset({Role.REVIEWER}),
    OrganisationType.OPERATOR: frozenset({Role.OPERATOR}),
    OrganisationType.DEVELOPER: frozenset({Role.DEVELOPER}),
    OrganisationType.AUTHORITY: frozenset({Role.REVIEWER, Role.REGULATOR}),
    OrganisationType.REGULATOR: frozenset({Role.REGULATOR}),
}
"""Roles that users of an organisation may hold. The operator's users never develop (article 7, 3) and nobody
else operates (article 7, 1)."""


@dataclass(frozen=True)
class Organisation:
    """One party."""

    name: str
    type: OrganisationType
    credit_code: str = ""
    """Unified social credit code (统一社会信用代码); a developer must have one, as a legal person."""


@dataclass(frozen=True)
class Principal:
    """Who asks, as the sandbox knows them after sign-in."""

    user: str
    organisation: str
    organisation_type: OrganisationType
    role: Role
    scopes: frozenset[str] = frozenset()
    """Acts (``sandbox.govern.permissions.Act``) the token is limited to; empty: all acts of the role."""
    token: str = ""
    """Public number of the token that signed in; empty at the operator's own machine."""

    def __post_init__(self) -> None:
        if self.role not in ROLES[self.organisation_type]:
            raise ValueError("this type of organisation has no such role")


@dataclass(frozen=True)
class TokenInfo:
    """What may be known of a token: everything but the token."""

    id: str
    user: str
    scopes: frozenset[str]
    issued: str
    expires: str
    revoked: bool


LOCAL = Principal(
    user="local", organisation="local", organisation_type=OrganisationType.OPERATOR, role=Role.OPERATOR
)
"""Whoever works on the operator's own machine, with the home folder's keys in reach."""
