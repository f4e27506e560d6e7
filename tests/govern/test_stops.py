"""The kill switch: at once, for everything it covers, until a second person lifts it."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from sandbox.nouns.agreement import StopScope
from sandbox.nouns.party import LOCAL
from tests.govern.house import House, code_of
from tests.postgres import EACH, address, by_hand

pytestmark = pytest.mark.parametrize("common_home", EACH, indirect=True)


@pytest.mark.parametrize("scope", ["agreement", "dataset", "platform"])
def test_18_1_a_stop_covers_its_scope_until_it_is_lifted(house: House, scope: str) -> None:
    made = house.agreement()
    other = house.agreement(by="rival")
    name = {"agreement": made.id, "dataset": "clinic", "platform": ""}[scope]
    ordered = house.govern.stop(house.who("operator"), scope=StopScope(scope), id=name, reason="异常")
    assert code_of(house.govern.still_allowed, made.id) == "stopped"
    assert (code_of(house.govern.still_allowed, other.id) == "stopped") == (scope != "agreement")
    house.govern.lift(house.who("operator2"), ordered.id, "已查明")
    house.govern.still_allowed(made.id)
    assert house.govern.stops(LOCAL) == []
    assert len(house.govern.stops(LOCAL, active=False)) == 1


def test_a_stop_of_one_job_leaves_the_others(house: House) -> None:
    made = house.agreement()
    house.govern.stop(LOCAL, scope=StopScope.JOB, id="j1", reason="异常")
    assert code_of(house.govern.still_allowed, made.id, job="j1") == "stopped"
    house.govern.still_allowed(made.id, job="j2")


def test_two_stops_are_lifted_one_by_one(house: House) -> None:
    made = house.agreement()
    first = house.govern.stop(house.who("operator"), scope=StopScope.PLATFORM, reason="一")
    house.govern.stop(house.who("operator"), scope=StopScope.DATASET, id="clinic", reason="二")
    house.govern.lift(house.who("reviewer"), first.id, "一已查明")
    assert code_of(house.govern.still_allowed, made.id) == "stopped"


def test_why_a_stop_was_ordered_is_not_told_to_developers(house: House) -> None:
    made = house.agreement()
    house.govern.stop(LOCAL, scope=StopScope.PLATFORM, reason="疑似差分攻击")
    with pytest.raises(Exception, match="stopped") as caught:
        house.govern.still_allowed(made.id)
    assert "差分" not in str(caught.value)
    assert code_of(house.govern.stops, house.who("developer")) == "not_permitted"


def test_a_stop_names_its_target(house: House) -> None:
    assert code_of(house.govern.stop, LOCAL, scope=StopScope.DATASET, reason="异常") == "stop_target"
    assert code_of(house.govern.stop, LOCAL, scope=StopScope.PLATFORM, id="x", reason="异常") == "stop_target"
    assert code_of(house.govern.stop, LOCAL, scope=StopScope.PLATFORM, reason=" ") == "text_invalid"


def test_a_stop_is_lifted_once(house: House) -> None:
    ordered = house.govern.stop(house.who("operator"), scope=StopScope.PLATFORM, reason="异常")
    house.govern.lift(house.who("operator2"), ordered.id, "已查明")
    assert code_of(house.govern.lift, house.who("reviewer"), ordered.id, "再次") == "stop_lifted"
    assert code_of(house.govern.lift, house.who("reviewer"), "0" * 16, "无") == "stop_unknown"


def test_the_database_itself_wants_a_second_person(house: House) -> None:
    house.govern.stop(house.who("operator"), scope=StopScope.PLATFORM, reason="异常")
    with by_hand(house.home) as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql("UPDATE stop SET lifted_by = ordered_by, lifted_at = 'now'")


def test_a_stop_is_seen_by_another_process_at_once(house: House) -> None:
    from sandbox.govern import Govern
    from sandbox.ledger import Ledger

    made = house.agreement()
    second = Ledger.open(address(house.home), house.keyring.signer)
    other = Govern(second, policies=lambda _: house.policy, home=house.home, keyring=house.keyring,
                   now=lambda: house.clock[0])  # fmt: skip
    other.still_allowed(made.id)
    house.govern.stop(LOCAL, scope=StopScope.PLATFORM, reason="异常")
    assert code_of(other.still_allowed, made.id) == "stopped"
    second.close()
