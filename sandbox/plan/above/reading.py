"""What a piece of rendered SQL reads besides protected tables."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Reading:
    """What one piece of SQL reads besides protected tables."""

    stages: set[int] = field(default_factory=set)
    """Boundaries whose released table it reads."""
    back: set[int] = field(default_factory=set)
    """Released relations that it reads by name."""
    public: set[str] = field(default_factory=set)
    """Stored public tables."""
    noisy: bool = False
    """Whether any of it is a released value."""

    def update(self, other: Reading) -> None:
        """Read what the other reads as well."""
        self.stages |= other.stages
        self.back |= other.back
        self.public |= other.public
        self.noisy = self.noisy or other.noisy


def table_of(number: int) -> str:
    """Name of a boundary's released table."""
    return "released" if number == 0 else f"released_{number}"


def back_name(number: int) -> str:
    """Name of a released relation that is read again."""
    return f"returned_{number}"
