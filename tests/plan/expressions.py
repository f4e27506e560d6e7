# ruff: noqa: E501 - templates stand side by side
"""Random expressions of every function of the dialect, with constants that nobody would write."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

BACKSLASH = chr(92)
SHAPES: dict[str, Sequence[str]] = {
    "number": (
        "({number} + {number})", "({number} - {number})", "({number} * {number})", "({number} / {number})",
        "({number} % {number})", "({number} // {number})", "(- {number})", "abs({number})", "ceil({number})",
        "floor({number})", "round({number})", "round({number}, {digits})", "trunc({number})", "sign({number})",
        "sqrt({number})", "cbrt({number})", "exp({number})", "ln({number})", "log10({number})", "log2({number})",
        "log({number}, {number})", "sin({number})", "cos({number})", "power({number}, {number})",
        "power({number}, {digits})", "greatest({number}, {number})", "least({number}, {number})",
        "coalesce({number}, {number})", "nullif({number}, {number})", "clamp({number}, {ends})",
        "width_bucket({number}, {ends}, 10)", "width_bucket({number}, [{ends}])",
        "CASE WHEN {truth} THEN {number} ELSE {number} END", "CAST({any} AS {type})", "TRY_CAST({any} AS {type})",
        "length({text})", "strpos({text}, {text})", "extract({part} FROM {moment})", "date_diff('{unit}', {moment}, {moment})",
        "date_sub('{unit}', {moment}, {moment})", "({day} - {day})", "isodow({day})", "second({time})",
    ),
    "text": (
        "({text} || {text})", "upper({text})", "lower({text})", "trim({text})", "ltrim({text}, {text})", "rtrim({text}, '𝕏a')",
        "substr({text}, {count}, {count})", "substr({text}, {count})", "left({text}, {count})", "right({text}, {count})",
        "replace({text}, {text}, 'bb')", "concat({text}, {any})", "concat_ws(',', {text}, {any})",
        "split_part({text}, {text}, {count})", "split_part({text}, '', {count})", "regexp_extract({text}, {pattern}, {digits})",
        "regexp_replace({text}, {pattern}, {again}, '{option}')", "CAST({any} AS VARCHAR)", "strftime({moment}, '{format}')",
        "dayname({moment})", "monthname({moment})", "coalesce({text}, {text})", "nullif({text}, {text})",
        "greatest({text}, {text})", "CASE WHEN {truth} THEN {text} ELSE {text} END",
    ),
    "day": (
        "CAST({any} AS DATE)", "TRY_CAST({text} AS DATE)", "date_trunc('{unit}', {day})", "last_day({moment})",
        "({day} + {count})", "({day} - {count})", "coalesce({day}, {day})", "greatest({day}, {day})",
    ),
    "time": (
        "CAST({any} AS TIMESTAMP)", "TRY_CAST({text} AS TIMESTAMP)", "date_trunc('{unit}', {moment})",
        "({moment} + INTERVAL {count} {unit})", "({moment} - INTERVAL {count} {unit})", "coalesce({time}, {time})",
    ),
    "truth": (
        "({number} {order} {number})", "({text} {order} {text})", "({moment} {order} {moment})", "({truth} = {truth})",
        "({number} BETWEEN {number} AND {number})", "({text} BETWEEN {text} AND {text})", "({number} IN ({number}, {number}))",
        "({text} NOT IN ({text}, {text}))", "({text} LIKE {like})", "({text} NOT ILIKE {like})",
        "({text} LIKE {like} ESCAPE {sign})", "contains({text}, {text})", "starts_with({text}, {text})", "ends_with({text}, {text})",
        "regexp_matches({text}, {pattern})", "regexp_matches({text}, {pattern}, '{option}')", "regexp_full_match({text}, {pattern})",
        "({truth} AND {truth})", "({truth} OR {truth})", "(NOT {truth})", "({any} IS NULL)", "({any} IS NOT NULL)",
        "isnan({number})", "CAST({any} AS BOOLEAN)", "({truth} IS NOT TRUE)", "coalesce({truth}, {truth})",
    ),
    "moment": ("{day}", "{time}"),
    "any": ("{number}", "{text}", "{day}", "{time}", "{truth}"),
}  # fmt: skip
"""Kind → how one is made of others."""
ENDS: dict[str, Sequence[str]] = {
    "number": (
        "v.amount", "v.weight", "v.days", "v.code", "v.weight", "v.code", "NULL", "0", "1", "-1", "0.5", "3", "-0.0", "1e30",
        "1e308", "-1e308", "1e-308", "9223372036854775807", "-9223372036854775808", "123456789012345678", "0.000000001",
    ),
    "text": ("v.hospital", "v.hospital", "v.city", "v.sex", "''", "'a'", "'中'", "'%_'", f"'{BACKSLASH}'", "'𝕏'", "'12'", "NULL"),
    "day": ("v.visited_on", "v.visited_on", "DATE '2025-01-01'", "DATE '0001-01-01'", "DATE '9999-12-31'"),
    "time": ("v.seen_at", "v.seen_at", "TIMESTAMP '2025-01-01 00:00:00'", "TIMESTAMP '9999-12-31 23:59:59.999999'"),
    "truth": ("v.urgent", "v.urgent", "TRUE", "NULL", "v.days > 3"),
    "digits": ("0", "1", "2", "9", "-2", "12", "-12", "30", "-30", "308"),
    "count": ("0", "1", "-1", "3", "1000", "1000000", "-1000000", "2147483647", "9223372036854775807"),
    "ends": ("0, 100", "-1e300, 1e300", "0, 0.001", "-5, 5", "0, 9e18"),
    "type": ("INTEGER", "BIGINT", "DOUBLE", "DECIMAL(18,2)", "DECIMAL(4,3)", "DECIMAL(38,10)", "SMALLINT", "HUGEINT", "FLOAT"),
    "unit": ("second", "minute", "hour", "day", "week", "month", "quarter", "year", "decade"),
    "part": ("year", "month", "day", "doy", "dow", "isodow", "week", "quarter", "hour", "minute", "second", "epoch", "century"),
    "format": ("%Y-%m", "%Y%m%d%j%V%G%u%w%B%b%A%a%y%%", "%H:%M:%S %I %p", "%f", "%c", "%x", "%Z", "%-d", "%U", "%s", "%", "%E"),
    "order": ("=", "<>", "<", "<=", ">", ">=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"),
    "like": ("'%'", "'_'", "'a%'", "'%中_'", "'%%'", "''", "'%a%b%'", f"'{BACKSLASH}'", f"'a{BACKSLASH}%'", "'!%'", "'%!'"),
    "sign": ("'!'", "'%'", "'_'", "'中'", "''", f"'{BACKSLASH}'", "'ab'"),
    "option": ("", "g", "i", "s", "gi", "m", "c", "l", "x"),
    "again": ("'x'", "''", f"'{BACKSLASH}1'", f"'{BACKSLASH}9'", f"'<{BACKSLASH}0>'", f"'{BACKSLASH}'"),
    "pattern": tuple(f"'{text}'" for text in (
        "a", "(a)(b)?", "^", "$", "a*", "[^a]", r"\d+", "(a|b)*", "", "(?i)A", r"\p{Han}", r"\x{4e2d}", ".*", "(?s).", r"\bx",
        "[[:alpha:]]+", "x{0,3}", r"\Qa\E", "(?P<n>a)", r"\C", "[a-", "(", BACKSLASH, "(?=a)", "a**", r"\1", r"[\d-a]", "a{1001}",
    )),
}  # fmt: skip
"""Kind → what stands at the leaves."""
STATEMENTS = (
    "SELECT COUNT(*) FROM visits v WHERE {truth}",
    "SELECT COUNT(*) FILTER (WHERE {truth}) FROM visits v",
    "SELECT COUNT(*) FROM visits v WHERE {any} IS NULL",
    "SELECT COUNT(*) FROM visits v GROUP BY {any}",
    "SELECT COUNT(DISTINCT {any}) FROM visits v",
    "SELECT SUM(clamp({number}, {ends})), AVG(clamp({number}, -1, 1)), VAR_POP(clamp({number}, 0, 7)) FROM visits v",
    "SELECT MEDIAN(clamp({number}, -100, 1000)) FROM visits v",
    "SELECT COUNT(*) FROM (SELECT id_card, MIN({any}) AS x, COUNT({any}) AS y FROM visits v GROUP BY id_card) t GROUP BY x, y",
    "SELECT COUNT(*) FROM (SELECT id_card, lag({any}) OVER (PARTITION BY id_card ORDER BY {any}) AS x FROM visits v) t WHERE x IS NULL",
)  # fmt: skip


def statement(rng: random.Random, depth: int = 3) -> str:
    """A statement with random expressions; many are refused."""
    return _filled(rng.choice(STATEMENTS), depth, rng)


def _filled(template: str, depth: int, rng: random.Random) -> str:
    return re.sub(r"\{([a-z]+)\}", lambda found: _made(found[1], depth, rng), template)


def _made(kind: str, depth: int, rng: random.Random) -> str:
    if kind not in ENDS or (kind in SHAPES and depth > 0 and rng.random() < 0.85):
        return _filled(rng.choice(SHAPES[kind]), depth - 1, rng)
    return rng.choice(ENDS[kind])
