"""Attacks on what an answer shows beside its noisy numbers: keys, order, the last digits of floats."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sandbox.audit.attacks.outcome import Outcome, never
from sandbox.audit.attacks.parts import Parts

KEYED = (
    "SELECT tag, count(*) AS n FROM people GROUP BY tag",
    "SELECT tag, count(DISTINCT id_card) AS n FROM people GROUP BY tag",
    "SELECT tag, sum(amount) AS n FROM people GROUP BY tag ORDER BY n LIMIT 20",
    "SELECT tag, count(*) AS n FROM people GROUP BY tag HAVING count(*) < 2",
    "SELECT tag, count(*) AS n FROM people WHERE seat = 0 GROUP BY tag",
    "SELECT tag, sick, count(*) AS n FROM people GROUP BY tag, sick",
    "SELECT upper(tag) AS tag, avg(sick) AS n FROM people GROUP BY upper(tag)",
    "SELECT CASE WHEN sick = 1 THEN tag END AS tag, count(*) AS n FROM people GROUP BY 1",
    "SELECT max(tag) AS tag, count(*) AS n FROM (SELECT tag, count(*) AS m FROM people GROUP BY tag) t",
    "SELECT a.tag, a.n FROM (SELECT tag, count(*) AS n FROM people GROUP BY tag) a "
    "JOIN (SELECT tag, sum(sick) AS m FROM people GROUP BY tag) b ON a.tag = b.tag",
)
"""Questions that would show a key which only one person has."""
HIDDEN = (
    "SELECT CASE WHEN seat = 0 THEN tag ELSE 'other' END AS tag, count(*) AS n FROM people GROUP BY 1",
    "SELECT CASE WHEN sick = 1 THEN 'x' || tag END AS tag, count(*) AS n FROM people GROUP BY 1",
    "SELECT concat(tag, '/', CAST(seat AS VARCHAR)) AS tag, count(*) AS n FROM people GROUP BY 1",
    "SELECT part || tag AS tag, count(*) AS n FROM people GROUP BY 1",
    "SELECT nullif(tag, 'east') AS tag, count(*) AS n FROM people GROUP BY 1",
    "SELECT coalesce(shade, tag) AS tag, count(*) AS n FROM people GROUP BY 1",
    "SELECT shade, count(*) AS n FROM people GROUP BY shade",
    "SELECT shade, tag, count(*) AS n FROM people GROUP BY shade, tag",
    "SELECT shade || tag AS tag, count(*) AS n FROM people GROUP BY 1",
    "SELECT b.tag, count(*) AS n FROM people a LEFT JOIN people b ON a.id_card = b.id_card AND b.seat = 0 "
    "GROUP BY b.tag",
    "SELECT a.tag, count(*) AS n FROM people a LEFT JOIN people b ON a.id_card = b.id_card AND b.seat > 0 "
    "WHERE b.seat IS NULL GROUP BY a.tag",
    "SELECT a.tag, b.tag AS other, count(*) AS n FROM people a FULL JOIN people b "
    "ON a.id_card = b.id_card AND b.seat <> a.seat GROUP BY a.tag, b.tag",
    "SELECT coalesce(a.tag, b.tag) AS tag, count(*) AS n FROM people a FULL JOIN people b "
    "ON a.id_card = b.id_card AND a.tag = 'east' GROUP BY 1",
    "SELECT a.tag, count(*) AS n FROM people a ANTI JOIN people b ON a.id_card = b.id_card AND b.seat > 0 "
    "GROUP BY a.tag",
    "SELECT tag, count(*) AS n FROM people GROUP BY ROLLUP (tag)",
    "SELECT t, count(*) AS n FROM (SELECT id_card, max(tag) AS t FROM people GROUP BY id_card) p GROUP BY t",
    "SELECT t, count(*) AS n FROM (SELECT id_card, min(tag) OVER (PARTITION BY id_card ORDER BY seat) AS t "
    "FROM people) p GROUP BY t",
    "SELECT string_agg(tag, ',') AS tag FROM people",
)
"""Other ways to a key: choices, joined texts, NULLs, rows that no join matched, undeclared values."""
SORTED = (
    "SELECT part, count(*) AS n FROM people GROUP BY part",
    "SELECT part, sum(amount) AS n FROM people WHERE sick = 1 GROUP BY part",
    "SELECT tag, count(*) AS n FROM people GROUP BY tag",
    "SELECT tag, sum(amount) AS n FROM people WHERE seat > 3 GROUP BY tag",
    "SELECT tag, count(DISTINCT id_card) AS n FROM people GROUP BY tag",
    "SELECT seat, avg(amount) AS n FROM people GROUP BY seat",
)
RANKED = (
    "SELECT tag, count(*) AS n FROM people GROUP BY tag ORDER BY n DESC",
    "SELECT part, sum(sick) AS n FROM people GROUP BY part ORDER BY n DESC",
)
FLOATS = (
    "SELECT part, sum(amount) AS x FROM people GROUP BY part",
    "SELECT part, sum(amount) AS x FROM people WHERE sick = 1 GROUP BY part",
    "SELECT part, sum(amount / 3) AS x FROM people GROUP BY part",
    "SELECT part, sum(clamp(sqrt(amount), 0, 3)) AS x FROM people GROUP BY part",
    "SELECT part, sum(amount * amount) AS x FROM people GROUP BY part",
)
LARGEST = 2**53
"""Integers up to here are floats: a value on a coarser grid loses nothing when it becomes one."""


def rare_keys(world: Parts) -> Outcome:
    """Group by what only one person has, in every way: her key must not be shown.

    δ is 10⁻¹² a question here, so a sound build shows one key with a chance below 10⁻⁷ in all.
    """
    cases = [world.shows(sql) for sql in KEYED]
    return never(
        "rare keys", "罕见分组键", "keys of one person shown", [case for each in cases for case in each]
    )


def hidden_keys(world: Parts) -> Outcome:
    """Reach her key by a detour, or have a row that is there because of her alone; some ways are refused."""
    cases = [world.shows(sql) for sql in HIDDEN]
    what = "keys of one person shown by a detour"
    return never("hidden keys", "迂回分组键", what, [case for each in cases for case in each])


def order(world: Parts) -> Outcome:
    """Read sizes, arrival or storage out of the order of rows: it follows from released values alone."""
    cases = []
    for sql in SORTED:
        keys: list[Any] = [key for key, _ in world.box.query(sql, epsilon="1").rows() if key is not None]
        cases.append(keys != sorted(keys))
    for sql in RANKED:
        numbers = [float(str(x)) for _, x in world.box.query(sql, epsilon="1").rows() if x is not None]
        cases.append(numbers != sorted(numbers, reverse=True))
    return never("order", "行序", "answers in an order of their own", cases)


def float_bits(world: Parts) -> Outcome:
    """Read the exact sum out of the last digits of a float (Mironov 2012): all of them lie on a public grid.

    The grid is in the disclosure log, and coarse enough that a float shows each of its points and no more.
    """
    cases = []
    for sql in FLOATS:
        answer = world.box.query(sql, epsilon="1")
        step = _step(world, answer.id)
        cases += [_off(float(str(cell)), step) for _, cell in answer.rows() if cell is not None]
    return never("float bits", "浮点低位", "values off the public grid", cases)


def _step(world: Parts, number: int) -> Fraction:
    (step,) = (
        Fraction(each["quantum"])
        for each in world.box.ledger.record(number).body["measures"]
        if each["label"].startswith("SUM")
    )
    return step


def _off(value: float, step: Fraction) -> bool:
    steps = round(Fraction(value) / step)
    return value != float(steps * step) or abs(steps) > LARGEST
