"""A stranger's mistakes: each has a code and a next step, and nothing that stood before is lost."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest

from sandbox import Sandbox, SandboxError
from sandbox.errors import IntegrityBroken, LoadFailed, PolicyInvalid, Unavailable
from tests import clinic

BY_CITY = "SELECT city, count(*) AS n FROM visits GROUP BY city"


def opened(policy: Path, tmp_path: Path) -> Sandbox:
    return Sandbox.local(str(policy), home=str(tmp_path / "home"))


def test_a_source_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    policy = clinic.small(tmp_path, people=9, policy=clinic.POLICY.replace("amount:  ", "betrag:  "))
    with pytest.raises(LoadFailed, match="column_missing") as failure:
        opened(policy, tmp_path)
    assert "betrag" in failure.value.reason
    assert failure.value.hint


def test_a_source_column_the_policy_does_not_name_stops_the_load(tmp_path: Path) -> None:
    text = "\n".join(line for line in clinic.POLICY.splitlines() if "free:" not in line)
    policy = clinic.small(tmp_path, people=9, policy=text)
    with pytest.raises(LoadFailed, match="column_unlisted") as failure:
        opened(policy, tmp_path)
    assert "free" in failure.value.reason


def test_a_missing_source_is_named_as_the_policy_writes_it(tmp_path: Path) -> None:
    policy = clinic.small(tmp_path, people=9)
    (tmp_path / "visits.parquet").unlink()
    with pytest.raises(LoadFailed, match="source_missing") as failure:
        opened(policy, tmp_path)
    assert "visits.parquet" in str(failure.value)


def test_rows_without_a_unit_are_dropped_and_counted(tmp_path: Path) -> None:
    rng = random.Random(1)
    rows = clinic.visits(20, 2, rng) + [
        {**clinic.visits(1, 1, rng)[0], "id_card": unit} for unit in (None, "", "   ")
    ]
    policy = clinic.write(tmp_path, visit_rows=rows, person_rows=clinic.persons(20, rng))
    with opened(policy, tmp_path) as box:
        load = next(load for load in box.report.tables if load.name == "visits")
        assert (load.read, load.dropped_unit, load.kept) == (len(rows), 3, len(rows) - 3)


def test_rows_without_a_unit_stop_the_load_where_the_policy_says_so(tmp_path: Path) -> None:
    rng = random.Random(1)
    rows = [*clinic.visits(20, 2, rng), {**clinic.visits(1, 1, rng)[0], "id_card": None}]
    text = clinic.POLICY.replace(
        "    max_rows_per_unit: 8", "    max_rows_per_unit: 8\n    on_null_unit: error"
    )
    policy = clinic.write(tmp_path, visit_rows=rows, person_rows=clinic.persons(20, rng), policy=text)
    with pytest.raises(LoadFailed, match="unit_invalid"):
        opened(policy, tmp_path)


def test_values_outside_domain_and_bounds_are_counted_per_column(tmp_path: Path) -> None:
    rng = random.Random(2)
    rows = clinic.visits(30, 1, rng)
    rows[0]["city"], rows[1]["amount"], rows[2]["amount"] = "上海市", 1e9, float("nan")
    rows[3]["visited_on"] = dt.date(1999, 1, 1)
    policy = clinic.write(tmp_path, visit_rows=rows, person_rows=clinic.persons(30, rng))
    with opened(policy, tmp_path) as box:
        load = next(load for load in box.report.tables if load.name == "visits")
        assert load.outside == {"city": 1, "amount": 2, "visited_on": 1}


def test_a_source_without_rows_loads_and_answers_noise(tmp_path: Path) -> None:
    policy = clinic.write(tmp_path, visit_rows=[], person_rows=[])
    with opened(policy, tmp_path) as box:
        assert box.query("SELECT count(*) FROM visits", epsilon=1).rows()[0][0] is not None


def test_personal_data_left_after_masking_quarantines_the_load(tmp_path: Path) -> None:
    rng = random.Random(3)
    rows = clinic.visits(30, 1, rng)
    rows[7]["diagnosis"] = "电话13800138000"
    policy = clinic.write(tmp_path, visit_rows=rows, person_rows=clinic.persons(30, rng))
    with pytest.raises(LoadFailed, match="residual_findings") as failure:
        opened(policy, tmp_path)
    assert "visits.diagnosis" in failure.value.reason
    assert "13800138000" not in str(failure.value)


def test_a_failed_load_leaves_the_former_snapshot(tmp_path: Path) -> None:
    policy = clinic.small(tmp_path, people=40)
    with opened(policy, tmp_path) as box:
        first = box.query(BY_CITY, epsilon=1)
    good = (tmp_path / "visits.parquet").read_bytes()
    (tmp_path / "visits.parquet").write_bytes(good[: len(good) // 2])
    with pytest.raises(LoadFailed):
        opened(policy, tmp_path)
    (tmp_path / "visits.parquet").write_bytes(good)
    with opened(policy, tmp_path) as box:
        assert box.ledger.balance("dataset", "clinic")[1].rho == round(first.cost.rho * 10**12)


def test_a_second_load_at_the_same_time_is_told_to_wait(tmp_path: Path) -> None:
    from sandbox.workspace.store import Store

    policy = clinic.small(tmp_path, people=9)
    with Store(tmp_path / "home", "clinic").loading(), pytest.raises(LoadFailed, match="load_running"):
        opened(policy, tmp_path)


def test_a_flipped_bit_in_a_sealed_workspace_is_found_before_anything_is_charged(tmp_path: Path) -> None:
    policy = clinic.small(tmp_path, people=40)
    opened(policy, tmp_path).close()
    sealed = next((tmp_path / "home" / "sealed" / "clinic").glob("*.workspace"))
    data = bytearray(sealed.read_bytes())
    data[len(data) // 2] ^= 1
    sealed.write_bytes(bytes(data))
    with opened(policy, tmp_path) as box:
        with pytest.raises(IntegrityBroken, match="sealed_file_broken"):
            box.query(BY_CITY, epsilon=1)
        assert box.ledger.balance("dataset", "clinic")[1].rho == 0


@pytest.mark.parametrize(("damage", "code"), [("swap", "key_wrong"), ("remove", "key_missing")])
def test_a_wrong_or_lost_master_key_says_so(tmp_path: Path, damage: str, code: str) -> None:
    policy = clinic.small(tmp_path, people=9)
    opened(policy, tmp_path).close()
    key = tmp_path / "home" / "keys" / "master.key"
    if damage == "swap":
        key.write_bytes(bytes(len(key.read_bytes())))
    else:
        key.unlink()
    with pytest.raises(SandboxError, match=code):
        opened(policy, tmp_path)


def test_a_short_pseudonym_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_TEST_KEY", "short")
    with pytest.raises(Unavailable, match="pseudonym_key_short"):
        opened(clinic.small(tmp_path, people=9), tmp_path)


def test_too_little_room_says_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    real = shutil.disk_usage

    def full(path: object) -> object:
        usage = real(path)  # type: ignore[arg-type]
        return usage._replace(free=1 << 20)

    monkeypatch.setattr("sandbox.workspace.scratch.shutil.disk_usage", full)
    with pytest.raises(Unavailable, match="no_scratch") as failure:
        opened(clinic.small(tmp_path, people=9), tmp_path)
    assert "MiB" in failure.value.reason


def test_a_disk_as_memory_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_MEMORY_FOLDER", str(tmp_path))
    with pytest.raises(Unavailable, match="scratch_not_memory"):
        opened(clinic.small(tmp_path, people=9), tmp_path)


def test_a_policy_with_mistakes_lists_them_all(tmp_path: Path) -> None:
    text = clinic.POLICY.replace("bounds: [0, 1000]", "bounds: [1000, 0]").replace("version: 1", "version: 9")
    with pytest.raises(PolicyInvalid) as failure:
        opened(clinic.small(tmp_path, people=9, policy=text), tmp_path)
    assert len(failure.value.problems) == 2
    assert all(problem.line and problem.fix for problem in failure.value.problems)
