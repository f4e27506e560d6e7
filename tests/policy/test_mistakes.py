"""Each mistake is said with its code, line and path; and all of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import PolicyInvalid
from sandbox.policy import load_policy

AMOUNT = "tables.visits.columns.amount"
CITY = "tables.visits.columns.city"
ID = "tables.visits.columns.id_card"
BOUNDS = "bounds: [0, 20000]"
UNIT = "unit: id_card"
CITY_KEYS = "{class: quasi, use: [group]}"

ONE = [
    # (old text, new text, code, line, path)
    ("version: 1", "version: 2", "value_unknown", 1, "version"),
    ("version: 1", "versoin: 1", "key_unknown", 1, "versoin"),
    ("unit_type: person\n", "", "key_missing", 1, ""),
    ("dataset: clinic", "dataset: 9clinic", "name_invalid", 2, "dataset"),
    ("dataset: clinic", "dataset:", "value_empty", 2, "dataset"),
    ("dataset: clinic", "dataset: clinic\ndataset: other", "key_duplicate", 3, "dataset"),
    ("person", "&p person", "yaml_alias", 3, "unit_type"),
    ("person", "*p", "yaml_alias", 3, "unit_type"),
    ("person", "!!python/name:os.system person", "yaml_tag", 3, "unit_type"),
    ("SANDBOX_PSEUDONYM_KEY", "'abc def'", "key_env", 4, "key.env"),
    ("env: SANDBOX_PSEUDONYM_KEY", "env: K, algorithm: md5", "value_unknown", 4, "key.algorithm"),
    ("unit: id_card", "unit: idcard", "unit_unknown", 8, "tables.visits.unit"),
    ("    unit: id_card\n", "", "unit_missing", 6, "tables.visits"),
    (UNIT, f"{UNIT}\n    max_rows_per_unit: 0", "out_of_range", 9, "tables.visits.max_rows_per_unit"),
    (UNIT, f"{UNIT}\n    max_rows_per_unit: x", "not_integer", 9, "tables.visits.max_rows_per_unit"),
    ("unit: id_card", "unit: id_card\n    public: perhaps", "not_boolean", 9, "tables.visits.public"),
    ("{connector: csv, path: visits.csv}", "{path: a}", "key_missing", 7, "tables.visits.source.connector"),
    ("path: visits.csv", "path: [a]", "shape_wrong", 7, "tables.visits.source.path"),
    ("visits:", "_visits:", "name_reserved", 6, "tables._visits"),
    ("      amount:", "      _rank:", "name_reserved", 11, "tables.visits.columns._rank"),
    ("      amount:", "      RowID:", "name_reserved", 11, "tables.visits.columns.RowID"),
    ("      amount:", "      CITY:", "name_clash", 12, CITY),
    ("      amount:", '      "a\\tb":', "name_invalid", 11, "tables.visits.columns.a�b"),
    ("mask: drop", "mask: drop, use: [group]", "unit_use", 10, f"{ID}.use"),
    ("mask: drop", "mask: drop, domain: [a]", "dropped_described", 10, f"{ID}.domain"),
    ("mask: drop", "mask: keep, domain: [a]", "unit_described", 10, f"{ID}.domain"),
    ("mask: drop", "mask: dorp", "mask_unknown", 10, f"{ID}.mask"),
    ("mask: drop", "mask: [drop]", "shape_wrong", 10, f"{ID}.mask"),
    ("mask: drop", "mask: ~", "value_empty", 10, f"{ID}.mask"),
    ("mask: drop", "mask: {partial: {frist: 3}}", "key_unknown", 10, f"{ID}.mask.partial.frist"),
    ("mask: drop", "mask: {partial: {first: 33}}", "out_of_range", 10, f"{ID}.mask.partial.first"),
    ("mask: drop", "mask: {pseudonym: {}}", "key_missing", 10, f"{ID}.mask.pseudonym.domain"),
    ("class: sensitive", "class: secret", "value_unknown", 11, f"{AMOUNT}.class"),
    ("use: [aggregate]", "use: [sum]", "value_unknown", 11, f"{AMOUNT}.use.0"),
    ("use: [aggregate]", "use: [aggregate, output]", "output_protected", 11, f"{AMOUNT}.use"),
    ("use: [aggregate]", "mask: drop", "dropped_described", 11, f"{AMOUNT}.bounds"),
    (BOUNDS, "type: money", "value_unknown", 11, f"{AMOUNT}.type"),
    (BOUNDS, "type: text, bounds: [0, 1]", "bounds_on_text", 11, f"{AMOUNT}.bounds"),
    (BOUNDS, "bounds: [5, 1]", "bounds_order", 11, f"{AMOUNT}.bounds"),
    (BOUNDS, "bounds: [0, .inf]", "not_finite", 11, f"{AMOUNT}.bounds.1"),
    (BOUNDS, "bounds: [NaN, 1]", "not_finite", 11, f"{AMOUNT}.bounds.0"),
    (BOUNDS, "bounds: [0, many]", "not_number", 11, f"{AMOUNT}.bounds.1"),
    (BOUNDS, "bounds: [0, ２０]", "not_number", 11, f"{AMOUNT}.bounds.1"),
    (BOUNDS, "bounds: [0]", "bounds_shape", 11, f"{AMOUNT}.bounds"),
    (BOUNDS, "bounds: 7", "bounds_shape", 11, f"{AMOUNT}.bounds"),
    (BOUNDS, "bounds: [0, 1e999]", "bounds_size", 11, f"{AMOUNT}.bounds.1"),
    (BOUNDS, "bounds: [0, 99999999999999999]", "bounds_size", 11, f"{AMOUNT}.bounds.1"),
    (BOUNDS, "bounds: [0, 20000.1234]", "bounds_scale", 11, f"{AMOUNT}.bounds.1"),
    (BOUNDS, "type: integer, bounds: [0, 1.5]", "not_integer", 11, f"{AMOUNT}.bounds.1"),
    (BOUNDS, "bounds: [2025-01-01, 2025-02-30]", "bad_date", 11, f"{AMOUNT}.bounds.1"),
    (BOUNDS, "type: date, bounds: [2025-01-01, 1]", "bad_date", 11, f"{AMOUNT}.bounds.1"),
    (BOUNDS, "bounds: [2025-01-01, 20250102]", "bad_date", 11, f"{AMOUNT}.bounds.1"),
    (BOUNDS, "bounds: [0, 1], domain: ['0']", "domain_and_bounds", 11, f"{AMOUNT}.bounds"),
    (BOUNDS, "domain: []", "domain_empty", 11, f"{AMOUNT}.domain"),
    (BOUNDS, "domain: a", "shape_wrong", 11, f"{AMOUNT}.domain"),
    (BOUNDS, "domain: [a, null]", "value_empty", 11, f"{AMOUNT}.domain.1"),
    (BOUNDS, "domain: [a, b, a]", "domain_duplicate", 11, f"{AMOUNT}.domain.2"),
    (BOUNDS, "type: number, domain: [1, 1.0]", "domain_duplicate", 11, f"{AMOUNT}.domain.1"),
    (BOUNDS, "type: integer, domain: [1, x]", "domain_type", 11, f"{AMOUNT}.domain.1"),
    (BOUNDS, "type: date, domain: [2025-13-01]", "domain_type", 11, f"{AMOUNT}.domain.0"),
    (CITY_KEYS, "{mask: {age_band: {width: 5}}, type: date}", "type_contradicts_mask", 12, f"{CITY}.type"),
    (CITY_KEYS, "{mask: {age_band: {}}, bounds: [0, 5]}", "bounds_on_text", 12, f"{CITY}.bounds"),
    (CITY_KEYS, "{mask: {age_band: {on: 2025-02-30}}}", "bad_date", 12, f"{CITY}.mask.age_band.on"),
    (CITY_KEYS, "{class: direct, use: [group]}", "direct_exposed", 12, CITY),
    (BOUNDS, "mask: drop", "dropped_used", 11, f"{AMOUNT}.use"),
    (CITY_KEYS, "{class: direct, domain: [张三]}", "domain_on_direct", 12, f"{CITY}.domain"),
    (CITY_KEYS, "text", "shape_wrong", 12, CITY),
    (CITY_KEYS, "{mask: drop}", "dropped_used", 16, "risk.quasi_identifiers.0"),
    ("20.0", "0", "out_of_range", 14, "privacy.epsilon"),
    ("20.0", "1e-9", "out_of_range", 14, "privacy.epsilon"),
    ("20.0", "nan", "not_finite", 14, "privacy.epsilon"),
    ("20.0", "much", "not_number", 14, "privacy.epsilon"),
    ("  epsilon: 20.0\n", "", "key_missing", 13, "privacy.epsilon"),
    ("1.0e-6", "0.5", "out_of_range", 15, "privacy.delta"),
    ("1.0e-6", "1e-20", "out_of_range", 15, "privacy.delta"),
    ("1.0e-6", "1.0e-6\n  per_job: {epsilon: 21}", "budget_order", 16, "privacy.per_job.epsilon"),
    ("1.0e-6", "1.0e-6\n  per_job: {epsilon: -1}", "out_of_range", 16, "privacy.per_job.epsilon"),
    ("1.0e-6", "1.0e-6\n  per_job: {epsilon: 1, delta: 1e-6}", "budget_order", 16, "privacy.per_job.delta"),
    ("1.0e-6", "1.0e-6\n  profile: {epsilon: 30}", "budget_order", 16, "privacy.profile.epsilon"),
    ("1.0e-6", "1.0e-6\n  min_units: 0", "out_of_range", 16, "privacy.min_units"),
    ("[city]", "[ctiy]", "column_unknown", 16, "risk.quasi_identifiers.0"),
    ("version: 1", "version: 1\ngrade: {label: core}", "grade_refused", 2, "grade.label"),
    ("version: 1", "version: 1\ngrade: {source: 2, derived: 3}", "grade_order", 2, "grade.derived"),
    ("version: 1", "version: 1\njobs: {python: always}", "value_unknown", 2, "jobs.python"),
    ("version: 1", "version: 1\non_unlisted: keep", "value_unknown", 2, "on_unlisted"),
    ("version: 1", "version: 1\ntitle: [a]", "shape_wrong", 2, "title"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "path"), ONE, ids=[f"{row[2]}-{row[4]}-{row[1][:25]!r}" for row in ONE]
)
def test_one_mistake_is_the_only_thing_said(check, old, new, code, line, path):
    policy, errors, lints = check((old, new))
    assert policy is None
    assert lints == ()
    known = [(error.code, error.line, error.path) for error in errors]
    if new.startswith("versoin"):
        assert ("key_missing", 1, "") in known  # the misspelt key is also a missing one
        known.remove(("key_missing", 1, ""))
    assert known == [(code, line, path)]
    assert errors[0].fix


def test_the_good_policy_has_no_mistake_and_no_lint(check):
    policy, errors, lints = check()
    assert policy is not None
    assert (errors, lints) == ((), ())


@pytest.mark.parametrize("word", ["core", "important", "核心", "重要"])
def test_high_grades_are_refused_where_a_number_stands(check, word):
    _, errors, _ = check(("version: 1", f"version: 1\ngrade: {{source: {word}}}"))
    assert ("grade_refused", 2, "grade.source") in [(e.code, e.line, e.path) for e in errors]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (b"", "shape_wrong", 1),
        (b"- a\n- b\n", "shape_wrong", 1),
        (b"a: [1\n", "yaml_syntax", 2),
        (b"a: 1\nb:\tc\n\td: 2\n", "yaml_syntax", 2),
        (b"a: 1\nb: \x01\n", "yaml_syntax", 2),
        (b"a: 1\nb: \xff\n", "file_encoding", 2),
        ("a: 门诊".encode("gbk"), "file_encoding", 1),
        (b"a: " + b"[" * 100_000, "yaml_depth", 1),
        (b"#" * (1 << 20) + b"\n", "file_too_large", 0),
    ],
)
def test_what_is_no_policy_at_all(check, text, code, line):
    policy, errors, _ = check(text=text)
    assert policy is None
    assert [(error.code, error.line) for error in errors] == [(code, line)]


def test_a_second_document_is_a_mistake(check):
    _, errors, _ = check(("[city]}\n", "[city]}\n---\na: 1\n"))
    assert [(error.code, error.line) for error in errors] == [("yaml_documents", 17)]


def test_a_billion_laughs_are_refused_without_being_expanded(check):
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30)]
    _, errors, _ = check(text="l0: &l0 [a]\n" + "\n".join(levels))
    assert "yaml_alias" in {error.code for error in errors}


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(tmp_path / "nothing.yaml")
    assert [problem.code for problem in caught.value.problems] == ["file_missing"]


def test_only_public_tables_protect_nobody(check):
    _, errors, _ = check(
        ("    unit: id_card\n", "    public: true\n"), ("risk: {quasi_identifiers: [city]}", "")
    )
    assert [(error.code, error.path) for error in errors] == [("no_protected_table", "tables")]


def test_a_public_table_has_no_unit(check):
    other = "  rates:\n    source: {connector: csv, path: r.csv}\n    public: true\n    unit: code\nprivacy:"
    _, errors, _ = check(("privacy:", other))
    assert [(error.code, error.line, error.path) for error in errors] == [
        ("public_unit", 16, "tables.rates.unit")
    ]


def test_a_protected_table_without_columns(check):
    text = (
        "version: 1\ndataset: d\nunit_type: person\nkey: {env: K}\nprivacy: {epsilon: 1, delta: 1e-6}\n"
        "tables:\n  visits: {source: {connector: csv}, unit: id}\n"
    )
    _, errors, _ = check(text=text)
    assert [(error.code, error.line) for error in errors] == [("columns_missing", 7)]


def test_messages_quote_little_of_a_long_text(check):
    _, errors, _ = check(("mask: drop", "mask: " + "x" * 5000))
    assert max(len(str(error)) for error in errors) < 600


def test_messages_are_one_printable_line(check):
    _, errors, _ = check(("mask: drop", r'mask: "a\n\e[31mb"'))
    assert all(str(error).isprintable() for error in errors)


def test_a_near_miss_is_suggested(check):
    _, errors, _ = check(("epsilon", "epsilom"))
    assert {e.fix for e in errors if e.code == "key_unknown"} == {"did you mean 'epsilon'?"}


def test_every_mistake_of_a_bad_file_is_listed_at_once():
    folder = Path(__file__).parent.parent / "golden" / "policy"
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(folder / "mistakes.yaml")
    said = [str(problem).removeprefix(str(folder) + "/") for problem in caught.value.problems]
    assert said == (folder / "mistakes.txt").read_text(encoding="utf-8").splitlines()
    assert str(caught.value).count("\n") == len(said) - 1
