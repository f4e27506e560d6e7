"""Hostile SQL sent straight to the engine, past every check that would have refused it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.jail import Standing, Tier
from sandbox.workspace import EngineFailure, JailedEngine, open_engine

CANARY = "41010119800101123X"
FILES = f"""
SELECT * FROM read_csv('/etc/passwd')
SELECT * FROM read_text('/etc/hostname')
SELECT * FROM read_blob('/proc/self/environ')
SELECT * FROM read_json('/etc/passwd')
SELECT * FROM '/etc/passwd'
SELECT * FROM glob('/*')
SELECT * FROM sniff_csv('/etc/passwd')
SELECT * FROM parquet_metadata('/etc/passwd')
SELECT * FROM read_duckdb('/etc/passwd')
SELECT * FROM read_csv('{os.devnull}')
COPY w.t TO '/tmp/x.csv'
COPY w.t TO '/dev/stdout'
COPY w.t FROM '/etc/passwd'
EXPORT DATABASE '/tmp/x'
IMPORT DATABASE '/tmp/x'
ATTACH '/tmp/x.duckdb' AS z
ATTACH '/etc/passwd' AS z (READ_ONLY)
SELECT * FROM read_parquet('https://example.org/x.parquet')
SELECT * FROM read_parquet('s3://bucket/x.parquet')
ATTACH 'https://example.org/x.duckdb' AS z
""".strip().splitlines()
LOCK = """
SET lock_configuration=false
RESET lock_configuration
SET enable_external_access=true
SET disabled_filesystems=''
SET allowed_directories=['/']
SET allowed_paths=['/etc/passwd']
SET allowed_configs=['threads']
SET memory_limit='20GB'
RESET memory_limit
SET threads=64
SET async_threads=8
SET temp_directory='/tmp'
SET autoload_known_extensions=true
SET allow_community_extensions=true
SET allow_extension_repositories='all'
SET custom_extension_repository='https://example.org'
SET max_expression_depth=100000
SET enable_logging=true
SET log_query_path='/tmp/log'
SET profiling_output='/tmp/profile'
SET home_directory='/tmp'
SET python_enable_replacements=true
PRAGMA enable_profiling
CALL enable_logging()
CALL enable_logging(storage='file', storage_config={'path': '/tmp/log'})
INSTALL httpfs
FORCE INSTALL icu
INSTALL spatial FROM community
LOAD httpfs
LOAD '/tmp/x.duckdb_extension'
CREATE SECRET (TYPE S3, KEY_ID 'x', SECRET 'y')
CREATE PERSISTENT SECRET (TYPE HTTP, BEARER_TOKEN 'x')
SELECT getenv('PATH')
SELECT * FROM engine_of_the_host
SELECT * FROM connection
""".strip().splitlines()
ECHO = """
SELECT error('cell: ' || t) FROM w.t
SELECT t::INTEGER FROM w.t
SELECT t::DATE FROM w.t
SELECT strptime(t, '%Y') FROM w.t
SELECT date_part(t, DATE '2024-01-01') FROM w.t
SELECT timezone(t, TIMESTAMP '2024-01-01') FROM w.t
SELECT from_base64(t || '!') FROM w.t
SELECT regexp_matches('x', '[' || t) FROM w.t
SELECT json_extract('{' || t, '$.a') FROM w.t
SELECT make_date(n, 99, 99) FROM w.t
SELECT 9223372036854775807 + n FROM w.t
SELECT * FROM w.t LIMIT (SELECT t FROM w.t)
""".strip().splitlines()
BOMBS = [
    "SELECT octet_length(bitstring('1', 2000000000) || bitstring('0', 2000000000))",
    "SELECT length(repeat('x', 2000000000) || repeat('y', 2000000000))",
    "SELECT length(lpad('x', 2000000000, 'y') || rpad('x', 2000000000, 'y'))",
    "SELECT len(generate_series(1, 2000000000))",
    "SELECT length(string_agg(range::VARCHAR, ',')) FROM range(2000000000)",
    "SELECT len(list(range)) FROM range(3000000000)",
    "SELECT count(DISTINCT repeat('x', 1000) || range) FROM range(100000000)",
    "CREATE TEMP TABLE big AS SELECT range, md5(range::VARCHAR) FROM range(1000000000)",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT " + " + ".join(["1"] * 50_000),
]


def opened(tier: Tier, path: Path) -> JailedEngine:
    return open_engine(Standing(tier, ()), files={"w": path}, memory_bytes=256 << 20, threads=2, seconds=20.0)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workspace") / "w.duckdb"
    build = open_engine(
        Standing(Tier.TIER_A, ()), build={"w": path}, memory_bytes=256 << 20, threads=1, seconds=20.0
    )
    build.run("CREATE TABLE w.t AS SELECT ? AS t, 5::BIGINT AS n", [CANARY])
    build.run("CHECKPOINT w")
    build.close()
    return path


@pytest.fixture(scope="module", params=[Tier.TIER_A, Tier.TIER_B])
def engine(request: pytest.FixtureRequest, workspace: Path) -> Iterator[JailedEngine]:
    made = opened(request.param, workspace)
    yield made
    made.close()


@pytest.mark.parametrize("sql", FILES)
def test_no_statement_reaches_a_file_or_the_network(engine: JailedEngine, sql: str) -> None:
    with pytest.raises(EngineFailure, match="rejected"):
        engine.query(sql)


@pytest.mark.parametrize("sql", LOCK)
def test_no_statement_opens_the_lock(engine: JailedEngine, sql: str) -> None:
    with pytest.raises(EngineFailure, match="rejected"):
        engine.query(sql)


@pytest.mark.parametrize("sql", ECHO)
def test_no_word_of_an_error_crosses(engine: JailedEngine, sql: str) -> None:
    with pytest.raises(EngineFailure) as caught:
        engine.query(sql)
    assert (str(caught.value), caught.value.args) == ("rejected", ("rejected",))
    assert CANARY not in repr(caught.value.__context__)


def test_the_lock_is_what_was_meant(engine: JailedEngine) -> None:
    meant = {
        "lock_configuration": "true",
        "enable_external_access": "false",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "allow_community_extensions": "false",
        "allow_unsigned_extensions": "false",
        "allow_persistent_secrets": "false",
        "allow_extension_repositories": "forbidden",
        "allowed_configs": "[]",
        "allowed_directories": "[]",
        "python_enable_replacements": "false",
        "enable_logging": "0",
        "temp_directory": "",
        "memory_limit": "256.0 MiB",
        "threads": "2",
        "async_threads": "0",
    }
    answer = engine.query("SELECT name, value FROM duckdb_settings()")
    found = dict(zip(answer["name"].to_pylist(), answer["value"].to_pylist(), strict=True))
    assert {name: found[name] for name in meant} == meant


@pytest.mark.parametrize("tier", [Tier.TIER_A, Tier.TIER_B])
def test_bombs_end_within_their_limits(tier: Tier, workspace: Path) -> None:
    """Each is refused, or dies with its process within its address space; the host goes on."""
    ends = []
    for place, sql in enumerate(BOMBS):
        engine = opened(tier, workspace)
        with pytest.raises(EngineFailure) as caught:
            engine.query(sql, seconds=0.6 if place < 9 else 30)  # what is rejected needs no deadline
        ends.append(caught.value.kind)
        engine.close()
    assert set(ends[:9]) <= {"memory", "deadline", "died"}
    assert set(ends[9:]) == {"rejected"}


def test_the_address_space_of_an_engine_is_bounded(workspace: Path) -> None:
    engine = opened(Tier.TIER_B, workspace)
    limits = Path(f"/proc/{engine._inmate._process.pid}/limits").read_text()
    space = next(line.split()[3] for line in limits.splitlines() if line.startswith("Max address space"))
    engine.close()
    assert int(space) < (256 << 20) + (2 << 30)
