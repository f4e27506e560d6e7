"""The last look: released text that looks like personal data is masked, or the answer is held."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sandbox import Refused, Sandbox
from sandbox.errors import Held
from tests import clinic

BY_DIAGNOSIS = "SELECT diagnosis, count(*) AS n FROM visits GROUP BY diagnosis ORDER BY n DESC"
PHONE = "电话13800138000"


def leaky(folder: Path, egress: str) -> Path:
    """A clinic in which 400 people share a diagnosis text with a phone number in it."""
    rng = random.Random(4)
    rows = [{**row, "diagnosis": PHONE} for row in clinic.visits(400, 3, rng)]
    head = f"version: 1\negress: {egress}\nresidual: report\n"
    text = clinic.POLICY.replace("version: 1\n", head, 1)
    return clinic.write(folder, visit_rows=rows, person_rows=clinic.persons(400, rng), policy=text)


def test_a_released_key_is_masked_and_the_record_says_so(tmp_path: Path) -> None:
    with Sandbox.local(str(leaky(tmp_path, "mask")), home=str(tmp_path / "home")) as box:
        answer = box.query(BY_DIAGNOSIS, epsilon=1)
        record = box.ledger.latest("release", "clinic")
    assert [row[0] for row in answer.rows()] == ["电话<CN_MOBILE>"]
    assert record is not None
    assert record["egress"] == {"CN_MOBILE": 1}
    assert "13800138000" not in repr(answer) + repr(record)


def test_a_policy_can_hold_such_answers_and_they_stay_paid(tmp_path: Path) -> None:
    with Sandbox.local(str(leaky(tmp_path, "hold")), home=str(tmp_path / "home")) as box:
        with pytest.raises(Held) as held:
            box.query(BY_DIAGNOSIS, epsilon=1)
        assert "13800138000" not in str(held.value)
        assert box.ledger.balance("dataset", "clinic")[1].rho > 0
        assert box.ledger.latest("release", "clinic") is None
        assert not list((tmp_path / "home" / "releases").iterdir())
        record = box.ledger.latest("failure", "clinic")
        assert record is not None
        assert record["error"] == "answer_held"


@pytest.mark.parametrize("literal", [PHONE, "410105195512229826", "１３８００１３８０００"])
def test_a_query_aimed_at_one_person_is_refused_before_anything_is_touched(
    literal: str, tmp_path: Path
) -> None:
    with Sandbox.local(str(clinic.small(tmp_path, people=30)), home=str(tmp_path / "home")) as box:
        with pytest.raises(Refused, match="targeted_query"):
            box.query(f"SELECT count(*) FROM visits WHERE diagnosis = '{literal}'", epsilon=1)
        assert box.ledger.balance("dataset", "clinic")[1].rho == 0
