"""Every command by its name. Heavy imports stay inside the commands, so that ``--help`` is quick."""

from __future__ import annotations

import typer

from sandbox import __version__
from sandbox.cli import (
    agreements,
    applications,
    attempt,
    auditing,
    backups,
    datasets,
    doctor,
    jobs,
    loading,
    log,
    policies,
    scanning,
    serving,
    setup,
    stops,
    tokens,
    users,
)
from sandbox.cli.demo import command as demo

app = typer.Typer(
    name="sandbox",
    help="Data Sandbox 数据沙箱: SQL in, noisy aggregates out, every disclosure on a log.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("init")(setup.init)
app.command("scan")(scanning.scan)
app.command("try")(attempt.attempt)
app.command("load")(loading.load)
app.command("serve")(serving.serve)
app.command("worker")(serving.worker)
app.add_typer(datasets.app, name="dataset")
app.add_typer(jobs.app, name="job")
app.command("budget")(jobs.budget)
app.add_typer(policies.app, name="policy")
app.add_typer(users.app, name="user")
app.add_typer(tokens.app, name="token")
app.add_typer(applications.app, name="application")
app.add_typer(agreements.app, name="agreement")
app.add_typer(stops.app, name="stop")
app.add_typer(log.app, name="log")
app.add_typer(backups.app, name="backup")
app.add_typer(auditing.app, name="audit")
app.command("doctor")(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and leave."
    ),
) -> None:
    """Data Sandbox 数据沙箱: SQL in, noisy aggregates out, every disclosure on a log."""
