"""``serve``, ``worker``, ``job`` and ``budget`` at the command line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests import clinic

RUN = [sys.executable, "-c", "from sandbox.cli import main; main()"]
ROOT = Path(__file__).parents[2]


def sandbox(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RUN, *arguments], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize("arguments", [("serve", "--workers", "2"), ("worker",)])
def test_several_processes_name_what_they_need(arguments: tuple[str, ...]) -> None:
    done = sandbox(*arguments)
    assert done.returncode == 2
    assert "PostgreSQL" in done.stderr
    assert "SANDBOX_DATABASE_URL" in done.stderr


def test_a_policy_without_demo_is_wrong_usage(tmp_path: Path) -> None:
    policy = clinic.small(tmp_path, people=10)
    assert sandbox("serve", str(policy), "--home", str(tmp_path / "home")).returncode == 2


def test_a_first_run_serves_prints_its_tokens_once_and_ends_clean(
    tmp_path: Path, memory_folder: Path
) -> None:
    policy = clinic.small(tmp_path, people=60)
    home = tmp_path / "home"
    environment = os.environ | {"SANDBOX_SLOTS": "false"}
    server = subprocess.Popen(
        [*RUN, "serve", str(policy), "--demo", "--home", str(home), "--port", "18471"],
        stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        told: dict[str, str] = {}
        while "developer" not in told:
            line = server.stdout.readline()
            assert line, "the server ended early"
            if found := re.match(r"(operator|reviewer|regulator|developer) +(\S+)", line):
                told[found[1]] = found[2]
        with Sandbox.connect("http://127.0.0.1:18471", token=told["developer"]) as box:
            answer = box.query("SELECT count(*) AS n FROM visits", epsilon="0.5")
            assert answer.rows()[0][0] is not None
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
    assert set(told) == {"operator", "reviewer", "regulator", "developer"}
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert not [role for role, token in told.items() if token.encode() in kept]

    listed = [
        json.loads(line) for line in sandbox("job", "list", "--home", str(home), "--json").stdout.splitlines()
    ]
    assert [job["state"] for job in listed] == ["released"]
    shown = sandbox("job", "show", listed[0]["id"], "--home", str(home))
    assert "released" in shown.stdout
    spent = sandbox("budget", "--home", str(home)).stdout
    assert {line.split()[0] for line in spent.splitlines()} == {"dataset", "agreement", "organisation"}
    again = sandbox("serve", "--demo", "--home", str(home))
    assert again.returncode == 1
    assert "not_first_run" in again.stderr
