# ruff: noqa: E501 - statements stand side by side
"""Attacks through failures: rows on which an engine would raise, asked for in the world that has them and in
the one that has not. A developer must not be able to tell which of the two answered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.audit.attacks.clinic import Twins
from sandbox.audit.attacks.outcome import Outcome, never

PACKED = 6
"""Conditions of one statement."""
_MOMENTS = ("day", "seen_at", "CAST(hospital AS DATE)", "CAST(hospital AS TIMESTAMP)")
_HUGE = "code * " * 16 + "code"
_TOTALS = "SELECT SUM(clamp(n, -1, 1)) FROM (SELECT id_card, {} AS n FROM visits GROUP BY id_card) t"
_RUNNING = (
    "SELECT SUM(clamp(n, -1, 1)) FROM "
    "(SELECT id_card, {} OVER (PARTITION BY id_card ORDER BY seen_at) AS n FROM visits) t"
)


@dataclass(frozen=True)
class Channel:
    """One way to make rows raise."""

    name: str
    zh: str
    conditions: tuple[str, ...] = ()
    """Counted, several in one statement: each is computed for every row."""
    statements: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """Every statement."""
        counts = [f"COUNT(*) FILTER (WHERE {each})" for each in self.conditions]
        packed = (counts[start : start + PACKED] for start in range(0, len(counts), PACKED))
        return (*(f"SELECT {', '.join(each)} FROM visits" for each in packed), *self.statements)


CHANNELS = (
    Channel(
        "casts", "类型转换",
        (
            "CAST(hospital AS BIGINT) > 1", "CAST(hospital AS DOUBLE) > 1", "CAST(hospital AS BOOLEAN)",
            "CAST(hospital AS DATE) > DATE '2025-01-01'", "CAST(hospital AS TIMESTAMP) IS NULL",
            "CAST(weight AS BIGINT) = 1", "CAST(weight AS INTEGER) = 1", "CAST(code AS TINYINT) > 3",
            "CAST(code AS DECIMAL(4, 1)) > 3", "CAST(seen_at AS DATE) IS NULL", "CAST(day AS TIMESTAMP) IS NULL",
            "CAST(CAST(weight AS VARCHAR) AS DATE) IS NULL",
        ),
    ),
    Channel(
        "overflow", "溢出",
        (
            "code + code > 0", "code * code > 0", f"{_HUGE} > 0", "- code > 0", "abs(code) > 1",
            "power(code, 8) > 1", "power(weight, 1000) > 1", "exp(weight) > 1", "round(weight, 12) > 1",
            "round(code, -12) > 1", "amount * 1e60 * 1e60 * 1e60 * 1e60 * 1e60 * 1e60 > 1",
        ),
        (
            "SELECT SUM(clamp(code, -1e9, 1e9)), AVG(clamp(weight, -1e6, 1e6)) FROM visits",
            "SELECT STDDEV_SAMP(clamp(code, -1e6, 1e6)), VAR_POP(clamp(weight, -1e6, 1e6)) FROM visits",
            *(_TOTALS.format(f"{name}({x})") for name in ("SUM", "AVG") for x in ("days", "amount")),
            *(_TOTALS.format(f"SUM(clamp({x}, -1e12, 1e12))") for x in ("code", "weight")),
            _RUNNING.format("SUM(days)"), _RUNNING.format("SUM(clamp(code, -1e12, 1e12))"),
            "SELECT SUM(clamp(a.code * b.code, 0, 1)) FROM visits a JOIN visits b ON a.id_card = b.id_card",
        ),
    ),
    Channel(
        "division", "除以零",
        (
            "1 / days > 1", "code / (days - days) IS NULL", "code % days = 1", "weight % 0 = 1",
            "amount / amount > 1", "1 / (weight - weight) > 1", "power(days, -1) > 1",
        ),
        ("SELECT SUM(clamp(1 / days, 0, 1)) FROM visits", "SELECT AVG(clamp(code / code, 0, 1)) FROM visits"),
    ),
    Channel(
        "NaN and infinity", "非数与无穷",
        (
            "sqrt(weight) > 1", "ln(weight) > 1", "ln(days) > 1", "floor(weight) > 1", "weight > weight",
            "width_bucket(weight, 0, 10, 5) = 1", "greatest(weight, amount) > 1", "weight - weight = 0",
            "CAST(weight AS VARCHAR) = 'nan'", "weight % weight > 0", "weight IN (0, 1.5)",
        ),
        (
            "SELECT SUM(clamp(weight, 0, 1)), MEDIAN(clamp(weight, -5, 5)), MAX(clamp(weight, 0, 9)) FROM visits",
            "SELECT CORR(clamp(weight, -1, 1), clamp(amount, 0, 1)) FROM visits",
            "SELECT width_bucket(weight, 0, 10, 5) AS k, COUNT(*) FROM visits GROUP BY k",
            "SELECT SUM(price), MIN(price) FROM drugs",
        ),
    ),
    Channel(
        "patterns", "模式匹配",
        (
            r"regexp_matches(hospital, '^(a|b)*c$')", r"regexp_matches(hospital, '(a*)*b')",
            r"regexp_matches(hospital, '[^a]{100}.*.*.*x')", r"regexp_matches(diagnosis, '\\.')",
            "hospital LIKE '%a%a%a_b'", r"hospital LIKE '_%\%' ESCAPE '\'", "diagnosis NOT LIKE '%'",
            "strpos(hospital, 'aab') > 0", "contains(hospital, '')", "starts_with(hospital, '𝕏')",
        ),
    ),
    Channel(
        "dates", "日期范围",
        (
            *(f"{one} + INTERVAL 1000000 {unit} IS NULL" for one in _MOMENTS for unit in ("YEAR", "SECOND")),
            *(f"{one} - INTERVAL 1 MONTH IS NULL" for one in _MOMENTS),
            *(f"date_trunc('week', {one}) IS NULL" for one in _MOMENTS),
            *(f"date_diff('second', {one}, visited_on) > 0" for one in _MOMENTS),
            *(f"EXTRACT(year FROM {one}) > 1" for one in _MOMENTS),
            *(f"CAST({one} AS VARCHAR) > 'a'" for one in _MOMENTS),
            "day = seen_at", "greatest(day, seen_at) IS NULL", "day - DATE '2025-01-01' > 1",
            "seen_at > DATE '2025-01-01'", "day IN (TIMESTAMP '2025-01-01 01:00:00')",
        ),
        (
            "SELECT date_trunc('month', day) AS k, COUNT(*) FROM visits GROUP BY k",
            "SELECT COUNT(*) FROM (SELECT id_card, MAX(seen_at) AS n FROM visits GROUP BY id_card) t "
            "WHERE n + INTERVAL 1 DAY IS NULL",
        ),
    ),
    Channel(
        "depth", "嵌套深度",
        (
            "abs(" * 20 + "weight" + ")" * 20 + " > 1",
            "CAST(CAST(" * 9 + "hospital" + " AS DOUBLE) AS VARCHAR)" * 9 + " = '1'",
            " OR ".join(f"CAST(hospital AS BIGINT) / (days - {place}) = {place}" for place in range(80)),
            "CASE WHEN weight > 0 THEN " * 15 + "1 / days" + " END" * 15 + " > 0",
        ),
        (
            "SELECT COUNT(*) FROM " + "(SELECT id_card, code * 2 AS code FROM " * 12 + "visits" + ") t" * 12
            + " WHERE code > 0",
        ),
    ),
    Channel(
        "texts", "文本函数",
        (
            f"length(replace(hospital, 'a', '{'b' * 64}')) > 5", f"trim(hospital, '{'b' * 199}a') = ''",
            f"strpos(hospital, '{'a' * 199}b') > 0", "replace(hospital, '', 'x') = ''",
            "length(" + " || ".join(["hospital"] * 60) + ") > 1", "upper(lower(hospital)) = ''",
            "left(hospital, 1000000) = right(hospital, 1000000)", "substr(hospital, 0, 0) = ''",
            "concat(hospital, diagnosis, NULL) = ''",
        ),
        ("SELECT COUNT(DISTINCT hospital || diagnosis) FROM visits",),
    ),
    Channel(
        "shapes", "结果形状",
        (),
        (
            "SELECT city, sex, COUNT(*), SUM(amount) FROM visits GROUP BY city, sex",
            "SELECT city, COUNT(*) FROM visits WHERE diagnosis = 'only she' GROUP BY city",
            "SELECT visited_on, COUNT(DISTINCT id_card) FROM visits GROUP BY visited_on",
            "SELECT drug, MEDIAN(price) FROM drugs GROUP BY drug",
            "SELECT urgent, COUNT(*) FROM visits GROUP BY urgent",
            "SELECT v.city, d.drug, COUNT(*) FROM visits v FULL JOIN drugs d ON v.id_card = d.person "
            "GROUP BY v.city, d.drug",
            "SELECT v.city, COUNT(d.drug) FROM visits v LEFT JOIN drugs d ON v.id_card = d.person GROUP BY v.city",
            "SELECT h.region, COUNT(v.days) FROM hospitals h LEFT JOIN visits v ON h.hospital = v.hospital "
            "GROUP BY h.region",
            "SELECT CASE WHEN diagnosis = 'only she' THEN 'x' END AS k, COUNT(*) FROM visits GROUP BY k",
            "SELECT city, sex, COUNT(*) FROM visits GROUP BY CUBE (city, sex)",
            "SELECT COUNT(*) FROM visits WHERE amount > (SELECT AVG(amount) FROM visits)",
        ),
    ),
)  # fmt: skip
"""What is asked of both clinics, by what would raise."""


def channel(asked: Channel) -> Callable[[Twins], Outcome]:
    """The attack through one channel."""

    def attack(world: Twins) -> Outcome:
        cases = {sql: _told_apart(world, sql) for sql in asked.asked}
        return never(
            f"errors: {asked.name}",
            f"错误信道：{asked.zh}",
            "questions that tell whether she is there",
            cases,
        )

    return attack


def _told_apart(world: Twins, sql: str) -> bool:
    with_her, without = world.seen(sql, epsilon="0.1")
    return with_her != without


errors = tuple(channel(each) for each in CHANNELS)
"""One attack for each channel."""
