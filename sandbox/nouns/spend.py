"""Privacy loss as exact integers: ρ of zCDP and δ, and the formulas that predict noise.

Currency is zero-concentrated differential privacy (Bun & Steinke 2016, arXiv:1605.02065). Amounts are
integers in units of 10⁻¹² ρ and 10⁻¹⁸ δ, rounded against the developer: a price up, a cap down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

RHO_UNIT = 10**12
"""Integer units in ρ = 1."""
DELTA_UNIT = 10**18
"""Integer units in δ = 1."""


@dataclass(frozen=True, order=False)
class Spend:
    """An amount of privacy loss: a price, a cap, or what is left.

    >>> Spend(rho=3, delta=1) + Spend(rho=2, delta=0)
    Spend(rho=5, delta=1)
    >>> Spend(rho=3, delta=1).within(Spend(rho=3, delta=0))
    False
    """

    rho: int
    """Units of 10⁻¹² ρ, at least 0."""
    delta: int = 0
    """Units of 10⁻¹⁸ δ, at least 0: the δ of key discovery (thresholds)."""

    def __post_init__(self) -> None:
        if self.rho < 0 or self.delta < 0:
            raise ValueError("a spend is never negative")

    def __add__(self, other: Spend) -> Spend:
        return Spend(self.rho + other.rho, self.delta + other.delta)

    def within(self, cap: Spend) -> bool:
        """Both amounts fit under ``cap``."""
        return self.rho <= cap.rho and self.delta <= cap.delta

    @staticmethod
    def price(rho: float | Fraction, delta: float | Fraction = 0) -> Spend:
        """Real amounts rounded up: what a release costs."""
        return Spend(math.ceil(Fraction(rho) * RHO_UNIT), math.ceil(Fraction(delta) * DELTA_UNIT))

    @staticmethod
    def cap(rho: float | Fraction, delta: float | Fraction = 0) -> Spend:
        """Real amounts rounded down: what may be spent."""
        return Spend(math.floor(Fraction(rho) * RHO_UNIT), math.floor(Fraction(delta) * DELTA_UNIT))


@dataclass(frozen=True)
class Sensitivity:
    """How far the whole exact vector of one measure can move when one unit is added or removed.

    Over *all* groups together. All figures are integers in the measure's own steps. Under a row bound alone
    every norm is the same number, since all rows of a unit may fall in one group.
    """

    l0: int
    """Groups one unit can touch, at least 1."""
    l1: int
    """Sum of absolute changes."""
    l2_squared: int
    """Sum of squared changes; an integer, so √ is taken once, at the noise."""
    linf: int
    """Largest change of one cell."""

    def __post_init__(self) -> None:
        if not (self.l0 >= 1 and self.l1 >= self.linf >= 1 and self.linf**2 <= self.l2_squared <= self.l1**2):
            raise ValueError("sensitivity norms contradict each other")

    @staticmethod
    def rows(row_bound: int, step: int = 1) -> Sensitivity:
        """At most ``row_bound`` rows of a unit, each moving a cell by at most ``step``.

        >>> Sensitivity.rows(64).l2_squared == 64 ** 2
        True
        """
        total = row_bound * step
        return Sensitivity(l0=row_bound, l1=total, l2_squared=total * total, linf=total)

    @staticmethod
    def capped(group_bound: int, total: int, most: int) -> Sensitivity:
        """At most ``total`` in all and ``most`` in each of at most ``group_bound`` cells.

        The sum of squares is largest where as many cells as possible move by ``most``.

        >>> Sensitivity.capped(4, 10, 4)
        Sensitivity(l0=4, l1=10, l2_squared=36, linf=4)
        """
        most = min(most, total)
        total = min(total, group_bound * most)
        full, rest = divmod(total, most)
        l2_squared = full * most * most + rest * rest
        return Sensitivity(l0=group_bound, l1=total, l2_squared=l2_squared, linf=most)

    @staticmethod
    def groups(group_bound: int) -> Sensitivity:
        """At most ``group_bound`` cells, each moved by at most 1: a count of distinct units.

        >>> Sensitivity.groups(4)
        Sensitivity(l0=4, l1=4, l2_squared=4, linf=1)
        """
        return Sensitivity(l0=group_bound, l1=group_bound, l2_squared=group_bound, linf=1)
