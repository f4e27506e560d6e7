"""Users who want more than they have: every way up is closed, and the trace stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.errors import Refused
from sandbox.nouns.agreement import StopScope
from sandbox.nouns.party import LOCAL, OrganisationType, Role
from tests.govern.house import CODE, House, build, code_of


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = build(tmp_path)
    yield built
    assert built.ledger.verify().ok
    built.ledger.close()


@pytest.mark.parametrize("name", ["developer", "reviewer", "regulator"])
def test_nobody_but_the_operator_makes_users_or_tokens(house: House, name: str) -> None:
    who = house.who(name)
    for act, arguments in (
        (house.govern.add_organisation, ("新", OrganisationType.OPERATOR, CODE)),
        (house.govern.add_user, ("me", "平台公司", Role.OPERATOR)),
        (house.govern.issue_token, ("operator",)),
        (house.govern.revoke_token, ("0" * 16,)),
        (house.govern.users, ()),
        (house.govern.tokens, ()),
    ):
        assert code_of(act, who, *arguments) == "not_permitted"


@pytest.mark.parametrize("name", ["developer", "rival", "operator", "operator2", "regulator"])
def test_nobody_but_a_reviewer_approves(house: House, name: str) -> None:
    filed = house.file()
    assert code_of(house.govern.review, house.who(name), filed.id, approve=True) == "not_permitted"


@pytest.mark.parametrize("name", ["operator", "reviewer", "regulator"])
def test_nobody_but_a_developer_gets_data(house: House, name: str) -> None:
    """Article 7 (3): who operates or reviews takes no part in development."""
    assert code_of(house.file, by=name) == "not_permitted"


def test_a_reviewer_cannot_approve_for_its_own_organisation(house: House) -> None:
    """Even if one organisation held both roles, as a database edited by hand might have it."""
    filed = house.file()
    edit = "UPDATE application SET organisation = '{}' WHERE id = '{}'".format
    with house.ledger._database.writer.begin() as connection:
        connection.exec_driver_sql(edit("卫健委", filed.id))
    assert not house.ledger.verify().ok
    assert code_of(house.govern.review, house.who("reviewer"), filed.id, approve=True) == "own_application"
    with house.ledger._database.writer.begin() as connection:
        connection.exec_driver_sql(edit("甲公司", filed.id))
    assert house.govern.agreements(LOCAL) == []


def test_another_organisations_things_are_as_if_they_were_not(house: House) -> None:
    made = house.agreement()
    rival = house.who("rival")
    assert house.govern.agreements(rival) == []
    assert house.govern.applications(rival) == []
    answers = []
    for number in (made.id, "0" * 16):
        with pytest.raises(Refused) as caught:
            house.govern.agreement(rival, number)
        answers.append((str(caught.value), caught.value.status))
        assert code_of(house.govern.exit, rival, number, "sabotage") == "agreement_unknown"
    assert answers[0] == answers[1]
    assert code_of(house.govern.application, rival, made.application) == "application_unknown"
    house.govern.still_allowed(made.id)


def test_a_limited_token_cannot_make_a_wider_one(house: House) -> None:
    limited = house.govern.authenticate(house.govern.issue_token(LOCAL, "operator", scopes=["issue_token"]))
    for scopes in ([], ["issue_token", "add_user"], ["order_stop"]):
        assert code_of(house.govern.issue_token, limited, "operator", scopes=scopes) == "scope_missing"
    house.govern.issue_token(limited, "operator", scopes=["issue_token"])
    assert code_of(house.govern.add_user, limited, "me", "平台公司", Role.OPERATOR) == "scope_missing"


def test_a_stop_is_not_lifted_by_who_ordered_it_nor_from_below(house: House) -> None:
    ordered = house.govern.stop(house.who("regulator"), scope=StopScope.PLATFORM, reason="专项检查")
    lift = house.govern.lift
    assert code_of(lift, house.who("regulator"), ordered.id, "x") == "second_person"
    assert code_of(lift, house.who("operator"), ordered.id, "x") == "order_of_higher_rank"
    assert code_of(lift, house.who("reviewer"), ordered.id, "x") == "order_of_higher_rank"
    assert code_of(lift, house.who("developer"), ordered.id, "x") == "not_permitted"
    assert len(house.govern.stops(LOCAL)) == 1
    lift(house.who("regulator2"), ordered.id, "检查完毕")


def test_a_regulators_suspension_is_not_undone_by_a_reviewer(house: House) -> None:
    made = house.agreement()
    house.govern.suspend(house.who("regulator"), made.id, "专项检查")
    assert code_of(house.govern.resume, house.who("reviewer"), made.id, "x") == "order_of_higher_rank"
    assert code_of(house.govern.suspend, house.who("operator"), made.id, "mine now") == "agreement_state"
    assert code_of(house.govern.resume, house.who("reviewer"), made.id, "x") == "order_of_higher_rank"
    house.govern.resume(house.who("regulator2"), made.id, "检查完毕")


def test_a_developer_cannot_resume_or_lengthen_what_ended(house: House) -> None:
    made = house.agreement(days=1)
    developer = house.who("developer")
    assert code_of(house.govern.resume, developer, made.id, "bitte") == "not_permitted"
    house.later(days=1)
    assert code_of(house.govern.still_allowed, made.id) == "agreement_ended"
    assert code_of(house.govern.resume, house.who("regulator"), made.id, "x") == "agreement_state"


@pytest.mark.parametrize("text", ["dsb_' OR 1=1 --_x", "dsb_%_x", "dsb_\x00_x", "dsb_" + "0" * 500 + "_x"])
def test_a_token_is_never_taken_as_sql(house: House, text: str) -> None:
    house.govern.issue_token(LOCAL, "operator")
    assert code_of(house.govern.authenticate, text) == "unauthenticated"


def test_a_thief_of_the_database_cannot_sign_in(house: House) -> None:
    house.govern.issue_token(LOCAL, "operator")
    with house.ledger._database.reader.begin() as connection:
        number, digest = connection.exec_driver_sql("SELECT id, sha256 FROM token").one()
    for text in (digest, f"dsb_{number}_{digest}", number):
        assert code_of(house.govern.authenticate, text) == "unauthenticated"


@pytest.mark.parametrize("number", ["../../keys", "..", "", "a/b", "0" * 15, "0" * 16 + "/.."])
def test_the_number_of_an_agreement_is_never_a_path(house: House, number: str) -> None:
    with pytest.raises(ValueError, match="16 hexadecimal"):
        house.govern.agreed(number)
    assert code_of(house.govern.exit, house.who("operator"), number, "x") == "agreement_unknown"
