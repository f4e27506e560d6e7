"""A question whose answer is out already is answered as it comes in: no lane, no turn in the queue. 重放.

Asked only where slots are off: elsewhere every job keeps its booked moments. What is written is what a lane
would have written, in one transaction instead of four. Whatever is not plainly such a replay goes the long
way, which also records why it is refused.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from sandbox.gateway import Gateway
from sandbox.jobs.pool import question_of
from sandbox.jobs.queue import Most, Queue
from sandbox.jobs.rows import Ending, Job, Request
from sandbox.jobs.slots import Slots, moment
from sandbox.jobs.states import State

log = logging.getLogger("sandbox.jobs")


def replay(
    request: Request, gateway: Gateway, queue: Queue, slots: Slots, most: Most, permitted: Callable[[], None]
) -> Job | None:
    """The job of a submission, ended with the stored release; None when a lane has to look.

    Args:
        request: what was submitted, in force when it came in.
        gateway: of its agreement's workspace in force.
        queue: where the job is written.
        slots: as of every job.
        most: how many jobs may be open at once.
        permitted: raises when the agreement has ended or a stop is in force; asked last.
    """
    try:
        found = gateway.recorded(question_of(request, gateway))
        if found is None:
            return None
        stored, event = found
        ending = Ending(State.RELEASED, number=stored.id, replayed=True)
        return queue.replay(
            request, ending, event, permitted, now=moment(), slot=slots.length, most=most
        )  # fmt: skip
    except Exception as error:  # a lane will meet it again, and knows what becomes of it
        log.info("replay: %s", getattr(error, "code", type(error).__name__))
        return None
