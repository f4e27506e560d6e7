"""``sandbox user``: organisations, users, and an organisation's cap. 单位与用户."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import office
from sandbox.cli.office import AsJson, Home
from sandbox.nouns.party import OrganisationType, Role

app = typer.Typer(help="Organisations and users. 单位与用户.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Its name.")]


@app.command()
def org(
    name: Name,
    kind: Annotated[OrganisationType, typer.Argument(metavar="TYPE", help="Which party it is.")],
    credit_code: Annotated[
        str, typer.Option("--credit-code", help="Unified social credit code; a developer needs one.")
    ] = "",
    home: Home = None,
) -> None:
    """Add an organisation."""
    with office.opened(home) as desk:
        added = desk.govern.add_organisation(desk.who, name, kind, credit_code)
    typer.echo(f"added {added.name} ({added.type.value})")


@app.command()
def orgs(home: Home = None, as_json: AsJson = False) -> None:
    """List organisations."""
    with office.opened(home) as desk:
        found = desk.govern.organisations(desk.who)
    office.show(
        found, lambda it: f"{it.type.value:<10} {it.name}  {it.credit_code}".rstrip(), as_json=as_json
    )


@app.command()
def cap(
    organisation: Annotated[str, typer.Argument(help="The organisation.")],
    dataset: Annotated[str, typer.Argument(help="The dataset.")],
    epsilon: Annotated[str, typer.Argument(help="Lifetime epsilon over all its agreements.")],
    home: Home = None,
) -> None:
    """Cap what an organisation may spend on a dataset, over all its agreements."""
    with office.opened(home) as desk:
        desk.govern.cap_organisation(desk.who, organisation, dataset, epsilon)
    typer.echo(f"{organisation} may spend epsilon {epsilon} on {dataset}")


@app.command()
def add(
    name: Name,
    organisation: Annotated[str, typer.Option("--organisation", help="Where the user belongs.")],
    role: Annotated[Role, typer.Option("--role", help="One that the organisation's type has.")],
    subject: Annotated[
        str, typer.Option("--subject", help="Who it is at the identity provider of SANDBOX_OIDC_ISSUER.")
    ] = "",
    home: Home = None,
) -> None:
    """Add a user; `sandbox token issue` lets it sign in, or --subject does."""
    with office.opened(home) as desk:
        if subject and not desk.issuer:
            raise typer.BadParameter("set SANDBOX_OIDC_ISSUER first", param_hint="--subject")
        known = f"{desk.issuer}#{subject}" if subject else ""
        added = desk.govern.add_user(desk.who, name, organisation, role, subject=known)
    typer.echo(f"added {added.user} of {added.organisation} ({added.role.value})")


@app.command()
def confirm(name: Name, home: Home = None) -> None:
    """Confirm a reviewer or regulator that an operator added; SANDBOX_TOKEN is another one's. 确认用户."""
    with office.opened(home) as desk:
        desk.govern.confirm(desk.who, "user", name)
    typer.echo(f"confirmed {name}")


@app.command()
def end(name: Name, home: Home = None) -> None:
    """Shut a user out for good, with all tokens and the identity. 注销用户."""
    with office.opened(home) as desk:
        desk.govern.end_user(desk.who, name)
    typer.echo(f"{name} is out")


@app.command("list")
def list_(home: Home = None, as_json: AsJson = False) -> None:
    """List users."""
    with office.opened(home) as desk:
        found = desk.govern.users(desk.who)
    office.show(found, lambda it: f"{it.role.value:<10} {it.user}  {it.organisation}", as_json=as_json)
