"""Regular expressions: constant patterns of a plain subset of RE2, checked so that the engine never fails.

RE2 runs in time linear in text and pattern, so the cost of a row is bounded by the length of the pattern.
"""

from __future__ import annotations

import re
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.logic import truth
from sandbox.plan.scalars.registry import Environment, scalar, translate
from sandbox.plan.scalars.text import grown, text
from sandbox.plan.types import Value, derive

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


def _pattern(node: exp.Expr, env: Environment) -> str:
    pattern = translate(node.args["expression"], env).constant
    if not isinstance(pattern, str):
        env.problems.stop("pattern_invalid", node.args["expression"], why="it is not constant")
    why = check_pattern(pattern)
    if why:
        env.problems.stop("pattern_invalid", node.args["expression"], why=why)
    return pattern


@scalar(exp.RegexpLike, exp.RegexpFullMatch)
def _matches(node: exp.Expr, env: Environment) -> Value:
    name = "regexp_matches" if isinstance(node, exp.RegexpLike) else "regexp_full_match"
    value, pattern = text(node.this, env, name), _pattern(node, env)
    return truth(f"{name}({t.as_text(value)}, {t.text_sql(pattern)})", value)


@scalar(exp.RegexpExtract)
def _extract(node: exp.RegexpExtract, env: Environment) -> Value:
    """``regexp_extract(x, '^([A-Z])', 1)``: a part of the text, or an empty one."""
    value, pattern = text(node.this, env, "regexp_extract"), _pattern(node, env)
    given = node.args.get("group")
    group = translate(given, env).constant if given is not None else Fraction(0)
    if not isinstance(group, Fraction) or group not in range(groups_of(pattern) + 1):
        env.problems.stop("pattern_invalid", node, why="it has no group of that number")
    sql = f"regexp_extract({t.as_text(value)}, {t.text_sql(pattern)}, {int(group)})"
    return derive(sql, Kind.TEXT, t.VARCHAR, value)


@scalar(exp.RegexpReplace)
def _replaced(node: exp.RegexpReplace, env: Environment) -> Value:
    """``regexp_replace(x, '[.].*', '')``; each sign may become the replacement, which bounds the growth."""
    value, pattern = text(node.this, env, "regexp_replace"), _pattern(node, env)
    given = node.args.get("replacement")
    put = translate(given, env).constant if given is not None else ""
    every = node.args.get("modifiers")
    mode = translate(every, env).constant if every is not None else ""
    if not isinstance(put, str) or len(put) > LONGEST_PUT or not _REPLACEMENT.fullmatch(put):
        env.problems.stop(
            "constant_needed", node, what="regexp_replace", example="regexp_replace(x, 'a', 'b')"
        )
    if any(int(number) > groups_of(pattern) for number in re.findall(r"\\(\d)", put)):
        env.problems.stop("pattern_invalid", node, why="it has no group of that number")
    if mode not in ("", "g"):
        env.problems.stop("construct_not_supported", node, what="this option of regexp_replace")
    option = ", 'g'" if mode else ""
    sql = f"regexp_replace({t.as_text(value)}, {t.text_sql(pattern)}, {t.text_sql(put)}{option})"
    made = derive(sql, Kind.TEXT, t.VARCHAR, value)
    return grown(made, value.growth * (1 + len(put)), node, env)


def groups_of(pattern: str) -> int:
    r"""Groups of an accepted pattern, at most nine of which can be named.

    >>> groups_of(r"(a(b))[(]\(")
    2
    """
    bare = re.sub(r"\\.|\[\^?[^\]]*\]", "", pattern)
    return min(9, bare.count("("))


LONGEST_PUT = 20
"""Characters of a replacement."""
_REPLACEMENT = re.compile(r"(?:[^\\]|\\\d)*")
