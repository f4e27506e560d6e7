"""Defects found in a peer of the same shape: each is a test that we do not have it.

Numbers follow the list we keep of them. Those about storage and noise have closer tests of their own in
``tests/ledger`` and ``tests/noise``; here they are tried through the public handle.
"""

from __future__ import annotations

import ast
import inspect
import json
import threading
from pathlib import Path

import pytest

import sandbox
from sandbox import Refused, SandboxError, gateway
from sandbox.errors import JobFailed
from sandbox.local import LocalSandbox
from sandbox.workspace import EngineFailure

SOURCE = Path(sandbox.__file__).parent
BY_CITY = "SELECT city, count(*) AS n FROM visits GROUP BY city"


def test_1_no_update_of_the_budget_is_lost_between_threads(box: LocalSandbox) -> None:
    prices: list[int] = []

    def ask(place: int) -> None:
        answer = box.query(f"SELECT count(*) FROM visits WHERE amount > {place}", epsilon="0.1")
        prices.append(round(answer.cost.rho * 10**12))

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(prices) == 16
    assert box.ledger.balance("dataset", "clinic")[1].rho == sum(prices)


def test_2_the_price_is_set_aside_before_data_is_touched(
    box: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent_at_touch: list[int] = []
    real = gateway.OpenWorkspace.exact

    def exact(workspace: gateway.OpenWorkspace, sql: str, *beside: object) -> object:
        spent_at_touch.append(box.ledger.balance("dataset", "clinic")[1].rho)
        return real(workspace, sql, *beside)

    monkeypatch.setattr(gateway.OpenWorkspace, "exact", exact)
    answer = box.query(BY_CITY, epsilon=1)
    assert spent_at_touch == [round(answer.cost.rho * 10**12)]


def test_3_a_failed_measurement_is_never_drawn_again_and_stays_paid(
    box: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws: list[int] = []
    real = gateway.noise.measure

    def measure(*args: object) -> object:
        draws.append(1)
        real(*args)  # type: ignore[arg-type]
        raise RuntimeError("after the draw: 4101051955122298261")

    monkeypatch.setattr(gateway.noise, "measure", measure)
    with pytest.raises(JobFailed) as failure:
        box.query(BY_CITY, epsilon=1)
    assert len(draws) == 1
    assert "4101" not in str(failure.value)
    assert failure.value.__cause__ is None
    assert box.ledger.balance("dataset", "clinic")[1].rho > 0


def test_5_an_engines_words_never_reach_anybody(box: LocalSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def exact(workspace: object, sql: str, *beside: object) -> object:
        raise EngineFailure("rejected")

    monkeypatch.setattr(gateway.OpenWorkspace, "exact", exact)
    with pytest.raises(JobFailed) as failure:
        box.query(BY_CITY, epsilon=1)
    assert failure.value.code == "job_failed"
    assert "rejected" not in str(failure.value)
    record = box.ledger.records(limit=100)[-1].body
    assert (record["kind"], record["error"], record["touched"]) == ("failure", "rejected", True)


def test_6_no_unsafe_feature_of_the_noise_library_is_switched_on() -> None:
    enabled = [
        argument.value
        for path in SOURCE.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and "enable_features" in (getattr(call.func, "attr", ""), getattr(call.func, "id", ""))
        for argument in call.args
        if isinstance(argument, ast.Constant)
    ]
    assert enabled == ["contrib"]


def test_7_nothing_is_unpickled_anywhere() -> None:
    imported = {
        name
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] + [getattr(node, "module", "") or ""])
    }
    assert imported.isdisjoint({"pickle", "cloudpickle", "dill", "marshal", "shelve", "joblib"})


def test_8_the_dataset_has_one_cap_over_all_agreements(box: LocalSandbox) -> None:
    box.query(BY_CITY, epsilon=1)
    scopes = {balance.scope for balance in box.budget().balances}
    assert scopes == {"dataset", "agreement", "organisation"}


def test_9_rows_never_leave_the_engine_for_a_query(
    box: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = gateway.OpenWorkspace.exact

    def exact(workspace: gateway.OpenWorkspace, sql: str, *beside: object) -> object:
        table = real(workspace, sql, *beside)
        sizes.append(table.num_rows)
        return table

    monkeypatch.setattr(gateway.OpenWorkspace, "exact", exact)
    box.query(BY_CITY, epsilon=1)
    assert sizes == [4], "three cities and NULL, whatever the number of visits"


def test_11_names_with_colons_do_not_shift_fields(box: LocalSandbox) -> None:
    first = box.query('SELECT count(*) AS "a:b" FROM visits', epsilon=1)
    second = box.query("SELECT count(*) AS a FROM visits WHERE diagnosis <> ':b'", epsilon=1)
    assert not second.replayed
    assert first.columns[0].name == "a:b"
    events = [record.body for record in box.ledger.records(limit=100)]
    assert all(json.loads(json.dumps(event)) == event for event in events)


def test_12_an_aggregate_is_one_file_and_one_entry() -> None:
    from sandbox.plan import aggregates

    assert {"count", "sum", "average"} <= {
        path.stem for path in Path(inspect.getfile(aggregates)).parent.glob("*.py")
    }


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1/0 FROM visits",
        "SELECT CAST(name AS INTEGER) FROM visits",
        "SELECT error('x') FROM visits",
        "SELECT sum(amount / (amount - amount)) FROM visits",
        "SELECT nothing FROM visits",
        "nonsense",
        "",
    ],
)
def test_a_refusal_speaks_our_words_only(box: LocalSandbox, sql: str) -> None:
    with pytest.raises(SandboxError) as error:
        box.query(sql, epsilon=1)
    assert isinstance(error.value, Refused)
    for foreign in ("duckdb", "sqlglot", "Traceback", "Binder", "Conversion", "opendp", "/work", "/root"):
        assert foreign not in str(error.value)
