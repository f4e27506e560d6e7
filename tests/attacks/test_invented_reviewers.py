"""An operator who wants to be the second person, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.nouns.party import LOCAL, OrganisationType, Principal, Role
from tests.govern.house import House, build, code_of


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = build(tmp_path)
    yield built
    assert built.ledger.verify().ok
    built.ledger.close()


def signed_in(house: House, name: str) -> Principal:
    return house.govern.authenticate(house.govern.issue_token(LOCAL, name))


def test_an_invented_reviewer_approves_nothing(house: House) -> None:
    signed_in(house, "reviewer")  # the true one has a way in
    for role, kind in ((Role.REVIEWER, OrganisationType.OWNER), (Role.REGULATOR, OrganisationType.REGULATOR)):
        house.govern.add_organisation(LOCAL, f"空壳{role}", kind)
        house.govern.add_user(LOCAL, f"my-{role}", f"空壳{role}", role)
        token = house.govern.issue_token(LOCAL, f"my-{role}")
        assert code_of(house.govern.authenticate, token) == "unauthenticated"


def test_an_identity_of_an_invented_reviewer_signs_nobody_in(house: House) -> None:
    from sandbox.govern import parties

    subject = "https://id.example#me"
    house.govern.add_user(LOCAL, "my-reviewer", "卫健委", Role.REVIEWER, subject=subject)
    assert house.ledger.read(lambda it: parties.of_subject(it, subject)) is None
    house.govern.confirm(house.who("regulator"), "user", "my-reviewer")
    assert house.ledger.read(lambda it: parties.of_subject(it, subject)) is not None


def test_a_token_that_the_operator_makes_for_a_true_reviewer_waits_for_one(house: House) -> None:
    first = signed_in(house, "reviewer")
    stolen = house.govern.issue_token(LOCAL, "reviewer")
    assert code_of(house.govern.authenticate, stolen) == "unauthenticated"
    number = stolen.split("_")[1]
    for name in ("operator", "developer"):
        assert code_of(house.govern.confirm, house.who(name), "token", number) == "not_permitted"
    assert code_of(house.govern.confirm, LOCAL, "token", number) == "not_permitted"
    house.govern.confirm(first, "token", number)
    assert house.govern.authenticate(stolen).user == "reviewer"
    assert code_of(house.govern.confirm, first, "token", number) == "nothing_waits"


def test_tokens_of_others_need_nobody(house: House) -> None:
    signed_in(house, "reviewer")
    for name in ("operator", "developer"):
        assert signed_in(house, name).user == name


def test_who_watches_sees_what_waits_and_for_whom(house: House) -> None:
    first = signed_in(house, "reviewer")
    house.govern.add_user(LOCAL, "new", "卫健委", Role.REVIEWER)
    number = house.govern.issue_token(LOCAL, "regulator").split("_")[1]
    told = [(each.what, each.name, each.user, each.organisation) for each in house.govern.waiting(first)]
    assert told == [("user", "new", "new", "卫健委"), ("token", number, "regulator", "网信办")]
    assert code_of(house.govern.waiting, house.who("operator")) == "not_permitted"
    house.govern.end_user(LOCAL, "new")
    assert [each.what for each in house.govern.waiting(first)] == ["token"]


def test_beginning_anew_is_possible_and_cannot_be_hidden(house: House) -> None:
    signed_in(house, "reviewer")
    for name in ("reviewer", "regulator", "regulator2"):
        house.govern.end_user(LOCAL, name)
    house.govern.add_user(LOCAL, "reviewer3", "卫健委", Role.REVIEWER)
    assert signed_in(house, "reviewer3").role is Role.REVIEWER
    told = [record.body for record in house.ledger.records(limit=1000)]
    assert [each["user"] for each in told if each["kind"] == "user_ended"] == [
        "reviewer", "regulator", "regulator2",
    ]  # fmt: skip
    firsts = [each["user"] for each in told if each["kind"] == "user_added" and not each["waits"]]
    assert firsts[-1] == "reviewer3"
