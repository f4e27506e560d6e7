"""``python -m benchmarks.questions``: planning time, and some more questions beside plain DuckDB.

A question's ratio pairs both sides in turn. Planning is measured without the cache (each text is new) and
with it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import duckdb

from benchmarks import source
from benchmarks.__main__ import seconds

TWO_LEVELS = (
    "SELECT region, SUM(n) AS n FROM (SELECT id_card, region, LEAST(COUNT(*), 4) AS n FROM visits "
    "GROUP BY id_card, region) v GROUP BY region"
)
QUESTIONS = {
    "count by region": ("SELECT region, COUNT(*) AS n FROM visits GROUP BY region", None),
    "two levels": (TWO_LEVELS, None),
    "two levels beside one": (TWO_LEVELS, "SELECT region, COUNT(*) AS n FROM visits GROUP BY region"),
    "median": ("SELECT MEDIAN(amount) AS m FROM visits", None),
    "median by region": ("SELECT region, MEDIAN(amount) AS m FROM visits GROUP BY region", None),
    "distinct amounts": ("SELECT COUNT(DISTINCT amount) AS n FROM visits", None),
}
"""Name → the question, and what plain DuckDB runs where that is not the same."""


def bench_planning(policy: Path, rounds: int) -> None:
    """Plan new texts and known ones, against facts that stay."""
    from sandbox.nouns.plan import Facts
    from sandbox.plan import plan
    from sandbox.policy import load_policy

    checked = load_policy(policy)
    grants = {
        table.name: {each.name: each.use for each in table.columns if each.use} for table in checked.tables
    }
    facts = Facts(checked, grants, {}, {table.name: 64 for table in checked.tables if not table.public})
    fresh = count()

    def texts() -> Iterator[str]:
        for sql, _ in QUESTIONS.values():
            yield f"{sql} ORDER BY 1 LIMIT {next(fresh)}"

    new, known = [], []
    for _ in range(rounds):
        for text in texts():
            new.append(seconds(partial(plan, text, facts)))
            known.append(seconds(partial(plan, text, facts)))
    a, b = statistics.median(new) * 1e3, statistics.median(known) * 1e3
    print(f"planning: median {a:.2f} ms (goal ≤ 10), known {b:.4f} ms (goal ≤ 1)")


def bench_questions(policy: Path, folder: Path, rounds: int) -> None:
    """Each question beside plain DuckDB over the same rows."""
    from sandbox import Sandbox

    os.environ["SANDBOX_BENCH_KEY"] = "b" * 64
    with (
        duckdb.connect(config={"threads": "2"}) as database,
        Sandbox.local(str(policy), home=str(folder / "home"), replay=False) as box,
    ):
        database.execute(f"CREATE TABLE visits AS SELECT * FROM '{policy.parent / 'visits.parquet'}'")
        for name, (sql, other) in QUESTIONS.items():
            plain, ours = [], []
            for _ in range(rounds):
                plain.append(seconds(lambda: database.execute(other or sql).fetchall()))  # noqa: B023  called at once
                ours.append(seconds(lambda: box.query(sql, epsilon="0.05")))  # noqa: B023  called at once
            a, b = statistics.median(plain), statistics.median(ours)
            print(f"{name}: plain {a * 1e3:.1f} ms, ours {b * 1e3:.1f} ms, ratio {b / a:.2f}")


def main() -> None:
    """Print one line a figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--data", type=Path, default=Path("data/bench"))
    options = parser.parse_args()
    policy = source.write(options.data / str(options.rows), options.rows, options.people)
    bench_planning(policy, options.rounds)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        bench_questions(policy, Path(folder), options.rounds)


if __name__ == "__main__":
    main()
