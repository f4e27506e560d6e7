"""Strangers at the door: they learn nothing, keep nobody out, and cannot fill the log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from sandbox.errors import Refused
from sandbox.govern import sign_in, tokens
from sandbox.nouns.party import LOCAL
from tests.govern.house import House, build, code_of

STRANGER = "203.0.113.7"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = build(tmp_path)
    yield built
    assert built.ledger.verify().ok
    built.ledger.close()


def failures(house: House) -> list[tuple[str, int]]:
    bodies = [record.body for record in house.ledger.records(limit=10_000)]
    return [(each["subject"], each["count"]) for each in bodies if each["kind"] == "sign_in_failed"]


def test_the_right_secret_is_let_in_whatever_strangers_tried(house: House) -> None:
    text = house.govern.issue_token(LOCAL, "developer")
    for _ in range(5 * sign_in.MOST_FAILURES):
        code_of(house.govern.authenticate, text[:-3] + "xyz", source=STRANGER)
    assert code_of(house.govern.authenticate, "dsb_x_y", source=STRANGER) == "locked_out"
    assert house.govern.authenticate(text).user == "developer"
    assert house.govern.authenticate(text, source=STRANGER).user == "developer", "it may be behind a proxy"


def test_a_wrong_secret_of_a_known_number_takes_the_way_of_an_unknown_one(house: House) -> None:
    """The same statements with the same shape, the same records, the same answer."""
    text = house.govern.issue_token(LOCAL, "developer")
    number = text.split("_")[1]
    told: list[list[str]] = []
    for guess in (f"dsb_{number}_guess", f"dsb_{'0' * 16}_guess"):
        house.later(seconds=sign_in.WINDOW)
        statements: list[str] = []

        def note(_c: object, _k: object, statement: str, *_: object, kept: list[str] = statements) -> None:
            kept.append(statement)

        engines = (house.ledger._database.reader, house.ledger._database.writer)
        for engine in engines:
            event.listen(engine, "before_cursor_execute", note)
        with pytest.raises(Refused) as caught:
            house.govern.authenticate(guess, source=STRANGER)
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
        told.append([*statements, str(caught.value), house.kinds()[-1]])
    assert told[0] == told[1]
    assert any("FROM token" in each or "JOIN token" in each for each in told[0])


def test_after_many_failures_an_address_is_told_to_wait_and_is_not_in_the_log(house: House) -> None:
    codes = [code_of(house.govern.authenticate, "guess", source=STRANGER) for _ in range(12)]
    assert codes == ["unauthenticated"] * sign_in.MOST_FAILURES + ["locked_out"] * 2
    with pytest.raises(Refused) as caught:
        house.govern.authenticate("guess", source=STRANGER)
    assert (caught.value.status, caught.value.wait) == (429, sign_in.WINDOW)
    assert code_of(house.govern.authenticate, "guess", source="203.0.113.8") == "unauthenticated"
    house.later(seconds=sign_in.WINDOW)
    assert code_of(house.govern.authenticate, "guess", source=STRANGER) == "unauthenticated"
    leaves = b"".join(record.leaf for record in house.ledger.records(limit=1000))
    assert STRANGER.encode() not in leaves


def test_every_failure_is_on_the_log_and_none_can_fill_it(house: House) -> None:
    text = house.govern.issue_token(LOCAL, "developer")
    for number in range(60):
        code_of(house.govern.authenticate, f"{text[:-2]}{number:02}", source=STRANGER)
    assert failures(house) == [(sign_in.subject_of(STRANGER), 1)]
    house.later(seconds=sign_in.WINDOW)
    house.govern.settle()
    assert failures(house) == [(sign_in.subject_of(STRANGER), 1), (sign_in.subject_of(STRANGER), 59)]
    house.govern.settle(everything=True)
    assert len(failures(house)) == 2


def test_many_addresses_share_one_count_beyond_the_first_hundred(house: House) -> None:
    for number in range(3 * sign_in.MOST_ADDRESSES):
        code_of(house.govern.authenticate, "guess", source=f"2001:db8:{number:x}::1")
    assert len(failures(house)) == sign_in.MOST_ADDRESSES + 1
    house.govern.settle(everything=True)
    told = failures(house)
    assert sum(count for _, count in told) == 3 * sign_in.MOST_ADDRESSES
    assert told[-1][0] == sign_in.MANY


def test_a_whole_customer_network_is_one_address() -> None:
    one, other = sign_in.subject_of("2001:db8::1"), sign_in.subject_of("2001:db8::ffff:1")
    assert one == other != sign_in.subject_of("2001:db8:0:1::1")


def test_the_log_commits_to_the_hash_of_a_token_without_showing_it(house: House) -> None:
    text = house.govern.issue_token(LOCAL, "developer")
    record = house.ledger.records(limit=1000)[-1]
    assert record.body["hashed"] == tokens.commitment(text)
    assert tokens.digest(text).encode() not in record.leaf
