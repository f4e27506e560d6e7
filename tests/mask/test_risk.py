from __future__ import annotations

import duckdb
import pytest

from sandbox.mask import risk_sql


def test_classes_are_counted_in_people_not_rows() -> None:
    with duckdb.connect() as connection:
        connection.execute('CREATE TABLE t (_key UHUGEINT, "it\'s" VARCHAR, b INTEGER)')
        connection.execute(
            "INSERT INTO t VALUES (1,'x',1),(1,'x',1),(2,'x',1),(3,'y',1),(3,'y',1),(3,'z',NULL)"
        )
        cursor = connection.execute(risk_sql("t", ["it's", "b"], k=2))
        row = dict(zip([head[0] for head in cursor.description], cursor.fetchall()[0], strict=True))
    assert row == {
        "classes": 3, "smallest_class": 1, "single_unit_classes": 2, "classes_below_k": 2,
        "units_below_k": 2, "rows_below_k": 3, "rows": 6,
    }  # fmt: skip


def test_an_empty_table_has_no_classes() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (_key UHUGEINT, a VARCHAR)")
        assert connection.execute(risk_sql("t", ["a"], k=10)).fetchall() == [(0, 0, 0, 0, 0, 0, 0)]


def test_risk_needs_quasi_identifiers() -> None:
    with pytest.raises(ValueError, match="quasi"):
        risk_sql("t", [], k=10)
