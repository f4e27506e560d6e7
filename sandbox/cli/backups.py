"""``sandbox backup``: make a backup, restore it, and thaw what was restored. 备份与恢复.

The passphrase of a copy of the keys is read from ``SANDBOX_BACKUP_PASSPHRASE`` or asked for: never an
argument, which others on the machine can see.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sandbox.settings import Settings

app = typer.Typer(help="Backup and restore. 备份与恢复.", no_args_is_help=True)
PASSPHRASE = "SANDBOX_BACKUP_PASSPHRASE"  # noqa: S105  the name of a variable
Home = Annotated[
    Path | None, typer.Option("--home", file_okay=False, help="Home folder; SANDBOX_HOME if absent.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Target = Annotated[Path, typer.Argument(help="A new file.")]


@app.command()
def create(target: Target, home: Home = None, as_json: AsJson = False) -> None:
    """Write one sealed file with everything but the master key and the sources; a server may be running."""
    from sandbox.backup import create as make
    from sandbox.cli import log

    folder = _settings(home).home
    with log.opened(home) as (ledger, keyring):
        made = make(folder, ledger, keyring, target)
    if as_json:
        typer.echo(json.dumps(asdict(made)))
        return
    typer.echo(f"made {target}: {made.files} files, {made.size:,} bytes, archive {made.archive}")
    typer.echo("The master key is not in it: keep a copy apart (`sandbox backup keys`).")
    typer.echo(made.checkpoint, nl=False)


@app.command()
def keys(target: Target, home: Home = None) -> None:
    """Write a copy of the master key, locked by a passphrase. Keep it apart from the backups."""
    from sandbox.backup.making import taken
    from sandbox.cli import log
    from sandbox.seal.files import appearing, storage_errors

    with log.opened(home) as (_, keyring):
        locked = keyring.locked_master(_passphrase(confirm=True))
    with storage_errors():
        try:
            with appearing(target, replace=False) as stream:
                stream.write(locked)
        except FileExistsError:
            raise taken() from None
    typer.echo(f"made {target}: without this file and its passphrase no backup can be opened")


@app.command()
def restore(
    source: Annotated[Path, typer.Argument(help="A backup.", exists=True, dir_okay=False)],
    keys: Annotated[
        Path,
        typer.Option("--keys", help="Copy of the keys: of `backup keys`, or master.key.", exists=True),
    ],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup into an empty home folder, and into the empty database that SANDBOX_DATABASE_URL names, if
    it is set. It is frozen until `backup thaw`."""
    from sandbox.backup import restore as unpack
    from sandbox.backup.restoring import master_of
    from sandbox.seal import escrow

    copy = keys.read_bytes()
    master = master_of(copy, "" if len(copy) == escrow.KEY_BYTES else _passphrase())
    settings = _settings(home)
    folder, url = settings.home, settings.database_url
    done = unpack(source, master, folder, address=None if url is None else url.get_secret_value())
    if as_json:
        typer.echo(json.dumps(asdict(done)))
        return
    typer.echo(f"restored {done.files} files into {folder}; frozen, since a backup does not know what was")
    typer.echo(
        "spent after it. Next: `sandbox backup thaw --checkpoint FILE` with the newest checkpoint that"
    )
    typer.echo("a third party kept. The newest in this backup:")
    typer.echo(done.checkpoint, nl=False)


@app.command()
def thaw(
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint", help="Newest checkpoint a third party kept.", exists=True, dir_okay=False
        ),
    ] = None,
    forfeit: Annotated[
        bool,
        typer.Option("--forfeit", help="Charge all budgets in full, shut everybody out until confirmed."),
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Open a restored home folder for work: prove that its log is the newest, or forfeit all budgets."""
    from sandbox.ledger.ledger import ORIGIN
    from sandbox.ledger.restored import thaw as thaw_ledger
    from sandbox.seal import Keyring

    settings = _settings(home)
    signer = Keyring.open(settings.home, create=False).signer
    note = None if checkpoint is None else checkpoint.read_text(encoding="utf-8", errors="replace")
    done = thaw_ledger(
        settings.home, signer, ORIGIN, note, forfeit=forfeit, address=settings.control_database
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(asdict(done)))
    elif forfeit:
        typer.echo(f"thawed after {done.records} records; {done.forfeited} accounts were charged in full")
        typer.echo("No token is in force, agreements are suspended, and every user waits for a confirmation:")
        typer.echo(
            "whoever was shut out after the backup would be back. Add a reviewer (with nobody left who"
        )
        typer.echo("watches it is a first one again, and the log says so), who confirms those that may stay:")
        typer.echo("`sandbox user add`, `sandbox token issue`, then `sandbox user confirm` with that token.")
    else:
        typer.echo(
            f"thawed: the log's {done.records} records are those of the checkpoint, nothing is missing"
        )


def _settings(home: Path | None) -> Settings:
    from sandbox.settings import Settings

    return Settings() if home is None else Settings(home=home)


def _passphrase(*, confirm: bool = False) -> str:
    given = os.environ.get(PASSPHRASE, "")
    return given or str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True))
