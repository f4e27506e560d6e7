"""``AsyncSandbox`` against a real server: the same answers, several at once, cancelled with their task."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
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
