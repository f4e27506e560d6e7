"""Applications: within the policy, reviewed once, by another organisation, with reasons."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from sandbox.errors import Refused
from sandbox.govern.applications import cap_of
from sandbox.nouns.agreement import ApplicationState, effective
from sandbox.nouns.party import LOCAL
from sandbox.nouns.policy import Use
from sandbox.nouns.spend import Spend
from tests.govern.house import House, code_of


def test_an_approval_makes_the_agreement_its_term_and_its_caps(house: House) -> None:
    made = house.agreement(epsilon="2.5", days=10)
    assert made.grants["visits"]["amount"] == {Use.AGGREGATE}
    assert made.ends - made.starts == dt.timedelta(days=10)
    assert made.organisation_account == "甲公司/clinic"
    own, spent = house.ledger.balance("agreement", made.id)
    assert (own, spent) == (cap_of(Decimal("2.5"), house.policy), Spend(0))
    whole = house.ledger.balance("dataset", "clinic")[0]
    assert house.ledger.balance("organisation", made.organisation_account)[0] == whole
    assert own.rho < whole.rho


def test_a_second_agreement_does_not_widen_its_organisation(house: House) -> None:
    first = house.agreement()
    narrowed = Spend(5, 5)
    house.ledger.set_cap("organisation", first.organisation_account, narrowed)
    house.agreement()
    assert house.ledger.balance("organisation", first.organisation_account)[0] == narrowed


@pytest.mark.parametrize(
    ("columns", "position"),
    [
        ({"visit": {"city": ["group"]}}, "visit"),
        ({"visits": {"cities": ["group"]}}, "visits.cities"),
        ({"visits": {"id_card": ["group"]}}, "visits.id_card"),
        ({"visits": {"mobile": ["group"]}}, "visits.mobile"),
        ({"visits": {"city": ["aggregate"]}}, "visits.city"),
        ({"visits": {"city": ["group", "output"]}}, "visits.city"),
        ({"visits": {"city": []}}, "visits.city"),
        ({"visits": {"city": "group"}}, "visits.city"),
    ],
)
def test_nothing_outside_the_policy_can_be_asked_for(house: House, columns: object, position: str) -> None:
    with pytest.raises(Refused) as caught:
        house.file(columns=columns)
    assert (caught.value.code, caught.value.position) == ("grant_not_in_policy", position)


def test_every_problem_of_an_application_is_told_at_once(house: House) -> None:
    with pytest.raises(Refused) as caught:
        house.file(columns={"visits": {"city": ["output"], "name": ["group"]}, "x": {}})
    places = [caught.value.position, *(other.position for other in caught.value.others)]
    assert places == ["visits.city", "visits.name", "x"]


def test_an_organisation_has_a_cap_over_all_its_agreements(house: House) -> None:
    house.govern.cap_organisation(LOCAL, "甲公司", "clinic", "3")
    made = house.agreement(epsilon=5)
    assert house.ledger.balance("organisation", made.organisation_account)[0] == cap_of(
        Decimal(3), house.policy
    )
    assert code_of(house.govern.cap_organisation, LOCAL, "无此单位", "clinic", 3) == "organisation_unknown"
    assert code_of(house.govern.cap_organisation, LOCAL, "甲公司", "clinic", 21) == "agreement_epsilon"


@pytest.mark.parametrize("columns", [{}, {"visits": {}}])
def test_an_application_asks_for_something(house: House, columns: object) -> None:
    assert code_of(house.file, columns=columns) == "grants_empty"


@pytest.mark.parametrize("epsilon", [0, -1, "nan", "inf", "20.0001", 21, None, True, "viel"])
def test_the_budget_is_within_the_dataset(house: House, epsilon: object) -> None:
    assert code_of(house.file, epsilon=epsilon) == "agreement_epsilon"
    house.file(epsilon=20)


@pytest.mark.parametrize("days", [0, -5, 1096, 10**9, True, 3.5])
def test_14_2_a_term_is_at_most_three_years(house: House, days: object) -> None:
    assert code_of(house.file, days=days) == "term_invalid"
    house.file(days=1095)


@pytest.mark.parametrize("purpose", ["", "  ", "x" * 2001, "a\x1b[2Jb", "a\u202eb", "\ud800"])
def test_a_purpose_is_plain_text(house: House, purpose: str) -> None:
    assert code_of(house.file, purpose=purpose) == "text_invalid"


def test_an_unknown_dataset_is_refused(house: House) -> None:
    assert code_of(house.file, dataset="other") == "dataset_unknown"


@pytest.mark.parametrize(("reason", "basis"), [("", ""), ("不必要", ""), ("", "第十五条"), (" ", " ")])
def test_15_4_a_rejection_needs_reason_and_basis(house: House, reason: str, basis: str) -> None:
    filed = house.file()
    refused = code_of(
        house.govern.review, house.who("reviewer"), filed.id, approve=False, reason=reason, basis=basis
    )
    assert refused == "review_incomplete"
    assert house.govern.application(LOCAL, filed.id).state is ApplicationState.FILED


def test_a_rejection_is_told_and_recorded_and_makes_nothing(house: House) -> None:
    filed = house.govern.review(
        house.who("reviewer"), house.file().id, approve=False, reason="数据需求不必要", basis="第十五条"
    )
    assert (filed.state, filed.agreement) == (ApplicationState.REJECTED, "")
    body = house.ledger.records(limit=1000)[-1].body
    assert (body["kind"], body["reason"], body["basis"]) == ("review_given", "数据需求不必要", "第十五条")
    assert body["pack"] == "henan-2025"
    assert house.govern.agreements(LOCAL) == []


def test_15_1_one_application_one_review(house: House) -> None:
    filed = house.file()
    house.govern.review(house.who("reviewer"), filed.id, approve=True)
    for approve in (True, False):
        again = code_of(
            house.govern.review, house.who("reviewer"), filed.id, approve=approve, reason="r", basis="b"
        )
        assert again == "application_decided"
    assert len(house.govern.agreements(LOCAL)) == 1


def test_a_policy_that_shrank_since_stops_an_approval(house: House) -> None:
    filed = house.file()
    visits = house.policy.table("visits")
    assert visits is not None
    columns = tuple(
        each.model_copy(update={"use": frozenset()}) if each.name == "city" else each
        for each in visits.columns
    )
    narrowed = house.policy.model_copy(update={"tables": (visits.model_copy(update={"columns": columns}),)})
    house.govern._policies = lambda _: narrowed
    assert (
        code_of(house.govern.review, house.who("reviewer"), filed.id, approve=True) == "grant_not_in_policy"
    )
    granted = effective(narrowed, filed.grants)
    assert granted == {"visits": {"amount": frozenset({Use.AGGREGATE})}}


def test_an_unknown_application_is_refused(house: House) -> None:
    assert (
        code_of(house.govern.review, house.who("reviewer"), "0" * 16, approve=True) == "application_unknown"
    )
