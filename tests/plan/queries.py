# ruff: noqa: E501 - templates stand side by side
"""Random statements of ordinary SQL that plain DuckDB answers too, groups of rows and what is made of groups.

Only what has one answer: numbers stay within their bounds, and orders are total where they matter.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
Keys = list[tuple[str, str]]
"""Names of key columns, each with the expression that it shows."""
Query = tuple[str, Keys, list[str]]
"""A SELECT, its keys and the names of its numbers."""

PEOPLE = "SELECT id_card, city, sex, MAX(days) AS days, COUNT(code) AS code, MIN(hospital) AS hospital, COUNT(urgent) > 0 AS urgent, MIN(visited_on) AS visited_on, MAX(amount) AS amount FROM visits GROUP BY id_card, city, sex"
RELATIONS: dict[str, Sequence[str]] = {
    "v": (
        "visits v", "(SELECT * FROM visits WHERE days > 4) v", "visits v SEMI JOIN drugs d ON v.id_card = d.person",
        "visits v ANTI JOIN drugs d ON v.id_card = d.person AND d.city = v.city",
        "visits v SEMI JOIN hospitals h ON v.hospital = h.hospital",
        "visits v ANTI JOIN hospitals h ON v.hospital = h.hospital AND h.level > 1",
        "(SELECT * FROM visits UNION ALL SELECT * FROM visits WHERE days > 10) v", f"({PEOPLE}) v",
        "(SELECT *, ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY days) AS rn FROM visits QUALIFY rn > 0) v",
        "(SELECT * FROM visits QUALIFY COUNT(*) OVER (PARTITION BY id_card) > 5) v",
        "visits v JOIN visits w ON v.id_card = w.id_card AND w.days < v.days",
        "visits v LEFT JOIN visits w ON v.id_card = w.id_card AND w.days > v.days AND w.city = v.city",
        "visits v CROSS JOIN (VALUES (1), (2)) r(x)",
        "visits v JOIN (VALUES (0, 10, 'a'), (11, 20, 'b')) r(lo, hi, l) ON v.days BETWEEN r.lo AND r.hi",
        "(SELECT * FROM visits v WHERE EXISTS (SELECT 1 FROM drugs d WHERE d.person = v.id_card AND d.price > v.days)) v",
        "(SELECT * FROM visits v WHERE v.days NOT IN (SELECT beds FROM hospitals WHERE beds IS NOT NULL)) v",
    ),
    "vd": (
        "visits v JOIN drugs d ON v.id_card = d.person", "visits v LEFT JOIN drugs d ON v.id_card = d.person",
        "visits v LEFT JOIN drugs d ON v.id_card = d.person AND v.city = d.city",
        "drugs d RIGHT JOIN visits v ON v.id_card = d.person AND v.city = d.city",
        "visits v FULL JOIN drugs d ON v.id_card = d.person",
        "visits v FULL JOIN drugs d ON v.id_card = d.person AND v.city = d.city AND d.price > v.days",
        "drugs d LEFT JOIN visits v ON v.id_card = d.person AND v.urgent",
    ),
    "vh": (
        "visits v JOIN hospitals h ON v.hospital = h.hospital",
        "visits v LEFT JOIN hospitals h ON v.hospital = h.hospital AND h.level > 1",
        "hospitals h JOIN visits v ON v.city = h.region AND v.hospital = h.hospital",
        "hospitals h RIGHT JOIN visits v ON v.hospital = h.hospital AND h.level > 1", "visits v CROSS JOIN hospitals h",
        "visits v JOIN hospitals h ON v.hospital IS NOT DISTINCT FROM h.hospital",
        "visits v JOIN (SELECT region, MAX(level) AS level, COUNT(*) AS beds FROM hospitals GROUP BY region) h ON v.city = h.region",
    ),
    "d": ("drugs d", "drugs d SEMI JOIN visits v ON v.id_card = d.person AND v.urgent", "(SELECT * FROM drugs WHERE price > 20) d"),
}  # fmt: skip
"""Tables that stand in FROM → how."""
KEYS: dict[str, Sequence[str]] = {
    "v": (
        "v.city", "v.sex", "v.urgent", "v.days", "v.hospital", "v.code % 7", "month(v.visited_on)", "v.days > 10", "v.code",
        "coalesce(v.sex, 'F')", "lower(v.hospital)", "width_bucket(v.days, 0, 30, 3)", "year(v.visited_on)", "v.days // 10",
        "CASE WHEN v.days > 20 THEN 'long' WHEN v.days > 10 THEN 'mid' END", "substr(v.hospital, 1, 1)", "left(v.city, 1)",
        "v.city || coalesce(v.sex, '?')", "date_trunc('month', v.visited_on)", "v.code BETWEEN 10 AND 20",
        "quarter(v.visited_on)", "nullif(v.sex, 'F')", "substr(v.hospital, -2)",
    ),
    "d": ("d.drug", "d.city", "d.price > 50", "floor(d.price / 25)"), "h": ("h.level",),
}  # fmt: skip
CONDITIONS: dict[str, Sequence[str]] = {
    "v": (
        "v.city = '郑州市'", "v.city <> '郑州市'", "v.city IN ('郑州市', '开封市')", "v.sex NOT IN ('F')", "v.amount > 100",
        "v.days BETWEEN 5 AND 20", "v.days NOT BETWEEN 5 AND 20", "v.urgent", "NOT v.urgent", "v.urgent IS NOT TRUE",
        "v.visited_on > '2025-06-01'", "v.hospital LIKE '%医%'", "v.hospital NOT LIKE '1%'", "v.hospital ILIKE '%医院'",
        "v.hospital LIKE '100\\%%' ESCAPE '\\'", "v.sex IS DISTINCT FROM 'F'", "v.sex IS NOT DISTINCT FROM NULL",
        "v.days IS NULL", "month(v.visited_on) = 6", "v.code % 3 = 1", "v.code % -3 = 1", "v.days * 2 > v.code - 5",
        "v.days - v.code BETWEEN -5 AND 10", "v.days = 4 OR v.code = 10", "(v.days, v.sex) = (4, 'F')",
        "(v.days, v.sex) <> (4, NULL)", "(v.city, v.sex) IN (('郑州市', 'F'), ('开封市', 'M'))", "coalesce(v.days, 0) = 0",
        "v.visited_on + INTERVAL 1 MONTH > '2025-06-30'", "v.days / 4 > 2", "v.days // 4 > 2", "-v.days < -10",
        "abs(v.days - 15) < 5", "CASE v.sex WHEN 'F' THEN v.days > 3 ELSE v.days > 20 END", "length(v.hospital) > 3",
        "v.hospital IN (SELECT hospital FROM hospitals WHERE level > 1)", "v.hospital NOT IN (SELECT hospital FROM hospitals)",
        "v.days = ANY (SELECT level FROM hospitals)", "v.days <> ALL (SELECT level FROM hospitals)",
        "EXISTS (SELECT 1 FROM hospitals g WHERE g.region = v.city AND g.level > v.days)",
        "v.days > (SELECT MAX(level) FROM hospitals g WHERE g.region = v.city)", "v.hospital || 'x' = '12x'",
        "regexp_matches(v.hospital, '^[0-9]+$')", "v.hospital SIMILAR TO '[0-9]+'", "TRY_CAST(v.hospital AS INTEGER) = 12",
        "v.days IN (1, 2, NULL)", "v.days NOT IN (1, 2, NULL)", "extract('dow' FROM v.visited_on) = 1",
        "date_diff('day', DATE '2025-03-01', v.visited_on) > 30", "ifnull(v.sex, 'x') > 'E'", "greatest(v.days, v.code) > 40",
        "least(v.days, v.code, 9) = 9", "v.urgent = (v.sex = 'F')", "v.urgent > (v.days > 4)", "sign(v.days - 9) = 1",
        "v.code ^ 2 > 900", "round(v.code / 8) = 2", "round(v.code, -1) = 20", "floor(v.code / 8.0) = 2",
        "CAST(v.code / 8 AS INTEGER) = 2", "v.days::VARCHAR LIKE '1%'", "strftime(v.visited_on, '%m') = '06'",
        "substr(v.hospital, -2) = '医院'",
    ),
    "d": ("d.drug = 'A'", "d.drug <> 'A'", "d.price > 10", "d.price IS NULL", "d.city = '开封市'"),
    "h": ("h.level > 1", "h.region = '郑州市'", "h.level IS NULL", "h.beds > 50"),
}  # fmt: skip
SUM = "⟨{}⟩"
"""A sum or COUNT_IF, which is 0 here and NULL in DuckDB where there is nothing to add."""
AGGREGATES: dict[str, Sequence[str]] = {
    "v": (
        "COUNT(*)", "COUNT(v.days)", "COUNT(DISTINCT v.id_card)", "COUNT(DISTINCT v.days)", "COUNT(DISTINCT v.hospital)",
        "AVG(v.days)", "AVG(clamp(v.code, 0, 50))", "AVG(v.urgent)", "COUNT(v.sex) * 2 + 1",
        "COUNT(*) FILTER (WHERE v.days > 4)", "AVG(v.days) FILTER (WHERE v.urgent)", "COUNT(*) - COUNT(v.sex)",
        "COUNT(DISTINCT v.sex) FILTER (WHERE v.days > 4)", "COUNT(DISTINCT CASE WHEN v.urgent THEN v.id_card END)",
        "COUNT(DISTINCT IF(v.days > 4, v.hospital, NULL))", "REGR_COUNT(v.days, v.amount)",
        "REGR_AVGX(v.days, v.amount)", *(SUM.format(text) for text in (
            "SUM(v.days)", "COUNT_IF(v.urgent)", "SUM(v.amount)", "SUM(clamp(v.code, 0, 50))", "SUM(v.urgent)", "SUM(v.days) FILTER (WHERE v.sex = 'F')",
            "SUM(CASE WHEN v.urgent THEN v.days END)", "SUM(CASE WHEN v.urgent THEN 1 ELSE 0 END)", "SUM(v.days * 2 + 1)",
            "SUM(-v.days)", "SUM(abs(v.days - 15))", "SUM(v.days % 5)", "SUM(v.days // 5)", "SUM(month(v.visited_on))",
            "SUM(coalesce(v.days, 7))", "SUM(v.days - v.days / 4)",
        )),
    ),
    "d": ("COUNT(d.price)", SUM.format("SUM(d.price)"), "COUNT(DISTINCT d.person)", "COUNT(DISTINCT d.drug)"),
    "h": (SUM.format("SUM(h.level)"), "COUNT(h.level)", "COUNT(h.beds)"),
}  # fmt: skip
SPREADS = (
    "VAR_POP(v.days)", "STDDEV(v.days)", "COVAR_POP(v.days, clamp(v.code, 0, 100))", "CORR(v.days, clamp(v.code, 0, 100))",
)  # fmt: skip
"""Of whole numbers, whose squares are whole; where DuckDB has NaN, nothing may be computed of it."""
NUMBERS = (
    "{x}", "{x}", "{x}", "{x} + {y}", "{x} - {y} * 2", "({x} - {y}) * 2", "{x} / (abs({y}) + 1)", "round({x} / 3, 1)", "-{x}",
    "abs({x} - 7)", "CASE WHEN {x} > {y} THEN {x} ELSE {y} + 0.5 END", "greatest({x}, {y})", "least({x}, 10)", "floor({x} / 4)",
    "{x} - ({y} - 3)", "{x} / 2 / 4", "{x} / (2 / 4)", "100 * {x} / nullif({y}, 0)", "CAST({x} AS DOUBLE) / 3", "sqrt(abs({x}))",
    "if({x} > 5, 1, 0)",
)  # fmt: skip
WINDOWS = (
    "SUM({x}) OVER ({part})", "RANK() OVER ({part} ORDER BY {x})", "DENSE_RANK() OVER ({part} ORDER BY {x} DESC)",
    "ROW_NUMBER() OVER ({part} ORDER BY {x} DESC, {all})", "{x} / (1 + COUNT(*) OVER ({part}))", "SUM({x}) OVER ({part} ORDER BY {all})",
    "LAG({x}) OVER ({part} ORDER BY {all})", "LEAD({x}, 2) OVER ({part} ORDER BY {all})", "COUNT(*) OVER ({part})",
    "AVG({x}) OVER ({part} ORDER BY {all} ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)", "FIRST_VALUE({x}) OVER ({part} ORDER BY {all})",
    "{x} - AVG({x}) OVER ({part})", "NTILE(2) OVER ({part} ORDER BY {all})", "PERCENT_RANK() OVER ({part} ORDER BY {x})",
    "CUME_DIST() OVER ({part} ORDER BY {x})",
)  # fmt: skip
OVER_GROUPS = (
    "SUM({x})", "COUNT(*)", "AVG({x})", "MAX({x})", "MIN({x})", "COUNT({x})", "SUM({x}) FILTER (WHERE {x} > 4)",
    "COUNT(*) FILTER (WHERE {x} > 4)", "MAX({x}) - MIN({x})", SUM.format("COUNT_IF({x} > 4)"),
)  # fmt: skip


def both(sql: str) -> tuple[str, str]:
    """A statement as it is asked, and as DuckDB answers it alike.

    >>> both("SELECT ⟨SUM(days)⟩ AS n FROM visits")
    ('SELECT SUM(days) AS n FROM visits', 'SELECT coalesce(SUM(days), 0) AS n FROM visits')
    """
    opening, closing = SUM.split("{}")
    return (
        sql.replace(opening, "").replace(closing, ""),
        sql.replace(opening, "coalesce(").replace(closing, ", 0)"),
    )


class Queries:
    """One random statement after another."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.made = 0

    def statement(self) -> str:
        """A whole statement: sometimes with spreads, sometimes ordered and cut."""
        if not self.random.randrange(8):
            sql, keys, _ = self.group(of="v")
            return sql.replace("SELECT ", f"SELECT {self.pick(SPREADS)} AS spread, ", 1)
        sql, keys, numbers = self.query(self.pick((0, 0, 1, 1, 2, 2, 3)))
        if self.random.randrange(6):
            return sql
        name = self.name("z")
        order = [
            f"{name}.{key}{self.pick(('', ' DESC', ' NULLS FIRST'))}"
            for key in (*(k for k, _ in keys), *numbers)
        ]
        cut = self.pick(("", " LIMIT 3", " LIMIT 3 OFFSET 1"))
        return f"SELECT * FROM ({sql}) {name} ORDER BY {', '.join(order)}{cut}"

    def query(self, depth: int) -> Query:
        """Groups of rows, or something made of them."""
        if depth <= 0:
            return self.group()
        make = self.pick(
            (self.shown, self.joined, self.regrouped, self.windowed, self.combined, self.looked_up)
        )
        return make(self.query(depth - 1))

    def group(self, key: str = "", of: str = "") -> Query:
        """Rows in groups, by one key or any."""
        of = of or self.pick(("v", "v", "v", "vd", "vh", "d"))
        every = [each for table in of for each in KEYS[table]]
        by = [key] if key else self.random.sample(every, self.pick((0, 1, 1, 1, 2, 2, 3)))
        keys = [(self.name("k"), each) for each in by]
        found = self.random.sample(
            [each for table in of for each in AGGREGATES[table]], self.pick((1, 1, 2, 3))
        )
        numbers = [(self.name("n"), each) for each in found]
        items = [f"{each} AS {name}" for name, each in (*keys, *numbers)]
        self.random.shuffle(items)
        sql = f"SELECT {', '.join(items)} FROM {self.pick(RELATIONS[of])}"
        if self.random.randrange(2):
            sql += f" WHERE {self.condition(of)}"
        if keys:
            sql += f" GROUP BY {self.groups([name for name, _ in keys], by)}"
            if not self.random.randrange(5):
                sql += f" HAVING {self.pick(('COUNT(*) > 3', 'COUNT(*) BETWEEN 2 AND 40', 'COUNT(*) < 30 OR COUNT(*) > 60'))}"
        return sql, keys, [name for name, _ in numbers]

    def groups(self, names: Sequence[str], by: Sequence[str]) -> str:
        listed = ", ".join(by)
        return self.pick((
            listed, listed, listed, ", ".join(names), "ALL", f"ROLLUP ({listed})", f"CUBE ({listed})",
            f"GROUPING SETS (({listed}), ({by[0]}), ())",
        ))  # fmt: skip

    def condition(self, of: str) -> str:
        """What rows of these tables may be asked."""
        one = self.pick([each for table in of for each in CONDITIONS[table]])
        return self.pick(
            (
                one,
                one,
                one,
                one,
                f"({one} AND {self.other(of)})",
                f"({one} OR {self.other(of)})",
                f"NOT ({one})",
            )
        )

    def other(self, of: str) -> str:
        return self.pick([each for table in of for each in CONDITIONS[table]])

    def shown(self, made: Query) -> Query:
        """Arithmetic of numbers, some rows left out."""
        sql, keys, numbers = made
        name, number = self.name("q"), self.name("n")
        once, shows = "", self.number(name, numbers)
        if not self.random.randrange(4):
            once, shows = "DISTINCT ", f"floor({shows} / 10 + 0.0317)"
        items = [f"{name}.{key} AS {key}" for key, _ in keys] + [f"{shows} AS {number}"]
        sql = f"SELECT {once}{', '.join(items)} FROM ({sql}) {name}"
        return (
            f"{sql} WHERE {self.asked(name, keys, numbers)}" if self.random.randrange(2) else sql,
            keys,
            [number],
        )

    def joined(self, made: Query) -> Query:
        """Two groups beside one another, by a key that both have."""
        sql, keys, numbers = made
        one, two, number = self.name("a"), self.name("b"), self.name("n")
        if not keys:
            other, _, others = self.group()
            return (
                f"SELECT {one}.{numbers[0]} + {two}.{others[0]} AS {number} FROM ({sql}) {one} CROSS JOIN ({other}) {two}",
                [],
                [number],
            )
        key, shows = self.pick(keys)
        other, ((match, _), *_), others = self.like(shows)
        how = self.pick(("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "SEMI JOIN", "ANTI JOIN"))
        on = f"{one}.{key} {self.pick(('=', '=', 'IS NOT DISTINCT FROM'))} {two}.{match}"
        if not self.random.randrange(3):
            on += f" AND {one}.{numbers[0]} > {two}.{others[0]}"
        seen = (
            f"{one}.{numbers[0]}"
            if how in ("SEMI JOIN", "ANTI JOIN")
            else self.pick((f"{two}.{others[0]}", f"{one}.{numbers[0]} - {two}.{others[0]}"))
        )
        items = [f"{one}.{name} AS {name}" for name, _ in keys] + [f"{seen} AS {number}"]
        return f"SELECT {', '.join(items)} FROM ({sql}) {one} {how} ({other}) {two} ON {on}", keys, [number]

    def regrouped(self, made: Query) -> Query:
        """Groups of groups."""
        sql, keys, numbers = made
        name, number = self.name("g"), self.name("n")
        kept = [key for key in keys if self.random.randrange(2)]
        x = f"{name}.{self.pick(numbers)}"
        items = [f"{name}.{key} AS {key}" for key, _ in kept] + [
            f"{self.pick(OVER_GROUPS).format(x=x)} AS {number}"
        ]
        sql = f"SELECT {', '.join(items)} FROM ({sql}) {name}"
        if not self.random.randrange(3):
            sql += f" WHERE {self.asked(name, keys, numbers)}"
        if kept:
            sql += f" GROUP BY {', '.join(f'{name}.{key}' for key, _ in kept)}{self.pick(('', '', ' HAVING COUNT(*) > 1'))}"
        return sql, kept, [number]

    def windowed(self, made: Query) -> Query:
        """Each group beside the others."""
        sql, keys, numbers = made
        name, plain, number = self.name("w"), self.name("n"), self.name("n")
        x = f"{name}.{self.pick(numbers)}"
        part = f"PARTITION BY {name}.{self.pick(keys)[0]}" if keys and self.random.randrange(2) else ""
        everything = ", ".join(f"{name}.{each}" for each in (*(key for key, _ in keys), *numbers))
        call = self.pick(WINDOWS).format_map({"x": x, "part": part, "all": everything})
        items = [f"{name}.{key} AS {key}" for key, _ in keys] + [f"{x} AS {plain}", f"{call} AS {number}"]
        sql = f"SELECT {', '.join(items)} FROM ({sql}) {name}"
        if not self.random.randrange(3):
            sql += f" QUALIFY {call} {self.pick(('>', '<='))} {self.pick((1, 2, 5))}"
        return sql, keys, [plain, number]

    def combined(self, made: Query) -> Query:
        """Rows of two groups above one another, or those of both, or of one alone."""
        sql, keys, numbers = made
        if not keys:
            return self.shown(made)
        one, two, name, number = self.name("s"), self.name("s"), self.name("k"), self.name("n")
        key, shows = self.pick(keys)
        other, ((match, _), *_), others = self.like(shows)
        how = self.pick(
            ("UNION ALL", "UNION ALL", "UNION", "EXCEPT", "INTERSECT", "EXCEPT ALL", "INTERSECT ALL")
        )
        if how == "UNION ALL":
            left, right, found = (
                f", {one}.{numbers[0]} AS {number}",
                f", {two}.{others[0]} AS {number}",
                [number],
            )
        else:
            left, right, found = "", "", []
        sql = f"SELECT {one}.{key} AS {name}{left} FROM ({sql}) {one} {how} SELECT {two}.{match} AS {name}{right} FROM ({other}) {two}"
        if found:
            return sql, [(name, shows)], found
        last = self.name("s")
        return (
            f"SELECT {last}.{name} AS {name}, COUNT(*) AS {number} FROM ({sql}) {last} GROUP BY {last}.{name}",
            [(name, shows)],
            [number],
        )

    def looked_up(self, made: Query) -> Query:
        """A value of other groups for each."""
        sql, keys, _ = made
        name, number, inner = self.name("l"), self.name("n"), self.name("w")
        if keys and self.random.randrange(4):
            key, shows = self.pick(keys)
            table = next((each for each in "vd" if f"{each}." in shows), "h")
            if table != "h" and self.random.randrange(2):
                asked = f" AND {self.condition(table)}" if self.random.randrange(2) else ""
                calls = [
                    each for each in AGGREGATES[table] if not each.startswith(SUM[0])
                ]  # NULL where none is
                value = f"SELECT {self.pick(calls)} FROM {self.pick(RELATIONS[table][:1])} WHERE ({shows}) = {name}.{key}{asked}"
            else:
                other, ((match, _), *_), others = self.like(shows)
                value = f"SELECT {self.pick(('MAX', 'SUM', 'COUNT'))}({inner}.{others[0]}) FROM ({other}) {inner} WHERE {inner}.{match} = {name}.{key}"
        else:
            other, _, others = self.group()
            value = f"SELECT {self.pick(('MAX', 'SUM', 'AVG', 'COUNT'))}({inner}.{others[0]}) FROM ({other}) {inner}"
        items = [f"{name}.{key} AS {key}" for key, _ in keys] + [f"({value}) AS {number}"]
        return f"SELECT {', '.join(items)} FROM ({sql}) {name}", keys, [number]

    def like(self, shows: str) -> Query:
        """Groups by one key of that expression."""
        table = next((each for each in "vdh" if f"{each}." in shows), "v")
        return self.group(
            shows, self.pick({"v": ("v", "v", "vd", "vh"), "d": ("d", "vd"), "h": ("vh",)}[table])
        )

    def number(self, name: str, numbers: Sequence[str]) -> str:
        return self.pick(NUMBERS).format(x=f"{name}.{self.pick(numbers)}", y=f"{name}.{self.pick(numbers)}")

    def asked(self, name: str, keys: Keys, numbers: Sequence[str]) -> str:
        """What groups may be asked, of their own numbers or of other groups."""
        choices = [
            f"{self.number(name, numbers)} > 7.03",
            f"{name}.{self.pick(numbers)} BETWEEN 1.97 AND 60.03",
        ]
        other, inner, negated = self.name("w"), self.group(), self.pick(("", "NOT "))
        choices.append(
            f"{self.number(name, numbers)} > (SELECT AVG({other}.{inner[2][0]}) + 0.0317 FROM ({inner[0]}) {other})"
        )
        if keys:
            key, shows = self.pick(keys)
            sql, ((match, _), *_), found = self.like(shows)
            choices += [
                f"{name}.{key} IS NOT NULL", f"{negated}EXISTS (SELECT 1 FROM ({sql}) {other} WHERE {other}.{match} = {name}.{key})",
                f"{name}.{key} {negated}IN (SELECT {other}.{match} FROM ({sql}) {other})",
                f"{name}.{key} {negated}IN (SELECT {other}.{match} FROM ({sql}) {other} WHERE {other}.{found[0]} > 4)",
            ]  # fmt: skip
        return self.pick(choices)

    def name(self, letter: str) -> str:
        self.made += 1
        return f"{letter}{self.made}"

    def pick(self, choices: Sequence[T]) -> T:
        return self.random.choice(choices)
