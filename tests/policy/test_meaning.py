"""What a correct file comes to: types, defaults, text that stays text, lints, explanation."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from sandbox.nouns.mask import AgeBand, Drop, Keep, Partial
from sandbox.nouns.policy import ColumnType, Use
from sandbox.policy import check_policy, explain, load_policy

ROOT = Path(__file__).resolve().parents[2]
CITY = "{class: quasi, use: [group]}"


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ("{}", "text"),
        ("", "text"),
        ("{type: integer}", "integer"),
        ("{type: timestamp, bounds: [2025-01-01, 2025-12-31]}", "timestamp"),
        ("{bounds: [2025-01-01, 2025-12-31]}", "date"),
        ("{bounds: [-1.5, 1e3]}", "number"),
        ("{type: integer, bounds: [0, 30]}", "integer"),
        ("{domain: ['true', false]}", "boolean"),
        ("{domain: ['true', maybe]}", "text"),
        ("{domain: [0123, NO, 1.10]}", "text"),
        ("{type: integer, domain: [1, 2]}", "integer"),
        ("{mask: {age_band: {}}}", "text"),
        ("{mask: {pseudonym: {domain: d}}}", "text"),
        ("{mask: {partial: {first: 3, last: 4}}}", "text"),
        ("{mask: {region: {level: province}}}", "text"),
        ("{mask: {hierarchy: {file: icd.csv}}}", "text"),
        ("{mask: {scan: {on_hit: 'null'}}}", "text"),
        ("{mask: {constant: {value: x}}}", "text"),
        ("{mask: date_trunc}", "date"),
        ("{mask: {date_shift: {days: 15}}, bounds: [2025-01-01, 2025-12-31]}", "date"),
    ],
)
def test_the_type_of_a_masked_column_follows_public_rules(check, keys, kind):
    policy, errors, _ = check((CITY, keys))
    assert errors == ()
    assert policy.table("visits").column("city").type is ColumnType(kind)


def test_scalars_stay_text(check):
    policy, _, _ = check(
        (CITY, "{domain: [0123, NO, 1.10, ~x]}"),
        ("path: visits.csv", "path: v.csv, null: NA, delimiter: tab"),
    )
    assert policy.table("visits").column("city").domain == ("0123", "NO", "1.10", "~x")
    assert policy.table("visits").source.options == {"null": "NA", "delimiter": "tab"}


def test_budgets_are_exact_decimals_and_bounds_keep_their_kind(check):
    policy, _, _ = check((CITY, "{bounds: [2025-01-01, 2025-12-31]}"))
    assert policy.privacy.epsilon == Decimal("20.0")
    assert policy.privacy.delta == Decimal("1.0e-6")
    assert policy.privacy.job_delta == Decimal("1.0e-10")
    assert policy.table("visits").column("amount").bounds == (Decimal(0), Decimal(20000))
    assert policy.table("visits").column("city").bounds == (dt.date(2025, 1, 1), dt.date(2025, 12, 31))


def test_defaults(check):
    policy, _, _ = check((CITY, "{}"))
    table = policy.table("visits")
    assert (table.max_rows_per_unit, table.on_null_unit, policy.privacy.min_units) == (64, "drop", 10)
    assert isinstance(table.column("id_card").mask, Drop)
    assert isinstance(table.column("city").mask, Keep)
    assert table.column("city").use == frozenset()


def test_one_job_may_by_default_not_spend_more_than_the_dataset_has(check):
    assert check(("20.0", "0.5"))[0].privacy.per_job.epsilon == Decimal("0.5")
    assert check()[0].privacy.per_job.epsilon == Decimal(1)


def test_columns_of_public_tables_have_every_use_unless_said_otherwise(check):
    public = "  rates:\n    source: {connector: csv, path: r.csv}\n    public: true\n"
    columns = "    columns: {a: {}, b: {use: []}}\nprivacy:"
    table = check(("privacy:", public + columns))[0].table("rates")
    assert table.column("a").use == frozenset(Use)
    assert table.column("b").use == frozenset()
    assert check(("privacy:", public + "privacy:"))[0].table("rates").columns == ()


def test_chinese_names_and_names_with_spaces_are_names(check):
    policy, errors, _ = check(("city:", '"就诊 城市":'), ("[city]", "[就诊 城市]"))
    assert errors == ()
    assert policy.table("visits").column("就诊 城市") is not None


def test_masks_with_and_without_options(check):
    policy, _, _ = check((CITY, "{mask: age_band}"))
    assert policy.table("visits").column("city").mask == AgeBand()
    policy, _, _ = check((CITY, "{mask: {partial: {first: 3}}}"))
    assert policy.table("visits").column("city").mask == Partial(first=3)


def test_a_plain_title_serves_both_languages(check):
    policy, _, _ = check(("version: 1", "version: 1\ntitle: 门诊"))
    assert (policy.title.zh, policy.title.en) == ("门诊", "门诊")


def test_the_version_of_a_policy_is_the_hash_of_its_bytes(tmp_path: Path):
    source = ROOT / "policies" / "outpatient.yaml"
    path = tmp_path / "p.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + source.read_bytes())
    policy = load_policy(path)
    assert policy.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert policy.folder == str(tmp_path.resolve())


PSEUDONYMS = """\
  other:
    source: {connector: csv, path: o.csv}
    unit: id
    unit_format: uscc
    columns:
      id: {mask: drop}
      tel: {mask: {pseudonym: {domain: d}}}
privacy:"""
BANDS = "{mask: {age_band: {width: 50}}, domain: [0-49, 90+]}"
LINTS = [
    (("20.0", "50"), "epsilon_large", "privacy.epsilon"),
    (("1.0e-6", "1.0e-6\n  per_job: {epsilon: 5}"), "epsilon_large", "privacy.per_job.epsilon"),
    (("1.0e-6", "1.0e-6\n  min_units: 1"), "min_units_one", "privacy.min_units"),
    (("[city]", "[]"), "quasi_empty", "risk"),
    ((CITY, "{class: direct}"), "direct_kept", "tables.visits.columns.city"),
    ((CITY, "{class: direct, mask: {partial: {last: 4}}}"), "direct_kept", "tables.visits.columns.city"),
    ((CITY, "{class: text}"), "text_unscanned", "tables.visits.columns.city"),
    ((CITY, "{}\n      doctor_name: {}"), "other_people", "tables.visits.columns.doctor_name"),
    ((CITY, "{}\n      birth_date: {type: date}"), "birth_date_fine", "tables.visits.columns.birth_date"),
    ((CITY, "{type: integer, use: [aggregate]}"), "aggregate_unbounded", "tables.visits.columns.city"),
    ((CITY, BANDS), "domain_lacks_band", "tables.visits.columns.city.domain"),
    (("privacy:", PSEUDONYMS), "unit_format_mixed", "tables.other"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "code", "path"), LINTS, ids=[f"{row[1]}-{row[2]}" for row in LINTS])
def test_lints_advise_and_do_not_refuse(check, change, code, path):
    policy, errors, lints = check(change)
    assert policy is not None
    assert errors == ()
    assert [(lint.code, lint.path) for lint in lints] == [(code, path)]


def test_a_pseudonym_domain_shared_between_tables_is_linted(check):
    other = PSEUDONYMS.replace("    unit_format: uscc\n", "")
    _, _, lints = check(("privacy:", other), (CITY, "{mask: {pseudonym: {domain: d}}}"))
    assert [(lint.code, lint.path) for lint in lints] == [
        ("pseudonym_shared", "tables.other.columns.tel.mask")
    ]


def test_the_shipped_policy_is_correct_and_explained():
    policy, errors, lints = check_policy(ROOT / "policies" / "outpatient.yaml")
    assert errors == ()
    assert {lint.code for lint in lints} <= {"aggregate_unbounded"}
    said = explain(policy)
    for table in policy.tables:
        for column in table.columns:
            assert column.name in said
    assert "hidden" in said
    assert "0 … 20000" in said
