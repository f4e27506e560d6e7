"""``sandbox policy``: check a policy, and see what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Check a policy and see what it does. 策略.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Policy file (YAML).")]


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Policy files (YAML).")],
) -> None:
    """Check policies; every mistake at once, with file, line and fix."""
    from sandbox.policy import load_policy

    for file in files:
        load_policy(file)


@app.command()
def explain(file: File) -> None:
    """Show the masking SQL, the uses of each column, and lints."""
    from sandbox.policy import load_policy

    load_policy(file)
