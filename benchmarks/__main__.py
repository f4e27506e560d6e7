"""``python -m benchmarks``: load, warm query and import, each as a ratio within this run.

Figures go to ``docs/benchmarks.md`` with machine and date. Every ratio pairs the two sides in turn, so that
a busy machine slows both.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import duckdb

from benchmarks import source
from benchmarks.watch import Watch

QUERY = "SELECT region, count(*) AS n, sum(amount) AS total, avg(amount) AS mean FROM {} GROUP BY region"


def seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def plain_load(parquet: Path, folder: Path) -> float:
    """Plain DuckDB: CREATE TABLE AS from the same Parquet into a database file in memory-backed storage."""
    target = folder / "plain.duckdb"
    target.unlink(missing_ok=True)

    def load() -> None:
        with duckdb.connect(str(target), config={"threads": "2"}) as database:
            database.execute(f"CREATE TABLE visits AS SELECT * FROM '{parquet}'")

    return seconds(load)


def bench_load(policy: Path, folder: Path, rounds: int) -> None:
    from sandbox import Sandbox

    ratios, works, peaks = [], [], []
    for turn in range(rounds):
        with Watch(folder) as idle:
            plain = plain_load(policy.parent / "visits.parquet", folder)
        os.environ["SANDBOX_BENCH_KEY"] = "b" * 64
        home = str(folder / f"home{turn}")
        with Watch(folder) as watch:
            started = time.perf_counter()
            Sandbox.local(str(policy), home=home).close()
            ours = time.perf_counter() - started
        print(f"load: plain {plain:.1f} s, all in {ours:.1f} s; ", end="")
        print(f"processor seconds: plain {idle.busy:.1f}, all in {watch.busy:.1f}")
        ratios.append(ours / plain)
        works.append(watch.busy / idle.busy)
        peaks.append(watch.peak >> 20)
    print(
        f"load: ratio {statistics.median(ratios):.2f} by the clock, {statistics.median(works):.2f} "
        f"in processor seconds (goal ≤ 6)"
    )
    print(f"load: peak memory of all processes and memory-backed files {max(peaks)} MiB (goal < 4096)")


def bench_query(policy: Path, folder: Path, rounds: int) -> None:
    from sandbox import Sandbox

    with (
        duckdb.connect(config={"threads": "2"}) as database,
        Sandbox.local(str(policy), home=str(folder / "home0"), replay=False) as box,
    ):
        database.execute(f"CREATE TABLE visits AS SELECT * FROM '{policy.parent / 'visits.parquet'}'")
        plain_sql, sql = QUERY.format("visits"), QUERY.format("visits")
        database.execute(plain_sql).fetchall()
        box.query(sql, epsilon=0.5)
        plain, ours = [], []
        for _ in range(rounds):
            plain.append(seconds(lambda: database.execute(plain_sql).fetchall()))
            ours.append(seconds(lambda: box.query(sql, epsilon=0.5)))
    a, b = statistics.median(plain), statistics.median(ours)
    print(
        f"warm query: plain {a * 1e3:.1f} ms, ours {b * 1e3:.1f} ms, ratio {b / a:.2f}, "
        f"goal ≤ 1.5 × plain + 15 ms = {1.5 * a * 1e3 + 15:.1f} ms"
    )


def bench_import() -> None:
    """``import sandbox``, and what ``connect`` imports, in a fresh interpreter, minus an empty one."""
    times = {
        code: min(
            seconds(partial(subprocess.run, [sys.executable, "-c", code], check=True)) for _ in range(7)
        )
        for code in ("pass", "import sandbox", "import sandbox.client")
    }
    for code in ("import sandbox", "import sandbox.client"):
        print(f"{code}: {times[code] - times['pass']:.3f} s (goal < 0.3 s)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--load-rounds", type=int, default=2)
    parser.add_argument("--query-rounds", type=int, default=31)
    parser.add_argument("--data", type=Path, default=Path("data/bench"))
    options = parser.parse_args()
    print(
        f"{dt.date.today()} · {platform.machine()} · {os.cpu_count()} cores"
        f" · Python {platform.python_version()} · DuckDB {duckdb.__version__}"
        f" · {options.rows:,} rows, {options.people:,} units"
    )
    policy = source.write(options.data / str(options.rows), options.rows, options.people)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        bench_import()
        bench_load(policy, Path(folder), options.load_rounds)
        bench_query(policy, Path(folder), options.query_rounds)


if __name__ == "__main__":
    main()
