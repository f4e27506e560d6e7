"""A jailed process from start to end."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path

import pyarrow as pa
import pytest

from sandbox.jail import Inmate, InmateFailure, Limits, Mount, Tier
from tests.attacks.prison import inmate, tell

TIERS = pytest.mark.parametrize("tier", [Tier.TIER_A, Tier.TIER_B])
SCHEMA = pa.schema([("n", pa.int64())])
COUNT = """
import pyarrow as pa
body = channel.body()
with pa.ipc.open_stream(pa.PythonFile(body, mode='r')) as reader:
    result = sum(batch.num_rows for batch in reader)
body.drain()
"""


def batch(rows: int = 1000) -> pa.RecordBatch:
    return pa.record_batch([pa.array(range(rows))], schema=SCHEMA)


def gone(pid: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.01)
    return False


@TIERS
def test_it_answers_until_it_is_killed(tier: Tier) -> None:
    held = inmate(tier)
    assert [tell(held, f"result = {number} + 1") for number in range(3)] == [1, 2, 3]
    held.kill()
    held.kill()
    assert not held.alive
    with pytest.raises(InmateFailure, match="died"):
        tell(held, "result = 1")


@TIERS
def test_it_dies_with_the_object_that_holds_it(tier: Tier) -> None:
    held = inmate(tier)
    pid = held._process.pid
    assert not Path(f"/proc/{pid}").exists() or not gone_now(pid)
    del held
    gc.collect()
    assert gone(pid)


def gone_now(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


@TIERS
def test_a_table_streams_in(tier: Tier) -> None:
    held = inmate(tier, modules=("pyarrow",), memory=2 << 30)
    reply = held.feed({"code": COUNT}, SCHEMA, (batch() for _ in range(50)), seconds=20)
    assert reply.header["result"] == 50_000
    held.kill()


def test_an_error_of_the_sender_is_raised_as_it_is_and_the_inmate_lives_on() -> None:
    held = inmate(Tier.TIER_B, modules=("pyarrow",), memory=2 << 30)

    def torn():  # type: ignore[no-untyped-def]
        yield batch()
        raise LookupError("of the sender")

    with pytest.raises(LookupError, match="of the sender"):
        held.feed({"code": COUNT}, SCHEMA, torn(), seconds=20)
    assert tell(held, "result = 'alive'") == "alive"
    held.kill()


def test_nothing_of_a_request_shows_among_the_arguments() -> None:
    held = Inmate(
        Tier.TIER_A,
        Path(__file__).parents[1] / "attacks" / "inmates" / "anything.py",
        settings={"key": "a-secret-word"},
        mounts=[Mount("room", Path(__file__).parent)],
        limits=Limits(memory_bytes=1 << 30),
        seconds=30,
    )
    tell(held, "result = 'another-secret-word'")
    seen = b"".join(
        (Path("/proc") / name / part).read_bytes()
        for name in os.listdir("/proc")
        for part in ("cmdline", "environ")
        if name.isdigit() and is_of(name, held._process.pid)
    )
    assert b"boot.py" in seen
    assert b"secret-word" not in seen
    assert str(Path(__file__).parent).encode() not in seen
    held.kill()


def is_of(name: str, pid: int) -> bool:
    """Whether a process is this one or below it."""
    while name not in ("0", "1", str(pid)):
        try:
            name = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            return False
    return name == str(pid)


@TIERS
def test_a_program_that_fails_to_start_is_a_dead_inmate(tier: Tier, tmp_path: Path) -> None:
    program = tmp_path / "broken.py"
    program.write_text("raise RuntimeError('a-row-value')")
    with pytest.raises(InmateFailure, match=r"^died$"):
        Inmate(tier, program, limits=Limits(memory_bytes=1 << 30), seconds=30)


def test_a_thread_that_starts_too_early_is_not_let_by_landlock(tmp_path: Path) -> None:
    program = tmp_path / "early.py"
    program.write_text(
        "import threading, time\n"
        "def start(): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "def prepare(started, settings, mounts): return lambda channel: None\n"
    )
    with pytest.raises(InmateFailure, match="died"):
        Inmate(Tier.TIER_B, program, limits=Limits(memory_bytes=1 << 30), seconds=30)


@TIERS
@pytest.mark.parametrize(
    "code",
    [
        "channel.send({'status': 'rows'}); channel.write(b'no table'); channel.finish(); quiet = 1",
        "channel.send({'status': 'unheard of'}); quiet = 1",
        "channel.send({'status': 'failed', 'kind': 'row-value'}); quiet = 1",
        "channel.send({'status': 'failed', 'kind': ['memory']}); quiet = 1",
        "channel.send({'status': 'failed'}); quiet = 1",
        "channel._push(b'GET / HTTP/1.1'); quiet = 1",
        "os._exit(0)",
    ],
)
def test_a_lying_inmate_is_killed(tier: Tier, code: str) -> None:
    held = inmate(tier)
    with pytest.raises(InmateFailure, match=r"^died$"):
        tell(held, code)
    assert not held.alive
