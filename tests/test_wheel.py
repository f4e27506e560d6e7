"""The wheel holds everything that runs: built here, unpacked alone, looked at from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def outside(installed: Path, code: str) -> str:
    """Run code that sees the unpacked wheel and its dependencies, and nothing of this checkout."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(installed)!r})\n{code}"],
        cwd=installed, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_every_module_and_data_file_of_the_package_is_in_the_wheel(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "sandbox"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert tracked.stdout.split()
    assert [name for name in tracked.stdout.split() if name not in held] == []


def test_policies_and_connectors_are_in_the_wheel_under_names_that_cannot_clash(wheel):
    held = zipfile.ZipFile(wheel).namelist()
    assert "sandbox/policies/outpatient.yaml" in held
    assert "data_sandbox_connectors/csv.py" in held
    top = {name.split("/")[0] for name in held}
    assert {name for name in top if not name.endswith(".dist-info")} == {"sandbox", "data_sandbox_connectors"}


def test_no_test_no_key_and_no_data_is_in_the_wheel(wheel):
    held = zipfile.ZipFile(wheel).namelist()
    assert [name for name in held if name.endswith((".key", ".db", ".parquet", ".duckdb", ".pyc"))] == []
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in held)


def test_the_connectors_of_the_wheel_are_found_and_imported_from_it(installed):
    names = "('csv', 'parquet')"
    code = f"from sandbox.source import connector; print(*(type(connector(n)).__module__ for n in {names}))"
    assert outside(installed, code) == "data_sandbox_connectors.csv data_sandbox_connectors.parquet"


def test_the_shipped_policy_of_the_wheel_is_found_and_good(installed):
    code = (
        "from sandbox.cli.demo.command import shipped_policies\n"
        "from sandbox.policy import load_policy\n"
        "path = shipped_policies() / 'outpatient.yaml'\n"
        "print(path, load_policy(path).dataset)"
    )
    path, dataset = outside(installed, code).split()
    assert dataset == "outpatient"
    assert Path(path).is_relative_to(installed)


def test_the_command_of_the_wheel_starts(installed):
    assert "Usage" in outside(installed, "from sandbox.cli import main; main(['--help'])")


def test_a_jail_starts_from_the_wheel(installed):
    code = "from sandbox import jail; print(jail.choose('auto', development=False).tier)"
    assert outside(installed, code) in ("tier_a", "tier_b")
