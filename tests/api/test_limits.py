"""How much one caller may ask of a server, and what stays behind of it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import event, func, select, update

from sandbox.api import create_app, once
from sandbox.api.access import ACCESS
from sandbox.api.rates import Rates
from sandbox.ledger.queue_tables import answered
from sandbox.nouns.event import Refusal
from sandbox.settings import Settings
from tests.api.conftest import BY_CITY, Running


@pytest.fixture
def tight(here: Running) -> Iterator[Running]:
    """The same server with limits that a test reaches."""
    state = here.app.state
    generous = state.rates
    state.rates = Rates.of(Settings(reads_per_minute=5, writes_per_minute=3, strangers_per_minute=4))
    yield here
    state.rates = generous


def test_a_user_who_asks_too_often_is_told_how_long_to_wait(tight: Running) -> None:
    answers = [tight.developer.get("/v1/me") for _ in range(7)]
    assert [each.status_code for each in answers] == [200] * 5 + [429] * 2
    last = answers[-1]
    assert last.headers["content-type"] == "application/problem+json"
    assert last.json()["code"] == "too_many_requests"
    assert 1 <= int(last.headers["retry-after"]) <= 60
    assert tight.stranger.get("/v1/me").status_code == 200, "others are not slowed"
    writes = [tight.developer.post("/v1/jobs", json={}).status_code for _ in range(4)]
    assert writes == [422, 422, 422, 429]


def test_a_second_token_gives_nobody_more(tight: Running) -> None:
    from sandbox.nouns.party import LOCAL

    for _ in range(5):
        assert tight.developer.get("/v1/me").status_code == 200
    token = tight.service.govern.issue_token(LOCAL, "developer")
    answer = tight.client(None).get("/v1/me", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 429


def test_strangers_are_limited_by_address_and_slow_no_user(tight: Running) -> None:
    codes = [tight.client(None).get("/healthz").status_code for _ in range(6)]
    assert codes == [200] * 4 + [429] * 2
    assert tight.developer.get("/v1/me").status_code == 200


def test_wrong_secrets_slow_down_no_right_one_from_the_same_address(here: Running) -> None:
    wrong = {"authorization": "Bearer dsb_0123456789abcdef_wrong"}
    answers = [here.client(None).get("/v1/me", headers=wrong) for _ in range(14)]
    assert {each.status_code for each in answers} == {401, 429}
    assert answers[-1].json()["code"] == "locked_out"
    assert int(answers[-1].headers["retry-after"]) > 1
    assert here.developer.get("/v1/me").status_code == 200


def test_every_route_declares_that_it_may_say_wait(here: Running) -> None:
    schema = create_app(here.service).openapi()
    for path, ways in schema["paths"].items():
        for method, way in ways.items():
            assert "Retry-After" in way["responses"]["429"]["headers"], (method, path)
    assert len(schema["paths"]) > len(ACCESS) / 2


def test_the_answers_to_repeated_requests_are_forgotten_after_a_day(here: Running) -> None:
    ledger = here.service.ledger
    body = {"agreement": here.agreement, "sql": BY_CITY, "epsilon": "0.1", "mode": "preview"}
    for key in ("old", "older"):
        assert here.developer.post("/v1/jobs", json=body, headers={"idempotency-key": key}).status_code == 202
    past = int(time.time() * 1000) - once.KEPT_MILLISECONDS - 1
    ledger.transact(lambda it: it.execute(update(answered).values(at=past)) and None)
    fresh = here.developer.post("/v1/jobs", json=body, headers={"idempotency-key": "fresh"})
    assert fresh.status_code == 202
    count = select(func.count()).select_from(answered)
    assert ledger.read(lambda it: it.execute(count).scalar_one()) == 1


def test_a_page_of_disclosures_costs_the_same_whatever_the_log_holds(here: Running) -> None:
    """Not one row of the log that the caller may not see is read."""
    ledger = here.service.ledger
    here.ask(BY_CITY, epsilon="0.2")
    statements: list[str] = []

    def cost() -> tuple[int, list[dict[str, object]]]:
        statements.clear()
        page = here.developer.get("/v1/disclosures", params={"limit": 2}).json()["items"]
        return len(statements), page

    reader = ledger._database.reader

    def note(_c: object, _k: object, text: str, *_: object) -> None:
        if "sight" in text or "record" in text:  # the lanes ask for other things meanwhile
            statements.append(text)

    event.listen(reader, "before_cursor_execute", note)
    before = cost()
    for number in range(1200):
        at = "2026-01-01T00:00:00+00:00"
        ledger.append(Refusal(at=at, actor="x", agreement="theirs", sql=str(number), code="syntax"))
    assert cost() == before
    event.remove(reader, "before_cursor_execute", note)
    select = "SELECT number FROM sight WHERE agreement = 'a' AND number >= 0 ORDER BY number"
    with reader.connect() as connection:
        if connection.dialect.name == "sqlite":
            told = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {select}"))
            assert "SEARCH sight" in told
            assert "TEMP B-TREE" not in told
        else:
            connection.exec_driver_sql("SET enable_seqscan = off")  # few rows: it would read them all
            told = " ".join(str(row) for row in connection.exec_driver_sql(f"EXPLAIN {select}"))
            assert "sight_pkey" in told
            assert "Seq Scan" not in told


def test_pages_of_disclosures_leave_out_and_repeat_nothing(here: Running) -> None:
    whole = here.developer.get("/v1/disclosures", params={"limit": 100}).json()["items"]
    paged, cursor = [], None
    while True:
        parameters = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = here.developer.get("/v1/disclosures", params=parameters).json()
        paged += page["items"]
        if (cursor := page["next"]) is None or len(paged) >= len(whole):
            break
    assert paged[: len(whole)] == whole
    assert {each["record"]["agreement"] for each in whole} == {here.agreement}


def test_whoever_watches_reads_a_record_under_its_number_and_that_is_a_record(here: Running) -> None:
    job = here.ask(BY_CITY, epsilon="0.3")
    listed = here.reviewer.get("/v1/disclosures", params={"limit": 100}).json()["items"]
    assert listed
    assert all("record" not in each and "leaf" not in each for each in listed)
    read = here.reviewer.get(f"/v1/disclosures/{job['disclosure']}").json()
    assert read["record"]["sql"] == BY_CITY
    newest = here.service.ledger.records(0, 100_000)[-1].body
    assert (newest["kind"], newest["actor"], newest["number"]) == (
        "disclosure_viewed", "reviewer", job["disclosure"],
    )  # fmt: skip
