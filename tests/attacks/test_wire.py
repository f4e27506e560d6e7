"""Raw bytes against the server: slow, long, and no HTTP at all."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from sandbox.api import wire
from sandbox.api.problems import MOST_HEAD
from sandbox.api.shell import HEADERS
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
