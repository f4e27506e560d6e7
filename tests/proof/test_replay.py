"""The whole gateway over neighbours under one record of draws: nothing leaves that was not measured."""

from __future__ import annotations

import importlib
import os
import random
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pytest

from sandbox import gateway, measuring, noise
from sandbox.gateway import Gateway
from sandbox.nouns.plan import Stage
from sandbox.nouns.spend import Sensitivity
from sandbox.plan.relations import source
from sandbox.plan.scalars import choice
from sandbox.workspace import build
from tests.proof import fast, laid, questions
from tests.proof.draws import MOODS
from tests.proof.replay import Family

pytestmark = pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result")
SECONDS = float(os.environ.get("SANDBOX_TEST_REPLAY_SECONDS", "240"))


def test_kept_and_a_few_random_questions_lose_no_more_than_was_charged() -> None:
    seed = secrets.randbits(32)
    found = fast.search(seed, families=1)
    assert found.violations == {}, f"seed {seed}"
    assert found.pairs == found.outcomes["released"] * fast.FEW
    assert found.outcomes["released"] >= len(fast.corpus()) + fast.SAMPLE // 2


@pytest.mark.full
def test_random_questions_of_the_whole_dialect_lose_no_more_than_was_charged() -> None:
    seed = secrets.randbits(32)
    found = fast.search(seed, seconds=SECONDS)
    assert found.violations == {}, f"seed {seed}"
    assert found.pairs > 1000
    assert found.outcomes["released"] > found.outcomes.total() // 2


@pytest.fixture(scope="module")
def family() -> Iterator[Family]:
    """A source and three neighbours, for whatever is loaded."""
    made = Family(questions.SMALL, 3)
    yield made
    made.close()


@pytest.fixture
def broken(family: Family) -> Callable[..., list[str]]:
    """Ask a few questions of two sources after something was broken; returns what was seen."""

    def ask(*asked: str) -> list[str]:
        rng = random.Random(11)
        seen: list[str] = []
        for turn in range(2):
            source, neighbours = questions.family(rng, 3)
            for each in (source, *neighbours):
                each["hospitals"] = [{"hospital": "12", "level": 1, "region": "郑州市", "beds": 1}]
            family.load(source, neighbours, turn)
            for sql in asked:
                for mood in MOODS:
                    _, pairs = family.ask(sql, mood)
                    seen += [text for pair in pairs for text in pair]
        return seen

    return ask


COUNTS = "SELECT city, COUNT(*) AS n FROM visits GROUP BY city ORDER BY n"
TOTAL = "SELECT COUNT(*) AS n, SUM(days) AS s FROM visits"
GROUPS = "SELECT code, COUNT(*) AS n FROM visits GROUP BY code ORDER BY n"


def test_what_is_whole_is_seen_as_whole(broken: Callable[..., list[str]]) -> None:
    assert broken(COUNTS, TOTAL, GROUPS) == []


def test_a_released_value_that_was_not_measured_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = noise.measure

    def leaking(stage: Stage, calibrated: Any, exact: pa.Table) -> Any:
        noisy = real(stage, calibrated, exact)
        return replace(noisy, values=(tuple(exact.column(stage.measures[0].name).to_pylist()),
                                      *noisy.values[1:]))  # fmt: skip

    monkeypatch.setattr(noise, "measure", leaking)
    assert any("acts differ" in text for text in broken(TOTAL))


def test_a_branch_on_an_exact_value_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = noise.measure

    def branching(stage: Stage, calibrated: Any, exact: pa.Table) -> Any:
        if exact.column(stage.measures[0].name)[0].as_py() % 2:
            raise gateway.JobFailed
        return real(stage, calibrated, exact)

    monkeypatch.setattr(noise, "measure", branching)
    assert any("acts differ" in text for text in broken(TOTAL))


def test_a_group_left_out_for_its_exact_count_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """k-anonymity below the noise: a group of one is not drawn for."""
    real = noise.measure

    def suppressing(stage: Stage, calibrated: Any, exact: pa.Table) -> Any:
        units = exact.column(stage.unit_measure or "")
        return real(stage, calibrated, exact.filter(pa.compute.greater(units, 1)))

    monkeypatch.setattr(noise, "measure", suppressing)
    assert broken(GROUPS)


def test_an_order_by_an_exact_value_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = noise.measure

    def ordered(stage: Stage, calibrated: Any, exact: pa.Table) -> Any:
        return real(stage, calibrated, exact.sort_by(stage.measures[0].name))

    monkeypatch.setattr(noise, "measure", ordered)
    assert broken(COUNTS)


def test_an_exact_number_of_rows_in_the_log_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Gateway._measure

    def counting(self: Gateway, *arguments: Any) -> Any:
        answer, record = real(self, *arguments)
        rows = self.workspace.exact("SELECT count(*) AS n FROM workspace.visits").to_pylist()[0]["n"]
        return answer, replace(record, groups=rows)

    monkeypatch.setattr(Gateway, "_measure", counting)
    assert any("acts differ" in text for text in broken(TOTAL))


def test_a_sensitivity_that_is_too_small_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = gateway.plan

    def shrunk(sql: str, facts: Any) -> Any:
        made = real(sql, facts)
        return replace(made, stages=tuple(
            replace(stage, measures=tuple(
                replace(measure, sensitivity=Sensitivity.groups(1)) for measure in stage.measures))
            for stage in made.stages
        ))  # fmt: skip

    monkeypatch.setattr(gateway, "plan", shrunk)
    seen = broken(TOTAL)
    assert any("l1" in text for text in seen)
    assert any("charged" in text for text in seen)


def test_a_forgotten_clamp_is_seen(broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    real = choice.clamped
    monkeypatch.setattr(choice, "clamped", lambda value, bounds: replace(real(value, bounds), sql=value.sql))
    assert any("linf" in text for text in broken("SELECT SUM(clamp(days, 0, 3)) AS s FROM visits"))


def test_a_row_bound_that_keeps_one_row_more_in_load_and_question_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    scan, protected, most = source.scan, build.protected_sql, questions.BOUNDS["visits"]

    def one_more(*told: Any) -> Any:
        found = scan(*told)
        return replace(found, sql=found.sql.replace(f'"_rank" < {most})', f'"_rank" < {most + 1})'))

    def kept(*told: Any) -> str:
        return protected(*told).replace(f"WHERE _rank < {most} ", f"WHERE _rank < {most + 1} ")

    monkeypatch.setattr(source, "scan", one_more)
    monkeypatch.setattr(build, "protected_sql", kept)
    assert any("l1" in text for text in broken(TOTAL))


def test_an_engine_that_answers_otherwise_side_by_side_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are cut to no source are everybody's."""
    monkeypatch.setattr(laid, "CUT", "TRUE")
    assert any("side by side" in text for text in broken(TOTAL))


def test_noise_for_less_than_the_sensitivity_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan says the truth and the charge is as ever, but the scale is too small."""
    module = importlib.import_module("sandbox.noise.measure")
    real = module._draw
    monkeypatch.setattr(
        module, "_draw", lambda item, vector: real(replace(item, scale=item.scale / 8), vector)
    )
    assert any("lost ρ" in text for text in broken(TOTAL))


def test_a_second_draw_of_the_same_value_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("sandbox.noise.measure")
    real = module._draw

    def twice(item: Any, vector: Any) -> Any:
        for _ in range(4):
            real(item, vector)
        return real(item, vector)

    monkeypatch.setattr(module, "_draw", twice)
    assert broken(TOTAL)


def test_a_limit_below_the_boundary_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose rows fall under the limit depends on how many others there are."""
    real = gateway.plan

    def limited(sql: str, facts: Any) -> Any:
        made = real(sql, facts)
        return replace(made, stages=tuple(
            replace(stage, exact_sql=stage.exact_sql.replace(
                '"workspace"."visits"', '(SELECT * FROM "workspace"."visits" ORDER BY days DESC LIMIT 4)'))
            for stage in made.stages
        ))  # fmt: skip

    monkeypatch.setattr(gateway, "plan", limited)
    assert broken(COUNTS, TOTAL, "SELECT sex, SUM(days) AS s FROM visits GROUP BY sex")


def test_a_grid_made_of_the_data_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stage drops cells that nobody is in, and does not check its grid."""
    module = importlib.import_module("sandbox.noise.measure")
    real = noise.measure
    monkeypatch.setattr(module, "_check_schema", lambda *_: None)

    def only_there(stage: Stage, calibrated: Any, exact: pa.Table) -> Any:
        return real(stage, calibrated, exact.filter(pa.compute.greater(exact.column("m0"), 0)))

    monkeypatch.setattr(noise, "measure", only_there)
    assert broken(COUNTS)


def test_a_load_that_drops_rare_values_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = build.protected_sql

    def suppressing(*arguments: Any) -> str:
        text = real(*arguments)
        return text.replace("WHERE _rank", "WHERE (SELECT count(*) FROM snapshot.visits) % 2 = 0 AND _rank")

    monkeypatch.setattr(build, "protected_sql", suppressing)
    assert broken(TOTAL)


def test_a_scan_that_reads_the_workspace_is_seen(
    broken: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text of a value that was never released goes through egress."""
    real = measuring.measure

    def peeking(offer: Any, workspace: Any, **rest: Any) -> Any:
        table, known = real(offer, workspace, **rest)
        first = workspace.exact("SELECT max(days) AS n FROM workspace.visits").to_pylist()[0]["n"]
        gateway.masked(str(first))
        return table, known

    monkeypatch.setattr(measuring, "measure", peeking)
    assert any("scan" in text for text in broken(TOTAL))
