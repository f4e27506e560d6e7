"""``python -m benchmarks.real``: answers on data that nobody here made, beside the exact ones.

Prints the tables of ``docs/real-data.md``: for each question the released value, its 95 % bar, the exact
value, and how often the bars of 20 fresh answers held it.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

import pandas as pd

from sandbox import Sandbox
from sandbox.local import LocalSandbox
from tests import real

ROUNDS = 20


def show(
    box: LocalSandbox, sql: str, epsilon: float, exact: dict[tuple[object, ...], tuple[float, ...]]
) -> None:
    """Ask ``ROUNDS`` times and print one line of figures a measured column."""
    answers = [box.query(sql, epsilon=epsilon) for _ in range(ROUNDS)]
    keys = [place for place, column in enumerate(answers[0].columns) if not column.measured]
    measured = [place for place, column in enumerate(answers[0].columns) if column.measured]
    print(f"\n{sql}   (ε = {epsilon})")
    for order, place in enumerate(measured):
        errors, held, hidden = [], [], 0
        for answer in answers:
            for row, bars in zip(answer.rows(), answer.error(), strict=True):
                if row[place] is None:
                    hidden += 1
                    continue
                truth = exact[tuple(row[key] for key in keys)][order]
                miss = abs(float(row[place]) - truth)
                errors.append(miss / abs(truth) if truth else 0.0)
                held.append(miss <= bars[place])
        groups = statistics.mean(len(answer.rows()) for answer in answers)
        print(
            f"  {answers[0].columns[place].name}: {groups:.0f} groups, median relative error "
            f"{statistics.median(errors):.2%}, 9 of 10 under {statistics.quantiles(errors, n=10)[-1]:.1%}, "
            f"bars held {statistics.mean(held):.1%}, cells hidden {hidden / (hidden + len(held)):.1%}"
        )


def by(
    frame: pd.DataFrame, keys: list[str], **columns: tuple[str, str]
) -> dict[tuple[object, ...], tuple[float, ...]]:
    """Exact answers of a GROUP BY, keyed as the release keys them."""
    grouped = frame.groupby(keys).agg(**columns)
    return {
        (key if isinstance(key, tuple) else (key,)): tuple(float(value) for value in row)
        for key, row in zip(grouped.index, grouped.to_numpy(), strict=True)
    }


def flights(folder: Path, row_bound: int) -> None:
    """336 776 flights, the unit an aircraft (4 043 of them, up to 575 flights each)."""
    print(f"\nflights, at most {row_bound} of one aircraft")
    policy, frame = real.write_flights(folder)
    text = policy.read_text().replace("epsilon: 20", "epsilon: 1000")
    policy.write_text(text.replace("max_rows_per_unit: 600", f"max_rows_per_unit: {row_bound}"))
    known = frame.dropna(subset=["tailnum"]).assign(dep_delay=lambda f: f.dep_delay.clip(-60, 300))
    with Sandbox.local(str(policy), home=str(folder / "home"), replay=False) as box:
        show(
            box, "SELECT count(DISTINCT tailnum) AS aircraft FROM flights", 1,
            {(): (float(known.tailnum.nunique()),)},
        )  # fmt: skip
        for columns in (["origin"], ["origin", "month"]):
            listed = ", ".join(columns)
            show(
                box,
                f"SELECT {listed}, count(*) AS flights, avg(dep_delay) AS delay FROM flights "
                f"WHERE origin IS NOT NULL AND month IS NOT NULL GROUP BY {listed}",
                2,
                by(known, columns, n=("flight", "size"), d=("dep_delay", "mean")),
            )
        show(
            box, "SELECT dest, count(*) AS flights FROM flights GROUP BY dest", 2,
            by(known, ["dest"], n=("flight", "size")),
        )  # fmt: skip


def meps(folder: Path) -> None:
    """10 391 persons, one row each."""
    print("\nMEPS, one row of one person")
    policy, frame = real.write_meps(folder)
    policy.write_text(policy.read_text().replace("epsilon: 20", "epsilon: 1000"))
    frame = frame.assign(drugexp=frame.drugexp.clip(0, 10_000), age=frame.age.clip(65, 90))
    with Sandbox.local(str(policy), home=str(folder / "home"), replay=False) as box:
        for columns in (["female"], ["totchr"], ["age", "female"]):
            listed = ", ".join(columns)
            present = " AND ".join(f"{column} IS NOT NULL" for column in columns)
            show(
                box,
                f"SELECT {listed}, count(*) AS persons, avg(drugexp) AS spending FROM persons "
                f"WHERE {present} GROUP BY {listed}",
                1,
                by(frame, columns, n=("person", "size"), s=("drugexp", "mean")),
            )


if __name__ == "__main__":
    os.environ.setdefault("SANDBOX_TEST_KEY", "b" * 64)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        for bound in (600, 150):
            flights(Path(scratch, f"flights{bound}"), bound)
        meps(Path(scratch, "meps"))
