"""Statements that nobody may be answered: ``hostile.sql``, and those too long or odd for its lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

HEADING = "--# "


@dataclass(frozen=True)
class Hostile:
    """One statement, and what such statements try."""

    kind: str
    zh: str
    """The kind in Chinese."""
    why: str
    sql: str


_COUNT = "SELECT COUNT(*) FROM visits"
_LARGE = (
    "SELECT " + "(" * 500 + "1" + ")" * 500,
    f"{_COUNT} WHERE " + "(" * 4_000 + "days > 1" + ")" * 4_000,
    f"{_COUNT} WHERE " + "NOT " * 5_000 + "urgent",
    f"{_COUNT} WHERE " + "- " * 900 + "days > 1",
    f"{_COUNT} WHERE " + "+".join(["days"] * 300) + " > 1",
    f"{_COUNT} WHERE days IN (" + ",".join(map(str, range(5_000))) + ")",
    f"{_COUNT} WHERE days = " + "9" * 40_000,
    f"{_COUNT} WHERE hospital = '" + "x" * 60_000 + "'",
    f"{_COUNT} WHERE regexp_matches(hospital, '" + "(a?){50}" * 40 + "')",
    f"{_COUNT} WHERE regexp_matches(hospital, '" + "(" * 60 + "a" + "+)" * 60 + "')",
    f"{_COUNT} WHERE hospital LIKE '" + "%a" * 500 + "'",
    "SELECT " + "+".join(["1"] * 20_000) + " FROM visits",
    "SELECT " + "CASE WHEN 1=1 THEN " * 300 + "1" + " END" * 300,
    "SELECT '" + "x" * 60_000 + "'",
    "SELECT SUM(" + "clamp(" * 20 + "weight" + ", 0, 1)" * 20 + ") FROM visits",
    "SELECT SUM(" + "nullif(" * 20 + "days" + ", 1)" * 20 + ") FROM visits",
    "SELECT COUNT(*) FROM " + "(SELECT * FROM " * 200 + "visits" + ") t" * 200,
    "SELECT COUNT(*) FROM visits v" + "".join(
        f" JOIN visits v{place} ON v.id_card = v{place}.id_card" for place in range(60)
    ),
    "SELECT COUNT(*) FROM hospitals a" + "".join(f", hospitals h{place}" for place in range(60)) + ", visits",
    "WITH " + ", ".join(
        f"t{place} AS (SELECT * FROM t{place - 1} UNION ALL SELECT * FROM t{place - 1})" if place
        else "t0 AS (SELECT days FROM visits)"
        for place in range(40)
    ) + " SELECT COUNT(*) FROM t39",
    "SELECT " + ", ".join(["COUNT(*)"] * 5_000) + " FROM visits",
    f"{_COUNT} GROUP BY " + ", ".join(["city, sex, days, urgent, visited_on"] * 40),
    f"{_COUNT} GROUP BY CUBE (" + ", ".join(f"days + {place}" for place in range(25)) + ")",
)  # fmt: skip
_ODD = (
    "", "   ", "\n\n", "\x00", f"{_COUNT}\x00", f"{_COUNT}\x1a; DROP TABLE visits",
    f"{_COUNT} WHERE hospital = '\ud800'", f"{_COUNT} WHERE hospital = '\x07'", "\ufeff",
    "\u202e" + _COUNT[::-1], f"{_COUNT} -- \u2028; DROP TABLE visits\n; SELECT 1",
)  # fmt: skip
_BUILT = (
    ("size", "规模", "more text, depth, tables or work than anybody needs", _LARGE),
    ("odd signs", "异常字符", "nothing, or signs that programs read in different ways", _ODD),
)


def hostile() -> Iterator[Hostile]:
    """Every hostile statement, over the tables of ``sandbox.audit.attacks.clinic``."""
    kind = zh = why = ""
    text = files("sandbox.audit.attacks").joinpath("hostile.sql").read_text(encoding="utf-8")
    for line in text.split("\n"):
        if line.startswith(HEADING):
            kind, zh, why = (part.strip() for part in line.removeprefix(HEADING).split("|"))
        elif line:
            yield Hostile(kind, zh, why, line)
    for kind, zh, why, statements in _BUILT:
        yield from (Hostile(kind, zh, why, sql) for sql in statements)
