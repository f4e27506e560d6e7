"""Neighbours from sources through load: nothing measured moves further than the plan says."""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.nouns.spend import Sensitivity
from sandbox.workspace import build
from tests.proof import grey

PAIRS = int(os.environ.get("SANDBOX_TEST_PAIRS", "6"))


def compared(seed: int) -> list[str]:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        left, right = grey.pair(Path(folder), seed)
        one = grey.watch(left, Path(folder, "home-left"), grey.QUESTIONS)
        two = grey.watch(right, Path(folder, "home-right"), grey.QUESTIONS, same=one)
        return grey.violations(one, two)


@pytest.mark.parametrize("place", range(PAIRS))
def test_one_more_unit_moves_nothing_further_than_the_plan_says(place: int) -> None:
    seed = secrets.randbits(64)
    assert compared(seed) == [], f"seed {seed}"


def test_every_question_of_the_proof_is_answered() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        _, policy = grey.pair(Path(folder), 3, grey.POLICY)
        seen = grey.watch(policy, Path(folder, "home"), grey.QUESTIONS)
    assert all(outcome.startswith("Cost") for outcome in seen.outcomes), seen.outcomes


def test_the_proof_sees_a_load_that_suppresses_rare_values(monkeypatch: pytest.MonkeyPatch) -> None:
    real = build.protected_sql

    def suppressing(*arguments: object) -> str:
        text = real(*arguments)  # type: ignore[arg-type]
        return text.replace(" ORDER BY _unit, _rank", "").replace(
            "WHERE _rank", "WHERE (SELECT count(*) FROM snapshot.visits) % 2 = 0 AND _rank"
        )

    monkeypatch.setattr(build, "protected_sql", suppressing)
    assert any(compared(seed) for seed in range(4, 12))


def test_the_proof_sees_a_sensitivity_that_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    real = grey.violations

    def shrunk(left: grey.Seen, right: grey.Seen) -> list[str]:
        for seen in (left, right):
            seen.measured = [
                (
                    replace(
                        stage,
                        measures=tuple(
                            replace(measure, sensitivity=Sensitivity.groups(1)) for measure in stage.measures
                        ),
                    ),
                    exact,
                )
                for stage, exact in seen.measured
            ]
        return real(left, right)

    monkeypatch.setattr(grey, "violations", shrunk)
    assert any(compared(seed) for seed in range(20, 24))
