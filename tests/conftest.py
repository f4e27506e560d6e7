"""Fixtures shared by all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests import clinic


@pytest.fixture(autouse=True)
def _own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_TEST_KEY", "t" * 64)


@pytest.fixture(scope="session")
def shared_clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small clinic's policy, written once; read only."""
    return clinic.small(tmp_path_factory.mktemp("clinic"))


@pytest.fixture
def box(shared_clinic: Path, tmp_path: Path) -> Iterator[object]:
    """A sandbox over the shared clinic with a home of its own."""
    with Sandbox.local(str(shared_clinic), home=str(tmp_path / "home")) as opened:
        yield opened
