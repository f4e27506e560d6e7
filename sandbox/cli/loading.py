"""``sandbox load``: put a policy's sources in force, and report what the load did."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sandbox.nouns.load import LoadReport


def load(
    policy: Annotated[Path, typer.Argument(help="Policy file (YAML).", exists=True, dir_okay=False)],
    home: Annotated[
        Path | None, typer.Option("--home", file_okay=False, help="Home folder; SANDBOX_HOME if absent.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
) -> None:
    """Load a policy's sources: mask, scan, seal, put in force. 装载.

    A failed load leaves the former one in force. The report holds exact counts: it is for operators.
    """
    from sandbox.cli.progress import progress
    from sandbox.local import LocalSandbox

    with progress() as show, LocalSandbox.open(policy, home=home, progress=show) as box:
        report = box.report
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False, indent=2))
    else:
        _show(report)


def _show(report: LoadReport) -> None:
    if report.reused:
        typer.echo("policy and sources are unchanged: the load in force stands")
    for table in report.tables:
        typer.echo(
            f"{table.name}: {table.read:,} read, {table.kept:,} kept, {table.dropped_rank:,} over the bound "
            f"per unit, {table.dropped_unit:,} without a valid unit, {len(table.bad_lines):,} unreadable"
        )
        for line, reason in table.bad_lines[:5]:
            typer.echo(f"  line {line}: {reason}")
        for column, count in table.outside.items():
            typer.echo(f"  {column}: {count:,} values outside domain or bounds")
    for where, hits in report.findings.items():
        typer.echo(f"looks like personal data: {where}: {hits:,} distinct values")
    for name, value in report.risk.items():
        typer.echo(f"risk: {name}: {value:,}")
    typer.echo(f"snapshot {report.snapshot}")
