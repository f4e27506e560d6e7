"""Grey-box neighbours: two sources that differ by one unit, loaded and asked the same, seen before noise.

The promise is about *sources*, so a pair goes through the whole load. Every draw of noise is recorded with
the exact integers it was asked to hide; on both sides the recorded control flow must be equal, and the exact
vectors may differ by no more than the plan says. (Idea: Narayanan & others, arXiv:2602.17454.)

Ranks are drawn afresh for each load, so units other than the one that differs keep to the row bound; the one
that differs has as many rows as it likes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox, SandboxError, gateway
from sandbox.noise import choice
from sandbox.nouns.plan import Measure, Stage
from tests import clinic

POLICY = clinic.POLICY.replace("epsilon: 20", "epsilon: 1000")

HUGE = "* 1e60 * 1e60 * 1e60 * 1e60 * 1e60 * 1e60"
QUESTIONS = (
    "SELECT count(*) FROM visits",
    "SELECT count(DISTINCT id_card) FROM visits",
    "SELECT count(DISTINCT id_card) AS n, sum(amount) AS s FROM visits WHERE amount > 500",
    "SELECT city, count(*), sum(amount), avg(amount) FROM visits GROUP BY city",
    "SELECT city, count(DISTINCT id_card) FROM visits GROUP BY city",
    "SELECT diagnosis, count(*), avg(amount) FROM visits GROUP BY diagnosis",
    "SELECT sum(clamp(free, -2, 3)), avg(clamp(free * 2, -1, 1)) FROM visits",
    "SELECT CASE WHEN amount > 800 THEN 'high' ELSE 'low' END AS kind, count(*) FROM visits GROUP BY 1",
    "SELECT p.sex, count(*), sum(v.amount) FROM visits v JOIN persons p ON v.id_card = p.id_card "
    "GROUP BY p.sex",
    "SELECT h.level, count(*), sum(v.amount) FROM visits v JOIN hospitals h ON v.hospital = h.hospital "
    "GROUP BY h.level",
    "SELECT p.age, count(v.amount) FROM persons p LEFT JOIN visits v ON v.id_card = p.id_card GROUP BY p.age",
    "SELECT v.city, p.sex, avg(p.age) FROM visits v LEFT JOIN persons p ON v.id_card = p.id_card "
    "WHERE v.visited_on >= DATE '2025-03-01' GROUP BY v.city, p.sex HAVING count(*) > 5 "
    "ORDER BY 3 DESC LIMIT 4",
    "SELECT date_trunc('quarter', visited_on), count(*), count(DISTINCT id_card) FROM visits GROUP BY 1",
    "SELECT month(visited_on), city, count(DISTINCT id_card) FROM visits GROUP BY 1, 2",
    "SELECT date_trunc('week', CAST(diagnosis AS DATE)), count(*) FROM visits GROUP BY 1",
    f"SELECT CASE WHEN diagnosis = 'only me' THEN amount {HUGE} END, count(*) FROM visits GROUP BY 1",
    "SELECT round(amount, -2), count(*) FROM visits GROUP BY 1",
    "SELECT sum(CASE WHEN city = '郑州市' THEN amount ELSE -amount END), avg(greatest(amount, 10)), "
    "sum(clamp(CASE WHEN diagnosis LIKE 'J%' THEN free * amount END, -7, 9)), "
    "count(nullif(amount, 1000)) FROM visits",
    "SELECT h.level, v.city, count(*), avg(v.amount) FROM hospitals h JOIN visits v "
    "ON h.hospital = v.hospital GROUP BY h.level, v.city",
    "SELECT h.level, count(h.hospital), count(v.amount), sum(v.amount) FROM visits v LEFT JOIN hospitals h "
    "ON v.hospital = h.hospital AND h.level = '三级' GROUP BY h.level",
    "SELECT v.city, p.sex, count(DISTINCT v.id_card), sum(v.amount) FROM visits v "
    "JOIN persons p ON v.id_card = p.id_card GROUP BY v.city, p.sex "
    "HAVING count(DISTINCT v.id_card) > 3 AND sum(v.amount) > 10 ORDER BY 4 LIMIT 2",
    "SELECT p.sex, count(w.amount), count(DISTINCT w.id_card), sum(w.amount - v.amount) FROM persons p "
    "LEFT JOIN visits v ON v.id_card = p.id_card LEFT JOIN visits w ON v.id_card = w.id_card GROUP BY p.sex",
    "SELECT city, diagnosis, count(DISTINCT id_card) FROM visits GROUP BY city, diagnosis "
    "ORDER BY 3 DESC LIMIT 3",
    "SELECT city, sum(n), avg(s) FROM (SELECT id_card, city, least(count(*), 2) AS n, sum(amount) AS s "
    "FROM visits GROUP BY id_card, city) v GROUP BY city",
    "SELECT diagnosis, sum(n) FROM (SELECT id_card, diagnosis, count(*) AS n FROM visits "
    "GROUP BY id_card, diagnosis) v GROUP BY diagnosis",
    'SELECT diagnosis, count(*) FROM visits GROUP BY 1\n-- keys: {"diagnosis": ["J00", "J09", null]}',
    "SELECT count(DISTINCT diagnosis), count(DISTINCT city), count(DISTINCT amount) FROM visits",
    "SELECT city, count(DISTINCT free) FROM visits GROUP BY city",
    "SELECT median(amount), max(visited_on), mode(city), quantile_cont(clamp(free, -2, 3), 0.9) FROM visits",
    "SELECT city, median(amount), mode(city) FROM visits GROUP BY city",
    "SELECT diagnosis, min(amount) FROM visits GROUP BY diagnosis",
    "SELECT a.n / b.n AS share FROM (SELECT count(*) AS n FROM visits WHERE amount > 500) a "
    "CROSS JOIN (SELECT count(*) AS n FROM visits) b",
    "SELECT city, count(*) FROM visits WHERE amount > (SELECT avg(amount) FROM visits) GROUP BY city",
    "WITH m AS (SELECT hospital, avg(amount) AS a FROM visits GROUP BY hospital) SELECT count(*), "
    "sum(v.amount) FROM visits v LEFT JOIN m ON m.hospital = v.hospital WHERE v.amount < m.a",
)

HOSTILE: dict[str, Sequence[Any]] = {
    "amount": (math.nan, math.inf, -math.inf, 1e308, -1e308, -0.0, 5e-324, 1000.0, 1000.0005, None),
    "free": (math.nan, math.inf, -math.inf, 1e308, -1.5, 5e-324, None),
    "city": (*clinic.CITIES, "上海市", "", None, "'"),
    "diagnosis": ("J00", "J09", "only me", "", None, "J00 ", "infinity", "5877642-06-24", "nan"),
    "hospital": ("H0", "H1", "nowhere", None, ""),
}


@dataclass
class Seen:
    """What one side did."""

    outcomes: list[str] = field(default_factory=list)
    measured: list[tuple[Stage, dict[tuple[object, ...], tuple[Any, ...]]]] = field(default_factory=list)
    released: list[Any] = field(default_factory=list)
    """What noise made of each, in order."""


def watch(policy: Path, home: Path, questions: Sequence[str], same: Seen | None = None) -> Seen:
    """Load, ask every question, and record each exact table on its way to noise.

    With ``same``, what was released there is released here too: a later stage that reads released values is
    compared under equal ones.
    """
    seen = Seen()
    real = gateway.noise.measure

    def measure(stage: Stage, calibrated: Any, exact: Any) -> Any:
        keys, names = [key.name for key in stage.keys], [measure.name for measure in stage.measures]
        seen.measured.append(
            (
                stage,
                {
                    tuple(str(row[key]) for key in keys): tuple(row[name] for name in names)
                    for row in exact.to_pylist()
                },
            )
        )
        place = len(seen.released)
        seen.released.append(same.released[place] if same is not None else real(stage, calibrated, exact))
        return seen.released[place]

    with (
        pytest.MonkeyPatch.context() as patch,
        Sandbox.local(str(policy), home=str(home), replay=False) as box,
    ):
        patch.setattr(gateway.noise, "measure", measure)
        for question in questions:
            try:
                answer = box.query(question, epsilon=1)
                seen.outcomes.append(f"{answer.cost} {[column.name for column in answer.columns]}")
            except SandboxError as error:
                seen.outcomes.append(error.code)
    return seen


def hostile_rows(rng: random.Random, unit: str) -> list[dict[str, Any]]:
    """Rows of the unit that differs: more than the bound allows, with the worst values."""
    rows = []
    for row in clinic.visits(1, 1, rng) * rng.choice((1, 3, 9, 30)):
        changed = {name: rng.choice(values) for name, values in HOSTILE.items() if rng.random() < 0.7}
        rows.append({**row, "id_card": unit, **changed})
    return rows


PERSONS_AT, HOSPITALS_AT = POLICY.index("  persons:"), POLICY.index("  hospitals:")
POLICIES = (
    POLICY,
    POLICY.replace("max_rows_per_unit: 8", "max_rows_per_unit: 1"),
    POLICY[:PERSONS_AT] + POLICY[HOSPITALS_AT:],  # one protected table
    POLICY.replace("bounds: [0, 1000]", "bounds: [-0.0005, 999.9995]"),
)
"""Row bounds, tables and bounds off the grid; each with the same answers asked."""


def pair(folder: Path, seed: int, policy: str | None = None) -> tuple[Path, Path]:
    """Policies of two sources that differ by one unit."""
    rng = random.Random(seed)
    policy = policy or rng.choice(POLICIES)
    people = rng.choice((0, 1, 5, 30))
    visits = clinic.visits(
        people, 1 if "max_rows_per_unit: 1\n    columns:\n      id_card:    " in policy else 8, rng
    )
    persons = clinic.persons(people, rng)
    for row in visits:
        if rng.random() < 0.2:
            row |= {"amount": rng.choice(HOSTILE["amount"]), "city": rng.choice(HOSTILE["city"])}
    extra = hostile_rows(rng, "PXXXXXX")
    person = [
        {"id_card": "PXXXXXX", "sex": rng.choice(("男", "?", None)), "age": rng.choice((0, 120, -5, None))}
    ]
    visits += [{**row, "id_card": rng.choice((None, "", " "))} for row in clinic.visits(2, 1, rng)]
    place = rng.randint(0, len(visits))
    hospitals = rng.choice((0, 5))
    repeated = "".join(
        f"H{rng.randint(0, 2)},{rng.choice(('三级', '二级', ''))}\n" for _ in range(rng.choice((0, 4)))
    )
    without = clinic.write(
        folder / "without", visit_rows=visits, person_rows=persons, policy=policy, hospitals=hospitals
    )
    with_unit = clinic.write(
        folder / "with",
        visit_rows=visits[:place] + extra + visits[place:],
        person_rows=persons + person * rng.choice((0, 1, 3)),
        policy=policy,
        hospitals=hospitals,
    )
    for side in (without, with_unit):
        with (side.parent / "hospitals.csv").open("a", encoding="utf-8") as file:
            file.write(repeated)
    return without, with_unit


def moved(measure: Measure, left: Any, right: Any) -> int:
    """How far one group's exact value moved; of a pick, the score that moved furthest."""
    if measure.choice is None:
        return abs(int(left - right))
    histograms = [choice.histogram(measure.choice, each or ()) for each in (left, right)]
    one, two = (choice.scores(measure.choice, each) for each in histograms)
    return max(abs(a - b) for a, b in zip(one, two, strict=True))


def violations(left: Seen, right: Seen) -> list[str]:
    """Every way in which the two sides tell more than their sensitivities say."""
    found = []
    if left.outcomes != right.outcomes:
        found.append(f"outcomes differ: {left.outcomes} / {right.outcomes}")
    if [stage for stage, _ in left.measured] != [stage for stage, _ in right.measured]:
        return [*found, "control flow differs"]
    for (stage, a), (_, b) in zip(left.measured, right.measured, strict=True):
        empty = (0,) * len(stage.measures)
        if not stage.discovered and a.keys() != b.keys():
            found.append(f"grids differ: {stage.exact_sql}")
        for place, measure in enumerate(stage.measures):
            changes = [
                moved(measure, a.get(key, empty)[place], b.get(key, empty)[place])
                for key in a.keys() | b.keys()
            ]
            reach = measure.sensitivity
            norms = {
                "l0": sum(change > 0 for change in changes),
                "l1": sum(changes),
                "l2_squared": sum(change**2 for change in changes),
                "linf": max(changes, default=0),
            }
            found += [
                f"{measure.label}: {norm} {value} > {getattr(reach, norm)}: {stage.exact_sql}"
                for norm, value in norms.items()
                if value > getattr(reach, norm)
            ]
    return found
