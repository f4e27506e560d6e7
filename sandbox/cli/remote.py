"""Commands that go to a server over REST: whoever has a token, on whatever machine.

``SANDBOX_SERVER`` (or ``--server``) names it, ``SANDBOX_TOKEN`` says who asks, ``SANDBOX_CA`` names the PEM
file of authorities of a server with certificates of its own. Commands that take a server or
a home folder go to the server where one is named.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.cli import office

if TYPE_CHECKING:
    from sandbox.client.transport import Line

AUTHORITY = "SANDBOX_CA"
HERE = "http://127.0.0.1:8470"
"""Where ``sandbox serve`` listens unless it is told otherwise."""
Place = Annotated[
    str, typer.Option("--server", envvar="SANDBOX_SERVER", help="Address of the server; SANDBOX_TOKEN asks.")
]
Server = Annotated[
    str,
    typer.Option(
        "--server", envvar="SANDBOX_SERVER",
        help="Ask this server, as SANDBOX_TOKEN; a home folder of this machine if absent.",
    ),
]  # fmt: skip


@contextmanager
def asked(server: str) -> Iterator[Line]:
    """A line to a server as whoever ``SANDBOX_TOKEN`` names.

    Raises:
        Refused: ``token_required``, ``https_required``, ``unauthenticated``.
        Unavailable: ``ca_unreadable``; and as ``sandbox.client``.
    """
    from sandbox.client.transport import Line
    from sandbox.errors import Refused

    token = os.environ.get(office.TOKEN, "")
    if not token:
        raise Refused(
            "token_required", "this needs a sign-in", hint=f"put your token into {office.TOKEN}", status=401
        )
    line = Line(server, token, ca=os.environ.get(AUTHORITY) or None)
    try:
        yield line
    finally:
        line.close()


def items(server: str, path: str) -> Iterator[dict[str, Any]]:
    """A list of a server, page by page."""
    from sandbox.client.flows import get

    with asked(server) as line:
        cursor: dict[str, str | int | float] = {}
        while True:
            page = line.carry_out(get(path, limit=100, **cursor))
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}


def show_list(server: str, path: str, *names: str, as_json: bool, most: int | None = None) -> None:
    """Print a list of a server: some fields of each item, or all of it as JSON."""
    for item in islice(items(server, path), most):
        typer.echo(json.dumps(item, ensure_ascii=False) if as_json else _line(item, names))


def show_one(server: str, path: str, *, as_json: bool) -> None:
    """Print one thing of a server in full, as JSON; for people with line breaks."""
    from sandbox.client.flows import get

    with asked(server) as line:
        found = line.carry_out(get(path))
    office.show_one(found, as_json=as_json)


def send(server: str, path: str, body: object, said: Callable[[dict[str, Any]], str]) -> None:
    """POST something, and print what is said of the answer."""
    from sandbox.client.flows import post

    with asked(server) as line:
        typer.echo(said(line.carry_out(post(path, body))))


def _line(item: dict[str, Any], names: tuple[str, ...]) -> str:
    """Some fields of an item on one line, texts cut to 60 characters.

    >>> _line({"id": "a1", "state": "active", "purpose": "plan\\nahead"}, ("id", "state", "purpose"))
    'a1  active  plan ahead'
    """
    return "  ".join(" ".join(str(item[name]).split())[:60] for name in names)
