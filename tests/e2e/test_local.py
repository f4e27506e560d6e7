"""The main job, from a stranger's side: load, ask, pay, replay, verify."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox import Refused, Sandbox
from sandbox.local import LocalSandbox
from sandbox.nouns.release import Preview
from tests import clinic

BY_CITY = "SELECT city, count(*) AS visits, avg(amount) AS mean FROM visits GROUP BY city"


def test_an_answer_has_rows_error_bars_and_a_price(box: LocalSandbox) -> None:
    answer = box.query(BY_CITY, epsilon=1)
    assert [column.name for column in answer.columns] == ["city", "visits", "mean"]
    assert {row[0] for row in answer.rows()} >= set(clinic.CITIES)
    assert all(bars[0] is None for bars in answer.error())
    assert any(bars[1] is not None and bars[1] > 0 for bars in answer.error())
    assert answer.cost.rho > 0
    assert answer.cost.epsilon == 1


def test_the_budget_falls_by_exactly_the_price(box: LocalSandbox) -> None:
    before = box.ledger.balance("dataset", "clinic")[1]
    answer = box.query(BY_CITY, epsilon="0.5")
    after = box.ledger.balance("dataset", "clinic")[1]
    assert after.rho - before.rho == round(answer.cost.rho * 10**12)
    assert box.budget().affordable is not None


def test_the_same_question_is_answered_again_free_and_identically(box: LocalSandbox) -> None:
    first = box.query(BY_CITY, epsilon=1)
    spent = box.ledger.balance("dataset", "clinic")[1]
    second = box.query(
        "select city, COUNT(*) as visits, AVG(amount) as mean\nfrom visits\ngroup by city", epsilon=1
    )
    assert second.replayed
    assert second.rows() == first.rows()
    assert second.id == first.id
    assert box.ledger.balance("dataset", "clinic")[1] == spent


def test_another_epsilon_is_another_release(box: LocalSandbox) -> None:
    box.query(BY_CITY, epsilon=1)
    assert not box.query(BY_CITY, epsilon=0.5).replayed


def test_a_preview_is_free_and_tells_the_error(box: LocalSandbox) -> None:
    preview = box.query(BY_CITY, epsilon=1, mode="preview")
    assert isinstance(preview, Preview)
    assert box.ledger.balance("dataset", "clinic")[1].rho == 0
    answer = box.query(BY_CITY, epsilon=1)
    assert preview.cost == answer.cost
    counted = next(column for column in preview.columns if "COUNT(*)" in column.name.upper())
    assert counted.half_width == pytest.approx(answer.error()[0][1], rel=0.05)


@pytest.mark.parametrize("epsilon", [0, -1, float("nan"), float("inf"), "x", "", True, [], {}, "1e999999"])
def test_an_epsilon_that_is_no_positive_number_is_refused(box: LocalSandbox, epsilon: object) -> None:
    with pytest.raises(Refused, match=r"epsilon_(invalid|too_large)"):
        box.query(BY_CITY, epsilon=epsilon)


def test_more_than_one_job_may_have_is_refused(box: LocalSandbox) -> None:
    with pytest.raises(Refused, match="epsilon_too_large"):
        box.query(BY_CITY, epsilon=Decimal("1.0000001"))


def test_when_the_budget_is_gone_nothing_more_is_answered(tmp_path: Path) -> None:
    policy = clinic.small(tmp_path, people=40, policy=clinic.POLICY.replace("epsilon: 20", "epsilon: 1"))
    with Sandbox.local(str(policy), home=str(tmp_path / "home"), replay=False) as box:
        box.query(BY_CITY, epsilon=1)
        with pytest.raises(Refused, match="budget_exhausted"):
            box.query(BY_CITY, epsilon=1)
        cap, spent = box.ledger.balance("dataset", "clinic")
        assert spent.within(cap)


def test_a_budget_outlives_the_process_and_a_new_load(tmp_path: Path) -> None:
    policy = clinic.small(tmp_path, people=40)
    with Sandbox.local(str(policy), home=str(tmp_path / "home")) as box:
        box.query(BY_CITY, epsilon=1)
        spent = box.ledger.balance("dataset", "clinic")[1]
    clinic.small(tmp_path, people=41)
    with Sandbox.local(str(policy), home=str(tmp_path / "home")) as box:
        assert not box.report.reused
        assert box.ledger.balance("dataset", "clinic")[1] == spent
        assert not box.query(BY_CITY, epsilon=1).replayed


def test_unchanged_sources_are_not_loaded_twice(tmp_path: Path) -> None:
    policy = clinic.small(tmp_path, people=40)
    with Sandbox.local(str(policy), home=str(tmp_path / "home")) as box:
        first = box.query(BY_CITY, epsilon=1)
    with Sandbox.local(str(policy), home=str(tmp_path / "home")) as box:
        assert box.report.reused
        assert box.query(BY_CITY, epsilon=1).rows() == first.rows()


def test_64_jobs_at_once_never_pass_the_cap(tmp_path: Path) -> None:
    policy = clinic.small(tmp_path, people=40, policy=clinic.POLICY.replace("epsilon: 20", "epsilon: 3"))
    with Sandbox.local(str(policy), home=str(tmp_path / "home"), replay=False) as box:
        outcomes: list[str] = []

        def ask() -> None:
            try:
                box.query("SELECT count(*) FROM visits", epsilon="0.5")
                outcomes.append("answered")
            except Refused as refusal:
                outcomes.append(refusal.code)

        threads = [threading.Thread(target=ask) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        cap, spent = box.ledger.balance("dataset", "clinic")
        answer = box.ledger.records(limit=10_000)
        paid = sum(record.body["rho"] for record in answer if record.body["kind"] == "release")
    assert spent.within(cap)
    assert paid == spent.rho
    assert set(outcomes) == {"answered", "budget_exhausted"}
    assert len(outcomes) == 64


def test_the_log_of_a_session_verifies(box: LocalSandbox) -> None:
    box.query(BY_CITY, epsilon=1)
    with pytest.raises(Refused):
        box.query("SELECT name FROM visits")
    box.query("SELECT count(*) FROM visits", mode="preview")
    box.query(BY_CITY, epsilon=1)
    kinds = [record.kind for record in box.ledger.records(limit=100) if record.kind != "notice"]
    assert kinds == [
        "policy", "load", "account_claimed", "submission", "release", "refusal", "preview", "replay",
    ]  # fmt: skip
    assert box.ledger.verify().ok


def test_tables_show_public_facts_alone(box: LocalSandbox) -> None:
    shown = {table.name: table for table in box.tables()}
    assert {column.name for column in shown["visits"].columns}.isdisjoint({"id_card", "name", "mobile"})
    assert shown["visits"].unit == "id_card"
    assert shown["hospitals"].public
    assert "郑州市" in repr(box.tables())


def test_a_small_group_is_hidden_not_shown_small(tmp_path: Path) -> None:
    policy = clinic.small(
        tmp_path, people=400, policy=clinic.POLICY.replace("per_job: {epsilon: 1.0}", "min_units: 5000")
    )
    with Sandbox.local(str(policy), home=str(tmp_path / "home")) as box:
        answer = box.query(BY_CITY, epsilon=1)
        assert all(row[1] is None and row[2] is None for row in answer.rows())
        total = box.query("SELECT count(*) FROM visits", epsilon=1)
        assert total.rows()[0][0] is not None


def test_a_bounded_clamp_is_asked_for_where_a_column_has_no_bounds(box: LocalSandbox) -> None:
    with pytest.raises(Refused) as refusal:
        box.query("SELECT sum(free) FROM visits")
    assert "clamp" in refusal.value.hint
    assert box.query("SELECT sum(clamp(free, -5, 5)) FROM visits", epsilon=1).rows()[0][0] is not None


def test_listed_keys_are_the_groups_that_are_answered(box: LocalSandbox) -> None:
    """No threshold hides one, the log holds them, and other keys are another release."""
    sql = "SELECT diagnosis, count(*) AS n FROM visits GROUP BY diagnosis"
    answer = box.query(sql, epsilon=1, keys={"diagnosis": ["J00", "Z99"]})
    assert [row[0] for row in answer.rows()] == ["J00", "Z99"]
    assert answer.cost.delta == 0
    assert box.query(sql, epsilon=1, keys={"diagnosis": ["J00", "Z99"]}).replayed
    assert not box.query(sql, epsilon=1, keys={"diagnosis": ["J00", "Z98"]}).replayed
    latest = box.ledger.latest("release", "clinic")
    assert latest is not None
    assert '"Z98"' in latest["sql"]


def test_a_listed_identity_number_makes_a_question_targeted(box: LocalSandbox) -> None:
    sql = "SELECT diagnosis, count(*) AS n FROM visits GROUP BY diagnosis"
    with pytest.raises(Refused) as caught:
        box.query(sql, epsilon=1, keys={"diagnosis": ["11010519491231002X"]})
    assert caught.value.code == "targeted_query"
    assert box.ledger.balance("dataset", "clinic")[1].rho == 0
