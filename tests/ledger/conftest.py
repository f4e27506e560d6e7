from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.ledger import Ledger
from sandbox.nouns.spend import Spend
from tests.ledger.makers import notice, open_ledger, with_caps


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with three accounts that hold ten jobs of the usual price."""
    opened = with_caps(tmp_path, Spend(70, 30))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def proof_of_three(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes]:
    opened = open_ledger(tmp_path_factory.mktemp("proof"))
    for number in range(3):
        opened.append(notice(str(number)))
    proof = opened.proof(1), opened.record(1).leaf
    opened.close()
    return proof
