"""The whole way over HTTP: load, apply, approve, submit, fetch, pay, stop."""

from __future__ import annotations

import csv
import io

import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.api.conftest import BY_CITY, Running
from tests.clinic import CITIES


def spent(here: Running) -> float:
    page = here.developer.get("/v1/budgets", params={"agreement": here.agreement}).json()
    (mine,) = page["items"]
    return float(next(each["spent_rho"] for each in mine["balances"] if each["scope"] == "agreement"))


def test_a_job_is_released_in_four_formats_and_paid_once(here: Running) -> None:
    before = spent(here)
    job = here.ask(BY_CITY, epsilon="0.5")
    assert (job["state"], job["replayed"]) == ("released", False)
    address = f"/v1/jobs/{job['id']}/result"

    body = here.developer.get(address).json()
    assert {row[0] for row in body["rows"]} >= set(CITIES)
    assert spent(here) - before == pytest.approx(body["cost"]["rho"], rel=1e-9)

    table = here.developer.get(address, headers={"accept": "text/csv"})
    rows = list(csv.reader(io.StringIO(table.text)))
    assert rows[0] == ["city", "visits", "mean", "error95:visits", "error95:mean"]
    assert [row[0] for row in rows[1:]] == [row[0] or "" for row in body["rows"]]

    kind = "application/vnd.apache.arrow.stream"
    arrow = here.developer.get(address, headers={"accept": kind})
    assert arrow.headers["content-type"] == kind
    streamed = pa.ipc.open_stream(arrow.content).read_all()
    kind = "application/vnd.apache.parquet"
    parquet = here.developer.get(address, headers={"accept": kind})
    stored = pa.parquet.read_table(io.BytesIO(parquet.content))
    assert streamed.to_pydict() == stored.to_pydict()
    assert streamed.column("visits").to_pylist() == [row[1] for row in body["rows"]]

    again = here.ask(BY_CITY, epsilon="0.5")
    assert (again["state"], again["replayed"], again["disclosure"]) == ("released", True, job["disclosure"])
    assert spent(here) - before == pytest.approx(body["cost"]["rho"], rel=1e-9)
