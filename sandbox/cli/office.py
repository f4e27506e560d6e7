"""What the commands about people share: the home folder's ``Govern``, who acts, and how things are printed.

``SANDBOX_TOKEN`` says who acts; without it, whoever works on the operator's own machine. A token is read from
the environment alone: process arguments can be seen by others.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sandbox.govern import Govern
    from sandbox.jobs.datasets import Datasets
    from sandbox.ledger import Ledger
    from sandbox.nouns.party import Principal
    from sandbox.seal import Keyring
    from sandbox.settings import Settings

TOKEN = "SANDBOX_TOKEN"  # noqa: S105  the name of a variable
Home = Annotated[
    Path | None, typer.Option("--home", file_okay=False, help="Home folder; SANDBOX_HOME if absent.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, one object a line.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is recorded.")]


@dataclass(frozen=True)
class Office:
    """An opened home folder, and who acts in it."""

    govern: Govern
    who: Principal
    datasets: Callable[[], Datasets]
    issuer: str
    """The identity provider; empty: none."""
    settings: Settings
    ledger: Ledger
    keyring: Keyring


@contextmanager
def opened(home: Path | None) -> Iterator[Office]:
    """Open an installation that exists, as whoever the environment's token names.

    Raises:
        Unavailable: ``home_missing``, ``key_missing``.
        Refused: ``unauthenticated``, ``locked_out``.
    """
    from sandbox import jail
    from sandbox.cli import log
    from sandbox.govern import Govern
    from sandbox.govern.oidc import provider_of
    from sandbox.jobs.datasets import Datasets
    from sandbox.nouns.party import LOCAL
    from sandbox.settings import Settings

    settings = Settings() if home is None else Settings(home=home)
    with log.opened(home) as (ledger, keyring):

        def datasets() -> Datasets:
            standing = jail.choose(settings.engine_jail, development=settings.development)
            return Datasets(settings, standing, keyring, ledger)

        govern = Govern(
            ledger, policies=lambda name: datasets().policy(name), home=settings.home, keyring=keyring,
            provider=provider_of(settings),
        )  # fmt: skip
        token = os.environ.get(TOKEN, "")
        who = govern.authenticate(token) if token else LOCAL
        yield Office(govern, who, datasets, settings.oidc_issuer, settings, ledger, keyring)


def show(things: Iterable[object], line: Callable[[Any], str], *, as_json: bool) -> None:
    """Print things, one a line."""
    for thing in things:
        typer.echo(json.dumps(plain(thing), ensure_ascii=False) if as_json else line(thing))


def show_one(thing: object, *, as_json: bool) -> None:
    """Print one thing in full, as JSON: on one line, or laid out for people."""
    typer.echo(json.dumps(plain(thing), ensure_ascii=False, indent=None if as_json else 2))


def plain(thing: object) -> object:
    """A noun as JSON has it: sets sorted, moments and amounts as text."""
    if is_dataclass(thing) and not isinstance(thing, type):
        return {name: plain(value) for name, value in asdict(thing).items()}
    if isinstance(thing, Mapping):
        return {str(name): plain(value) for name, value in thing.items()}
    if isinstance(thing, frozenset | set):
        return sorted(str(each) for each in thing)
    if isinstance(thing, list | tuple):
        return [plain(each) for each in thing]
    return thing if thing is None or isinstance(thing, str | int | float | bool) else str(thing)
