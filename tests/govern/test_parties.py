"""Organisations and users: who can be what."""

from __future__ import annotations

import pytest

from sandbox.nouns.party import LOCAL, ROLES, OrganisationType, Principal, Role
from tests.govern.house import CODE, House, code_of


@pytest.mark.parametrize("code", ["", "91350100M000100Y44", "91350100M000100Y4"])
def test_a_developer_is_a_legal_person_with_a_valid_code(house: House, code: str) -> None:
    refused = code_of(house.govern.add_organisation, LOCAL, "丙公司", OrganisationType.DEVELOPER, code)
    assert refused == "credit_code_invalid"
    house.govern.add_organisation(LOCAL, "丙公司", OrganisationType.DEVELOPER, CODE)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", list(OrganisationType))
def test_a_user_has_a_role_of_its_organisation(house: House, kind: OrganisationType, role: Role) -> None:
    house.govern.add_organisation(LOCAL, "新单位", kind, CODE)
    code = code_of(house.govern.add_user, LOCAL, "someone", "新单位", role)
    assert code == ("" if role in ROLES[kind] else "role_not_permitted")


def test_a_principal_with_a_foreign_role_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="no such role"):
        Principal("x", "y", OrganisationType.DEVELOPER, Role.REVIEWER)


@pytest.mark.parametrize(
    "name", ["local", "system", "", "a/b", " a", "a\nb", "ａ", "e\u0301", "x" * 65, "a\u200b"]
)
def test_a_name_is_one_plain_word(house: House, name: str) -> None:
    assert (
        code_of(house.govern.add_organisation, LOCAL, name, OrganisationType.AGENCY) == "party_name_invalid"
    )
    assert code_of(house.govern.add_user, LOCAL, name, "卫健委", Role.REVIEWER) == "party_name_invalid"


def test_a_chinese_company_keeps_its_brackets(house: House) -> None:
    house.govern.add_organisation(LOCAL, "丙科技（河南）有限公司", OrganisationType.DEVELOPER, CODE)
    assert "丙科技（河南）有限公司" in {each.name for each in house.govern.organisations(LOCAL)}


def test_a_name_is_given_once(house: House) -> None:
    assert code_of(house.govern.add_organisation, LOCAL, "卫健委", OrganisationType.AGENCY) == "name_taken"
    assert code_of(house.govern.add_user, LOCAL, "reviewer", "卫健委", Role.REVIEWER) == "name_taken"
    assert code_of(house.govern.add_user, LOCAL, "x", "无此单位", Role.REVIEWER) == "organisation_unknown"


def test_who_joined_is_in_the_log(house: House) -> None:
    assert house.kinds()[:6] == ["organisation_added"] * 6
    assert house.kinds().count("user_added") == 7
