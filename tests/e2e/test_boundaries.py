"""Several measured parts in one statement, and values that come back, through the whole gateway."""

from __future__ import annotations

import pytest

from sandbox.errors import JobFailed
from sandbox.local import LocalSandbox
from sandbox.workspace import EngineFailure
from sandbox.workspace.opened import OpenWorkspace
from tests import clinic

RATIO = "SELECT a.n / b.n AS share FROM (SELECT count(*) AS n FROM visits WHERE amount > 500) a CROSS JOIN "
RATIO += "(SELECT count(*) AS n FROM visits) b"
ABOVE = "SELECT city, count(*) AS n FROM visits WHERE amount > (SELECT avg(amount) FROM visits) GROUP BY city"
LEVELS = (
    "SELECT h.level, sum(v.n) AS n FROM (SELECT hospital, count(*) AS n FROM visits GROUP BY hospital) v "
)
LEVELS += "JOIN hospitals h ON h.hospital = v.hospital GROUP BY h.level"


def test_a_ratio_of_two_releases_has_one_price_and_an_error_bar(box: LocalSandbox) -> None:
    before = box.ledger.balance("dataset", "clinic")[1]
    answer = box.query(RATIO, epsilon=1)
    ((share,),), ((width,),) = answer.rows(), answer.error()
    assert isinstance(share, float)
    assert 0 < share < 1
    assert width is not None
    assert 0 < width < 0.5
    after = box.ledger.balance("dataset", "clinic")[1]
    assert after.rho - before.rho == round(answer.cost.rho * 10**12)


def test_one_record_names_each_boundary_with_its_noise(box: LocalSandbox) -> None:
    number = box.query(ABOVE, epsilon=1).id
    record = box.ledger.record(number).body
    assert [measure["boundary"] for measure in record["measures"]] == [1, 1, 2, 2]
    assert len(record["rendered"]) == 4


def test_a_measured_mean_comes_back_as_a_filter(box: LocalSandbox) -> None:
    rows = box.query(ABOVE, epsilon=1).rows()
    assert {row[0] for row in rows} >= set(clinic.CITIES)


def test_a_public_table_stands_beside_released_values(box: LocalSandbox) -> None:
    assert box.query(LEVELS, epsilon=1).rows()


def test_the_same_statement_is_answered_from_the_same_draws(box: LocalSandbox) -> None:
    first = box.query(ABOVE, epsilon=1)
    again = box.query(ABOVE, epsilon=1)
    assert again.replayed
    assert again.rows() == first.rows()


def test_a_boundary_that_stands_twice_is_one_draw(box: LocalSandbox) -> None:
    part = "(SELECT count(*) FROM visits)"
    assert box.query(f"SELECT {part} - {part} AS zero", epsilon=1).rows() == [(0,)]


def test_when_a_later_stage_fails_nothing_leaves_and_the_price_stays_paid(
    box: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = OpenWorkspace.exact

    def failing(workspace: OpenWorkspace, sql: str, *beside: object) -> object:
        if "returned_" in sql:
            raise EngineFailure("died")
        return real(workspace, sql, *beside)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(OpenWorkspace, "exact", failing)
        with pytest.raises(JobFailed) as caught:
            box.query(ABOVE, epsilon=1)
    assert caught.value.__cause__ is None
    spent = box.ledger.balance("dataset", "clinic")[1]
    assert spent.rho > 0
    assert not box.query(ABOVE, epsilon=1).replayed
    assert box.ledger.balance("dataset", "clinic")[1].rho == 2 * spent.rho


def test_what_came_back_is_gone_before_the_next_job(box: LocalSandbox) -> None:
    box.query(ABOVE, epsilon=1)
    gateway = box._gateway
    tables = gateway.workspace.exact(
        "SELECT table_name FROM duckdb_tables() WHERE database_name <> 'workspace'"
    )
    left = gateway.workspace.released().query("SELECT table_name FROM duckdb_tables()")
    assert tables.num_rows == left.num_rows == 0
