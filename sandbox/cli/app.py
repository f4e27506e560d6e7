"""Every command by its name. Heavy imports stay inside the commands, so that ``--help`` is quick."""

from __future__ import annotations

import typer

from sandbox import __version__
from sandbox.cli import attempt, doctor, loading, log, policies, scanning, setup
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
app.add_typer(policies.app, name="policy")
app.add_typer(log.app, name="log")
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
