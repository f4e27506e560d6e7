"""Raw bytes against the server: slow, long, and no HTTP at all."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from sandbox.api import wire
from sandbox.api.problems import MOST_HEAD
from sandbox.api.shell import HEADERS
from sandbox.jobs.states import State
from tests.api import conftest as server


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Running]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_TEST_KEY", "t" * 64)
        patch.setattr(wire, "READ_SECONDS", 0.5)
        yield from server.running(tmp_path_factory.mktemp("server"), slots=False)


def speak(here: server.Running, *parts: bytes) -> bytes:
    """Send bytes, then read until the server closes; a server that does not close fails by a timeout."""
    parsed = urlsplit(here.url)
    with socket.create_connection((parsed.hostname, parsed.port), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b""
        try:
            while data := connection.recv(65536):
                answer += data
        except ConnectionResetError:
            pass
        return answer


@pytest.mark.parametrize(
    "parts",
    [
        (), (b"GET /healthz HT",), (b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: 1\r\n",),
        (b"POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{",),
    ],
)  # fmt: skip
def test_a_client_that_never_finishes_its_request_is_let_go(
    here: server.Running, parts: tuple[bytes, ...]
) -> None:
    assert b"200 OK" not in speak(here, *parts)


def test_a_client_that_trickles_after_an_answer_is_let_go(here: server.Running) -> None:
    whole = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    assert speak(here, whole + b"GET /hea").count(b"200 OK") == 1


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * MOST_HEAD + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nx: " + b"a" * MOST_HEAD + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x: a\r\n" * MOST_HEAD + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 secret-of-the-sender\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nhost: x\r\n\r\n",
    ],
)
def test_what_is_no_request_is_a_problem_with_our_headers(here: server.Running, head: bytes) -> None:
    answer = speak(here, head)
    if not answer:
        return  # reset while it was still sending: nothing was said
    told, _, body = answer.partition(b"\r\n\r\n")
    assert told.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))
    for name, value in HEADERS.items():
        assert f"{name}: {value}".lower().encode() in told.lower()
    assert b'"code":"request_' in body.replace(b": ", b":")
    assert b"secret" not in body


def test_an_ordinary_request_is_answered_as_ever(here: server.Running) -> None:
    assert here.client(None).get("/healthz").status_code == 200
    assert here.developer.get("/v1/agreements").status_code == 200


def flood(here: server.Running, begin: bytes, more: bytes) -> int:
    """Bytes that can be sent, after a beginning, until the server closes."""
    parsed = urlsplit(here.url)
    sent = 0
    with socket.create_connection((parsed.hostname, parsed.port), timeout=20) as connection:
        try:
            connection.sendall(begin)
            while sent < 64 << 20:
                connection.sendall(more)
                sent += len(more)
        except (ConnectionResetError, BrokenPipeError):
            pass
    return sent


CHUNKED = b"POST /v1/jobs HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET /", b"a" * 4096),
        (b"GET / HTTP/1.1\r\nx: ", b"a" * 4096),
        (b"GET / HTTP/1.1\r\n", b"x: a\r\n" * 700),
        (b"", b"\r\n" * 2048),
        (CHUNKED + b"1;", b"a" * 4096),
        (CHUNKED + b"0\r\n", b"x: a\r\n" * 700),
        (CHUNKED + b"0\r\nx: ", b"a" * 4096),
        (CHUNKED, b"1\r\n{\r\n" * 700),
        (b"POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\n\r\n", b"{" * 4096),
    ],
)  # fmt: skip
def test_what_has_no_end_is_closed_after_a_few_bytes(here: server.Running, begin: bytes, more: bytes) -> None:
    """Before the time for a request is over: what the parser has to keep is bounded. The rest is what the
    kernel's buffers hold; by time alone hundreds of MB come through."""
    assert flood(here, begin, more) < 16 << 20


def test_a_head_without_an_end_behind_a_long_poll_is_closed_as_soon(
    here: server.Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = here.ask("SELECT COUNT(*) AS n FROM visits", epsilon="0.1")["id"]
    jobs, get = type(here.service.queue), here.service.queue.get
    monkeypatch.setattr(jobs, "get", lambda _, number: replace(get(number), state=State.QUEUED))
    sign_in = f"authorization: Bearer {here.tokens['developer']}"
    poll = f"GET /v1/jobs/{job}?wait=30 HTTP/1.1\r\nhost: x\r\n{sign_in}\r\n\r\n".encode()
    assert flood(here, poll + b"GET /", b"a" * 4096) < 16 << 20


def test_requests_sent_at_once_are_answered_in_their_order(here: server.Running) -> None:
    parts = [f"GET /{path} HTTP/1.1\r\nhost: x\r\n\r\n".encode() for path in ("healthz", "nothing", "docs")]
    answers = speak(here, b"".join(parts))
    places = [answers.index(each) for each in (b'"ok"', b'"not_found"', b"<!doctype")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "request_",
    [
        CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
        CHUNKED[:-2] + b"content-length: 5\r\n\r\n0\r\n\r\nGET /docs HTTP/1.1\r\n\r\n",
        b"POST /v1/jobs HTTP/1.1\r\nhost: x\r\ntransfer-encoding: x\r\n\r\n0\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: x\r\nx : y\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: x\r\nx: \x00\r\n\r\n",
        b"GET /healthz HTTP/1.1\nhost: x\n\n",
        b"GET /healthz HTTP/9.1\r\nhost: x\r\n\r\n",
    ],
)  # fmt: skip
def test_a_request_that_two_readers_may_read_apart_is_read_by_none(
    here: server.Running, request_: bytes
) -> None:
    """What proxies and servers split in two ways smuggles a second request behind the first."""
    answer = speak(here, request_)
    assert b"200 OK" not in answer
    assert b"<!doctype" not in answer


def test_a_client_that_asks_for_another_protocol_gets_this_one(here: server.Running) -> None:
    asking = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
    assert b"200 OK" in speak(here, asking)
