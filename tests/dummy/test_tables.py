"""Invented tables hang together: the same people, keys that meet, ends after starts, nothing hidden shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox import Refused
from sandbox.dummy import invented, sample
from sandbox.dummy.people import PEOPLE
from sandbox.errors import Unavailable
from sandbox.nouns.policy import Policy
from sandbox.policy import load_policy
from sandbox.source.match import with_public_columns
from tests import clinic, shop

WARD = """\
version: 1
dataset: ward
unit_type: person
key: {env: SANDBOX_TEST_KEY}
tables:
  stays:
    source: {connector: parquet, path: stays.parquet}
    unit: id_card
    max_rows_per_unit: 20
    columns:
      id_card:      {class: direct, mask: drop}
      stay_no:      {class: other, mask: {pseudonym: {domain: stay}}, use: [join]}
      birth_date:   {class: quasi, mask: {age_band: {width: 10, top: 80}}, use: [group]}
      region:       {class: quasi, mask: {region: {level: city}}, use: [group]}
      hospital:     {class: other, use: [group, join]}
      admitted_on:  {class: quasi, type: date, bounds: [2025-01-01, 2025-12-31], use: [filter]}
      discharged_on: {class: quasi, type: date, bounds: [2025-01-01, 2026-01-31], use: [filter]}
      note:         {class: text, mask: {scan: {on_hit: token}}, use: []}
  bills:
    source: {connector: parquet, path: bills.parquet}
    unit: id_card
    max_rows_per_unit: 20
    columns:
      id_card:      {class: direct, mask: drop}
      stay_no:      {class: other, mask: {pseudonym: {domain: stay}}, use: [join]}
      region:       {class: quasi, mask: {region: {level: province}}, use: [group]}
      birth_date:   {class: quasi, mask: {age_band: {width: 10, top: 80}}, use: [group]}
      amount:       {class: sensitive, bounds: [0, 20000], use: [aggregate]}
  hospitals:
    source: {connector: csv, path: hospitals.csv}
    public: true
privacy: {epsilon: 20, delta: 1.0e-6}
"""


@pytest.fixture
def ward(tmp_path: Path) -> Policy:
    (tmp_path / "ward.yaml").write_text(WARD, encoding="utf-8")
    (tmp_path / "hospitals.csv").write_text("hospital,level\nH1,三级\nH2,二级\n", encoding="utf-8")
    return with_public_columns(load_policy(tmp_path / "ward.yaml"))


def test_there_are_a_few_thousand_rows_and_never_more_of_a_unit_than_the_policy_keeps(ward: Policy) -> None:
    stays = invented(ward)["stays"]
    per_unit = [stays.units.count(unit) for unit in set(stays.units)]
    assert 2000 < len(stays.units) < 6000
    assert max(per_unit) == 20
    assert len(per_unit) > PEOPLE // 2


def test_a_person_is_the_same_in_every_table_and_row(ward: Policy) -> None:
    tables = invented(ward)
    for column in ("birth_date", "region"):
        seen: dict[int, set[object]] = {}
        for table in tables.values():
            for unit, value in zip(table.units, table.columns[column], strict=True):
                seen.setdefault(unit, set()).add(str(value)[:2] if column == "region" else value)
        assert {len(values) for values in seen.values()} == {1}


def test_foreign_keys_meet(ward: Policy) -> None:
    tables = invented(ward)
    assert set(tables["stays"].columns["hospital"]) == {"H1", "H2"}
    stays = set(zip(tables["stays"].units, tables["stays"].columns["stay_no"], strict=True))
    bills = set(zip(tables["bills"].units, tables["bills"].columns["stay_no"], strict=True))
    assert len(stays & bills) > min(len(stays), len(bills)) // 2
    assert len({number for _, number in stays}) == len(stays)


def test_rows_refer_to_rows_of_the_same_person(tmp_path: Path) -> None:
    path = shop.write(tmp_path, {})
    tables = invented(load_policy(path))
    for child, column, parent, key in (
        ("lines", "l_order", "orders", "o_order"),
        ("notes", "n_line", "lines", "l_line"),
    ):
        owners = set(zip(tables[parent].units, tables[parent].columns[key], strict=True))
        referred = set(zip(tables[child].units, tables[child].columns[column], strict=True))
        assert len(referred) > PEOPLE // 2
        assert referred <= owners
        assert len({value for _, value in owners}) == len(owners)


def test_an_end_is_not_before_its_start(ward: Policy) -> None:
    columns = invented(ward)["stays"].columns
    pairs = [
        (start, end)
        for start, end in zip(columns["admitted_on"], columns["discharged_on"], strict=True)
        if start is not None and end is not None
    ]
    assert len(pairs) > 1000
    assert all(start <= end for start, end in pairs)  # type: ignore[operator]
    assert len({start == end for start, end in pairs}) == 2


def test_hidden_columns_are_not_invented(ward: Policy) -> None:
    assert not {"note", "id_card"} & set(invented(ward)["stays"].columns)


def test_a_sample_says_what_is_invented_and_what_is_not(ward: Policy) -> None:
    stays, hospitals = sample(ward, "stays"), sample(ward, "hospitals")
    assert (stays.dummy, hospitals.dummy) == (True, False)
    assert hospitals.rows() == [("H1", "三级"), ("H2", "二级")]
    assert [column.name for column in stays.columns][:2] == ["stay_no", "birth_date"]
    with pytest.raises(Refused, match="table_unknown"):
        sample(ward, "elsewhere")


def test_a_public_source_that_is_gone_is_told_without_its_path(ward: Policy) -> None:
    (Path(ward.folder) / "hospitals.csv").unlink()
    with pytest.raises(Unavailable) as refusal:
        sample(ward, "stays")
    assert refusal.value.code == "dummy_unavailable"
    assert "hospitals" not in str(refusal.value)


def test_another_policy_has_other_rows(tmp_path: Path) -> None:
    first = load_policy(clinic.small(tmp_path / "a"))
    other = clinic.POLICY.replace("epsilon: 20", "epsilon: 21")
    second = load_policy(clinic.small(tmp_path / "b", policy=other))
    assert invented(with_public_columns(first)) != invented(with_public_columns(second))
