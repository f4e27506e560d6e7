"""Conversations without a network: what is sent again, what is not, and what breaking off does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from sandbox.client.desk import Desk, opened
from sandbox.client.flows import Flow, Lost, Pause, Reply, Send, post
from sandbox.client.reading import error_of
from sandbox.errors import JobFailed, Refused, Unavailable

GONE = Lost(Unavailable("server_unreachable", "gone"), again=True)
UNPROVEN = Lost(Unavailable("tls_failed", "no"), again=False)


def reply(body: object, status: int = 200, retry_after: str = "") -> Reply:
    return Reply(status, json.dumps(body).encode(), retry_after)


class Script:
    """Drives a flow with prepared answers; keeps what was sent and how long was waited."""

    def __init__(self, answers: Iterable[Reply | BaseException]) -> None:
        self.answers = list(answers)
        self.sent: list[Send] = []
        self.pauses: list[float] = []

    def drive(self, flow: Flow[Any]) -> Any:
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    self.pauses.append(step.seconds)
                    step = flow.send(None)
                    continue
                self.sent.append(step)
                answer = self.answers.pop(0)
                step = flow.throw(answer) if isinstance(answer, BaseException) else flow.send(answer)
        except StopIteration as end:
            return end.value


def query(desk: Desk, told: list[str], **fields: Any) -> Flow[Any]:
    fields = {"epsilon": None, "accuracy": None, "keys": None, "mode": "run", "watched": False} | fields
    return desk.query("SELECT 1", tell=told.append, **fields)


def test_a_repeated_post_carries_one_key() -> None:
    script = Script([GONE, reply({"code": "busy"}, 503), reply({"id": "1"}, 202)])
    assert script.drive(post("/v1/jobs", {})) == {"id": "1"}
    assert len(script.sent) == 3
    assert len({each.key for each in script.sent}) == 1
    assert script.sent[0].key
    assert script.drive is not None
    assert script.pauses == sorted(script.pauses)


def test_a_server_that_asks_to_wait_is_waited_for() -> None:
    script = Script([reply({"code": "too_many"}, 429, "3"), reply({"id": "1"})])
    script.drive(post("/v1/jobs", {}))
    assert script.pauses == [3.0]


def test_a_wait_of_minutes_is_not_waited_out() -> None:
    script = Script([reply({"code": "too_many", "detail": "x"}, 429, "3600")])
    with pytest.raises(Refused, match="too_many"):
        script.drive(post("/v1/jobs", {}))


def test_it_gives_up_after_a_few_tries() -> None:
    script = Script([GONE] * 9)
    with pytest.raises(Unavailable, match="server_unreachable"):
        script.drive(post("/v1/jobs", {}))
    assert len(script.sent) == 4


def test_a_server_that_cannot_prove_itself_is_asked_once() -> None:
    script = Script([UNPROVEN])
    with pytest.raises(Unavailable, match="tls_failed"):
        script.drive(post("/v1/jobs", {}))


def test_what_is_no_data_sandbox_is_told() -> None:
    for answer in (Reply(200, b"<html>"), Reply(302, b""), Reply(502, b"bad gateway"), reply(["x"], 404)):
        with pytest.raises(Unavailable, match="server_unreadable"):
            Script([answer]).drive(opened("a1"))


@pytest.mark.parametrize("broken", [KeyboardInterrupt(), SystemExit()])
def test_breaking_off_cancels_the_job_and_says_so(broken: BaseException) -> None:
    told: list[str] = []
    running = {"id": "j1", "state": "queued"}
    script = Script([reply(running, 202), reply(running), broken, reply(running | {"state": "cancelled"})])
    with pytest.raises(type(broken)) as raised:
        script.drive(query(Desk("a1", "d"), told))
    assert (script.sent[-1].method, script.sent[-1].path) == ("POST", "/v1/jobs/j1/cancel")
    assert told[-1] == "job j1 was cancelled on the server; nothing was charged"
    assert raised.value.__notes__ == [told[-1]]


@pytest.mark.parametrize(
    ("answer", "words"),
    [(reply({"code": "job_not_queued"}, 409), "runs on the server already"), (UNPROVEN, "tls_failed")],
    ids=["running", "gone"],
)
def test_a_job_that_cannot_be_cancelled_is_told(answer: Reply | BaseException, words: str) -> None:
    told: list[str] = []
    script = Script([reply({"id": "j1", "state": "queued"}, 202), KeyboardInterrupt(), answer])
    with pytest.raises(KeyboardInterrupt):
        script.drive(query(Desk("a1", "d"), told))
    assert words in told[-1]


def test_a_network_that_fails_while_waiting_cancels_nothing() -> None:
    script = Script([reply({"id": "j1", "state": "queued"}, 202), *[GONE] * 4])
    with pytest.raises(Unavailable):
        script.drive(query(Desk("a1", "d"), []))
    assert [each.method for each in script.sent] == ["POST", *["GET"] * 4]


def test_nothing_is_sent_for_a_question_that_cannot_be_asked() -> None:
    for fields, code in (({"mode": "walk"}, "mode_unknown"), ({"accuracy": 1}, "profile_required")):
        script = Script([])
        with pytest.raises(Refused, match=code):
            script.drive(query(Desk("a1", "d"), [], **fields))


def test_a_watched_job_is_asked_after_more_often() -> None:
    for watched, seconds in ((True, 1), (False, 30)):
        told: list[str] = []
        job = {"id": "j1", "state": "queued"}
        refusal = reply({"code": "job_cancelled", "detail": "x"}, 409)
        script = Script([reply(job, 202), reply(job | {"state": "cancelled"}), refusal])
        with pytest.raises(Refused, match="job_cancelled"):
            script.drive(query(Desk("a1", "d"), told, watched=watched))
        assert script.sent[1].parameters == {"wait": seconds}
        assert told == ["queued"]


def test_problems_become_our_errors() -> None:
    assert isinstance(error_of(500, {"code": "job_failed"}), JobFailed)
    assert isinstance(error_of(409, {"code": "stopped", "detail": "x"}), Refused)
    assert isinstance(error_of(503, {"code": "unavailable", "detail": "x"}), Unavailable)
