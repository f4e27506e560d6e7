"""Tokens: shown once, kept as a hash, limited, ended, and locked after failures."""

from __future__ import annotations

import pytest

from sandbox.errors import Refused
from sandbox.govern import tokens
from sandbox.nouns.party import LOCAL, Role
from tests.govern.house import House, code_of


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
    kept = b"".join(path.read_bytes() for path in house.home.rglob("*") if path.is_file())
    assert tokens.digest(text).encode() in kept, "the search looks at the wrong files"
    assert secret.encode() not in kept
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


def test_repeated_failures_lock_a_token_even_for_its_owner_until_the_lock_ends(house: House) -> None:
    text = house.govern.issue_token(LOCAL, "developer")
    wrong = text[:-3] + "xyz"
    codes = [code_of(house.govern.authenticate, wrong) for _ in range(tokens.MOST_FAILURES + 3)]
    assert codes == ["unauthenticated"] * tokens.MOST_FAILURES + ["locked_out"] * 3
    assert code_of(house.govern.authenticate, text) == "locked_out"
    other = house.govern.issue_token(LOCAL, "developer")
    assert house.govern.authenticate(other).user == "developer"
    house.later(seconds=tokens.LOCK)
    assert house.govern.authenticate(text).user == "developer"


def test_failures_far_apart_do_not_lock(house: House) -> None:
    text = house.govern.issue_token(LOCAL, "developer")
    for _ in range(2 * tokens.MOST_FAILURES):
        assert code_of(house.govern.authenticate, text + "x") == "unauthenticated"
        house.later(seconds=tokens.WINDOW / 3)
    assert house.govern.authenticate(text).user == "developer"


def test_an_address_is_locked_too_and_is_not_in_the_log(house: House) -> None:
    for _ in range(tokens.MOST_FAILURES):
        assert code_of(house.govern.authenticate, "guess", source="203.0.113.7") == "unauthenticated"
    assert code_of(house.govern.authenticate, "guess", source="203.0.113.7") == "locked_out"
    assert code_of(house.govern.authenticate, "guess", source="203.0.113.8") == "unauthenticated"
    assert b"203.0.113.7" not in b"".join(record.leaf for record in house.ledger.records(limit=1000))


def test_failures_cannot_fill_the_log(house: House) -> None:
    text = house.govern.issue_token(LOCAL, "developer")
    before = len(house.kinds())
    for number in range(60):
        code_of(house.govern.authenticate, f"{text[:-2]}{number:02}")
        code_of(house.govern.authenticate, f"dsb_{number:016x}_guess")
    assert len(house.kinds()) - before == tokens.MOST_FAILURES
    assert house.ledger.records(limit=1000)[-1].body["locked"] is True
