"""Engines in jails: reading, building, computing; and what is left of a failure."""

from __future__ import annotations

import datetime as dt
import threading
import traceback
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from sandbox.jail import Standing, Tier
from sandbox.workspace import EngineFailure, JailedEngine, open_engine

SCHEMA = pa.schema([("n", pa.int64()), ("t", pa.string())])


def engine(tier: Tier = Tier.TIER_A, **changed: object) -> JailedEngine:
    """An engine of a modest size."""
    asked = {"memory_bytes": 512 << 20, "threads": 2, "seconds": 30.0} | changed
    return open_engine(Standing(tier, ()), **asked)  # type: ignore[arg-type]


def batches(count: int, rows: int = 1000) -> Iterator[pa.RecordBatch]:
    for number in range(count):
        first = number * rows
        values = list(range(first, first + rows))
        yield pa.record_batch([pa.array(values), pa.array([f"t{n % 7}" for n in values])], schema=SCHEMA)


@pytest.fixture(scope="module", params=[Tier.TIER_A, Tier.TIER_B])
def tier(request: pytest.FixtureRequest) -> Tier:
    asked: Tier = request.param
    return asked


@pytest.fixture(scope="module")
def computing(tier: Tier) -> Iterator[JailedEngine]:
    opened = engine(tier)
    yield opened
    opened.close()


@pytest.fixture
def built(tier: Tier, tmp_path: Path) -> Path:
    path = tmp_path / "made.duckdb"
    build = engine(tier, build={"made": path})
    build.run("CREATE TABLE made.t (n BIGINT, t VARCHAR)")
    build.ingest("INSERT INTO made.t SELECT n, t FROM incoming", SCHEMA, batches(20))
    build.run("CHECKPOINT made")
    build.close()
    return path


def test_a_memory_engine_keeps_its_tables(computing: JailedEngine) -> None:
    computing.run("CREATE OR REPLACE TABLE kept AS SELECT 1 AS n")
    assert computing.query("SELECT n FROM kept").to_pylist() == [{"n": 1}]


@pytest.mark.parametrize(
    "value",
    [
        *(True, 7, -(2**63), 2**100, 0.1, float("inf"), "河南'; DROP TABLE t --", "\x00", b"\x00\xff", b""),
        *(Decimal("12345678901234567890.123"), dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 12, 30, 1, 5)),
    ],
)
def test_parameters_cross_unchanged(computing: JailedEngine, value: object) -> None:
    assert computing.query("SELECT ? AS v", [value]).column("v").to_pylist() == [value]


def test_null_crosses_with_and_without_a_type(computing: JailedEngine) -> None:
    answer = computing.query("SELECT ?::DATE AS typed, ? AS untyped", [None, None])
    assert answer.to_pylist() == [{"typed": None, "untyped": None}]


def test_a_parameter_of_another_type_is_refused_without_its_value(computing: JailedEngine) -> None:
    with pytest.raises(TypeError) as caught:
        computing.query("SELECT ?", [{"a-row-value"}])
    assert "a-row-value" not in str(caught.value)
    assert computing.alive


def test_no_rows_is_a_table_with_columns(computing: JailedEngine) -> None:
    answer = computing.query("SELECT 1 AS n, 'x' AS t WHERE false")
    assert (answer.num_rows, answer.column_names) == (0, ["n", "t"])


def test_every_stored_type_comes_back(computing: JailedEngine) -> None:
    answer = computing.query(
        "SELECT 1::UTINYINT a, 1::HUGEINT b, 'x'::ENUM('x', 'y') c, 1.5::DECIMAL(18, 3) d, "
        "DATE '2024-01-01' e, TIMESTAMP '2024-01-01 01:02:03' f, [1, 2] g, true h, "
        "TIME '10:00' i, 'b'::BLOB j"
    )
    assert answer.num_columns == 10


def test_a_large_answer_comes_whole(computing: JailedEngine) -> None:
    answer = computing.query("SELECT range AS n, repeat('x', 20) AS t FROM range(500000)")
    assert answer.num_rows == 500_000
    assert answer.column("n")[499_999].as_py() == 499_999


def test_a_built_file_is_whole_and_alone(built: Path) -> None:
    assert [path.name for path in built.parent.iterdir()] == ["made.duckdb"]


def test_a_reader_sees_what_was_built_after_the_file_is_unlinked(tier: Tier, built: Path) -> None:
    reader = engine(tier, files={"workspace": built})
    built.unlink()
    answer = reader.query("SELECT count(*) AS n, sum(n) AS s, count(DISTINCT t) AS t FROM workspace.t")
    assert answer.to_pylist() == [{"n": 20_000, "s": Decimal(19_999 * 10_000), "t": 7}]
    reader.close()


def test_a_reader_never_writes(tier: Tier, built: Path) -> None:
    before = built.read_bytes()
    reader = engine(tier, files={"workspace": built})
    for sql in ("DELETE FROM workspace.t", "DROP TABLE workspace.t", "CREATE TABLE workspace.x (n INT)"):
        with pytest.raises(EngineFailure, match="rejected"):
            reader.run(sql)
    reader.close()
    assert built.read_bytes() == before


def test_one_build_fills_two_files(tier: Tier, tmp_path: Path) -> None:
    paths = {name: tmp_path / name / "made.duckdb" for name in ("snapshot", "workspace")}
    for path in paths.values():
        path.parent.mkdir()
    build = engine(tier, build=paths)
    build.run("CREATE TABLE snapshot.t AS SELECT range AS n FROM range(1000)")
    build.run("CREATE TABLE workspace.t AS SELECT n FROM snapshot.t WHERE n % 2 = 0 ORDER BY random()")
    assert build.query("SELECT count(*) AS n FROM workspace.t").to_pylist() == [{"n": 500}]
    build.run("CHECKPOINT snapshot")
    build.run("CHECKPOINT workspace")
    build.close()
    assert all(path.stat().st_size > 0 for path in paths.values())


def test_a_large_sort_spills_where_it_may_and_else_is_a_failure_of_memory(tier: Tier, tmp_path: Path) -> None:
    sort = "CREATE TABLE made.t AS SELECT range AS n, md5(range::VARCHAR) AS h FROM range(1500000) ORDER BY h"
    for name in ("spill", "a", "b"):
        (tmp_path / name).mkdir()
    roomy = engine(
        tier, build={"made": tmp_path / "a" / "x.duckdb"}, spill=tmp_path / "spill", memory_bytes=60 << 20
    )
    roomy.run(sort, seconds=120)
    assert roomy.query("SELECT count(*) AS n FROM made.t").to_pylist() == [{"n": 1_500_000}]
    roomy.close()
    narrow = engine(tier, build={"made": tmp_path / "b" / "x.duckdb"}, memory_bytes=60 << 20)
    with pytest.raises(EngineFailure, match="memory"):
        narrow.run(sort, seconds=120)
    assert not narrow.alive


def test_an_error_of_the_source_undoes_the_statement_and_is_raised_as_it_is(
    tier: Tier, tmp_path: Path
) -> None:
    def torn() -> Iterator[pa.RecordBatch]:
        yield from batches(300)
        raise LookupError("the source broke")

    build = engine(tier, build={"made": tmp_path / "x.duckdb"})
    build.run("CREATE TABLE made.t (n BIGINT)")
    with pytest.raises(LookupError, match="the source broke"):
        build.ingest("INSERT INTO made.t SELECT n FROM incoming", SCHEMA, torn())
    assert build.query("SELECT count(*) AS n FROM made.t").to_pylist() == [{"n": 0}]
    build.ingest("INSERT INTO made.t SELECT n FROM incoming", SCHEMA, batches(3))
    assert build.query("SELECT count(*) AS n FROM made.t").to_pylist() == [{"n": 3000}]
    build.close()


def test_a_statement_that_fails_amid_the_stream_stops_it_and_the_engine_lives_on(
    computing: JailedEngine,
) -> None:
    sent = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal sent
        for batch in batches(3000):
            sent += 1
            yield batch

    computing.run("CREATE OR REPLACE TABLE checked (n BIGINT CHECK (n < 5000))")
    with pytest.raises(EngineFailure, match="rejected"):
        computing.ingest("INSERT INTO checked SELECT n FROM incoming", SCHEMA, counted())
    assert sent < 3000
    assert computing.query("SELECT count(*) AS n FROM checked").to_pylist() == [{"n": 0}]


def test_a_statement_that_cannot_be_read_leaves_the_stream_unread(computing: JailedEngine) -> None:
    with pytest.raises(EngineFailure, match="rejected"):
        computing.ingest("INSERT INTO nowhere SELECT n FROM incoming", SCHEMA, batches(50))
    assert computing.query("SELECT 1 AS n").to_pylist() == [{"n": 1}]


def test_incoming_is_gone_after_its_statement(computing: JailedEngine) -> None:
    computing.ingest("CREATE OR REPLACE TABLE once AS SELECT n FROM incoming", SCHEMA, batches(1))
    with pytest.raises(EngineFailure, match="rejected"):
        computing.query("SELECT * FROM incoming")


def test_no_batches_at_all_is_no_rows(computing: JailedEngine) -> None:
    computing.ingest("CREATE OR REPLACE TABLE none AS SELECT n FROM incoming", SCHEMA, iter(()))
    assert computing.query("SELECT count(*) AS n FROM none").to_pylist() == [{"n": 0}]


def test_parameters_reach_an_ingest(computing: JailedEngine) -> None:
    computing.ingest(
        "CREATE OR REPLACE TABLE few AS SELECT n FROM incoming WHERE n < ?", SCHEMA, batches(2), [5]
    )
    assert computing.query("SELECT count(*) AS n FROM few").to_pylist() == [{"n": 5}]


def test_a_source_slower_than_the_deadline_meets_it(tier: Tier) -> None:
    def slow() -> Iterator[pa.RecordBatch]:
        for batch in batches(10_000):
            threading.Event().wait(0.02)
            yield batch

    opened = engine(tier)
    with pytest.raises(EngineFailure, match="deadline"):
        opened.ingest("CREATE TABLE t AS SELECT n FROM incoming", SCHEMA, slow(), seconds=0.3)
    assert not opened.alive


def test_the_deadline_kills_and_the_engine_says_so(tier: Tier) -> None:
    opened = engine(tier)
    with pytest.raises(EngineFailure, match="deadline"):
        opened.query("SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b", seconds=0.3)
    assert not opened.alive
    with pytest.raises(EngineFailure, match="died"):
        opened.query("SELECT 1")
    opened.close()


def test_room_that_runs_out_is_its_own_failure(
    tier: Tier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.workspace import engine as module

    monkeypatch.setattr(module, "FILE_BYTES", 1 << 20)
    build = engine(tier, build={"made": tmp_path / "x.duckdb"})
    with pytest.raises(EngineFailure, match="space"):
        build.run("CREATE TABLE made.t AS SELECT md5(range::VARCHAR) AS h FROM range(500000)")
    build.close()


def test_threads_take_turns(computing: JailedEngine) -> None:
    answers: dict[int, object] = {}

    def ask(number: int) -> None:
        answers[number] = [computing.query("SELECT ? AS n", [number]).to_pylist()[0]["n"] for _ in range(20)]

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert answers == {number: [number] * 20 for number in range(4)}


def test_an_engine_opened_in_a_thread_outlives_the_thread(tier: Tier) -> None:
    opened: list[JailedEngine] = []
    opener = threading.Thread(target=lambda: opened.append(engine(tier)))
    opener.start()
    opener.join()
    assert opened[0].query("SELECT 1 AS n").to_pylist() == [{"n": 1}]
    opened[0].close()


def test_close_is_idempotent(tier: Tier) -> None:
    opened = engine(tier)
    opened.close()
    opened.close()
    assert not opened.alive


def test_a_damaged_file_does_not_open_and_says_nothing(tier: Tier, tmp_path: Path) -> None:
    path = tmp_path / "damaged-secret-name.duckdb"
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(EngineFailure) as caught:
        engine(tier, files={"workspace": path})
    assert str(caught.value) == "died"
    assert "secret-name" not in "".join(traceback.format_exception(caught.value))


def test_an_error_carries_one_word_and_no_cause(computing: JailedEngine) -> None:
    with pytest.raises(EngineFailure) as caught:
        computing.query("SELECT 'the-row-value'::INTEGER")
    assert str(caught.value) == "rejected"
    assert caught.value.args == ("rejected",)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_query_engine_runs_without_the_optimizer_that_loses_rows_in_joins(
    computing: JailedEngine,
) -> None:
    shown = computing.query("SELECT current_setting('disabled_optimizers') AS v").to_pylist()
    assert shown == [{"v": "join_filter_pushdown"}]
