"""The audit passes the sound build and finds planted mistakes in it, from released values alone.

A line of a sound build fails with probability ≤ 1e-8 (``ALPHA``). With 3 750 certifying samples a side,
halved noise stays unseen in a line with probability about 1e-12: both counts seven standard deviations off,
at the threshold in the middle, by the normal approximation. The other mistakes are larger.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import pytest
from typer.testing import CliRunner

from sandbox.audit import Finding, audit_privacy, privacy
from sandbox.cli.app import app
from sandbox.noise import primitives
from sandbox.nouns.plan import Mechanism
from sandbox.nouns.spend import Sensitivity
from sandbox.plan.scalars import choice
from sandbox.plan.types import Range, Value

PARTS = 10_000
NUMBERS = len(privacy.ROWS) + 1
"""Lines that a draw of noise stands behind; they come first."""
calibrate = importlib.import_module("sandbox.noise.calibrate")
threshold = importlib.import_module("sandbox.noise.threshold")
draw, pick, clamped = primitives.draw, primitives.pick, choice.clamped
delta_of, norms = threshold.threshold_delta, Sensitivity.rows


def broken(found: Iterator[Finding]) -> set[str]:
    return {each.name for each in found if not each.held}


def halved(mechanism: Mechanism, scale: float, values: Sequence[int]) -> list[int]:
    return draw(mechanism, scale / 2, values)


def unclamped(value: Value, bounds: Range) -> Value:
    return replace(clamped(value, bounds), sql=value.sql)


def test_the_sound_build_holds_and_every_line_sees_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "PARTS", PARTS)
    ended = CliRunner().invoke(app, ["audit", "privacy", "--json"])
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.exit_code == 0
    assert len(lines) == NUMBERS + 2
    assert all(line["held"] and 0 < line["certified"] <= line["claimed"] for line in lines)


def test_halved_noise_breaks_every_line_of_numbers_and_the_command_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(privacy, "PARTS", PARTS)
    monkeypatch.setattr(primitives, "draw", halved)
    ended = CliRunner().invoke(app, ["audit", "privacy"])
    assert ended.exit_code == 1
    assert ended.stdout.count("BROKEN") == NUMBERS


def test_a_forgotten_clamp_a_sharp_pick_and_a_low_threshold_each_break_their_own_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choice, "clamped", unclamped)
    monkeypatch.setattr(primitives, "pick", lambda scale, scores: pick(scale / 4, scores))
    for module in (threshold, calibrate):
        monkeypatch.setattr(module, "threshold_delta", lambda *told: delta_of(*told) / 8)
    wanted = {"SUM of a clamp", "MEDIAN, noisy max", "discovered keys"}
    assert broken(audit_privacy(PARTS)) == wanted


def test_half_of_a_persons_rows_forgotten_in_the_price_breaks_the_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Sensitivity, "rows", staticmethod(lambda most, step=1: norms(most // 2, step)))
    assert "COUNT(*)" in broken(islice(audit_privacy(PARTS), 1))


@pytest.mark.parametrize("parts", [0, 396, 6001])
def test_an_audit_of_too_few_or_odd_parts_is_refused(parts: int) -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        next(audit_privacy(parts))
