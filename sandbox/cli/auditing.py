"""``sandbox audit``: test what the installed build promises, by measuring and by attacking it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

app = typer.Typer(help="Test what the installed build promises. 审计.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Test what the installed build promises. 审计."""


@app.command("privacy")
def privacy(
    line: Annotated[list[str] | None, typer.Option(help="Only the line of this name; may repeat.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Certify lower bounds of the privacy loss from released values alone. 隐私损失黑盒审计.

    On synthetic data, in a temporary folder. Exit code 1 when a bound is above what was charged.
    """
    from sandbox.audit import NOT_AUDITED, audit_privacy
    from sandbox.audit.lines import chosen

    try:
        lines = chosen(line or ())
    except ValueError as unknown:
        raise typer.BadParameter(str(unknown), param_hint="--line") from None
    broken = False
    for found in audit_privacy(only=lines):
        broken |= not found.held
        if as_json:
            typer.echo(json.dumps(asdict(found) | {"held": found.held}, ensure_ascii=False))
        else:
            typer.echo(
                f"{'held' if found.held else 'BROKEN':<6}  {found.name:<22} {found.parameter} charged "
                f"{found.claimed:.4g}, lost at least {found.certified:.4g}  ({found.samples} samples a side)"
            )
    if not as_json:
        typer.echo(f"not audited: {', '.join(NOT_AUDITED)}")
    raise typer.Exit(1 if broken else 0)


@app.command("attack")
def attack(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Run known attacks: differencing, averaging, reconstruction, error channels, and more. 攻击审计.

    On synthetic data, in a temporary folder. Exit code 1 when one gets more than it paid for.
    """
    from sandbox.audit import audit_attack

    broken = False
    for found in audit_attack():
        broken |= not found.held
        if as_json:
            typer.echo(json.dumps(asdict(found) | {"held": found.held}, ensure_ascii=False))
        else:
            word = "held" if found.held else "BROKEN"
            typer.echo(f"{word:<6}  {found.name:<20} {found.text}  {found.zh}")
    raise typer.Exit(1 if broken else 0)
