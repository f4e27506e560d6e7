"""``kill -9`` at every step: never a free answer, never a double charge, never half a load.

A child process arms one function to kill the process before or after it runs. The parent then opens the same
home, which recovers, and looks at what stands.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests import clinic

QUESTION = "SELECT city, count(*) AS n FROM visits GROUP BY city"

CHILD = """
import importlib, os, signal, sys
policy, home, question, module, owner, name, moment = sys.argv[1:]
from sandbox import Sandbox

def arm():
    target = importlib.import_module(module)
    for part in filter(None, owner.split(".")):
        target = getattr(target, part)
    real = getattr(target, name)
    def armed(*args, **kwargs):
        if moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(target, name, armed)

if os.environ.get("ARM") == "load":
    arm()
box = Sandbox.local(policy, home=home)
if os.environ.get("ARM") == "query":
    arm()
    box.query(question, epsilon=1)
"""


def killed(policy: Path, home: Path, arm: str, point: tuple[str, str, str, str]) -> None:
    """Run the child until it kills itself at ``point``."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(policy), str(home), QUESTION, *point],
        env={**os.environ, "ARM": arm},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


UNTOUCHED = [
    ("sandbox.ledger", "Ledger", "reserve", "before"),
    ("sandbox.ledger", "Ledger", "reserve", "after"),
    ("sandbox.ledger", "Ledger", "touch", "before"),
]
TOUCHED = [
    ("sandbox.ledger", "Ledger", "touch", "after"),
    ("sandbox.noise", "", "measure", "before"),
    ("sandbox.noise", "", "measure", "after"),
    ("sandbox.release", "", "post_process", "after"),
    ("sandbox.seal", "Keyring", "seal_bytes", "before"),
    ("sandbox.seal", "Keyring", "seal_bytes", "after"),
    ("sandbox.ledger", "Ledger", "finish", "before"),
]


@pytest.mark.parametrize("point", UNTOUCHED, ids=lambda point: "-".join(point[1:]))
def test_a_job_killed_before_it_touched_data_costs_nothing(
    point: tuple[str, str, str, str], tmp_path: Path
) -> None:
    policy, home = clinic.small(tmp_path, people=60), tmp_path / "home"
    killed(policy, home, "query", point)
    with Sandbox.local(str(policy), home=str(home)) as box:
        assert box.ledger.balance("dataset", "clinic")[1].rho == 0
        assert box.ledger.verify().ok
        answer = box.query(QUESTION, epsilon=1)
        assert not answer.replayed
        assert box.ledger.balance("dataset", "clinic")[1].rho == round(answer.cost.rho * 10**12)


@pytest.mark.parametrize("point", TOUCHED, ids=lambda point: "-".join(point[1:]))
def test_a_job_killed_after_it_touched_data_stays_paid_and_is_never_answered(
    point: tuple[str, str, str, str], tmp_path: Path
) -> None:
    policy, home = clinic.small(tmp_path, people=60), tmp_path / "home"
    killed(policy, home, "query", point)
    with Sandbox.local(str(policy), home=str(home)) as box:
        price = box.ledger.balance("dataset", "clinic")[1].rho
        assert price > 0
        assert box.ledger.verify().ok
        kinds = [record.body["kind"] for record in box.ledger.records(limit=100)]
        assert "release" not in kinds
        assert kinds.count("failure") == 1
        assert not list((home / "releases").iterdir()), "a measurement outlived its job"
        answer = box.query(QUESTION, epsilon=1)
        assert not answer.replayed
        assert box.ledger.balance("dataset", "clinic")[1].rho == 2 * price


def test_a_job_killed_after_its_release_was_logged_is_replayed_not_charged_again(tmp_path: Path) -> None:
    policy, home = clinic.small(tmp_path, people=60), tmp_path / "home"
    killed(policy, home, "query", ("sandbox.ledger", "Ledger", "finish", "after"))
    with Sandbox.local(str(policy), home=str(home)) as box:
        price = box.ledger.balance("dataset", "clinic")[1].rho
        answer = box.query(QUESTION, epsilon=1)
        assert answer.replayed
        assert price == box.ledger.balance("dataset", "clinic")[1].rho == round(answer.cost.rho * 10**12)


LOAD = [
    ("sandbox.workspace.build", "", "units_sql", "before"),
    ("sandbox.seal", "Keyring", "seal", "before"),
    ("sandbox.seal", "Keyring", "seal", "after"),
    ("sandbox.workspace.store", "Store", "put_in_force", "before"),
    ("sandbox.workspace.store", "Store", "put_in_force", "after"),
]


@pytest.mark.parametrize("point", LOAD, ids=lambda point: "-".join(point[1:]))
def test_a_load_killed_at_any_step_leaves_a_working_sandbox_and_no_unsealed_file(
    point: tuple[str, str, str, str], tmp_path: Path, memory_folder: Path
) -> None:
    policy, home = clinic.small(tmp_path, people=60), tmp_path / "home"
    with Sandbox.local(str(policy), home=str(home)) as box:
        first = box.query(QUESTION, epsilon=1)
    clinic.small(tmp_path, people=61)
    killed(policy, home, "load", point)
    with Sandbox.local(str(policy), home=str(home)) as box:
        assert box.ledger.verify().ok
        assert box.ledger.balance("dataset", "clinic")[1].rho == round(first.cost.rho * 10**12)
        assert box.query(QUESTION, epsilon=1).rows()
    assert not list(memory_folder.iterdir()), "unsealed files outlived their process"
    sealed = list((home / "sealed" / "clinic").iterdir())
    assert len(sealed) == 2
