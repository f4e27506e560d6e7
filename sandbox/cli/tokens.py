"""``sandbox token``: let users sign in, and stop letting them. 令牌."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import office
from sandbox.cli.office import AsJson, Home

app = typer.Typer(help="Tokens that users sign in with. 令牌.", no_args_is_help=True)


@app.command()
def issue(
    user: Annotated[str, typer.Argument(help="Whose token it is.")],
    days: Annotated[int, typer.Option("--days", help="How long it is good.")] = 90,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="An act it is limited to; may repeat.")
    ] = None,
    home: Home = None,
) -> None:
    """Make a token and print it: this once, it is kept nowhere."""
    with office.opened(home) as desk:
        text = desk.govern.issue_token(desk.who, user, days=days, scopes=scope or ())
    typer.echo(text)


@app.command()
def confirm(
    number: Annotated[str, typer.Argument(help="Number of the token: its middle part.")],
    home: Home = None,
) -> None:
    """Confirm a reviewer's or regulator's token; SANDBOX_TOKEN is another one's. 确认令牌."""
    with office.opened(home) as desk:
        desk.govern.confirm(desk.who, "token", number)
    typer.echo(f"confirmed {number}")


@app.command("list")
def list_(
    user: Annotated[str | None, typer.Argument(help="Of one user; of all if absent.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """List tokens by their number; never the tokens."""
    with office.opened(home) as desk:
        found = desk.govern.tokens(desk.who, user)
    office.show(
        found,
        lambda it: (
            f"{it.id}  {it.user}  {'revoked' if it.revoked else 'until ' + it.expires}  "
            f"{' '.join(sorted(it.scopes))}".rstrip()
        ),
        as_json=as_json,
    )


@app.command()
def revoke(
    number: Annotated[str, typer.Argument(help="Number of the token, from `token list`.")],
    home: Home = None,
) -> None:
    """End a token now."""
    with office.opened(home) as desk:
        desk.govern.revoke_token(desk.who, number)
    typer.echo(f"revoked {number}")
