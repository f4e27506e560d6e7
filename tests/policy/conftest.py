from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.errors import Problem
from sandbox.nouns.policy import Policy
from sandbox.policy import check_policy

GOOD = """\
version: 1
dataset: clinic
unit_type: person
key: {env: SANDBOX_PSEUDONYM_KEY}
tables:
  visits:
    source: {connector: csv, path: visits.csv}
    unit: id_card
    columns:
      id_card: {class: direct, mask: drop}
      amount: {class: sensitive, bounds: [0, 20000], use: [aggregate]}
      city: {class: quasi, use: [group]}
privacy:
  epsilon: 20.0
  delta: 1.0e-6
risk: {quasi_identifiers: [city]}
"""

Checked = tuple[Policy | None, tuple[Problem, ...], tuple[Problem, ...]]
Check = Callable[..., Checked]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Checks the good policy after replacing pieces of its text, or a whole other text."""

    def run(*replaced: tuple[str, str], text: str | bytes = GOOD) -> Checked:
        for old, new in replaced:
            assert isinstance(text, str)
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "p.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return check_policy(path)

    return run
