"""Planted strings: unique values in every protected cell must not turn up in anything that leaves or stays.

Looked through: every answer and error, standard output and error of the command line, the ledger and its log,
every file under the home folder, the memory-backed scratch, and the arguments of every process.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxError
from sandbox.local import LocalSandbox
from tests import clinic

CANARY = "zqcanary"
"""Part of every planted text; planted numbers are listed in ``NUMBERS``."""
NUMBERS = ("41010119800101", "13912345678", "77777.125")

ASKED = (
    "SELECT city, count(*) FROM visits GROUP BY city",
    "SELECT diagnosis, count(*), sum(amount) FROM visits GROUP BY diagnosis",
    "SELECT name FROM visits",
    "SELECT mobile, count(*) FROM visits GROUP BY mobile",
    "SELECT count(*) FROM visits WHERE name = 'x'",
    "SELECT * FROM visits",
    "SELECT min(diagnosis) FROM visits",
    "SELECT error(diagnosis) FROM visits",
    "SELECT CAST(diagnosis AS INTEGER), count(*) FROM visits GROUP BY 1",
    "SELECT sum(CAST(diagnosis AS INTEGER)) FROM visits",
    "SELECT count(*) FROM visits v JOIN visits w ON v.diagnosis = w.diagnosis",
    "SELECT string_agg(diagnosis, ',') FROM visits",
    "SELECT substr(diagnosis, 1, 9), count(*) FROM visits GROUP BY 1",
    "SELECT count(*) FROM duckdb_tables()",
    "SELECT count(*) FROM read_parquet('visits.parquet')",
)


def planted(folder: Path) -> Path:
    """A clinic whose every protected cell is a canary of one person."""
    rows = [
        {
            "id_card": f"{NUMBERS[0]}{person:04d}{CANARY}", "name": f"{person:04d}{CANARY}-name",
            "mobile": f"{NUMBERS[1]}{CANARY}{person}", "city": f"{person:04d}{CANARY}-city",
            "visited_on": dt.date(2025, 1, 1 + person % 28), "hospital": f"{person:04d}{CANARY}-hospital",
            "diagnosis": f"{person:04d}{CANARY}-diagnosis", "amount": 77777.125, "free": 77777.125,
        }
        for person in range(200)
    ]  # fmt: skip
    people = [{"id_card": row["id_card"], "sex": f"{CANARY}-sex", "age": 3} for row in rows]
    return clinic.write(folder, visit_rows=rows, person_rows=people)


def contains(data: bytes) -> list[str]:
    """Which planted values a byte string holds, in UTF-8 or UTF-16."""
    return [text for text in (CANARY, *NUMBERS) if text.encode() in data or text.encode("utf-16-le") in data]


def process_arguments(stop: threading.Event, seen: set[str]) -> None:
    """Collect the arguments and environment of every process until told to stop."""
    while not stop.wait(0.02):
        for folder in Path("/proc").glob("[0-9]*"):
            for name in ("cmdline", "environ"):
                try:
                    seen.update(contains((folder / name).read_bytes()))
                except OSError:
                    continue


def test_no_planted_value_leaves_or_stays(
    tmp_path: Path, memory_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    policy, home = planted(tmp_path / "source"), tmp_path / "home"
    stop, in_arguments = threading.Event(), set[str]()
    watcher = threading.Thread(target=process_arguments, args=(stop, in_arguments))
    watcher.start()
    said: list[str] = []
    try:
        with Sandbox.local(str(policy), home=str(home)) as box:
            said.append(repr(box.tables()))
            said += [ask(box, sql) for sql in ASKED]
            said.append(repr(box.ledger.records(limit=1000)))
            said.append(repr(box.budget()))
            said += [path.name for path in memory_folder.rglob("*")]
    finally:
        stop.set()
        watcher.join()
    out, err = capfd.readouterr()
    assert contains("\n".join([*said, out, err]).encode()) == []
    assert in_arguments == set()
    for path in home.rglob("*"):
        if path.is_file():
            assert contains(path.read_bytes()) == [], path.name
            assert contains(path.name.encode()) == []


def ask(box: LocalSandbox, sql: str) -> str:
    """Everything an asker can see of one question."""
    try:
        answer = box.query(sql, epsilon=1)
    except SandboxError as error:
        return f"{error!r} {error} {error.__cause__!r} {error.__context__!r}"
    return f"{answer!r} {answer._repr_html_()} {answer.to_arrow()}"


def test_the_command_line_prints_no_planted_value(tmp_path: Path) -> None:
    policy = planted(tmp_path / "source")
    done = subprocess.run(
        [sys.executable, "-c", "from sandbox.cli import main; main()", "try", str(policy), "--json"]
        + [part for sql in ASKED for part in ("--sql", sql)],
        capture_output=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 3
    assert done.stdout.count(b"\n") == len(ASKED)
    assert contains(done.stdout + done.stderr) == []


def test_the_search_itself_finds_a_planted_value(tmp_path: Path) -> None:
    policy = planted(tmp_path / "source")
    assert contains((policy.parent / "persons.parquet").read_bytes())
