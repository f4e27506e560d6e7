"""What an attack got, and the most that a sound build gives it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.audit.bounds import at_least, rho_of

SHOWN = 5
"""Cases of a broken attack that are named."""
ALPHA = 1e-8
"""Chance that a sound build fails one attack that guesses."""


@dataclass(frozen=True)
class Outcome:
    """One line of the audit."""

    name: str
    zh: str
    """The name in Chinese."""
    what: str
    """What was counted, such as ``secrets guessed``."""
    trials: int
    won: int
    """Trials in which the attacker got what it wanted; of a coin, half are luck."""
    certified: float
    """Lower bound of the attacker's rate of success, 0 … 1."""
    allowed: float
    """The highest rate under what was charged, 0 … 1."""
    found: tuple[str, ...] = ()
    """Some of the cases that succeeded, of an attack that must not once."""

    @property
    def held(self) -> bool:
        """Whether the attack got no more than it paid for."""
        return self.certified <= self.allowed

    @property
    def text(self) -> str:
        """The figures in words."""
        if not self.allowed:
            shown = "".join(f"\n        {case[:200]}" for case in self.found)
            return f"{self.won} of {self.trials} {self.what}{shown}"
        return (
            f"{self.won / self.trials:.1%} of {self.trials} {self.what}, at least {self.certified:.1%}; "
            f"the charge allows {self.allowed:.1%}"
        )


def guessed(name: str, zh: str, right: list[bool], rho: float) -> Outcome:
    """Of an attack that guesses one fair coin in each of many independent parts.

    Args:
        name: of the attack.
        zh: in Chinese.
        right: whether each guess was.
        rho: what all questions together were charged, ρ of zCDP.
    """
    won = sum(right)
    bound = at_least(won, len(right), ALPHA)
    return Outcome(name, zh, "secrets guessed", len(right), won, bound, most_right(rho))


def never(name: str, zh: str, what: str, cases: Mapping[str, bool] | list[bool]) -> Outcome:
    """Of an attack that must not succeed once.

    Args:
        name: of the attack.
        zh: in Chinese.
        what: what was counted.
        cases: whether each case succeeded; with names, some are shown.
    """
    named = cases if isinstance(cases, Mapping) else dict(enumerate(cases))
    won = sum(named.values())
    found = tuple(str(case) for case, succeeded in named.items() if succeeded)[:SHOWN]
    return Outcome(name, zh, what, len(cases), won, won / len(cases), 0.0, found)


def most_right(rho: float) -> float:
    """How often a fair coin can be guessed from a ρ-zCDP release at most: p with max D_α(p‖1−p)/α = ρ.

    A guesser with other chances for heads and for tails does no better: Rényi divergence is quasi-convex, so
    the mean of a guesser and its mirror image stays within ρ, and is right as often.

    >>> round(most_right(0.5), 3)
    0.74
    """
    low, high = 0.5, 1 - 1e-12
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rho_of(middle, 1 - middle) <= rho else (low, middle)
    return high
