"""Agreements: their term, their states, their end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.nouns.agreement import AGREEMENT_TRANSITIONS, AgreementState
from sandbox.nouns.party import LOCAL
from tests.govern.house import House, code_of


def test_work_is_allowed_until_the_very_end_of_the_term(house: House) -> None:
    made = house.agreement(days=30)
    house.later(days=30, milliseconds=-1)
    house.govern.still_allowed(made.id)
    house.later(milliseconds=1)
    assert code_of(house.govern.still_allowed, made.id) == "agreement_ended"
    assert made.at(house.clock[0]) is AgreementState.EXPIRED


def test_an_agreement_that_ends_between_admission_and_release_releases_nothing(house: House) -> None:
    made = house.agreement(days=1)
    house.govern.still_allowed(made.id)  # admission
    house.later(hours=23)
    house.govern.still_allowed(made.id)  # before touch
    house.later(hours=2)
    assert code_of(house.govern.still_allowed, made.id) == "agreement_ended"  # before release


def test_expiry_is_written_once_and_certified(house: House) -> None:
    made = house.agreement(days=1)
    assert house.govern.expire() == []
    house.later(days=2)
    assert house.govern.expire() == [made.id]
    assert house.govern.expire() == []
    assert house.govern.agreement(LOCAL, made.id).state is AgreementState.EXPIRED
    assert house.kinds()[-2:] == ["agreement_changed", "workspace_destroyed"]


def test_whoever_suspended_does_not_resume(house: House) -> None:
    made = house.agreement()
    house.govern.suspend(house.who("regulator"), made.id, "检查")
    assert code_of(house.govern.resume, house.who("regulator"), made.id, "x") == "second_person"
    house.govern.resume(house.who("regulator2"), made.id, "无异常")
    assert code_of(house.govern.still_allowed, made.id) == ""


def test_a_suspended_agreement_runs_nothing_until_resumed(house: House) -> None:
    made = house.agreement()
    house.govern.suspend(house.who("operator"), made.id, "检查")
    assert code_of(house.govern.still_allowed, made.id) == "agreement_suspended"
    house.govern.resume(house.who("reviewer"), made.id, "检查完毕")
    house.govern.still_allowed(made.id)


def test_a_hold_after_a_failed_job_waits_for_a_reviewer(house: House) -> None:
    made = house.agreement()
    house.govern.hold(made.id, "job_failed")
    assert code_of(house.govern.still_allowed, made.id) == "agreement_suspended"
    assert code_of(house.govern.resume, house.who("operator"), made.id, "go on") == "not_permitted"
    house.govern.resume(house.who("reviewer"), made.id, "looked at")


def test_a_hold_leaves_a_suspension_of_a_higher_rank_and_an_end_as_they_are(house: House) -> None:
    made, ended = house.agreement(), house.agreement()
    house.govern.suspend(house.who("regulator"), made.id, "检查")
    house.govern.exit(house.who("developer"), ended.id, "结束")
    records = len(house.kinds())
    for each in (made, ended):
        house.govern.hold(each.id, "job_failed")
    assert len(house.kinds()) == records
    assert code_of(house.govern.resume, house.who("reviewer"), made.id, "x") == "order_of_higher_rank"


def test_a_suspension_runs_out_with_the_term(house: House) -> None:
    made = house.agreement(days=1)
    house.govern.suspend(house.who("reviewer"), made.id, "检查")
    house.later(days=1)
    assert code_of(house.govern.still_allowed, made.id) == "agreement_ended"
    assert code_of(house.govern.resume, house.who("regulator"), made.id, "too late") == "agreement_state"


def test_an_exit_is_final_and_can_be_repeated(house: House) -> None:
    made = house.agreement()
    house.govern.exit(house.who("developer"), made.id, "课题结束")
    assert code_of(house.govern.still_allowed, made.id) == "agreement_ended"
    assert code_of(house.govern.suspend, house.who("reviewer"), made.id, "x") == "agreement_state"
    records = len(house.kinds())
    assert house.govern.exit(house.who("developer"), made.id, "again").state is AgreementState.EXITED
    assert len(house.kinds()) == records
    assert house.kinds()[-2:] == ["agreement_changed", "workspace_destroyed"]


def test_an_exit_cut_off_before_destruction_is_finished_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = house.agreement()

    def dies(_actor: str, _number: str) -> None:
        raise KeyboardInterrupt

    developer = house.who("developer")
    with monkeypatch.context() as patched:
        patched.setattr(house.govern, "_destroy", dies)
        with pytest.raises(KeyboardInterrupt):
            house.govern.exit(developer, made.id, "课题结束")
    assert "workspace_destroyed" not in house.kinds()
    house.govern.expire()
    assert house.kinds()[-1] == "workspace_destroyed"


def test_every_state_has_its_ways_and_ended_ones_never_run_again() -> None:
    assert set(AGREEMENT_TRANSITIONS) == set(AgreementState)
    for ended in (AgreementState.EXPIRED, AgreementState.EXITED):
        reached, todo = {ended}, [ended]
        while todo:
            new = AGREEMENT_TRANSITIONS[todo.pop()] - reached
            reached |= new
            todo += new
        assert AgreementState.ACTIVE not in reached


STEPS = st.lists(st.sampled_from(["suspend", "resume", "exit", "day", "expire"]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_whatever_happens_states_follow_the_transitions_and_work_runs_in_active_alone(
    model: House, steps: list[str]
) -> None:
    made = model.agreement(days=3)
    believed, days = AgreementState.ACTIVE, 0
    for step in steps:
        if step == "day":
            model.later(days=1)
            days += 1
            if days >= 3 and AgreementState.EXPIRED in AGREEMENT_TRANSITIONS[believed]:
                believed = AgreementState.EXPIRED
        elif step == "expire":
            model.govern.expire()
        else:
            after = {"suspend": AgreementState.SUSPENDED, "resume": AgreementState.ACTIVE,
                     "exit": AgreementState.EXITED}[step]  # fmt: skip
            who = model.who("regulator" if step == "resume" else "reviewer")
            code = code_of(getattr(model.govern, step), who, made.id, "因为")
            possible = after in AGREEMENT_TRANSITIONS[believed] or (step == "exit" and believed is after)
            assert (code == "") == possible, (step, believed, code)
            believed = after if possible else believed
        assert model.govern.agreement(LOCAL, made.id).at(model.clock[0]) is believed
        allowed = code_of(model.govern.still_allowed, made.id)
        assert (allowed == "") == (believed is AgreementState.ACTIVE)


def test_each_step_is_recorded_with_its_reason(house: House) -> None:
    made = house.agreement()
    house.govern.suspend(house.who("regulator"), made.id, "专项检查")
    body = house.ledger.records(limit=1000)[-1].body
    assert (body["before"], body["after"], body["reason"]) == ("active", "suspended", "专项检查")
    assert body["actor"] == "regulator"
