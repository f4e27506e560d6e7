"""Every act is in the table, every method asks it, and the document shows it."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from sandbox.errors import Refused
from sandbox.govern import PERMISSIONS, Act, Govern, can, check, permissions
from sandbox.jobs.holds import Holds
from sandbox.nouns.party import ROLES, OrganisationType, Principal, Role

WITHOUT_ASKING = {"authenticate", "moment", "let_go", "tidy", "hold", "expire", "still_allowed", "agreed",
                  "workspace_in_force", "note_workspace", "viewed", "settle"}  # fmt: skip
"""What the product itself does, and signing in."""


def principal(role: Role, *scopes: str) -> Principal:
    kind = next(kind for kind, roles in ROLES.items() if role in roles)
    return Principal("user", "organisation", kind, role, frozenset(scopes))


def test_every_act_has_its_roles() -> None:
    assert set(PERMISSIONS) == set(Act)
    assert all(roles and roles <= set(Role) for roles in PERMISSIONS.values())


def test_every_method_for_people_checks_an_act_before_anything_else() -> None:
    parts = [ast.parse(inspect.getsource(part)).body[0] for part in (*Govern.__mro__[:-1], Holds)]
    methods = [
        node
        for part in parts
        if isinstance(part, ast.ClassDef)
        for node in part.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    assert len(methods) > 25
    for method in methods:
        if method.name in WITHOUT_ASKING:
            continue
        assert ast.unparse(method.body[1]).startswith("check(who, Act."), method.name


def test_every_role_belongs_to_some_organisation_and_every_type_has_roles() -> None:
    assert set(ROLES) == set(OrganisationType)
    assert frozenset().union(*ROLES.values()) == set(Role)


def test_the_operator_never_develops_and_nobody_else_operates() -> None:
    assert ROLES[OrganisationType.OPERATOR] == {Role.OPERATOR}
    assert [kind for kind, roles in ROLES.items() if Role.OPERATOR in roles] == [OrganisationType.OPERATOR]
    assert [kind for kind, roles in ROLES.items() if Role.DEVELOPER in roles] == [OrganisationType.DEVELOPER]


def test_who_asks_for_data_never_decides_on_it() -> None:
    assert not PERMISSIONS[Act.FILE_APPLICATION] & PERMISSIONS[Act.REVIEW_APPLICATION]
    assert not PERMISSIONS[Act.ADD_DATASET] & PERMISSIONS[Act.REVIEW_APPLICATION]


@pytest.mark.parametrize("act", list(Act))
@pytest.mark.parametrize("role", list(Role))
def test_a_check_says_what_the_table_says(act: Act, role: Role) -> None:
    who = principal(role)
    if role in PERMISSIONS[act]:
        check(who, act)
        assert can(who, act)
        assert not can(principal(role, "another"), act)
    else:
        with pytest.raises(Refused) as caught:
            check(who, act)
        assert (caught.value.code, caught.value.status) == ("not_permitted", 403)
        assert not can(who, act)
        assert not can(principal(role, act), act), "a scope widened a role"


def test_a_limited_token_is_told_that_it_is_the_token() -> None:
    with pytest.raises(Refused) as caught:
        check(principal(Role.OPERATOR, Act.LOAD), Act.ISSUE_TOKEN)
    assert caught.value.code == "scope_missing"


@pytest.mark.parametrize("name", ["permissions.md", "permissions.zh-CN.md"])
def test_the_page_of_permissions_is_made_from_the_table(name: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")
    assert permissions.as_markdown() in page
