"""Starting the attacker's inmate, for the tests of the jail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sandbox.jail import Inmate, Limits, Mount, Tier

ANYTHING = Path(__file__).parent / "inmates" / "anything.py"


def inmate(
    tier: Tier,
    *,
    mounts: Sequence[Mount] = (),
    memory: int = 1 << 30,
    modules: tuple[str, ...] = (),
    stage: str = "query",
    cpu_seconds: int | None = None,
) -> Inmate:
    """An inmate that runs any code it is sent."""
    limits = Limits(memory_bytes=memory, file_bytes=1 << 20, cpu_seconds=cpu_seconds)
    return Inmate(tier, ANYTHING, mounts=mounts, modules=modules, limits=limits, stage=stage, seconds=30)


def tell(prisoner: Inmate, code: str, *, seconds: float = 20) -> object:
    """What the code left in ``result``; the name of an error it ran into as ``!Name``."""
    header = prisoner.ask({"code": code}, seconds=seconds).header
    return f"!{header['error']}" if "error" in header else header["result"]
