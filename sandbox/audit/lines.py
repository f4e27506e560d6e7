"""What the audit asks: one statement a line, so that together they pass through what the planner can do.

What is charged should be what is looked at. Averages and moments are put back into the sums that they came
from, in which one person's change has one size whatever the others hold; released values are enough for that.
Where a person has one row, or is spread over parts, the answer also shows the count of people that decides
what is shown; elsewhere its worst case is another than that of the rows, and its share is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sandbox.audit.source import MIDDLE, SPREAD

Sums = tuple[float, ...]
"""A sample: one number for each thing that was measured."""
SPREAD_OVER = MIDDLE**2 / 2
"""Squares of centred numbers are measured centred again, by half of the largest: 0 to h² becomes ± h²/2."""


@dataclass(frozen=True)
class Line:
    """A statement whose answer has rows of a part and numbers."""

    name: str
    sql: str
    parameter: str = "ρ"
    """``ρ``: noise on numbers; ``ε``: a pick of two candidates; ``δ``: keys that one person brought."""
    sums: Callable[[Sequence[float]], Sums] = tuple
    """The sums that the numbers of a row were computed from."""
    spread: int = 1
    """Parts that the added person touches. A sample is the sum over all rows of these parts."""
    listed: str = ""
    """Item of GROUP BY whose values are listed with the question, not declared by the policy."""


def average(row: Sequence[float]) -> Sums:
    """AVG, its count, and others."""
    mean, count, *others = row
    return ((mean - MIDDLE) * count, count, *others)


def variance(row: Sequence[float]) -> Sums:
    """VAR_POP, AVG, their count, and others."""
    spread, mean, count, *others = row
    return ((spread + (mean - MIDDLE) ** 2 - SPREAD_OVER) * count, (mean - MIDDLE) * count, count, *others)


def deviation(row: Sequence[float]) -> Sums:
    """STDDEV_SAMP, AVG, their count, and others."""
    root, mean, count, *others = row
    return variance((root**2 * (count - 1) / count if count else 0.0, mean, count, *others))


def correlation(row: Sequence[float]) -> Sums:
    """CORR, COVAR_POP, COVAR_SAMP, REGR_SLOPE and others; the means stay unknown.

    COVAR_SAMP / COVAR_POP = n/(n − 1) gives the count, COVAR_POP / REGR_SLOPE a variance, CORR the other.
    """
    ratio, product, sample, slope, *others = row
    if not (slope and ratio and sample != product):
        return (0.0, 0.0, 0.0, 0.0, *others)
    count = sample / (sample - product)
    second = product / slope
    first = (product / ratio) ** 2 / second
    return (product * count, (first - SPREAD_OVER) * count, (second - SPREAD_OVER) * count, count, *others)


def _of(table: str, numbers: str) -> str:
    return f"SELECT part, {numbers} FROM {table} GROUP BY part"


_PEOPLE = "count(DISTINCT id_card) AS people"
_MEAN = f"avg(amount) AS x, count(amount) AS n, {_PEOPLE}"
_CORR = (
    "corr(amount, other) AS r, covar_pop(amount, other) AS c, covar_samp(amount, other) AS s, "
    f"regr_slope(amount, other) AS b, {_PEOPLE}"
)
_PAID = "(SELECT id_card, part, sum(amount) AS paid FROM calls GROUP BY id_card, part) AS t"

ALL: tuple[Line, ...] = (
    Line("COUNT(*)", _of("visits", "count(*) AS n")),
    Line("COUNT(*), one row", _of("once", f"count(*) AS n, {_PEOPLE}")),
    Line("COUNT(DISTINCT x)", _of("visits", "count(DISTINCT wide) AS x")),
    Line("COUNT(DISTINCT unit)", _of("calls", _PEOPLE), spread=SPREAD),
    Line("SUM", _of("visits", "sum(amount) AS x")),
    Line("SUM of a clamp", _of("visits", "sum(clamp(wide, 0, 10)) AS x")),
    Line("SUM and COUNT", _of("visits", "sum(amount) AS x, count(*) AS n")),
    Line("AVG", _of("visits", "avg(amount) AS x, count(amount) AS n"), sums=average),
    Line("VAR", _of("once", f"var_pop(amount) AS v, {_MEAN}"), sums=variance),
    Line("STDDEV", _of("once", f"stddev_samp(amount) AS v, {_MEAN}"), sums=deviation),
    Line("CORR and REGR", _of("once", _CORR), sums=correlation),
    Line(
        "join, public",
        "SELECT o.part, count(*) AS n FROM once AS o JOIN copies AS c ON o.part = c.part GROUP BY o.part",
    ),
    Line(
        "join, on the unit",
        "SELECT v.part, count(*) AS n FROM visits AS v JOIN visits AS w ON v.id_card = w.id_card "
        "GROUP BY v.part",
    ),
    Line(
        "outer join",
        "SELECT part, count(*) AS n FROM (SELECT coalesce(v.part, o.part) AS part FROM visits AS v "
        "FULL JOIN once AS o ON v.id_card = o.id_card AND v.part <> o.part) AS t GROUP BY part",
    ),
    Line(
        "window by unit",
        "SELECT part, sum(clamp(most, 0, 10)) AS x FROM (SELECT part, max(amount) OVER "
        "(PARTITION BY id_card) AS most FROM visits) AS t GROUP BY part",
    ),
    Line("subquery by unit", _of(_PAID, f"sum(clamp(paid, 0, 10)) AS x, {_PEOPLE}"), spread=SPREAD),
    Line("listed keys", f"SELECT code, count(*) AS n, {_PEOPLE} FROM once GROUP BY code", listed="code"),
    Line(
        "GROUPING SETS",
        "SELECT coalesce(part, place) AS part, n, people FROM (SELECT part, place, count(*) AS n, "
        f"{_PEOPLE} FROM once GROUP BY GROUPING SETS (part, place)) AS t",
    ),
    Line(
        "two stages",
        f"WITH t AS (SELECT part, count(*) AS n, {_PEOPLE} FROM once GROUP BY part) "
        "SELECT a.part, a.n, a.people, b.n AS m, b.people AS again FROM t AS a JOIN "
        f"(SELECT o.part, count(*) AS n, {_PEOPLE} FROM once AS o JOIN t ON o.part = t.part WHERE t.n > 0 "
        "GROUP BY o.part) AS b ON a.part = b.part",
    ),
    Line("MEDIAN", "SELECT part, median(half) AS x FROM visits GROUP BY part", "ε"),
    Line("QUANTILE 0.9", "SELECT part, quantile_disc(tenth, 0.9) AS x FROM visits GROUP BY part", "ε"),
    Line("MIN", "SELECT part, min(every) AS x FROM visits GROUP BY part", "ε"),
    Line("MAX", "SELECT part, max(none) AS x FROM visits GROUP BY part", "ε"),
    Line(
        "MODE",
        "SELECT part, CASE WHEN mode(kind) = 'b' THEN 1 ELSE 0 END AS x FROM visits GROUP BY part",
        "ε",
    ),
    Line(
        "discovered keys",
        "SELECT tag, count(DISTINCT id_card) AS x FROM calls GROUP BY tag",
        "δ",
        spread=SPREAD,
    ),
)


def chosen(only: Iterable[str]) -> tuple[Line, ...]:
    """Lines by name, in the order of the table; all of them for no names.

    Raises:
        ValueError: no line of that name; says which there are.
    """
    names = set(only)
    if unknown := names - {line.name for line in ALL}:
        raise ValueError(f"no line {min(unknown)!r}; there are: {', '.join(line.name for line in ALL)}")
    return tuple(line for line in ALL if not names or line.name in names)
