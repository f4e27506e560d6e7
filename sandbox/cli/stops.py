"""``sandbox stop``: the kill switch. 停止令."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import office
from sandbox.cli.office import AsJson, Home, Reason
from sandbox.nouns.agreement import Stop, StopScope

app = typer.Typer(help="The kill switch: stop work at once. 停止令.", no_args_is_help=True)


@app.command()
def order(
    scope: Annotated[StopScope, typer.Argument(help="How far it reaches.")],
    reason: Reason,
    target: Annotated[
        str, typer.Argument(metavar="ID", help="The job, agreement or dataset; nothing for the platform.")
    ] = "",
    home: Home = None,
) -> None:
    """Stop a job, an agreement, a dataset or the platform at once."""
    with office.opened(home) as desk:
        typer.echo(line(desk.govern.stop(desk.who, scope=scope, id=target, reason=reason)))


@app.command()
def lift(
    number: Annotated[str, typer.Argument(help="Number of the stop.")], reason: Reason, home: Home = None
) -> None:
    """Let work go on; someone other than who ordered the stop."""
    with office.opened(home) as desk:
        typer.echo(line(desk.govern.lift(desk.who, number, reason)))


@app.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Lifted ones too.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List stops in force."""
    with office.opened(home) as desk:
        found = desk.govern.stops(desk.who, active=not everything)
    office.show(found, line, as_json=as_json)


def line(it: Stop) -> str:
    """A stop on one line."""
    state = "in force" if it.active else f"lifted by {it.lifted_by}"
    return f"{it.id}  {it.scope.value} {it.name}  {state}  {it.at}  {it.by}: {it.reason[:80]}"
