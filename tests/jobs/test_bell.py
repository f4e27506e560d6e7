"""The bell wakes those who wait for a job, whichever process ended it."""

from __future__ import annotations

import asyncio
import threading

from sandbox.jobs.bell import Bell


def test_a_ring_from_another_thread_wakes_everybody_who_waits_for_that_job() -> None:
    bell = Bell(lambda _: ())

    async def waiting() -> None:
        both = asyncio.gather(bell.wait("a", 60), bell.wait("a", 60))
        other = asyncio.ensure_future(bell.wait("b", 60))
        await asyncio.sleep(0)
        threading.Thread(target=bell.ring, args=("a",)).start()
        await asyncio.wait_for(both, 30)
        assert not other.done()
        bell.ring("b")
        await asyncio.wait_for(other, 30)

    asyncio.run(waiting())


def test_a_job_that_another_process_ended_is_found_by_one_look_for_all_who_wait() -> None:
    looks: list[list[str]] = []

    def ended(waited: object) -> list[str]:
        looks.append(sorted(waited))  # type: ignore[call-overload]
        return ["a"]

    bell = Bell(ended)
    bell.start()

    async def waiting() -> None:
        await asyncio.wait_for(asyncio.gather(bell.wait("a", 60), bell.wait("a", 60)), 30)

    asyncio.run(waiting())
    bell.close()
    assert looks[0] == ["a"]


def test_a_look_that_fails_is_not_the_last() -> None:
    answers = iter([RuntimeError("the database is gone"), ["a"]])

    def ended(_: object) -> list[str]:
        answer = next(answers, [])
        if isinstance(answer, RuntimeError):
            raise answer
        return answer

    bell = Bell(ended)
    bell.start()
    asyncio.run(asyncio.wait_for(bell.wait("a", 60), 30))
    bell.close()


def test_waiting_ends_by_itself_and_leaves_nothing_behind() -> None:
    bell = Bell(lambda _: ())
    asyncio.run(bell.wait("a", 0.01))
    bell.ring("a")
    assert bell._waiters == {}


def test_closing_wakes_everybody() -> None:
    bell = Bell(lambda _: ())
    bell.start()

    async def waiting() -> None:
        waiter = asyncio.ensure_future(bell.wait("a", 60))
        await asyncio.sleep(0)
        await asyncio.to_thread(bell.close)
        await asyncio.wait_for(waiter, 30)

    asyncio.run(waiting())
