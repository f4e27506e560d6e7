"""One run of tests over a changed copy of the tree: a fork of this process, killed when it takes too long."""

from __future__ import annotations

import gc
import importlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OURS = ("sandbox", "tests", "connectors", "benchmarks")
WARM = (
    "numpy", "pandas", "scipy.stats", "pytest", "hypothesis", "_hypothesis_pytestplugin", "sqlglot.optimizer",
    "sqlglot.dialects.duckdb", "duckdb",
    "pyarrow.compute", "pydantic", "pydantic_settings", "sqlalchemy", "cryptography", "opendp.measurements",
    "opendp.combinators", "dp_accounting", "alembic.command",
)  # fmt: skip
"""Imported once: each run is a fork that has these and nothing of ours."""
QUICK = (
    "-x", "-q", "-p", "_hypothesis_pytestplugin", "-W", "ignore::pytest.PytestAssertRewriteWarning",
    "--hypothesis-seed=0", "-m", "not full",
)  # fmt: skip
"""The first failure decides, and the same mutant has the same fate every time, up to the noise itself."""


class Outcome(Enum):
    """What the tests say of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMED_OUT = "timed out"
    """Far slower than the unchanged code: it hung, or a test waits for what never comes."""


FATES = {0: Outcome.SURVIVED, -signal.SIGXCPU: Outcome.TIMED_OUT, -signal.SIGKILL: Outcome.TIMED_OUT}
"""By exit code; the kernel ends a run that has used up its time by one of the two signals."""


def warm() -> None:
    """Import what every run needs and no mutant can change."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for module in WARM:
        importlib.import_module(module)
    gc.freeze()  # or each fork would walk, and copy, all of this


@contextmanager
def copied_tree() -> Iterator[Path]:
    """A copy of the tree in a temporary folder, gone at the end, however the end comes."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: sys.exit(128 + got))
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder) / "tree"
        hidden = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", ".demo")
        shutil.copytree(ROOT, tree, ignore=hidden, symlinks=True)
        yield tree


def forget(path: Path) -> None:
    """Remove what is cached of a source file: a mutant of its size in its second would be taken for it."""
    for cached in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
        cached.unlink()


def run(tree: Path, tests: Sequence[str], patience: int, *, cached: bool = False) -> Outcome:
    """Run tests in a fork of this process that imports from ``tree``.

    At most ``patience`` seconds of its processor's time, which a busy machine does not shorten, and twenty
    times as many by the clock, for those that wait for what never comes.

    Args:
        cached: keep what was compiled for later runs; for a run without mutant.
    """
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (patience, patience))
        _become_a_run(tree, tests, cached)
    try:
        end = time.monotonic() + 20 * patience
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                child = 0
                return FATES.get(os.waitstatus_to_exitcode(status), Outcome.KILLED)
            time.sleep(0.02)
        return Outcome.TIMED_OUT
    finally:
        if child:
            _end(child)


def output(tree: Path) -> str:
    """What the newest run printed."""
    return (tree / "output").read_text()


def _end(child: int) -> None:
    """End a run and what it started: first so that its fixtures clean up after themselves, then for good."""
    for number, patience in ((signal.SIGINT, 3.0), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child, number)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if os.waitpid(child, os.WNOHANG)[0]:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(child, signal.SIGKILL)
                return
            time.sleep(0.02)


def _become_a_run(tree: Path, tests: Sequence[str], cached: bool) -> None:
    """Never returns: the exit code is pytest's."""
    os.setpgid(0, 0)
    code = 3
    try:
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.chdir(tree)
        printed = os.open(tree / "output", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        os.environ["PYTHONPATH"] = str(tree)
        os.environ |= {} if cached else {"PYTHONDONTWRITEBYTECODE": "1"}
        sys.dont_write_bytecode = not cached
        for name in [each for each in sys.modules if each.split(".")[0] in OURS]:
            del sys.modules[name]
        sys.path[:] = [str(tree), *(each for each in sys.path if Path(each or ".").resolve() != ROOT)]
        code = _pytest(tree, tests)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


class _KillersFirst:
    """Tests that failed before go first, the newest before all: a mutant is much like the one before it."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._names = kept.read_text().splitlines() if kept.exists() else []

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        places = {name: place for place, name in enumerate(self._names)}
        items.sort(key=lambda item: places.get(item.nodeid, len(places)))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            others = [name for name in self._names if name != report.nodeid]
            self._kept.write_text("\n".join([report.nodeid, *others]))


def _pytest(tree: Path, tests: Sequence[str]) -> int:
    import pytest
    from hypothesis import Phase, settings

    phases = (
        Phase.explicit,
        Phase.generate,
    )  # a failure is enough: its smallest form is nobody's concern here
    settings.register_profile("mutants", phases=phases, database=None, deadline=None)
    settings.load_profile("mutants")
    return int(
        pytest.main(
            [*QUICK, f"--basetemp={tree.parent / 'temporary'}", *tests],
            plugins=[_KillersFirst(tree.parent / "killers")],
        )
    )
