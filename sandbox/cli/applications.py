"""``sandbox application``: ask for data, and decide on it. 场景申请与审核."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import office, remote
from sandbox.cli.office import AsJson, Home
from sandbox.cli.remote import Server
from sandbox.nouns.agreement import Application

app = typer.Typer(help="Applications for data and their review. 场景申请与审核.", no_args_is_help=True)
Number = Annotated[str, typer.Argument(help="Number of the application.")]


@app.command()
def file(
    dataset: Annotated[str, typer.Argument(help="The dataset.")],
    purpose: Annotated[str, typer.Option("--purpose", help="The scenario, in a sentence.")],
    grant: Annotated[
        list[str], typer.Option("--grant", help="TABLE.COLUMN=USE[,USE…]; repeat for each column.")
    ],
    epsilon: Annotated[str, typer.Option("--epsilon", help="Lifetime budget.")],
    days: Annotated[int, typer.Option("--days", help="Term, from approval on.")],
    home: Home = None,
    server: Server = "",
) -> None:
    """File an application as the developer whose token is in SANDBOX_TOKEN."""
    if server:
        body = {
            "dataset": dataset, "purpose": purpose, "grants": columns(grant), "epsilon": epsilon,
            "days": days,
        }  # fmt: skip
        remote.send(server, "/v1/applications", body, lambda it: str(it["id"]))
        return
    with office.opened(home) as desk:
        filed = desk.govern.apply(
            desk.who, dataset=dataset, purpose=purpose, columns=columns(grant), epsilon=epsilon, days=days
        )
    typer.echo(filed.id)


@app.command("list")
def list_(home: Home = None, server: Server = "", as_json: AsJson = False) -> None:
    """List applications: one's own organisation's, or all for those who review."""
    if server:
        names = ("id", "state", "organisation", "dataset", "purpose")
        remote.show_list(server, "/v1/applications", *names, as_json=as_json)
        return
    with office.opened(home) as desk:
        found = desk.govern.applications(desk.who)
    office.show(found, line, as_json=as_json)


@app.command()
def show(number: Number, home: Home = None, server: Server = "", as_json: AsJson = False) -> None:
    """Show an application in full, as JSON."""
    if server:
        remote.show_one(server, f"/v1/applications/{number}", as_json=as_json)
        return
    with office.opened(home) as desk:
        found = desk.govern.application(desk.who, number)
    office.show_one(found, as_json=as_json)


@app.command()
def review(
    number: Number,
    approve: Annotated[bool, typer.Option("--approve/--reject", help="The verdict.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; a rejection needs it.")] = "",
    basis: Annotated[str, typer.Option("--basis", help="The rule; a rejection needs it.")] = "",
    home: Home = None,
    server: Server = "",
) -> None:
    """Decide as the reviewer whose token is in SANDBOX_TOKEN; an approval makes the agreement."""
    if server:
        body = {"decision": "approve" if approve else "reject", "reason": reason, "basis": basis}
        path = f"/v1/applications/{number}/reviews"
        remote.send(server, path, body, lambda it: str(it["agreement"] or it["state"]))
        return
    with office.opened(home) as desk:
        decided = desk.govern.review(desk.who, number, approve=approve, reason=reason, basis=basis)
        if decided.agreement and desk.datasets().loaded(decided.dataset):
            agreement = desk.govern.agreement(desk.who, decided.agreement)
            intake = desk.datasets().intake(decided.dataset, desk.who.user)
            intake.build_workspace(agreement, desk.govern)
    typer.echo(decided.agreement or decided.state.value)


def columns(grants: list[str]) -> dict[str, dict[str, list[str]]]:
    """Grants as they are typed.

    >>> columns(["visits.city=group,filter", "visits.amount=aggregate"])
    {'visits': {'city': ['group', 'filter'], 'amount': ['aggregate']}}
    """
    found: dict[str, dict[str, list[str]]] = {}
    for grant in grants:
        place, equals, uses = grant.partition("=")
        table, dot, column = place.partition(".")
        if not (equals and dot and table and column and uses):
            raise typer.BadParameter(f"{grant!r} is not TABLE.COLUMN=USE[,USE…]", param_hint="--grant")
        found.setdefault(table, {})[column] = uses.split(",")
    return found


def line(it: Application) -> str:
    """An application on one line."""
    return f"{it.id}  {it.state.value:<8} {it.organisation}  {it.dataset}  {it.purpose[:60]}"
