"""The attacks fail against the sound build, and each finds the mistakes that are planted for it.

A sound build fails one attack that guesses with probability ≤ 1e-8, and ``rare keys`` below 1e-7.
"""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from sandbox.audit.attacks import WORLDS, Attack, guessing, parts, released
from sandbox.audit.attacks.outcome import guessed, most_right, never
from sandbox.cli.app import app
from sandbox.noise import primitives
from sandbox.release import shaping
from sandbox.release.shelf import Shelf

measuring = importlib.import_module("sandbox.measuring")
calibrate = importlib.import_module("sandbox.noise.calibrate")


def broken(folder: Path, world: Callable[[Path], Any], *attacks: Attack) -> set[str]:
    """Names of the attacks that succeeded."""
    with world(folder) as opened:
        return {found.name for found in (attack(opened) for attack in attacks) if not found.held}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PARTS", 200)


def test_every_attack_on_the_sound_build_fails() -> None:
    ended = CliRunner().invoke(app, ["audit", "attack", "--json"])
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.exit_code == 0, ended.stdout
    assert len(lines) == sum(len(attacks) for _, attacks in WORLDS)
    assert len({line["name"] for line in lines}) == len(lines)
    assert all(line["held"] and line["zh"] and line["trials"] for line in lines)
    assert all(line["won"] > 0.4 * line["trials"] for line in lines if line["allowed"])


@pytest.mark.usefixtures("few")
def test_without_noise_every_secret_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primitives, "draw", lambda mechanism, scale, values: list(values))
    guesses = (
        guessing.differencing, guessing.tracker, guessing.averaging, guessing.singling_out,
        guessing.reconstruction,
    )  # fmt: skip
    found = broken(tmp_path, parts.opened, *guesses)
    assert found == {"differencing", "tracker", "averaging", "singling out", "reconstruction"}


@pytest.mark.usefixtures("few")
def test_a_question_that_is_drawn_anew_each_time_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shelf, "stored", lambda *_: None)
    assert broken(tmp_path, parts.opened, guessing.repetition) == {"repetition"}


@pytest.mark.usefixtures("few")
def test_a_threshold_that_lets_single_persons_through_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "_threshold", lambda *_: 2)
    monkeypatch.setattr(calibrate, "threshold_delta", lambda *_: 1e-13)
    assert broken(tmp_path, parts.opened, released.rare_keys) == {"rare keys"}


@pytest.mark.usefixtures("few")
def test_rows_in_an_order_of_their_own_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = measuring.release.post_process

    def shuffled(*arguments: Any) -> pa.Table:
        table = computed(*arguments)
        places = list(range(table.num_rows))
        random.shuffle(places)
        return table.take(places)

    monkeypatch.setattr(measuring.release, "post_process", shuffled)
    assert broken(tmp_path, parts.opened, released.order) == {"order"}


@pytest.mark.usefixtures("few")
def test_a_float_with_digits_below_the_grid_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        shaping, "natural_units", lambda steps, quantum: float((steps + Fraction(1, 9)) * quantum)
    )
    assert broken(tmp_path, parts.opened, released.float_bits) == {"float bits"}


def test_a_guess_is_compared_with_what_was_paid() -> None:
    assert guessed("x", "", [True] * 300 + [False] * 100, rho=0.02).held is False
    assert guessed("x", "", [True] * 300 + [False] * 100, rho=2.0).held is True
    assert most_right(1e-9) == pytest.approx(0.5, abs=1e-4)


def test_one_case_of_what_must_never_be_is_too_many() -> None:
    assert never("x", "", "cases", [False] * 5000).held
    assert not never("x", "", "cases", [False] * 5000 + [True]).held
