"""``AsyncSandbox`` against a real server: the same answers, several at once, cancelled with their task."""

from __future__ import annotations

import asyncio
import inspect
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import AsyncSandbox, Refused
from sandbox.client import AsyncRemoteSandbox, RemoteSandbox
from tests.api.conftest import BY_CITY, Running, running


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server whose answers take a slot of two seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        yield from running(tmp_path_factory.mktemp("server"), slots=True, slot_seconds=2, lanes=1)


def connect(here: Running) -> Any:
    return AsyncSandbox.connect(here.url, token=here.tokens["developer"], agreement=here.agreement)


def test_questions_are_asked_side_by_side(here: Running) -> None:
    async def both() -> None:
        async with connect(here) as box:
            first, price = await asyncio.gather(
                box.query(BY_CITY, epsilon="0.5"), box.query(BY_CITY, epsilon="0.3", mode="preview")
            )
            assert first.columns[0].name == "city"
            assert price.fits
            assert (await box.query(BY_CITY, epsilon="0.5")).replayed
            assert (await box.budget()).affordable is not None
            assert {table.name for table in await box.tables()} == {"visits", "persons", "hospitals"}
            with pytest.raises(Refused, match="unknown_column"):
                await box.query("SELECT name FROM visits")

    asyncio.run(both())


def test_a_connection_can_be_awaited_and_closed(here: Running) -> None:
    async def opened() -> None:
        box = await connect(here)
        assert (await box.dummy("visits")).dummy
        await box.close()
        with pytest.raises(Refused, match="unauthenticated"):
            await AsyncSandbox.connect(here.url, token="dsb_0_x")

    asyncio.run(opened())


def test_a_cancelled_task_cancels_its_job_on_the_server(here: Running) -> None:
    async def given_up() -> dict[str, Any]:
        async with connect(here) as box:
            ahead = asyncio.create_task(box.query(BY_CITY, epsilon="0.41"))
            await asyncio.sleep(0.5)
            waiting = asyncio.create_task(box.query(BY_CITY, epsilon="0.42"))
            while not any(job["epsilon"] == "0.42" for job in await box.jobs()):
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.3)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await ahead
            return next(job for job in await box.jobs() if job["epsilon"] == "0.42")

    assert asyncio.run(given_up())["state"] == "cancelled"


def test_both_handles_have_the_same_methods() -> None:
    def public(kind: type) -> dict[str, list[str]]:
        return {
            name: list(inspect.signature(each).parameters)
            for name, each in vars(kind).items()
            if not name.startswith("_") and callable(each)
        }

    assert public(AsyncRemoteSandbox) == public(RemoteSandbox)


def test_ctrl_c_cancels_the_job_on_the_server_and_says_so(here: Running) -> None:
    program = (
        "import sys\nfrom sandbox import Sandbox\n"
        "with Sandbox.connect(sys.argv[1], token=sys.argv[2], agreement=sys.argv[3]) as box:\n"
        f"    box.query({BY_CITY!r}, epsilon='0.43')\n"
    )
    ahead = here.developer.post(
        "/v1/jobs", json={"agreement": here.agreement, "sql": BY_CITY, "epsilon": "0.44"}
    ).json()
    waiting = subprocess.Popen(
        [sys.executable, "-c", program, here.url, here.tokens["developer"], here.agreement],
        stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    while not (job := find(here, "0.43")):
        time.sleep(0.02)
    time.sleep(1)  # by now it waits for the job
    waiting.send_signal(signal.SIGINT)
    said = waiting.communicate(timeout=60)[1]
    assert waiting.returncode != 0
    assert f"job {job['id']} " in said
    cancelled = find(here, "0.43")["state"] == "cancelled"  # on a busy machine it may have begun by then
    assert cancelled == ("was cancelled on the server; nothing was charged" in said)
    assert cancelled != ("runs on the server already" in said)
    assert here.developer.get(f"/v1/jobs/{ahead['id']}", params={"wait": 30}).json()["state"] == "released"


def find(here: Running, epsilon: str) -> dict[str, Any]:
    items = here.developer.get("/v1/jobs").json()["items"]
    return next((job for job in items if job["epsilon"] == epsilon), {})
