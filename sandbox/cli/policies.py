"""``sandbox policy``: check a policy, and see what it does."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.errors import Problem
    from sandbox.nouns.policy import Policy

app = typer.Typer(help="Check a policy and see what it does. 策略.", no_args_is_help=True)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Policy files (YAML).")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a finding.")] = False,
) -> None:
    """Check policies: every mistake with file, line and fix, then advice. Exit code 1 on a mistake."""
    from sandbox.policy import check_policy

    wrong = False
    for file in files:
        _, mistakes, advice = check_policy(file)
        wrong = wrong or bool(mistakes)
        found = [("mistake", each) for each in mistakes] + [("advice", each) for each in advice]
        for kind, problem in found:
            typer.echo(_json(kind, problem) if as_json else f"{kind}: {problem}")
        if not as_json and not mistakes:
            typer.echo(f"{file}: good")
    raise typer.Exit(1 if wrong else 0)


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Policy file (YAML).")],
) -> None:
    """Show who is protected, the uses of each column, the masking SQL, and advice."""
    from sandbox.errors import PolicyInvalid
    from sandbox.policy import check_policy
    from sandbox.policy import explain as explained

    policy, mistakes, advice = check_policy(file)
    if policy is None:
        raise PolicyInvalid(mistakes)
    typer.echo(explained(policy))
    for name, sql in _masking(policy):
        typer.echo(f"-- masking of {name}\n{sql}\n")
    for problem in advice:
        typer.echo(f"advice: {problem}")


def _json(kind: str, problem: Problem) -> str:
    return json.dumps({"kind": kind} | asdict(problem), ensure_ascii=False)


def _masking(policy: Policy) -> Iterator[tuple[str, str]]:
    """The SQL that a load of today would run over each table; keys are parameters, never in the text."""
    from sandbox.mask import masking

    for table in policy.tables:
        if table.columns:
            yield table.name, masking(table, policy, load_date=dt.datetime.now(dt.UTC).date()).select
