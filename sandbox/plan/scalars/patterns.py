"""Regular expressions: constant patterns of a plain subset of RE2, checked so that the engine never fails.

RE2 runs in time linear in text and pattern, so the cost of a row is bounded by the length of the pattern.
"""

from __future__ import annotations

import re

from sqlglot import exp

from sandbox.plan import types as t
from sandbox.plan.scalars.logic import truth
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.scalars.text import text
from sandbox.plan.types import Value

LONGEST = 200
"""Characters of a pattern."""
MOST_REPEATS = 100
"""Largest count in ``{m,n}``; counted repeats are not nested."""
DEEPEST = 10

_ATOM = re.compile(
    r"\\[dDwWsS.^$*+?()\[\]{}|\\/-]"  # a class, or a sign that means itself
    r"|\[\^?(?:\\[dDwWsS.^$*+?()\[\]{}|\\/-]|[^\[\]\\^-])(?:\\[dDwWsS.^$*+?()\[\]{}|\\/-]|[^\[\]\\^-])*\]"
    r"|[^\\\[\](){}*+?|]"  # any other sign, with . ^ $
)
_RANGED = re.compile(r"\[\^?(?:[0-9]-[0-9]|[a-z]-[a-z]|[A-Z]-[A-Z]|[一-鿿]-[一-鿿]|[^\[\]\\^-])+\]")
_REPEAT = re.compile(r"[*+?]|\{(\d{1,3})(?:,(\d{1,3})?)?\}")


def check_pattern(pattern: str) -> str:
    """Why a pattern is not accepted; empty when it is.

    >>> check_pattern("^[A-Z][0-9]{2}(\\\\.[0-9])?$"), check_pattern("(a")
    ('', 'a parenthesis is open')
    """
    if not 0 < len(pattern) <= LONGEST or not pattern.isprintable():
        return f"it has 1 to {LONGEST} visible characters"
    place = depth = 0
    before = "start"  # what a repeat would repeat
    while place < len(pattern):
        sign = pattern[place]
        if sign in "(|":
            if sign == "(" and pattern.startswith("(?", place):
                return "groups have no options"
            depth += sign == "("
            place, before = place + 1, "start"
        elif sign == ")":
            depth -= 1
            place, before = place + 1, "group"
        elif repeat := _REPEAT.match(pattern, place):
            if why := _repeat(repeat, before):
                return why
            place, before = repeat.end(), "repeat"
        elif atom := _RANGED.match(pattern, place) or _ATOM.match(pattern, place):
            if not _rising(atom[0]):
                return "a range in brackets falls"
            place, before = atom.end(), "anchor" if atom[0] in "^$" else "atom"
        else:
            return f"the sign at place {place + 1} cannot stand there"
        if not 0 <= depth <= DEEPEST:
            return "its parentheses do not match, or are nested too deeply"
    return "a parenthesis is open" if depth else ""


def _repeat(repeat: re.Match[str], before: str) -> str:
    if before not in ("atom", "group"):
        return "a repeat follows nothing that can be repeated"
    if repeat[1] is None:
        return ""
    least, most = int(repeat[1]), int(repeat[2] or repeat[1])
    if before == "group" or max(least, most) > MOST_REPEATS or least > most:
        return f"a counted repeat is of one sign, rises, and is at most {MOST_REPEATS}"
    return ""


def _rising(atom: str) -> bool:
    inner = atom.strip("[]^") if atom.startswith("[") else ""
    return all(inner[at - 1] <= inner[at + 1] for at in range(1, len(inner) - 1) if inner[at] == "-")


@scalar(exp.RegexpLike)
def _matches(node: exp.RegexpLike, env: Environment) -> Value:
    value, pattern = text(node.this, env, "regexp_matches"), translate(node.expression, env).constant
    if not isinstance(pattern, str):
        env.problems.stop("pattern_invalid", node.expression, why="it is not constant")
    why = check_pattern(pattern)
    if why:
        env.problems.stop("pattern_invalid", node.expression, why=why)
    return truth(f"regexp_matches({t.as_text(value)}, {t.text_sql(pattern)})", value)
