"""The command works on a copy, tells the fates apart, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from tests.mutation.__main__ import HERE, equivalents, functions, made, modules
from tests.mutation.operators import Mutant

TABLE = '[tests]\n"bounds" = ["tests/test_bounds.py"]\n'
BOUNDS = """
def clamp(x, lo, hi):
    return min(max(x, lo), hi)

def doubled(n):
    k = 0
    while k < n:
        k += 1
    return 2 * k
"""
TESTS = """
from sandbox.bounds import clamp, doubled

def test_values_above_are_clamped():
    assert clamp(9, 0, 5) == 5

def test_doubling():
    assert doubled(3) == 6
"""
LISTED = """
[[mutant]]
module = "bounds"
change = "clamp: lo → hi | return min(max(x, lo), hi)"
reason = "made up"
[[mutant]]
module = "bounds"
change = "doubled: 2 → 3 | return 2 * k"
reason = "wrong"
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of one module with the driver in it."""
    root = tmp_path / "tree"
    shutil.copytree(HERE, root / "tests" / "mutation", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "sandbox").mkdir()
    (root / "sandbox" / "__init__.py").touch()  # or one that is installed comes first
    (root / "sandbox" / "bounds.py").write_text(BOUNDS)
    (root / "tests" / "test_bounds.py").write_text(TESTS)
    (root / "tests" / "mutation" / "modules.toml").write_text(TABLE)
    (root / "tests" / "mutation" / "equivalent.toml").write_text(LISTED)
    (root / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\npythonpath = ["."]\nmarkers = ["full"]\n'
    )
    (tmp_path / "scratch").mkdir()
    return root


def command(tree: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(tree), "TMPDIR": str(tree.parent / "scratch")}
    words = [sys.executable, "-m", "tests.mutation"]
    return subprocess.Popen(
        words, cwd=tree, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_killed_survived_timed_out_and_equivalent_are_told_apart(tree: Path) -> None:
    process = command(tree)
    said, _ = process.communicate()
    assert process.returncode == 1
    assert "LISTED, BUT KILLED bounds:9 doubled: 2 → 3" in said
    assert "SURVIVED bounds:6 doubled: 0 → 1 | k = 0" in said
    assert "TIMED OUT bounds:8 doubled: k += 1 → k -= 1" in said
    assert "clamp: lo → hi" not in said
    assert "clamp: min → max" not in said
    head, row = said.splitlines()[-2:]
    assert head.split() == [
        "module",
        "mutants",
        "killed",
        "survived",
        "timed",
        "out",
        "equivalent",
        "minutes",
    ]
    assert row.split()[:6] == ["bounds", "10", "7", "1", "1", "1"]
    assert (tree / "sandbox" / "bounds.py").read_text() == BOUNDS
    assert list((tree.parent / "scratch").iterdir()) == []


def test_ended_amid_its_work_it_leaves_nothing_behind(tree: Path) -> None:
    (tree / "tests" / "test_bounds.py").write_text("import time\n\ndef test_slow():\n    time.sleep(600)\n")
    process = command(tree)
    scratch = tree.parent / "scratch"
    while not list(scratch.glob("mutants-*/tree/output")) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert list(scratch.iterdir()) == []
    assert (tree / "sandbox" / "bounds.py").read_text() == BOUNDS


def test_every_module_and_test_of_the_table_exists() -> None:
    root = HERE.parents[1]
    for module, tests in modules().items():
        assert (root / "sandbox" / f"{module}.py").is_file()
        assert all((root / path).is_file() for path in tests if path.endswith(".py"))


@cache
def whole(module: str) -> list[Mutant]:
    """Every mutant of the functions that the table names."""
    return made(module, None, 0)


def test_every_function_of_the_table_exists_and_only_those_are_changed() -> None:
    for module, named in functions().items():
        assert module in modules()
        assert {mutant.function for mutant in whole(module)} == set(named)


def test_every_excused_mutant_exists_and_has_a_reason() -> None:
    for module, excused in equivalents().items():
        assert module in modules()
        assert set(excused) <= {mutant.name for mutant in whole(module)}
        assert all(len(reason) > 10 for reason in excused.values())
