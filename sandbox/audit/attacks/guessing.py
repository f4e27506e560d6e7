"""Attacks on noise: guess one person's secret from answers, more often than what they cost allows.

A guess is a fair coin to whoever sees no answer. Where an attack needs them, the attacker knows everybody
else's secrets.
"""

from __future__ import annotations

from sandbox.audit.attacks.outcome import Outcome, guessed, never
from sandbox.audit.attacks.parts import SEATS, Parts
from sandbox.nouns.spend import RHO_UNIT

SICK = "SELECT part, sum(sick) AS x FROM people GROUP BY part"
WORDINGS = (
    SICK,
    "select  part,\n\tSUM( sick )  as X from people group by 1 -- the same",
    "/* again */ SELECT p.part, sum(p.sick) AS x FROM people AS p GROUP BY p.part",
    'SELECT "part", sum("sick") AS "x" FROM "people" GROUP BY "part"',
    "SELECT part, sum(sick) AS y FROM people GROUP BY part",
    "WITH t AS (SELECT part, sick FROM people) SELECT part, sum(sick) AS x FROM t GROUP BY part",
    "SELECT part, sum(sick) AS x FROM (SELECT * FROM people) t GROUP BY part",
    "SELECT part, sum(sick) AS x FROM people WHERE 1 = 1 GROUP BY part",
    "SELECT part, sum(sick) AS x FROM people WHERE seat >= 0 GROUP BY part",
    "SELECT part, sum(sick + 0) AS x FROM people GROUP BY part",
    "SELECT part, count(*) FILTER (WHERE sick = 1) AS x FROM people GROUP BY part",
    "SELECT part, sum(CASE WHEN sick = 1 THEN 1 ELSE 0 END) AS x FROM people GROUP BY part",
    "SELECT part, count(*) AS x FROM people WHERE sick = 1 GROUP BY part",
    "SELECT part, sum(clamp(sick, 0, 1)) AS x FROM people GROUP BY part",
    "SELECT part, sum(sick) AS x FROM people GROUP BY part ORDER BY part",
    "SELECT part, sum(sick) AS x, 1 AS one FROM people GROUP BY part",
)
"""One question in many words: none may be a fresh draw for nothing."""


def differencing(world: Parts) -> Outcome:
    """Ask about everybody, then about everybody but her: the difference is her secret."""
    everybody, first = world.ask(SICK, "1.4")
    others, second = world.ask(SICK.replace("GROUP", "WHERE seat <> 0 GROUP"), "1.4")
    guesses = [one - two > 0.5 for (one,), (two,) in zip(everybody, others, strict=True)]
    return guessed("differencing", "差分攻击", world.right(guesses), first + second)


def tracker(world: Parts) -> Outcome:
    """Where only large groups are answered, a tracker T pads hers (Denning, Denning & Schwartz 1979).

    count(C) = count(C or T) + count(C or not T) − count(all), for any T that is large on both sides.
    """
    target, half = "(seat = 0 AND sick = 1)", f"seat < {SEATS // 2}"
    asked = (f"WHERE {target} OR {half}", f"WHERE {target} OR NOT ({half})", "")
    sql = "SELECT part, count(*) AS x FROM people {} GROUP BY part"
    (padded, one), (rest, two), (everybody, three) = (world.ask(sql.format(each), "1.1") for each in asked)
    guesses = [a + b - c > 0.5 for (a,), (b,), (c,) in zip(padded, rest, everybody, strict=True)]
    return guessed("tracker", "跟踪器攻击", world.right(guesses), one + two + three)


def averaging(world: Parts) -> Outcome:
    """Ask one question in many words and take the mean: noise that is fresh and free averages out."""
    means, rho = [0.0] * len(world.secrets), 0.0
    for sql in WORDINGS:
        answer = world.box.query(sql, epsilon="0.4")
        rho += 0.0 if answer.replayed else answer.cost.rho
        drawn = [cells[0] / len(WORDINGS) for cells in world.numbers(answer)]
        means = [mean + each for mean, each in zip(means, drawn, strict=True)]
    others = [sum(bits[1:]) for bits in world.secrets]
    guesses = [mean - known > 0.5 for mean, known in zip(means, others, strict=True)]
    return guessed("averaging", "平均攻击", world.right(guesses), rho)


def repetition(world: Parts) -> Outcome:
    """Ask the same again, in the same words and in others: it is the stored answer, or all of it is paid."""
    cases = []
    for sql in WORDINGS:
        before = world.spent()
        first = world.box.query(sql, epsilon="0.5")
        middle = world.spent()
        again = world.box.query(sql, epsilon="0.5")
        price = 0 if first.replayed else round(first.cost.rho * RHO_UNIT)
        cases.append(middle - before != price)
        cases.append(not again.replayed or again.data != first.data or world.spent() != middle)
    return never("repetition", "重复提问", "questions drawn afresh for nothing", cases)


def singling_out(world: Parts) -> Outcome:
    """Describe one person so closely that nobody else fits, and count them (Cohen & Nissim 2020)."""
    sql = "SELECT part, count(*) AS x FROM people WHERE seat = 0 AND sick = 1 GROUP BY part"
    cells, rho = world.ask(sql, "2.5")
    return guessed("singling out", "单独识别", world.right([x > 0.5 for (x,) in cells]), rho)


def reconstruction(world: Parts) -> Outcome:
    """Ask about as many random-looking halves of a part as it has people, and solve for all their secrets
    (Dinur & Nissim 2003).

    Halves are the rows of a Hadamard matrix, whose inverse is its own transpose: the error of a secret is the
    mean of all errors, the least there is (Dwork & Yekhanin 2008). Certified for one seat, chosen beforehand.
    """
    answers, rho = [], 0.0
    for row in range(SEATS):
        seats = ", ".join(str(seat) for seat in range(SEATS) if _sign(row, seat) > 0)
        sql = f"SELECT part, sum(sick) AS x FROM people WHERE seat IN ({seats}) GROUP BY part"
        cells, charged = world.ask(sql, "0.25")
        answers.append([x for (x,) in cells])
        rho += charged
    guesses = [_solved([each[part] for each in answers]) > 0.5 for part in range(len(world.secrets))]
    return guessed("reconstruction", "线性重构攻击", world.right(guesses), rho)


def _sign(row: int, seat: int) -> int:
    """Entry of Sylvester's matrix: −1 to the number of binary ones that both have."""
    return -1 if (row & seat).bit_count() % 2 else 1


def _solved(halves: list[float]) -> float:
    """The secret of seat 0 out of the sums over all halves, the first of which is everybody.

    Row r of the matrix times the secrets is 2·half(r) − everybody; the column of seat 0 is all ones.
    """
    return sum(2 * half - halves[0] for half in halves) / len(halves)
