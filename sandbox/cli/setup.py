"""``sandbox init``: make the home folder and its keys, and say what losing them means."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def init(
    home: Annotated[
        Path | None, typer.Option("--home", file_okay=False, help="Home folder; SANDBOX_HOME if absent.")
    ] = None,
) -> None:
    """Make the home folder, its keys and an empty ledger. 初始化.

    Safe to repeat: what exists is kept.
    """
    from sandbox.ledger import Ledger
    from sandbox.seal import Keyring
    from sandbox.settings import Settings

    settings = Settings() if home is None else Settings(home=home)
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    existed = (settings.home / "keys").is_dir()
    keyring = Keyring.open(settings.home)
    Ledger.of(settings, keyring.signer).close()
    typer.echo(f"{'found' if existed else 'made'} {settings.home}")
    typer.echo(f"keys    {settings.home / 'keys'} (readable by you alone)")
    place = settings.home / "ledger.db" if settings.database_url is None else "the PostgreSQL database"
    typer.echo(f"ledger  {place}: budgets and the disclosure log")
    typer.echo(f"log key {keyring.signer.public_key.hex()} (public; give it to whoever verifies the log)")
    typer.echo(
        "Copy the folder of keys to a safe place now: losing the keys loses the data, and whoever has them "
        "can read it."
    )
    typer.echo("请立即将密钥文件夹备份到安全处：丢失密钥即丢失数据，持有密钥者可读取数据。")
