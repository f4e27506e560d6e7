"""Known attacks on services that answer questions about people, run against the installed build. 攻击审计.

Each attack is one function: what it tries stands in its docstring, what it got in its ``Outcome``. An attack
on noise guesses a secret of one person in each of hundreds of identical parts; how often it is right is
compared with the most that the loss it was charged for allows. An attack on anything else counts what it
saw and must not have seen: one case is too many. Some ask two worlds that differ in one person.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sandbox.audit.attacks import asking, clinic, errors, guessing, moments, parts, racing, released
from sandbox.audit.attacks.outcome import Outcome

Attack = Callable[[Any], Outcome]
World = Callable[[Path], AbstractContextManager[Any]]

WORLDS: tuple[tuple[World, tuple[Attack, ...]], ...] = (
    (
        parts.opened,
        (
            guessing.differencing, guessing.tracker, guessing.averaging, guessing.repetition,
            guessing.singling_out, guessing.reconstruction,
            released.rare_keys, released.hidden_keys, released.order, released.float_bits,
        ),
    ),
    (clinic.opened, (*errors.errors, asking.confusion, asking.refused, asking.exhaustion)),
    (racing.opened, (racing.stale_answers, racing.budget_race, racing.failure_race)),
    (moments.opened, (moments.slots,)),
)  # fmt: skip
"""What is attacked, and how; a world is loaded once for all its attacks."""


def audit_attack() -> Iterator[Outcome]:
    """Run every attack on synthetic data in a temporary folder.

    Raises:
        SandboxError: the build cannot load or answer.
    """
    for open_world, attacks in WORLDS:
        with tempfile.TemporaryDirectory(prefix="sandbox-audit-") as name, open_world(Path(name)) as world:
            for attack in attacks:
                yield attack(world)


__all__ = ["WORLDS", "Outcome", "audit_attack"]
