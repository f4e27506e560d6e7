"""A job that fails, or a message that quotes, answers a question without noise. Neither may follow from rows.

Each test is an attack that worked, or would if a line went missing: keys on which a library raises, texts
that the engine reads as a date beyond its own calendar, an error with a value in its context, an engine that
died between two jobs.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import Refused, Sandbox, gateway, noise
from sandbox.errors import IntegrityBroken, JobFailed, SandboxError
from sandbox.local import LocalSandbox
from sandbox.nouns.plan import Facts, PublicTable
from sandbox.plan import plan
from sandbox.workspace.scratch import Scratch
from tests import clinic
from tests.plan import world
from tests.plan.database import connect, fill
from tests.plan.grammar import DRUG, HOSPITAL, NUMBERS, VISIT, aggregates, conditions

STRANGE = (
    "infinity",
    "-infinity",
    "5877642-06-24",
    "5877642-06-25 (BC)",
    "294247-01-10",
    "nan",
    "1e999",
    "\0",
)
HUGE = "* 1e60 * 1e60 * 1e60 * 1e60 * 1e60 * 1e60"
KEYS = (
    f"CASE WHEN diagnosis = 'infinity' THEN amount {HUGE} END",
    f"CASE WHEN diagnosis = 'infinity' THEN floor(amount {HUGE}) END",
    f"CASE WHEN diagnosis = 'infinity' THEN amount {HUGE} - amount {HUGE} END",
    "amount * -0.0",
    "CAST(diagnosis AS DATE)",
    "CAST(diagnosis AS TIMESTAMP)",
    "date_trunc('week', CAST(diagnosis AS DATE))",
    "year(CAST(diagnosis AS DATE))",
    "CAST(CAST(diagnosis AS TIMESTAMP) AS DATE)",
    "CAST(diagnosis AS DOUBLE)",
    "CAST(diagnosis AS DOUBLE) / amount",
    "CAST(diagnosis AS BIGINT)",
    "CAST(diagnosis AS BOOLEAN)",
    "substr(lower(diagnosis), 1, 9)",
)


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic where every strange text is the diagnosis of somebody."""
    rng = random.Random(3)
    rows = clinic.visits(40, 3, rng)
    for row, text in zip(rows, STRANGE, strict=False):
        row["diagnosis"], row["amount"] = text, 1000.0
    return clinic.write(
        tmp_path_factory.mktemp("strange"), visit_rows=rows, person_rows=clinic.persons(40, rng)
    )


def test_no_key_decides_whether_a_job_succeeds(strange: Path, tmp_path: Path) -> None:
    with Sandbox.local(str(strange), home=str(tmp_path / "home")) as box:
        for key in KEYS:
            box.query(f"SELECT {key} AS k, count(*), sum(amount) FROM visits GROUP BY {key}", epsilon="0.2")


def test_a_failed_job_carries_no_trace_of_what_failed(
    box: LocalSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(*_: object) -> object:
        raise OverflowError("41010519491231002X")

    monkeypatch.setattr(gateway.noise, "measure", measure)
    with pytest.raises(JobFailed) as failure:
        box.query("SELECT count(*) FROM visits", epsilon=1)
    assert failure.value.__context__ is None
    assert failure.value.__cause__ is None


def test_a_job_that_fails_after_sealing_keeps_no_answer_back(
    box: LocalSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def finish(*_: object, **__: object) -> int:
        raise OSError

    monkeypatch.setattr(type(box.ledger), "finish", finish)
    with pytest.raises(JobFailed):
        box.query("SELECT count(*) FROM visits", epsilon=1)
    assert list((tmp_path / "home" / "releases").iterdir()) == []
    assert box.ledger.balance("dataset", "clinic")[1].rho > 0


def test_many_jobs_at_once_fail_no_more_often_than_one_after_the_other(
    box: LocalSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(*_: object) -> object:
        time.sleep(0.02)
        raise ValueError

    monkeypatch.setattr(gateway.noise, "measure", measure)
    box.query("SELECT count(*) AS n FROM hospitals")  # the engine is up
    codes: list[str] = []

    def ask(number: int) -> None:
        with pytest.raises(SandboxError) as error:
            box.query(f"SELECT count(*) FROM visits WHERE amount > {number}", epsilon="0.1")
        codes.append(error.value.code)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["agreement_held"] * 5 + ["job_failed"] * 3


def test_an_engine_that_died_between_two_jobs_costs_nobody_a_budget(box: LocalSandbox) -> None:
    first = box.query("SELECT count(*) FROM visits", epsilon="0.1")
    workspace = box._gateway.workspace
    for engine in (workspace._data, workspace._released):
        assert engine is not None
        process = engine._inmate._process
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    second = box.query("SELECT sum(amount) FROM visits", epsilon="0.1")
    assert (
        round((first.cost.rho + second.cost.rho) * 10**12) == box.ledger.balance("dataset", "clinic")[1].rho
    )


def test_what_was_released_is_not_shown_again_after_a_stop(box: LocalSandbox) -> None:
    sql = "SELECT count(*) FROM visits"
    box.query(sql, epsilon=1)
    assert box.query(sql, epsilon=1).replayed
    question = gateway.Question(sql=sql, epsilon=box.policy.privacy.per_job.epsilon, actor="local",
                                agreement="local/clinic", organisation="local/clinic")  # fmt: skip

    def stopped() -> None:
        raise Refused("agreement_ended", "the agreement has ended")

    with pytest.raises(Refused) as refusal:
        box._gateway.answer(question, stopped)
    assert refusal.value.code == "agreement_ended"


@pytest.mark.parametrize(
    "condition",
    [
        "diagnosis = '13800138000'",
        "diagnosis LIKE '%13800138000%'",
        "diagnosis IN ('a', '１３８００１３８０００')",
        "free = 13800138000",
        "free IN (1, 13800138000)",
        "CAST(diagnosis AS BIGINT) BETWEEN 13800138000 AND 13800138001",
        "free = 1.3800138E10",
    ],
)
def test_a_statement_that_names_a_person_is_held(box: LocalSandbox, condition: str) -> None:
    with pytest.raises(Refused) as refusal:
        box.query(f"SELECT count(*) FROM visits WHERE {condition}", epsilon=1)
    assert refusal.value.code == "targeted_query"
    assert box.ledger.balance("dataset", "clinic")[1].rho == 0


@pytest.mark.parametrize("number", ["15000000000", "12000000000.5", "1e10", "100000", "20250131"])
def test_an_amount_names_nobody(box: LocalSandbox, number: str) -> None:
    box.query(f"SELECT count(*) AS n FROM visits HAVING count(*) < {number}", epsilon="0.1")


@pytest.mark.parametrize("key", ["diagnosis", "lower(diagnosis)", "CAST(diagnosis AS BIGINT)",
                                 "CAST(diagnosis AS BIGINT) + 0", "CAST(diagnosis AS DOUBLE)",
                                 "coalesce(diagnosis, 'x')"])  # fmt: skip
def test_a_number_that_is_a_telephone_leaves_no_more_than_its_text_does(tmp_path: Path, key: str) -> None:
    """Of a source whose residual finding an operator let pass."""
    rows = clinic.visits(300, 1, random.Random(5))
    for row in rows:
        row["diagnosis"] = "13800138000"
    policy = clinic.write(
        tmp_path / "source", visit_rows=rows, person_rows=[],
        policy=clinic.POLICY.replace("unit_type:", "residual: report\nunit_type:"),
    )  # fmt: skip
    with Sandbox.local(str(policy), home=str(tmp_path / "home")) as box:
        answer = box.query(f"SELECT {key} AS k, count(*) AS n FROM visits GROUP BY {key}", epsilon=1)
    assert [row[0] in (None, "<CN_MOBILE>") for row in answer.data] == [True]


def test_two_columns_of_a_public_table_are_no_key_of_a_join() -> None:
    """Else every row of the public table meets every row of a person, and the plan would say one does."""
    hospitals = world.HOSPITALS.model_copy(
        update={
            "columns": (
                *world.HOSPITALS.columns,
                world.Column(name="grade", type=world.Kind.INTEGER, domain=("1", "2", "3"), use=world.PUBLIC),
            )
        }
    )
    policy = world.POLICY.model_copy(update={"tables": (world.VISITS, world.DRUGS, hospitals)})
    sql = "SELECT count(*) FROM visits v JOIN hospitals h ON h.beds = h.grade"
    (stage,) = plan(sql, world.facts(policy)).stages
    assert stage.measures[0].sensitivity.l1 == 64 * world.facts(policy).public["hospitals"].rows


@pytest.mark.parametrize("older", [False, True])
def test_a_ledger_put_back_is_noticed_by_the_load_it_does_not_know(
    shared_clinic: Path, tmp_path: Path, older: bool
) -> None:
    home = tmp_path / "home"
    ledger = [home / name for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm")]
    kept: dict[Path, bytes] = {}
    policy = tmp_path / "source"
    rows = clinic.visits(20, 2, random.Random(1))
    path = clinic.write(policy, visit_rows=rows, person_rows=[])
    with Sandbox.local(str(path), home=str(home)):
        pass
    if older:
        kept = {
            file: file.read_bytes() for file in [*ledger, home / "log" / "checkpoint.txt"] if file.exists()
        }
        clinic.write(policy, visit_rows=rows[1:], person_rows=[])
        with Sandbox.local(str(path), home=str(home)) as box:
            box.query("SELECT count(*) FROM visits", epsilon=1)
    for file in [*ledger, home / "log" / "checkpoint.txt"]:
        file.unlink(missing_ok=True)
    for file, content in kept.items():
        file.write_bytes(content)
    with pytest.raises(IntegrityBroken) as broken:
        Sandbox.local(str(path), home=str(home))
    assert broken.value.code == "log_rolled_back"


def test_a_trial_that_was_killed_leaves_nothing_for_long(shared_clinic: Path, memory_folder: Path) -> None:
    program = (
        "import sys, time, pathlib\nfrom sandbox.cli.attempt import throwaway\n"
        f"with throwaway(pathlib.Path({str(shared_clinic)!r})):\n"
        "    print('in', flush=True)\n    time.sleep(99)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"in\n"
        child.kill()
    assert any(memory_folder.rglob("master.key"))
    with Scratch(memory_folder):
        assert not any(memory_folder.rglob("master.key"))


def test_no_folder_of_a_home_is_open_to_others(box: LocalSandbox, tmp_path: Path) -> None:
    box.query("SELECT count(*) FROM visits", epsilon=1)
    home = tmp_path / "home"
    folders = [home, *(path for path in home.rglob("*") if path.is_dir())]
    assert {folder.name: oct(folder.stat().st_mode & 0o777) for folder in folders} == {
        folder.name: "0o700" for folder in folders
    }


def test_a_catalogue_number_is_one_account_whatever_the_dataset_is_called(tmp_path: Path) -> None:
    policy = clinic.POLICY.replace("unit_type:", "catalogue: {code: A-1}\nunit_type:")
    rows = clinic.visits(20, 2, random.Random(1))
    spent = 0.0
    for name, domain in (("clinic", "[男, 女]"), ("renamed", "[男, 女]"), ("renamed", "[男, 女, 未知]")):
        path = clinic.write(
            tmp_path / "source", visit_rows=rows, person_rows=clinic.persons(20, random.Random(1)),
            policy=policy.replace("dataset: clinic", f"dataset: {name}").replace("[男, 女]", domain),
        )  # fmt: skip
        with Sandbox.local(str(path), home=str(tmp_path / "home")) as box:
            answer = box.query("SELECT sex, count(*) FROM persons GROUP BY sex", epsilon=1)
            assert not answer.replayed
            spent += answer.cost.rho
            assert box.ledger.balance("dataset", "A-1")[1].rho == round(spent * 10**12)


def test_a_stored_answer_whose_file_is_gone_is_never_measured_again(
    box: LocalSandbox, tmp_path: Path
) -> None:
    sql = "SELECT count(*) FROM visits"
    box.query(sql, epsilon=1)
    spent = box.ledger.balance("dataset", "clinic")
    for file in (tmp_path / "home" / "releases").iterdir():
        file.unlink()
    with pytest.raises(SandboxError) as failure:
        box.query(sql, epsilon=1)
    assert failure.value.__context__ is None, "it names a path"
    assert box.ledger.balance("dataset", "clinic") == spent


def test_a_source_that_cannot_be_read_is_not_quoted_by_what_an_error_came_from(tmp_path: Path) -> None:
    path = clinic.small(tmp_path / "source", people=3)
    (tmp_path / "source" / "visits.parquet").write_bytes(b"PAR1 41010519491231002X PAR1")
    with pytest.raises(SandboxError) as failure:
        Sandbox.local(str(path), home=str(tmp_path / "home"))
    assert failure.value.__context__ is failure.value.__cause__ is None


# -- no row of any statement of the dialect makes it fail

MOMENTS = ("CAST(v.hospital AS DATE)", "CAST(v.hospital AS TIMESTAMP)", "v.seen_at", "v.visited_on")
UNKIND = (
    "v.code * 1e60 * 1e60 * 1e60 * 1e60 * 1e60 * 1e60", "v.weight * v.weight", "- v.weight", "v.code * -0.0",
    "v.code + v.code", "v.weight / v.weight", "CAST(v.hospital AS DOUBLE)", "CAST(v.weight AS BIGINT)",
    "CAST(v.hospital AS BIGINT)", "round(v.weight, -12)", "round(v.weight, 12)", "v.code % v.days",
    "substr(v.hospital, 0, 3)", "upper(v.hospital)",
    "CAST(v.weight AS VARCHAR)", "CAST(v.seen_at AS VARCHAR)",
    "CAST(v.hospital AS BOOLEAN)", "CAST(v.urgent AS INTEGER)", "v.hospital LIKE '_%\\%' ESCAPE '\\'",
    *MOMENTS,
    *(f"date_trunc('{unit}', {moment})" for unit in ("week", "quarter") for moment in MOMENTS),
    *(f"{part}({moment})" for part in ("year", "dayofweek") for moment in MOMENTS),
    *(f"CAST({moment} AS DATE) > DATE '2025-01-01'" for moment in MOMENTS),
)  # fmt: skip
UNKIND_VISIT = st.tuples(VISIT, st.sampled_from((*STRANGE[:-1], None, "12"))).map(
    lambda pair: {**pair[0], "hospital": pair[1]}
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect()
    yield made
    made.close()


@settings(
    max_examples=int(os.environ.get("SANDBOX_TEST_STATEMENTS", "120")), deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(data=st.data())
def test_no_row_makes_a_statement_fail(con: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    visits = data.draw(st.lists(UNKIND_VISIT, max_size=12), "visits")
    fill(con, world.VISITS, [{**row, "id_card": n // 2} for n, row in enumerate(visits)], 64)
    fill(con, world.DRUGS, [{**data.draw(DRUG), "person": n} for n in range(2)], 8)
    hospitals = data.draw(st.lists(HOSPITAL, max_size=3), "hospitals")
    fill(con, world.HOSPITALS, hospitals, 1)
    known = Facts(
        world.POLICY, world.FACTS.grants,
        {"hospitals": PublicTable(3, dict.fromkeys(("hospital", "level", "region", "beds"), 3))},
        {"visits": 64, "drugs": 8},
    )  # fmt: skip
    keys = data.draw(st.lists(st.sampled_from((*UNKIND, *NUMBERS[:4])), max_size=2, unique=True), "keys")
    sql = f"SELECT {data.draw(aggregates())}, count(*) FROM visits v"
    sql += data.draw(st.sampled_from(("", " LEFT JOIN drugs d ON v.id_card = d.person")))
    sql += f" WHERE {data.draw(conditions())}" if data.draw(st.booleans()) else ""
    sql += f" GROUP BY {', '.join(keys)}" if keys else ""
    try:
        planned = plan(sql, known)
    except Refused:
        return
    (stage,) = planned.stages
    calibrated = noise.calibrate(stage, 0.5, 1e-9, min_units=10)
    noise.measure(stage, calibrated, con.sql(stage.exact_sql).to_arrow_table())
