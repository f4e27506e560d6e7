"""TPC-H on data: a folder of Parquet files, a policy beside them, and each query asked of both engines.

The policy grants what ``benchmarks.tpch`` grants its planner; its bounds and lists are those of the
specification. ε is generous: what is shown is that the machinery answers, and how its errors shrink with
scale, not what one budget buys.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median, median_low

import duckdb

from benchmarks.tpch import BOUNDS, DAYS, FLAGS, LISTS, REWRITES, ROWS, TABLES, UNITS, VIA, WHOLE, queries
from sandbox import Sandbox
from sandbox.errors import Refused
from sandbox.local import LocalSandbox
from sandbox.nouns.release import Release

EPSILON = 30
"""ε of one query; the cap pays for about 90 of them."""
HEAD = f"""\
version: 1
dataset: tpch
unit_type: person
key: {{env: SANDBOX_PSEUDONYM_KEY}}
on_unlisted: drop
privacy: {{epsilon: 1000, delta: 1.0e-6, per_job: {{epsilon: {EPSILON}}}, min_units: 2}}
tables:
"""


def generate(folder: Path, scale: float) -> Path:
    """The Parquet files of this scale and ``policy.yaml`` in ``folder``, made once; the policy's path."""
    if not all((folder / f"{name}.parquet").exists() for name in TABLES):
        folder.mkdir(parents=True, exist_ok=True)
        tool = Path(sys.executable).with_name("tpchgen-cli")
        subprocess.run([tool, "parquet", "-s", str(scale), "-o", folder], check=True, capture_output=True)
    path = folder / "policy.yaml"
    path.write_text(HEAD + "".join(table(name) for name in TABLES), encoding="utf-8")
    return path


def table(name: str) -> str:
    """One table of the policy."""
    lines = [f"  {name}:", f"    source: {{connector: parquet, path: {name}.parquet}}"]
    if name in ROWS:
        lines.append("    public: true")
    elif name in VIA:
        via = VIA[name]
        lines.append(f"    unit: {{via: {via.table}, on: {{{via.column}: {via.key}}}}}")
    else:
        lines.append(f"    unit: {UNITS[name]}")
    if name not in ROWS:
        lines.append(f"    max_rows_per_unit: {BOUNDS[name]}")
    lines.append("    columns:")
    lines += [f"      {column(text, name in ROWS)}" for text in TABLES[name].split()]
    return "\n".join(lines) + "\n"


def column(text: str, public: bool) -> str:
    """One column of the policy, as ``benchmarks.tpch.column`` means it."""
    name, _, kind = text.partition(":")
    if kind == "x":
        return f"{name}: {{mask: drop}}"
    parts = []
    if kind in ("i", "j") or name in WHOLE:
        parts.append("type: integer")
    if kind == "d":
        parts.append(f"type: date, bounds: [{DAYS[0]}, {DAYS[1]}]")
    elif kind not in ("", "i", "j"):
        parts.append(f"bounds: [{kind.replace(',', ', ')}]")
    listed = FLAGS.get(name) or LISTS.get(name)
    if listed:
        parts.append(f"domain: [{', '.join(listed)}]")
    uses = "join" if kind == "j" else "aggregate, group, filter, join" + (", output" if public else "")
    return f"{name}: {{{', '.join([*parts, f'use: [{uses}]'])}}}"


def ask(box: LocalSandbox, name: str, text: str) -> Release | None:
    """The answer to a query as written, or to its rewrite where it is refused; None when both are."""
    for sql in dict.fromkeys((text, REWRITES.get(name, text))):
        with suppress(Refused):
            return box.query(sql, epsilon=EPSILON)
    return None


@dataclass(frozen=True)
class Outcome:
    """One query, asked of both engines."""

    name: str
    asked: str
    """``as written``, ``rewritten``, ``exact`` or ``refused``."""
    ours: int
    """Rows released whose keys plain DuckDB has too."""
    theirs: int
    """Rows of plain DuckDB."""
    error: float | None
    """Median over the measured cells of both, |ours − theirs| / |theirs|; median of all answers;
    None without such a cell."""
    ms: float
    """Median time of an answer, milliseconds."""
    ratio: float
    """That time over plain DuckDB's."""

    def row(self) -> str:
        """A line of the table."""
        if self.asked == "refused":
            return f"| {self.name} | refused | | | | |"
        error = "" if self.error is None else f"{100 * self.error:.2g} %"
        cells = (self.name, self.asked, f"{self.ours} of {self.theirs}", error, f"{self.ms:.0f}")
        return f"| {' | '.join(cells)} | {self.ratio:.0f} |"


def measure(folder: Path, home: Path, rounds: int) -> Iterator[Outcome]:
    """Every query ``rounds`` times on both engines, after a first time that is not counted."""
    with (
        duckdb.connect(config={"threads": "2"}) as plain,
        Sandbox.local(str(folder / "policy.yaml"), home=str(home), replay=False) as box,
    ):
        for name in TABLES:
            plain.execute(f"CREATE TABLE {name} AS SELECT * FROM '{folder / name}.parquet'")
        for name, text in queries():
            release = ask(box, name, text)
            if release is None:
                yield Outcome(name, "refused", 0, 0, None, 0, 0)
                continue
            theirs = plain.execute(text).fetchall()
            sql = REWRITES.get(name, text)
            answers = [release]
            ours_s = median(
                seconds(lambda sql=sql, answers=answers: answers.append(box.query(sql, epsilon=EPSILON)))
                for _ in range(rounds)
            )
            plain_s = median(seconds(lambda text=text: plain.execute(text).fetchall()) for _ in range(rounds))
            asked = "rewritten" if name in REWRITES else "as written" if release.cost.rho else "exact"
            drawn = [compare(each, theirs) for each in answers]
            shown = median_low(number for number, _ in drawn)
            errors = [error for _, error in drawn if error is not None]
            error = median(errors) if errors else None
            yield Outcome(name, asked, shown, len(theirs), error, ours_s * 1e3, ours_s / plain_s)


def compare(release: Release, theirs: Sequence[tuple[object, ...]]) -> tuple[int, float | None]:
    """Rows with keys that plain DuckDB has too, and the median relative error of their measured cells."""
    noisy = [number for number, column in enumerate(release.columns) if column.measured]
    keys = [number for number, column in enumerate(release.columns) if not column.measured]
    known = {tuple(plain_key(row[k]) for k in keys): row for row in theirs}
    pairs = [
        (row, known[key]) for row in release.rows()
        if (key := tuple(plain_key(row[k]) for k in keys)) in known
    ]  # fmt: skip
    errors = [
        abs(float(str(mine[k])) - float(str(their[k]))) / abs(float(str(their[k])))
        for mine, their in pairs for k in noisy
        if mine[k] is not None and isinstance(their[k], int | float | Decimal) and their[k]
    ]  # fmt: skip
    shown = sum(1 for mine, _ in pairs if not noisy or any(mine[k] is not None for k in noisy))
    return shown, median(errors) if errors else None


def plain_key(cell: object) -> object:
    """A key for comparing: numbers of all types are one, to six digits (our sums are DOUBLE)."""
    return f"{float(cell):.6g}" if isinstance(cell, int | float | Decimal) else cell


def seconds(action: Callable[[], object]) -> float:
    """Wall time of a call."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def main(scale: float, data: Path, rounds: int) -> None:
    """Print the table of one scale, with machine and date."""
    policy = generate(data / str(scale), scale)
    print(
        f"{dt.date.today()} · {platform.machine()} · {os.cpu_count()} cores · Python "
        f"{platform.python_version()} · DuckDB {duckdb.__version__} · scale {scale:g}, ε {EPSILON} a query"
    )
    print("| query | asked | groups | median error | ms | × plain DuckDB |\n|---|---|---|---|---|---|")
    found = []
    with tempfile.TemporaryDirectory(dir="/dev/shm") as home:
        for outcome in measure(policy.parent, Path(home), rounds):
            found.append(outcome)
            print(outcome.row(), flush=True)
    answered = [each for each in found if each.ours]
    near = [each for each in answered if each.error is None or each.error <= 0.1]
    print(
        f"{len(answered)} of {len(found)} answered with a group to show, {len(near)} of them within 10 %; "
        f"{sum(each.asked == 'refused' for each in found)} refused"
    )
