"""Attack: one person has texts so long that a plain question fails where they are, and is answered elsewhere.

A failure after touch is a bit beyond (ε, δ). Texts without a domain are cut at the load, to a public length.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sandbox import Sandbox
from tests import clinic

LONG = "a" * (24 << 20)
SQL = f"SELECT COUNT(*) FILTER (WHERE length(replace(diagnosis, 'a', '{'b' * 64}')) > 5) AS n FROM visits"


def test_texts_of_one_person_do_not_decide_whether_a_question_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_TEST_KEY", "t" * 64)
    rng = random.Random(5)
    rows = clinic.visits(20, 4, rng)
    hers = [row | {"id_card": "PXXXXXX", "diagnosis": LONG} for row in clinic.visits(1, 8, rng)]
    policy = clinic.write(tmp_path, visit_rows=[*rows, *hers], person_rows=clinic.persons(20, rng))
    with Sandbox.local(str(policy), home=str(tmp_path / "home")) as box:
        assert len(box.query(SQL, epsilon=1).rows()) == 1
