"""Fixtures shared by all tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests import clinic
from tests.postgres import bare_home as bare_home
from tests.postgres import common_home as common_home
from tests.postgres import control_database as control_database
from tests.postgres import database_url as database_url
from tests.postgres import each_database as each_database
from tests.postgres import home as home
from tests.postgres import postgres as postgres

LONG = (
    "audit/test_attacks", "audit/test_privacy", "faults/", "proof/", "attacks/test_canary_fuzz",
    "attacks/test_ledger_kills", "plan/test_sensitivity", "ledger/test_model",
    "test_wheel", "notebooks/", "tpch/",
)  # fmt: skip
"""Files of few and long tests. They go first, or one process would wait for the other at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; all others keep their order."""
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONG))


@pytest.fixture(autouse=True)
def memory_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A key for every test, and a memory-backed folder of its own that must be empty at its end."""
    monkeypatch.setenv("SANDBOX_TEST_KEY", "t" * 64)
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="sandbox-test-") as folder:
        monkeypatch.setenv("SANDBOX_MEMORY_FOLDER", folder)
        yield Path(folder)
        left = [path.name for path in Path(folder).rglob("*") if path.is_file()]
        assert left == [], "unsealed files outlived their test"


@pytest.fixture(scope="session")
def shared_clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small clinic's policy, written once; read only."""
    return clinic.small(tmp_path_factory.mktemp("clinic"))


@pytest.fixture
def box(shared_clinic: Path, tmp_path: Path) -> Iterator[object]:
    """A sandbox over the shared clinic with a home of its own."""
    with Sandbox.local(str(shared_clinic), home=str(tmp_path / "home")) as opened:
        yield opened
