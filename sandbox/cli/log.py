"""``sandbox log``: read the disclosure log, prove a record, verify everything. 披露日志."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.errors import IntegrityBroken, Unavailable
from sandbox.nouns.withdrawal import Category

if TYPE_CHECKING:
    from sandbox.ledger import Ledger, Record
    from sandbox.seal import Keyring

app = typer.Typer(help="Read, prove and verify the disclosure log. 披露日志.", no_args_is_help=True)
Home = Annotated[
    Path | None, typer.Option("--home", file_okay=False, help="Home folder; SANDBOX_HOME if absent.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON; one object a line where there are several.")]
ALL = 1 << 31
"""More records than a log has."""


@app.command()
def show(
    number: Annotated[int | None, typer.Argument(min=0, help="Number of a record; all if absent.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Show one record in full, or a line for each."""
    with opened(home) as (ledger, _):
        records = ledger.records(limit=ALL) if number is None else [one(ledger, number)]
    for record in records:
        if number is not None and not as_json:
            typer.echo(json.dumps(numbered(record), ensure_ascii=False, indent=2))
        else:
            typer.echo(json.dumps(numbered(record), ensure_ascii=False) if as_json else line(record))


@app.command()
def export(
    number: Annotated[int, typer.Argument(min=0, help="Number of a record.")],
    home: Home = None,
) -> None:
    """Print one record with its proof: a bundle that `log verify` checks anywhere, without this log."""
    with opened(home) as (ledger, keyring):
        bundle = {
            "record": one(ledger, number).leaf.decode(),
            "proof": ledger.proof(number),
            "public_key": keyring.signer.public_key.hex(),
        }
    typer.echo(json.dumps(bundle, ensure_ascii=False, indent=2))


@app.command()
def withdraw(
    number: Annotated[int, typer.Argument(min=0, help="Number of a release's record.")],
    category: Annotated[Category, typer.Argument(help="What the developer is told.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; for those who watch.")],
    home: Home = None,
) -> None:
    """Take a release back: no more downloads or replays; its price stays spent. 撤回."""
    from sandbox.cli import office

    with office.opened(home) as desk:
        typer.echo(desk.govern.withdraw(desk.who, number, category, reason))


@app.command()
def review(
    policy: Annotated[Path, typer.Argument(help="Policy file (YAML).", exists=True, dir_okay=False)],
    reason: Annotated[str, typer.Option("--reason", help="What was found; goes on the record.")],
    home: Home = None,
) -> None:
    """Record that failed jobs were looked at; lifts the hold that they put on asking. 复核失败作业."""
    from sandbox.local import LocalSandbox

    with LocalSandbox.open(policy, home=home) as box:
        count = box.review_failures(reason)
    typer.echo(f"{count} failed jobs reviewed" if count else "no failed job waits for a review")


@app.command()
def verify(
    bundle: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, help="A bundle of `log export`; the whole log if absent."
        ),
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="The log's public key (hex), as its operator gave it to you.")
    ] = "",
    home: Home = None,
) -> None:
    """Verify the whole log of this installation, or a bundle from any. Exit code 1 if it does not hold."""
    if bundle is not None:
        typer.echo(_verify_bundle(bundle, key.strip().lower()))
        return
    with opened(home) as (ledger, _):
        verdict = ledger.verify()
    if not verdict.ok:
        raise IntegrityBroken(
            "log_broken",
            f"the disclosure log does not verify: {verdict.reason}",
            hint="stop work, keep a copy of the home folder, and find out who changed it",
            position=f"record {verdict.number}",
        )
    typer.echo(f"verified: {verdict.records} records; hashes, signatures and tables agree")


@contextmanager
def opened(home: Path | None) -> Iterator[tuple[Ledger, Keyring]]:
    """The ledger and the keys of an installation that exists.

    Raises:
        Unavailable: ``home_missing``, ``key_missing``.
    """
    from sandbox.ledger import Ledger
    from sandbox.seal import Keyring
    from sandbox.settings import Settings

    settings = Settings() if home is None else Settings(home=home)
    if settings.database_url is None and not (settings.home / "ledger.db").exists():
        raise Unavailable(
            "home_missing", "this home folder holds no log", hint="name it with --home or SANDBOX_HOME"
        )
    keyring = Keyring.open(settings.home, create=False)
    ledger = Ledger.of(settings, keyring.signer)
    try:
        yield ledger, keyring
    finally:
        ledger.close()


def one(ledger: Ledger, number: int) -> Record:
    """A record by its number.

    Raises:
        Unavailable: ``record_missing``.
    """
    try:
        return ledger.record(number)
    except KeyError:
        raise Unavailable(
            "record_missing", f"the log has no record {number}", hint="`sandbox log show` lists all of them"
        ) from None


def numbered(record: Record) -> dict[str, Any]:
    """A record as plain data with its number in front."""
    return {"number": record.number} | dict(record.body)


def line(record: Record) -> str:
    """A record on one line: number, time, kind, and what tells it from others."""
    body = record.body
    told = next((str(body[name]) for name in ("sql", "code", "what", "policy") if body.get(name)), "")
    told = " ".join(told.split())
    return f"{record.number:>5}  {body['at']}  {body['kind']:<12} {body['actor']:<10} {told[:80]}".rstrip()


def _verify_bundle(path: Path, key: str) -> str:
    from sandbox.ledger import verify_proof

    try:
        bundle = json.loads(path.read_text(encoding="utf-8"))
        record, proof = (str(bundle[name]) for name in ("record", "proof"))
        own = str(bundle.get("public_key", ""))
        public = bytes.fromhex(key or own)
    except (ValueError, KeyError, TypeError):
        raise IntegrityBroken(
            "bundle_unreadable", "this is no bundle", hint="make one with `sandbox log export NUMBER`"
        ) from None
    if not public:
        raise IntegrityBroken(
            "bundle_keyless", "this bundle names no key to check it by",
            hint="give the log's public key, as its operator gave it to you, with --key",
        )  # fmt: skip
    if not verify_proof(proof, record.encode(), public):
        raise IntegrityBroken(
            "log_broken", "the record is not in the log of this key", hint="ask the operator for a new bundle"
        )
    by = (
        "the key you gave" if key else f"the key in the bundle, {own}: compare it with the one you were given"
    )
    return f"verified: the record is in the log of {by}"
