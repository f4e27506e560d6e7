"""Jobs that wait for a reviewer: what is held, who sees what of it, and every way it can end."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.jobs.service import Service
from sandbox.ledger import held
from tests import clinic
from tests.api.conftest import Running, running
from tests.postgres import address

TARGETED = "SELECT count(*) AS n FROM visits WHERE city = '郑州市' AND amount = {}"
BY_DIAGNOSIS = "SELECT diagnosis, count(*) AS n FROM visits GROUP BY diagnosis"
PHONE = "13800138000"


def leaky(folder: Path) -> Path:
    """A clinic in which 400 people share a diagnosis with a phone number in it; such answers are held."""
    rng = random.Random(4)
    rows = [{**row, "diagnosis": f"电话{PHONE}"} for row in clinic.visits(400, 3, rng)]
    text = clinic.POLICY.replace("version: 1\n", "version: 1\negress: hold\nresidual: report\n", 1)
    return clinic.write(folder, visit_rows=rows, person_rows=clinic.persons(400, rng), policy=text)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, each_database: str | None) -> Iterator[Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        folder = tmp_path_factory.mktemp("server")
        yield from running(folder, write=leaky, slots=False, database_url=each_database)


def review(here: Running, job: str, decision: str, by: str = "reviewer", **fields: str) -> Any:
    return here.client(by).post(f"/v1/jobs/{job}/reviews", json={"decision": decision, **fields})


def spent(here: Running, agreement: str = "") -> float:
    page = here.developer.get("/v1/budgets", params={"agreement": agreement or here.agreement}).json()
    return float(page["items"][0]["balances"][0]["spent_rho"])


def wait(here: Running, job: str) -> dict[str, Any]:
    found: dict[str, Any] = {"state": "queued"}
    while found["state"] in ("queued", "running"):
        found = here.developer.get(f"/v1/jobs/{job}", params={"wait": 30}).json()
    return found


def waiting_files(here: Running, agreement: str = "") -> list[str]:
    return here.service.govern.agreed(agreement or here.agreement).held()


def failures(here: Running, agreement: str) -> int:
    return int(here.reviewer.get(f"/v1/agreements/{agreement}/failures").json()["failed"])


def kinds(here: Running) -> list[str]:
    return [record.kind for record in here.service.ledger.records(limit=10_000)]


def hold_query(here: Running, amount: str, **fields: Any) -> dict[str, Any]:
    job = here.ask(TARGETED.format(amount), epsilon="0.2", **fields)
    assert (job["state"], job["problem"]["code"]) == ("held", "query_held")
    return job


def hold_answer(here: Running, epsilon: str, **fields: Any) -> dict[str, Any]:
    job = here.ask(BY_DIAGNOSIS, epsilon=epsilon, **fields)
    assert (job["state"], job["problem"]["code"]) == ("held", "answer_held")
    return job


def test_a_targeted_question_touches_nothing_until_a_reviewer_lets_it_go_on(here: Running) -> None:
    before, records = spent(here), kinds(here).count("submission")
    job = hold_query(here, "12.5")
    assert (spent(here), kinds(here).count("submission")) == (before, records)
    answer = here.developer.get(f"/v1/jobs/{job['id']}/result")
    assert (answer.status_code, answer.json()["code"]) == (409, "query_held")
    (seen,) = [each for each in here.reviewer.get("/v1/holds").json()["items"] if each["id"] == job["id"]]
    assert (seen["sql"], seen["hold"]["what"]) == (TARGETED.format("12.5"), "query")
    assert seen["hold"]["findings"] == {"narrow": 1}
    assert seen["hold"]["rho"] > 0
    assert review(here, job["id"], "release", reason="an outlier study").status_code == 201
    assert wait(here, job["id"])["state"] == "released"
    assert spent(here) > before
    assert here.developer.get(f"/v1/jobs/{job['id']}/result").status_code == 200
    assert here.reviewer.get("/v1/holds").json()["items"] == []
    again = review(here, job["id"], "refuse", reason="too late", basis="第七条")
    assert (again.status_code, again.json()["code"]) == (409, "job_not_held")


def test_a_refusal_needs_reason_and_basis_and_tells_both(here: Running) -> None:
    job, before = hold_query(here, "13.5"), spent(here)
    assert review(here, job["id"], "refuse", reason="one person").json()["code"] == "review_incomplete"
    assert review(here, job["id"], "refuse", reason="one person", basis="第七条").status_code == 201
    found = here.developer.get(f"/v1/jobs/{job['id']}").json()
    assert (found["state"], found["problem"]["code"]) == ("refused", "review_refused")
    assert "one person (第七条)" in found["problem"]["reason"]
    assert spent(here) == before


def test_nobody_reviews_but_reviewers_of_others(here: Running) -> None:
    job = hold_query(here, "14.5")
    for name in ("developer", "stranger", "operator", "regulator"):
        assert review(here, job["id"], "release", by=name).json()["code"] == "not_permitted"
        assert here.client(name).get("/v1/holds").status_code == 403
    cancelled = here.developer.post(f"/v1/jobs/{job['id']}/cancel").json()
    assert cancelled["state"] == "cancelled"
    assert review(here, job["id"], "release").json()["code"] == "job_not_held"


def test_a_held_answer_is_paid_once_never_redrawn_and_its_values_are_nobodys(here: Running) -> None:
    before, records = spent(here), kinds(here)
    job = hold_answer(here, "0.9")
    after = spent(here)
    assert after > before
    assert len(waiting_files(here)) == 1
    again = here.ask(BY_DIAGNOSIS, epsilon="0.9")
    assert (again["state"], again["problem"]["code"]) == ("refused", "answer_waits")
    assert spent(here) == after
    (seen,) = here.reviewer.get("/v1/holds").json()["items"]
    assert seen["hold"]["findings"] == {"CN_MOBILE": 1}
    assert here.reviewer.get(f"/v1/jobs/{job['id']}/result").json()["code"] == "answer_held"
    assert review(here, job["id"], "release", reason="a hotline of the hospital").status_code == 201
    done = wait(here, job["id"])
    assert done["state"] == "released"
    rows = here.developer.get(f"/v1/jobs/{job['id']}/result").json()["rows"]
    assert [row[0] for row in rows] == ["电话<CN_MOBILE>"]
    told = json.dumps(seen) + "".join(
        record.leaf.decode() for record in here.service.ledger.records(len(records), 10_000)
    )
    assert PHONE not in told
    assert set(seen["hold"]) == {"what", "plan", "measures", "rho", "delta", "findings"}
    assert spent(here) == after
    assert waiting_files(here) == []
    new = kinds(here)[len(records) :]
    assert (new.count("submission"), new.count("release"), new.count("failure")) == (1, 1, 0)
    replayed = here.ask(BY_DIAGNOSIS, epsilon="0.9")
    assert (replayed["state"], replayed["replayed"], spent(here)) == ("released", True, after)
    assert here.service.ledger.verify().ok


def test_a_refused_answer_is_destroyed_and_stays_paid(here: Running) -> None:
    before = spent(here)
    job = hold_answer(here, "0.81")
    after = spent(here)
    review(here, job["id"], "refuse", reason="personal", basis="第十五条")
    assert here.developer.get(f"/v1/jobs/{job['id']}").json()["state"] == "refused"
    assert (waiting_files(here), spent(here)) == ([], after)
    assert after > before
    assert here.service.ledger.read(held.listed) == []
    assert here.service.ledger.verify().ok


def test_an_answer_that_is_kept_back_is_no_failure_of_its_agreement(here: Running) -> None:
    agreement = here.agree()
    cancelled = hold_answer(here, "0.86", agreement=agreement)
    assert here.developer.post(f"/v1/jobs/{cancelled['id']}/cancel").json()["state"] == "cancelled"
    refused = hold_answer(here, "0.87", agreement=agreement)
    assert review(here, refused["id"], "refuse", reason="a number", basis="article 4").status_code == 201
    assert [
        each for each in here.service.ledger.all_of("failure", "clinic") if each["agreement"] == agreement
    ]
    assert failures(here, agreement) == 0
    assert spent(here, agreement) > 0


def test_nothing_is_let_go_under_a_stop_or_a_suspension(here: Running) -> None:
    job = hold_answer(here, "0.82")
    stop = here.regulator.post("/v1/stops", json={"scope": "platform", "reason": "drill"}).json()
    assert review(here, job["id"], "release").json()["code"] == "stopped"
    here.service.pool.enforce()
    assert here.developer.get(f"/v1/jobs/{job['id']}").json()["state"] == "held"
    here.service.govern.lift(second_regulator(here), stop["id"], "over")
    here.operator.post(f"/v1/agreements/{here.agreement}/suspend", json={"reason": "look"})
    assert review(here, job["id"], "release").json()["code"] == "agreement_suspended"
    here.reviewer.post(f"/v1/agreements/{here.agreement}/resume", json={"reason": "looked"})
    assert review(here, job["id"], "release").status_code == 201
    assert wait(here, job["id"])["state"] == "released"


def second_regulator(here: Running) -> Any:
    from sandbox.nouns.party import LOCAL, Role

    return here.service.govern.add_user(LOCAL, "regulator2", "监管", Role.REGULATOR)


def test_a_hold_without_a_verdict_expires(here: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    job = hold_answer(here, "0.83")
    late = here.service.holds
    monkeypatch.setattr("sandbox.jobs.holds.moment", lambda: 2**50)
    late.tidy()
    found = here.developer.get(f"/v1/jobs/{job['id']}").json()
    assert (found["state"], found["problem"]["code"]) == ("refused", "hold_expired")
    assert waiting_files(here) == []


def test_an_agreement_that_ends_takes_its_held_answers_along(here: Running) -> None:
    number = here.agree(epsilon="2")
    answer, query = hold_answer(here, "0.84", agreement=number), hold_query(here, "15.5", agreement=number)
    here.developer.post(f"/v1/agreements/{number}/exit", json={"reason": "done"})
    for job in (answer, query):
        found = here.developer.get(f"/v1/jobs/{job['id']}").json()
        assert (found["state"], found["problem"]["code"]) == ("cancelled", "agreement_ended")
        assert review(here, job["id"], "release").json()["code"] == "job_not_held"
    assert waiting_files(here, number) == []
    assert here.service.ledger.read(held.listed) == []
    assert here.service.ledger.verify().ok


def test_a_sealed_answer_that_was_exchanged_is_not_released(here: Running) -> None:
    number = here.agree(epsilon="4")
    one = hold_answer(here, "0.85", agreement=number)
    first = here.service.ledger.read(lambda it: held.of_case(it, one["id"]))
    assert first is not None
    assert first.answer is not None
    path = here.service.govern.agreed(number).sealed(first.answer.path)
    here.service.keyring.seal_bytes(b'{"answer": "{}", "record": {}}', path, first.answer.path)
    assert review(here, one["id"], "release").status_code == 201
    found = wait(here, one["id"])
    assert (found["state"], found["problem"]["code"]) == ("failed", "job_failed")
    here.service.holds.tidy()
    assert waiting_files(here, number) == []
    assert failures(here, number) == 1


def test_a_question_aimed_at_one_person_floods_no_reviewer(here: Running) -> None:
    from sandbox.gateway import MOST_WAITING

    number = here.agree(epsilon="1")
    jobs = [hold_query(here, f"20.{place:02}", agreement=number) for place in range(MOST_WAITING)]
    more = here.ask(TARGETED.format("30.5"), epsilon="0.2", agreement=number)
    assert (more["state"], more["problem"]["code"]) == ("refused", "too_many_waiting")
    for job in jobs:
        here.developer.post(f"/v1/jobs/{job['id']}/cancel")


def test_a_held_answer_outlives_the_server_and_appears_at_a_slots_end(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_TEST_KEY", "t" * 64)
    where = address(home)
    database_url = where if isinstance(where, str) else None
    serving = running(home, write=leaky, database_url=database_url)
    here = next(serving)
    job = hold_answer(here, "0.8")
    reviewer = here.service.govern.authenticate(here.tokens["reviewer"])
    settings = here.service.settings.model_copy(update={"slots": True, "slot_seconds": 3.0})
    next(serving, None)
    service = Service.open(settings)
    try:
        assert service.govern.agreed(here.agreement).held() != []
        service.start()
        decided = service.review_job(reviewer, job["id"], release=True, reason="", basis="")
        assert decided.visible_at - decided.starts_at == 3000
        while (found := service.queue.get(job["id"])) is not None and not found.state.final:
            pass
        assert found is not None
        assert found.state == "released"
        states = dict(service.ledger.record(found.number or 0).body["states"])
        visible = dt.datetime.fromtimestamp(decided.visible_at / 1000, dt.UTC)
        assert dt.datetime.fromisoformat(states["released"]) == visible
    finally:
        service.close()
