from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.govern.house import House, build


@pytest.fixture
def house(common_home: Path) -> Iterator[House]:
    built = build(common_home)
    yield built
    assert built.ledger.verify().ok
    built.ledger.close()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for many examples: each makes an agreement of its own."""
    built = build(tmp_path_factory.mktemp("model"))
    yield built
    assert built.ledger.verify().ok
    built.ledger.close()
