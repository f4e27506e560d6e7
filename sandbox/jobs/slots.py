"""When jobs start and their answers appear. 输出时刻."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sandbox.settings import Settings


@dataclass(frozen=True)
class Slots:
    """When jobs start and appear."""

    length: int
    """Milliseconds that a job may take, and with ``fixed`` does."""
    fixed: bool
    """Whether answers appear at the slot's end; else as soon as they are there."""
    lanes: int

    @property
    def booked(self) -> int | None:
        """Lanes that bookings fill; None when jobs start as soon as they can."""
        return self.lanes if self.fixed else None


def slots_of(settings: Settings) -> Slots:
    """The slots of an installation."""
    seconds = settings.slot_seconds if settings.slots else settings.query_seconds
    return Slots(length=round(1000 * seconds), fixed=settings.slots, lanes=settings.lanes)


def moment() -> int:
    """UTC milliseconds since 1970."""
    return time.time_ns() // 1_000_000
