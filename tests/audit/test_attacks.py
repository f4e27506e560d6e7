"""The attacks fail against the sound build, and each finds the mistakes that are planted for it.

A sound build fails one attack that guesses with probability ≤ 1e-8, and ``rare keys`` below 1e-7.
"""

from __future__ import annotations

import importlib
import itertools
import json
import random
import resource
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from sandbox import gateway
from sandbox.audit.attacks import (
    WORLDS,
    Attack,
    asking,
    clinic,
    errors,
    guessing,
    moments,
    parts,
    racing,
    released,
    statements,
)
from sandbox.audit.attacks.outcome import SHOWN, guessed, most_right, never
from sandbox.cli.app import app
from sandbox.gateway import Gateway
from sandbox.jobs.pool import Pool
from sandbox.ledger import accounts
from sandbox.noise import primitives
from sandbox.nouns.spend import Spend
from sandbox.release import shaping
from sandbox.release.shelf import Shelf
from sandbox.workspace.opened import OpenWorkspace

measuring = importlib.import_module("sandbox.measuring")
calibrate = importlib.import_module("sandbox.noise.calibrate")


def broken(folder: Path, world: Callable[[Path], Any], *attacks: Attack) -> set[str]:
    """Names of the attacks that succeeded."""
    with world(folder) as opened:
        return {found.name for found in (attack(opened) for attack in attacks) if not found.held}


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PARTS", 200)


@pytest.fixture
def shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less of what is long and tested by itself elsewhere, or in full."""
    some = tuple(statements.hostile())[::60]
    monkeypatch.setattr(asking, "hostile", lambda: some)
    monkeypatch.setattr(asking, "COSTLY", asking.COSTLY[::5])
    monkeypatch.setattr(errors, "PACKED", 12)
    monkeypatch.setattr(moments, "TOGETHER", moments.TOGETHER[:1])
    monkeypatch.setattr(racing, "ASKERS", 6)
    monkeypatch.setattr(asking, "FAMILIES", tuple(family[::6] for family in asking.FAMILIES))


@pytest.mark.usefixtures("shorter")
def test_every_attack_on_the_sound_build_fails() -> None:
    fails_against_the_sound_build()


@pytest.mark.full
def test_every_attack_in_full_on_the_sound_build_fails() -> None:
    fails_against_the_sound_build()


def fails_against_the_sound_build() -> None:
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
    found = broken(tmp_path, parts.opened, released.rare_keys, released.hidden_keys)
    assert found == {"rare keys", "hidden keys"}


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


@pytest.fixture(scope="module")
def clinics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clinic.Twins]:
    with clinic.opened(tmp_path_factory.mktemp("clinics")) as twins:
        yield twins


@pytest.fixture
def two(clinics: clinic.Twins) -> Iterator[clinic.Twins]:
    """Both clinics, with failures looked at afterwards."""
    yield clinics
    for box in (clinics.with_her, clinics.without):
        box.review_failures("planted")


def rewritten(patch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """The engine gets other SQL than was rendered."""
    exact = OpenWorkspace.exact

    def other(here: Any, sql: str, *beside: Any) -> Any:
        return exact(here, sql.replace(old, new), *beside)

    patch.setattr(OpenWorkspace, "exact", other)


USUAL = ("overflow", "shapes")
"""Channels that the usual suite plants a mistake in; all of them are one function."""


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(each, id=each.name, marks=() if each.name in USUAL else pytest.mark.full)
        for each in errors.CHANNELS
    ],
)
def test_a_row_on_which_an_engine_raises_is_found_through_every_channel(
    two: clinic.Twins, monkeypatch: pytest.MonkeyPatch, asked: errors.Channel
) -> None:
    raising = '(CASE WHEN "code" > 1000 THEN error(\'she\') ELSE "_rank" END) < 8'
    rewritten(monkeypatch, '"_rank" < 8', raising)
    few = replace(asked, conditions=asked.conditions[: errors.PACKED], statements=asked.statements[:1])
    found = errors.channel(few)(two)
    assert not found.held
    assert set(found.found) <= set(few.asked)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("casts", 'TRY_CAST(t0."weight"', 'CAST(t0."weight"'),
        ("overflow", 'CAST(t0."code" AS DOUBLE)', 't0."code"'),
        ("dates", "BETWEEN DATE '0001-01-01' AND DATE", "IS NOT NULL OR DATE '2025-01-01' ="),
    ],
)
def test_a_guard_that_is_left_out_is_found(
    two: clinic.Twins, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str
) -> None:
    (asked,) = (each for each in errors.CHANNELS if each.name == name)
    rewritten(monkeypatch, old, new)
    few = replace(asked, conditions=asked.conditions[: errors.PACKED], statements=())
    assert not errors.channel(few)(two).held


def test_a_grid_that_follows_from_rows_is_found(two: clinic.Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = clinic.shown

    def cut(box: Any, sql: str, **options: Any) -> object:
        return answered(box, f"{sql} LIMIT {2 + (box is two.with_her)}", **options)

    monkeypatch.setattr(clinic, "shown", cut)
    asked = errors.Channel("shapes", "", statements=("SELECT city, COUNT(*) FROM visits GROUP BY city",))
    assert not errors.channel(asked)(two).held


@pytest.mark.parametrize(
    "coarse",
    ["without case", *(pytest.param(each, marks=pytest.mark.full) for each in ("without ε", "without keys"))],
)
def test_a_stored_answer_under_too_coarse_a_key_is_found(
    two: clinic.Twins, monkeypatch: pytest.MonkeyPatch, coarse: str
) -> None:
    by_case = (f"{asking.VISIT} WHERE hospital = 'h1'", f"{asking.VISIT} WHERE hospital = 'H1'")
    monkeypatch.setattr(asking, "FAMILIES", (by_case,))
    assert asking.confusion(two).held
    keys: dict[str, Any] = {
        "without ε": lambda _, asked, offer: f"{coarse} {offer.plan.sql} {asked.sql}",
        "without case": lambda _, asked, offer: f"{coarse} {asked.sql.lower()} {asked.epsilon}",
        "without keys": lambda _, asked, offer: f"{coarse} {asked.sql.split('--')[0]} {asked.epsilon}",
    }
    monkeypatch.setattr(Gateway, "_replay_key", keys[coarse])
    assert not asking.confusion(two).held


def test_a_hostile_statement_that_is_answered_is_found(
    two: clinic.Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = tuple(itertools.islice(statements.hostile(), 3))
    monkeypatch.setattr(asking, "hostile", lambda: some)
    assert asking.refused(two).held
    planned = gateway.plan
    monkeypatch.setattr(gateway, "plan", lambda _, facts: planned("SELECT COUNT(*) FROM drugs", facts))
    assert asking.refused(two).won == len(some) + 1


def test_a_refusal_that_costs_is_found(two: clinic.Twins, monkeypatch: pytest.MonkeyPatch) -> None:
    some = tuple(itertools.islice(statements.hostile(), 3))
    monkeypatch.setattr(asking, "hostile", lambda: some)
    planned = gateway.plan

    def paid(sql: str, facts: Any) -> Any:
        if sql == some[0].sql:
            two.with_her.query("SELECT COUNT(*) FROM visits WHERE days <> 17", epsilon="0.1")
        return planned(sql, facts)

    monkeypatch.setattr(gateway, "plan", paid)
    assert asking.refused(two).found == ("all of them together",)


def test_a_question_that_breaks_an_engine_is_found(
    two: clinic.Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("SELECT COUNT(*) FROM drugs WHERE price > 7", "SELECT COUNT(*) FROM visits WHERE code > 7777")
    monkeypatch.setattr(asking, "COSTLY", asked)
    rewritten(monkeypatch, "> CAST(7777 AS BIGINT)", "> CAST(error('out of memory') AS BIGINT)")
    assert asking.exhaustion(two).found == asked[1:]


def test_memory_that_grows_in_the_asking_process_is_found(
    two: clinic.Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "COSTLY", ("SELECT COUNT(*) FROM visits WHERE code <> 78",))
    monkeypatch.setattr(asking, "MOST_GROWTH", 32 << 20)
    grown, broke = [], asking._broke
    spare = b"x" * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10)  # the peak may be long past

    def growing(box: Any, sql: str) -> bool:
        grown.append(b"x" * (48 << 20))
        return broke(box, sql)

    monkeypatch.setattr(asking, "_broke", growing)
    assert asking.exhaustion(two).found == ("the process's memory",)
    assert spare


def test_a_charge_of_half_the_price_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    charge = accounts.charge

    def half(connection: Any, charged: Any, price: Spend) -> None:
        charge(connection, charged, Spend(price.rho // 2, price.delta))

    monkeypatch.setattr(accounts, "charge", half)
    assert broken(tmp_path, racing.opened, racing.budget_race) == {"budget race"}


@pytest.mark.full
def test_failures_that_nobody_counts_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(racing, "ASKERS", 3)
    monkeypatch.setattr(Gateway, "_check_failures", lambda *_: None)
    assert broken(tmp_path, racing.opened, racing.failure_race) == {"failure race"}


def test_an_answer_of_an_older_load_or_another_agreement_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gateway, "_replay_key", lambda _, asked, offer: f"{offer.plan.sql} {asked.epsilon}")
    assert broken(tmp_path, racing.opened, racing.stale_answers) == {"stale answers"}


def test_an_answer_before_its_moment_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moments, "SLOT", 300_000)  # nobody waits for its end, and no machine is that busy
    monkeypatch.setattr(moments, "ALONE", ("SELECT COUNT(*) FROM visits",))
    monkeypatch.setattr(moments, "TOGETHER", ())
    monkeypatch.setattr(Pool, "_wait", lambda *_: None)
    assert broken(tmp_path, moments.opened, moments.slots) == {"slots"}


def test_a_guess_is_compared_with_what_was_paid() -> None:
    assert guessed("x", "", [True] * 300 + [False] * 100, rho=0.02).held is False
    assert guessed("x", "", [True] * 300 + [False] * 100, rho=2.0).held is True
    assert most_right(1e-9) == pytest.approx(0.5, abs=1e-4)


def test_one_case_of_what_must_never_be_is_too_many() -> None:
    assert never("x", "", "cases", [False] * 5000).held
    assert not never("x", "", "cases", [False] * 5000 + [True]).held


def test_what_broke_is_named() -> None:
    found = never("x", "", "cases", {"fine": False, **{f"broken {place}": True for place in range(9)}})
    assert found.found == tuple(f"broken {place}" for place in range(SHOWN))
    assert found.text.splitlines()[1].strip() == "broken 0"
