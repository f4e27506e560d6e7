"""``sandbox agreement``: what is in force, suspended, ended. 应用协议."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from sandbox.cli import office, remote
from sandbox.cli.office import AsJson, Home, Reason
from sandbox.cli.remote import Server
from sandbox.nouns.agreement import Agreement

app = typer.Typer(help="Agreements: scope, term, budget. 应用协议.", no_args_is_help=True)
Number = Annotated[str, typer.Argument(help="Number of the agreement.")]


@app.command("list")
def list_(home: Home = None, server: Server = "", as_json: AsJson = False) -> None:
    """List agreements: one's own organisation's, or all for those who watch."""
    if server:
        names = ("id", "state", "ends", "organisation", "dataset", "epsilon")
        remote.show_list(server, "/v1/agreements", *names, as_json=as_json)
        return
    with office.opened(home) as desk:
        found = desk.govern.agreements(desk.who)
    office.show(found, line, as_json=as_json)


@app.command()
def show(number: Number, home: Home = None, server: Server = "", as_json: AsJson = False) -> None:
    """Show an agreement in full, as JSON; from a server with the tables that it grants."""
    if server:
        remote.show_one(server, f"/v1/agreements/{number}", as_json=as_json)
        return
    with office.opened(home) as desk:
        found = desk.govern.agreement(desk.who, number)
    office.show_one(found, as_json=as_json)


@app.command()
def suspend(number: Number, reason: Reason, home: Home = None) -> None:
    """Let nothing run under it until it is resumed."""
    with office.opened(home) as desk:
        typer.echo(line(desk.govern.suspend(desk.who, number, reason)))


@app.command()
def resume(number: Number, reason: Reason, home: Home = None) -> None:
    """Put a suspended agreement back in force."""
    with office.opened(home) as desk:
        typer.echo(line(desk.govern.resume(desk.who, number, reason)))


@app.command("exit")
def exit_(number: Number, reason: Reason, home: Home = None) -> None:
    """End it for good: the keys of its workspace are destroyed, the log has the certificate."""
    with office.opened(home) as desk:
        typer.echo(line(desk.govern.exit(desk.who, number, reason)))


@app.command()
def failures(number: Number, reason: Reason, home: Home = None) -> None:
    """Record that its failed jobs were looked at; lifts the hold that they put on asking. 复核失败作业."""
    with office.opened(home) as desk:
        count = desk.govern.review_failures(desk.who, number, reason)
    typer.echo(f"{count} failed jobs reviewed" if count else "no failed job waits for a review")


def line(it: Agreement) -> str:
    """An agreement on one line."""
    state = it.at(dt.datetime.now(dt.UTC)).value
    return f"{it.id}  {state:<9} until {it.ends:%Y-%m-%d}  {it.organisation}  {it.dataset}  ε {it.epsilon}"
