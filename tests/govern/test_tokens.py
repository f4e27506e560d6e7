"""Tokens: shown once, kept as a hash, limited, ended, and locked after failures."""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.govern import tokens
from sandbox.nouns.party import LOCAL, Role
from tests.govern.house import House, code_of
from tests.postgres import kept


def test_a_token_signs_its_user_in(house: House) -> None:
    who = house.govern.authenticate(house.govern.issue_token(LOCAL, "developer"))
    assert (who.user, who.organisation, who.role) == ("developer", "甲公司", Role.DEVELOPER)


def test_a_token_holds_256_random_bits_and_no_two_are_alike(house: House) -> None:
    made = {house.govern.issue_token(LOCAL, "developer") for _ in range(5)}
    assert len(made) == 5
    assert all(len(each.split("_", 2)[2]) == 43 for each in made)  # 32 bytes in base64


def test_a_token_is_nowhere_in_the_database_or_the_log(house: House) -> None:
    text = house.govern.issue_token(LOCAL, "developer")
    secret = text.split("_", 2)[2]
    found = kept(house.home)
    assert tokens.digest(text).encode() in found, "the search looks at the wrong files"
    assert secret.encode() not in found
    leaves = b"".join(record.leaf for record in house.ledger.records(limit=1000))
    assert secret.encode() not in leaves
    assert tokens.digest(text).encode() not in leaves


@pytest.mark.parametrize("change", [lambda it: it[:-1], lambda it: it + "A", lambda it: it.upper(),
                                    lambda it: "dsb__", lambda it: "", lambda it: "秘密\ud800",
                                    lambda it: it.replace("dsb_", "dsb_ ")])  # fmt: skip
def test_anything_but_the_token_is_refused_with_one_answer(house: House, change: object) -> None:
    text = house.govern.issue_token(LOCAL, "developer")
    with pytest.raises(Refused) as caught:
        house.govern.authenticate(change(text))  # type: ignore[operator]
    assert (caught.value.code, caught.value.status) == ("unauthenticated", 401)


def test_a_token_ends_with_its_term_and_when_revoked(house: House) -> None:
    text = house.govern.issue_token(LOCAL, "developer", days=2)
    house.later(days=2)
    assert code_of(house.govern.authenticate, text) == "unauthenticated"
    text = house.govern.issue_token(LOCAL, "developer")
    number = text.split("_")[1]
    house.govern.revoke_token(LOCAL, number)
    assert code_of(house.govern.authenticate, text) == "unauthenticated"
    assert code_of(house.govern.revoke_token, LOCAL, number) == "token_unknown"
    assert [each.revoked for each in house.govern.tokens(LOCAL, "developer")] == [False, True]


def test_scopes_limit_what_a_token_may(house: House) -> None:
    text = house.govern.issue_token(LOCAL, "developer", scopes=["read_agreements"])
    who = house.govern.authenticate(text)
    assert house.govern.agreements(who) == []
    assert code_of(house.govern.applications, who) == "scope_missing"


@pytest.mark.parametrize("days", [0, -1, 366, True, 1.5])
def test_a_term_out_of_range_is_refused(house: House, days: object) -> None:
    assert code_of(house.govern.issue_token, LOCAL, "developer", days=days) == "token_terms"


def test_unknown_scopes_and_users_are_refused(house: House) -> None:
    assert code_of(house.govern.issue_token, LOCAL, "developer", scopes=["everything"]) == "scope_unknown"
    assert code_of(house.govern.issue_token, LOCAL, "nobody") == "user_unknown"


def test_an_ended_user_is_out_with_every_token_and_stays_out(house: House) -> None:
    text = house.govern.issue_token(LOCAL, "developer")
    house.govern.end_user(LOCAL, "developer")
    assert code_of(house.govern.authenticate, text) == "unauthenticated"
    assert code_of(house.govern.issue_token, LOCAL, "developer") == "user_unknown"
    assert code_of(house.govern.end_user, LOCAL, "developer") == "user_unknown"
    assert "developer" not in {each.user for each in house.govern.users(LOCAL)}
    taken = code_of(house.govern.add_user, LOCAL, "developer", "甲公司", Role.DEVELOPER)
    assert taken == "name_taken", "who comes later must not be taken for who was here"
