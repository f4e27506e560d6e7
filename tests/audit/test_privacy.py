"""The audit passes the sound build and finds planted mistakes in it, from released values alone.

A line of a sound build fails with probability ≤ 1e-8 (``ALPHA``), all of them together with less than 3e-7.
(That is proved. Simulated, 3000 samples a side certify 0.58 ± 0.05 of a charge of 1.008: nine deviations
below.)

How likely a planted mistake stays unseen, from 60 to 80 simulated audits of discrete Gaussian noise each
(mean and standard deviation of the certified ρ; 1.008 is charged; normal approximation):

- Halved noise is ρ 4.03, or 3.22 where a fifth went to the floor. With 2000 samples a side 1.78 ± 0.10 of a
  count's 3.22 are certified, 1.75 ± 0.10 of those of an average: more than seven deviations, 1e-12 a line.
  With the 3000 of the whole table the weakest line is CORR, 2.69 of which 1.61 ± 0.09 are certified: seven.
- √m under a row bound of m = 4 halves the noise of the count: the same 1.78 ± 0.10.
- One row kept as two: the charge of 1.008 is shared by the rows and the people (σ = 1 each), of which she
  now moves the rows by two, so that 2.0 + 0.5 = 2.5 are lost. 2000 samples a side certify 1.38 ± 0.09, which
  would miss it once in 10⁵ runs; 4000 certify 1.59 ± 0.07: nearly eight deviations.
- A clamp left out moves a sum by a hundred times its noise. A pick eight times too sharp turns a candidate
  of chance 0.5 into one of 0.002, and 0.04 would do to break the line.
- A threshold one too low shows a key of 11 % of 1000 people where 0.9 % are charged. 31 of them break the
  line; fewer come with probability below 1e-16.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from sandbox.audit import audit_privacy, privacy
from sandbox.audit.lines import ALL, chosen
from sandbox.cli.app import app
from sandbox.noise import primitives
from sandbox.nouns.plan import Mechanism
from sandbox.nouns.spend import Sensitivity
from sandbox.plan.relations import source
from sandbox.plan.relations.scan import Relation
from sandbox.plan.scalars import choice
from sandbox.plan.types import Range, Value
from sandbox.workspace import build

PARTS = 4_000
NUMBERS = [line.name for line in ALL if line.parameter == "ρ"]
PICKS = [line.name for line in ALL if line.parameter == "ε"]
calibrate = importlib.import_module("sandbox.noise.calibrate")
threshold = importlib.import_module("sandbox.noise.threshold")
draw, pick, clamped = primitives.draw, primitives.pick, choice.clamped
delta_of, norms, scan, protected_sql = (
    threshold.threshold_delta, Sensitivity.rows, source.scan, build.protected_sql
)  # fmt: skip


def broken(names: Iterable[str], parts: int = PARTS) -> list[str]:
    return [each.name for each in audit_privacy(parts, chosen(names)) if not each.held]


def halved(mechanism: Mechanism, scale: float, values: Sequence[int]) -> list[int]:
    return draw(mechanism, scale / 2, values)


def unclamped(value: Value, bounds: Range) -> Value:
    return replace(clamped(value, bounds), sql=value.sql)


def one_more(*told: object) -> Relation:
    found = scan(*told)
    return replace(found, sql=found.sql.replace('"_rank" < 1)', '"_rank" < 2)'))


def root_of_rows(most: int, step: int = 1) -> Sensitivity:
    return Sensitivity(l0=most, l1=most * step, l2_squared=most * step * step, linf=step)


def test_the_sound_build_holds_on_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "PARTS", 2_000)
    ended = CliRunner().invoke(app, ["audit", "privacy", "--json"])
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert ended.exit_code == 0
    assert [line["name"] for line in lines] == [line.name for line in ALL]
    assert all(line["held"] for line in lines)


def test_halved_noise_breaks_a_count_a_mean_and_a_subquery_by_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primitives, "draw", halved)
    names = ["COUNT(*)", "AVG", "subquery by unit"]
    assert broken(names) == names


@pytest.mark.full
def test_halved_noise_breaks_every_line_of_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primitives, "draw", halved)
    assert broken(NUMBERS, privacy.PARTS) == NUMBERS


def test_a_forgotten_clamp_and_a_sharp_pick_each_break_their_own_line_and_the_command_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(privacy, "PARTS", 2_000)
    monkeypatch.setattr(choice, "clamped", unclamped)
    monkeypatch.setattr(primitives, "pick", lambda scale, scores: pick(scale / 8, scores))
    wanted = ["SUM of a clamp", *PICKS]
    asked = [word for name in ["SUM", *wanted] for word in ("--line", name)]
    ended = CliRunner().invoke(app, ["audit", "privacy", *asked])
    assert ended.exit_code == 1
    lines = [line for line in ended.stdout.splitlines() if line.startswith("BROKEN")]
    assert [line.split("  ")[1].strip() for line in lines] == wanted


def test_a_row_bound_that_keeps_one_row_more_in_load_and_question_breaks_the_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(source, "scan", one_more)
    more = lambda *told: protected_sql(*told).replace("WHERE _rank < 1 ", "WHERE _rank < 2 ")  # noqa: E731
    monkeypatch.setattr(build, "protected_sql", more)
    assert broken(["COUNT(*), one row"], 8_000) == ["COUNT(*), one row"]


def test_the_root_of_the_rows_under_a_row_bound_breaks_the_count_of_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Sensitivity, "rows", staticmethod(root_of_rows))
    assert broken(["COUNT(*)"]) == ["COUNT(*)"]


def test_a_threshold_one_too_low_breaks_the_discovered_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (threshold, calibrate):
        monkeypatch.setattr(module, "threshold_delta", lambda scale, tau, l0: delta_of(scale, tau + 1, l0))
    calibrate._threshold.cache_clear()
    try:
        assert broken(["discovered keys"]) == ["discovered keys"]
    finally:
        calibrate._threshold.cache_clear()


@pytest.mark.parametrize("parts", [0, 396, 6001])
def test_an_audit_of_too_few_or_odd_parts_is_refused(parts: int) -> None:
    with pytest.raises(ValueError, match="multiple of 4"):
        next(audit_privacy(parts))


def test_a_line_that_there_is_not_is_a_mistake_of_usage() -> None:
    ended = CliRunner().invoke(app, ["audit", "privacy", "--line", "TRUTH"])
    assert ended.exit_code == 2
    assert "there are" in ended.output
