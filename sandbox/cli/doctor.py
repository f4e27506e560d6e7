"""``sandbox doctor``: what this machine gives, what is wrong, and how to mend it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from sandbox.settings import Settings

LEAST_ROOM = 512 << 20
"""Free bytes below which the memory folder is called small."""


class Health(StrEnum):
    """How a finding is judged."""

    GOOD = "good"
    NOTE = "note"  # works, but someone should know
    BLOCKS = "blocks"  # the product does not work until it is mended


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    health: Health
    detail: str
    remedy: str = ""


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Findings as JSON.")] = False) -> None:
    """Look at jail, memory, keys, clock and database; say how to mend what is wrong. 体检.

    Exit code 1 if anything keeps the product from working.
    """
    from sandbox.settings import Settings

    found = list(examine(Settings()))
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
    else:
        for each in found:
            typer.echo(f"{each.health:<7} {each.name:<9} {each.detail}")
            if each.remedy:
                typer.echo(f"{'':<17} → {each.remedy}")
    raise typer.Exit(1 if any(each.health is Health.BLOCKS for each in found) else 0)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, in the order in which a load would meet them."""
    for check in CHECKS:
        yield from check(settings)


def _python(_: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.platform != "linux":
        yield Finding("system", Health.BLOCKS, f"{sys.platform} has no jail for engines", "use Linux")
    else:
        yield Finding("system", Health.GOOD, f"Linux {os.uname().release}, Python {version}")


def _jail(settings: Settings) -> Iterator[Finding]:
    from sandbox import jail

    try:
        standing = jail.choose(settings.engine_jail, development=settings.development)
    except SandboxError as error:
        yield Finding("jail", Health.BLOCKS, error.reason, error.hint)
        return
    failed = next((check for check in standing.checks if not check.passed), None)
    if failed is None:
        yield Finding(
            "jail", Health.GOOD, f"{standing.tier}: {len(standing.checks)} escapes tried, none worked"
        )
    else:
        why = f"in use: {standing.tier}; {failed.name}: {failed.detail}"
        yield Finding("jail", Health.NOTE, why, failed.remedy)


def _memory(settings: Settings) -> Iterator[Finding]:
    free = _available_memory()
    if free is not None and free < settings.engine_memory:
        yield Finding(
            "memory",
            Health.NOTE,
            f"{_size(free)} available, one engine may use {_size(settings.engine_memory)}",
            "free memory or lower SANDBOX_ENGINE_MEMORY",
        )
    elif free is not None:
        yield Finding("memory", Health.GOOD, f"{_size(free)} available")
    yield _room(settings)
    folder = settings.scratch_folder
    if folder is not None and not (folder.is_dir() and os.access(folder, os.W_OK)):
        yield Finding(
            "scratch", Health.BLOCKS, f"{folder} is no writable folder", "mend SANDBOX_SCRATCH_FOLDER"
        )
    elif folder is not None:
        yield Finding("scratch", Health.NOTE, f"{folder}: declared encrypted, which is not checked")


def _room(settings: Settings) -> Finding:
    folder = settings.memory_folder
    remedy = "mount a tmpfs there, or set SANDBOX_MEMORY_FOLDER to one (in a container: --shm-size=2g)"
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return Finding("room", Health.BLOCKS, f"{folder} is no writable folder", remedy)
    if filesystem(folder) not in ("tmpfs", "ramfs"):
        return Finding(
            "room", Health.BLOCKS, f"{folder} is not memory-backed: unsealed data would be on disk", remedy
        )
    state = os.statvfs(folder)
    free = state.f_bavail * state.f_frsize
    if free < LEAST_ROOM:
        return Finding("room", Health.NOTE, f"{folder}: only {_size(free)} free for unsealed files", remedy)
    return Finding("room", Health.GOOD, f"{folder}: memory-backed, {_size(free)} free")


def _keys(settings: Settings) -> Iterator[Finding]:
    folder = settings.home / "keys"
    if not folder.is_dir():
        yield Finding(
            "keys", Health.NOTE, f"none yet in {folder}", "`sandbox init` makes them; so does a first load"
        )
        return
    loose = [path for path in (settings.home, folder, *folder.glob("*.key")) if path.stat().st_mode & 0o077]
    if loose:
        names = " ".join(map(str, loose))
        yield Finding("keys", Health.BLOCKS, "others on this machine may read the keys", f"chmod go= {names}")
    try:
        from sandbox.seal import Keyring

        Keyring.open(settings.home, create=False)
    except SandboxError as error:
        yield Finding("keys", Health.BLOCKS, error.reason, error.hint)
    else:
        yield Finding(
            "keys", Health.GOOD, f"{folder}: open; keep a copy elsewhere, losing them loses the data"
        )


def _clock(settings: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC).timestamp()
    marks = [Path(__file__), *settings.home.glob("ledger.db*")]
    latest = max(path.stat().st_mtime for path in marks)
    if now + 60 < latest:
        behind = datetime.fromtimestamp(latest, UTC).isoformat(timespec="seconds")
        yield Finding(
            "clock", Health.BLOCKS, f"before {behind}, when files here were written", "set the clock (NTP)"
        )
    else:
        yield Finding(
            "clock", Health.GOOD, f"{datetime.now(UTC).isoformat(timespec='seconds')}, after every file here"
        )


def _database(settings: Settings) -> Iterator[Finding]:
    path = settings.home / "ledger.db"
    server = settings.database_url is not None
    if not server and not path.exists():
        yield Finding("database", Health.NOTE, f"none yet at {path}", "a first load makes it")
        return
    try:
        from sandbox.ledger import Ledger
        from sandbox.seal import Keyring

        ledger = Ledger.of(settings, Keyring.open(settings.home, create=False).signer)
    except SandboxError as error:
        yield Finding("database", Health.BLOCKS, error.reason, error.hint)
        return
    weak = ledger.weaknesses()
    ledger.close()
    for each in weak:
        yield Finding("database", Health.BLOCKS, each, "mend the server's configuration, restart it")
    if not weak:
        place = "PostgreSQL" if server else str(path)
        yield Finding("database", Health.GOOD, f"{place}: opens; `sandbox log verify` checks every record")


CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    _python,
    _jail,
    _memory,
    _keys,
    _clock,
    _database,
)
"""What is looked at, in order."""


def filesystem(folder: Path) -> str:
    """Type of the file system that holds a folder, from ``/proc/self/mounts``; empty if unknown."""
    try:
        lines = Path("/proc/self/mounts").read_text().splitlines()
    except OSError:
        return ""
    real = str(folder.resolve())
    mounts = [(fields[1], fields[2]) for fields in map(str.split, lines) if len(fields) > 2]
    holding = [(point, kind) for point, kind in mounts if f"{real}/".startswith(point.rstrip("/") + "/")]
    return max(holding, key=lambda mount: len(mount[0]), default=("", ""))[1]


def _available_memory() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), None)


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB"
