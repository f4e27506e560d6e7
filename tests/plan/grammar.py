"""Random statements of the dialect, as text, and random rows that are unkind to them."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from functools import cache

from hypothesis import strategies as st

from tests.plan.world import CITIES

TEXTS = ("第一医院", "12", "", None)
DAYS = (dt.date(2025, 1, 1), dt.date(2025, 6, 15), dt.date(2025, 12, 31), None)
VALUES: dict[str, dict[str, tuple[object, ...]]] = {
    "visits": {
        "city": (*CITIES, None),
        "sex": ("F", "M", None),
        "amount": (Decimal(0), Decimal("0.001"), Decimal(20000), Decimal("19999.999"), None),
        "weight": (0.0, -0.0, 0.1, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf, None),
        "days": (0, 1, 15, 30, None),
        "code": (0, 1, -1, 2**63 - 1, -(2**63), 2**53 + 1, None),
        "visited_on": DAYS,
        "seen_at": (dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59), None),
        "urgent": (True, False, None),
        "hospital": TEXTS,
        "diagnosis": ("I10", None),
    },
    "drugs": {
        "drug": ("A", "B", None),
        "price": (Decimal("-1.5"), Decimal(0), Decimal(100), None),
        "city": (*CITIES, None),
    },
    "hospitals": {
        "hospital": TEXTS,
        "level": (1, 3, None),
        "region": (*CITIES, None),
        "beds": (0, 2**63 - 1, None),
    },
}
"""Table → column → what its cells may hold."""


def rows_of(table: str) -> st.SearchStrategy[dict[str, object]]:
    """Rows of a table, without their unit."""
    return st.fixed_dictionaries({name: st.sampled_from(held) for name, held in VALUES[table].items()})


VISIT, DRUG, HOSPITAL = rows_of("visits"), rows_of("drugs"), rows_of("hospitals")

RELATIONS = (
    "visits v",
    "visits v JOIN drugs d ON v.id_card = d.person",
    "visits v LEFT JOIN drugs d ON v.id_card = d.person",
    "visits v LEFT JOIN drugs d ON v.id_card = d.person AND v.city = d.city",
    "visits v JOIN visits w ON v.id_card = w.id_card",
    "visits v LEFT JOIN visits w ON v.id_card = w.id_card AND w.days > v.days",
    "visits v JOIN hospitals h ON v.hospital = h.hospital",
    "visits v LEFT JOIN hospitals h ON v.hospital = h.hospital AND h.level > 1",
    "hospitals h JOIN visits v ON v.city = h.region AND v.hospital = h.hospital",
    "drugs d LEFT JOIN visits v ON v.id_card = d.person LEFT JOIN hospitals h ON h.hospital = v.hospital",
    "(SELECT * FROM visits WHERE days > 1) v",
    "(SELECT * FROM (SELECT * FROM visits WHERE amount > 1) x WHERE days > 1) v JOIN drugs d"
    " ON d.person = v.id_card",
    "drugs d JOIN (SELECT x.id_card, x.city, y.sex, x.amount * 2 AS amount, y.weight, clamp(x.days, 1, 40) AS"
    " days, x.code, x.visited_on, y.seen_at, y.days = 30 AS urgent, coalesce(x.hospital, 'a') AS hospital"
    " FROM visits x LEFT JOIN visits y ON x.id_card = y.id_card) v ON d.person = v.id_card",
    "visits v LEFT JOIN (SELECT person AS p, price, 1 AS one, NULL AS none FROM drugs WHERE drug = 'A') d"
    " ON v.id_card = d.p",
    "(SELECT * FROM visits) v JOIN hospitals h ON v.hospital = h.hospital",
    "drugs d RIGHT JOIN visits v ON v.id_card = d.person AND v.city = d.city",
    "visits v FULL JOIN drugs d ON v.id_card = d.person",
    "visits v SEMI JOIN drugs d ON v.id_card = d.person",
    "visits v SEMI JOIN hospitals h ON v.hospital = h.hospital",
    "visits v, drugs d, hospitals h WHERE v.id_card = d.person AND h.hospital = v.hospital AND v.days > 1",
    "visits v JOIN (VALUES (0, 93, 'a'), (1, 90, 'b')) r(lo, hi, l) ON v.days BETWEEN r.lo AND r.hi + 0.5",
    "(SELECT * FROM visits UNION ALL SELECT * FROM visits WHERE days > 1) v",
)
"""Relations whose worst unit attains what is declared."""
CROSSED = tuple(text for text in RELATIONS if " WHERE v.id_card" in text)
"""Relations with a WHERE of their own."""
UNEVEN = (
    "visits v RIGHT JOIN drugs d ON v.id_card = d.person AND d.city = v.city LEFT JOIN drugs e ON e.person ="
    " d.person",
    "visits v FULL JOIN drugs d ON v.id_card = d.person AND v.city = d.city AND d.price > v.days",
    "drugs e FULL JOIN drugs d ON e.person = d.person AND e.drug <> d.drug FULL JOIN visits v"
    " ON v.id_card = e.person",
    "visits v ANTI JOIN drugs d ON v.id_card = d.person AND d.city = v.city",
    "visits v ANTI JOIN hospitals h ON h.hospital = v.hospital AND h.level > v.days",
    "hospitals h RIGHT JOIN visits v ON v.hospital = h.hospital AND h.level > 1",
    "hospitals h JOIN hospitals g ON h.region = g.region JOIN visits v ON v.hospital = g.hospital",
    "visits v CROSS JOIN hospitals h",
    "hospitals h FULL JOIN hospitals g ON h.region = g.region AND h.level > g.level"
    " JOIN visits v ON v.days > 0",
    "(VALUES ('12'), ('第一医院')) r(name) FULL JOIN hospitals h ON r.name = h.hospital"
    " JOIN visits v ON v.days > 0",
    "visits v LEFT JOIN (SELECT g.hospital, h.level FROM hospitals h RIGHT JOIN hospitals g"
    " ON h.region = g.region AND h.beds = 0) h ON v.hospital = h.hospital",
    "visits v LEFT JOIN (SELECT region, MAX(level) AS level, COUNT(*) AS n FROM hospitals GROUP BY region) h"
    " ON v.city = h.region",
    "visits v LEFT JOIN (SELECT region AS r FROM hospitals UNION ALL SELECT region FROM hospitals) h"
    " ON v.city = h.r",
    "(SELECT id_card AS i, city, sex, amount, weight, days, code, visited_on, seen_at, urgent, hospital"
    " FROM visits UNION ALL SELECT person, city, NULL, price, 1, 2, 3, NULL, NULL, TRUE, drug FROM drugs) u"
    " JOIN visits v ON v.id_card = u.i",
    "visits v JOIN (SELECT id_card, days, COUNT(*) AS n FROM visits GROUP BY id_card, days) g"
    " ON g.id_card = v.id_card AND g.days = v.days",
    "visits v JOIN (SELECT id_card, days, COUNT(*) AS n FROM visits GROUP BY id_card, days) g"
    " ON g.id_card = v.id_card AND g.days = g.n",
    "visits v LEFT JOIN (SELECT id_card, days, code, COUNT(*) AS n FROM visits GROUP BY 1, 2, 3) g"
    " ON g.id_card = v.id_card AND g.days = v.days AND g.code = g.n",
)
"""Relations that only have to stay under it."""
WINDOWS = (
    "(SELECT id_card, city, sex, SUM(amount) OVER (PARTITION BY id_card ORDER BY visited_on) AS amount,"
    " MAX(weight) OVER (PARTITION BY id_card, city) AS weight, visited_on,"
    " ROW_NUMBER() OVER (PARTITION BY id_card ORDER BY days) AS days,"
    " LAG(code) OVER (PARTITION BY id_card ORDER BY weight) AS code,"
    " LEAD(seen_at) OVER (PARTITION BY id_card ORDER BY hospital DESC) AS seen_at,"
    " COUNT(*) OVER (PARTITION BY id_card) > 2 AS urgent,"
    " MIN(hospital) OVER (PARTITION BY id_card, sex ORDER BY days) AS hospital FROM visits) v",
    "(SELECT * FROM (SELECT * FROM visits WHERE days > 0"
    " QUALIFY ROW_NUMBER() OVER (PARTITION BY id_card, city ORDER BY seen_at DESC) <= 2) x"
    " QUALIFY SUM(weight > 0) OVER"
    " (PARTITION BY id_card ORDER BY days ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) > 0"
    " OR RANK() OVER (PARTITION BY id_card ORDER BY weight) > 1) v JOIN drugs d ON d.person = v.id_card",
)
"""Subqueries with window functions over the rows of one unit."""
PER_UNIT = (
    "(SELECT id_card, city, MAX(sex) AS sex, SUM(amount) AS amount, MIN(weight) AS weight, COUNT(*) AS days,"
    " MAX(code) AS code, MAX(visited_on) AS visited_on, MIN(seen_at) AS seen_at,"
    " COUNT_IF(urgent) > 0 AS urgent, MAX(hospital) AS hospital FROM visits GROUP BY id_card, city) v",
    "drugs d JOIN (SELECT x.id_card, MIN(x.city) AS city, MAX(x.sex) AS sex, AVG(x.amount) AS amount,"
    " AVG(clamp(x.weight, -1, 7)) AS weight, COUNT(DISTINCT x.hospital) AS days, SUM(x.days) AS code,"
    " MIN(x.visited_on) AS visited_on, MAX(y.seen_at) AS seen_at, SUM(x.urgent) = 1 AS urgent,"
    " MIN(y.hospital) AS hospital FROM visits x LEFT JOIN visits y ON x.id_card = y.id_card WHERE x.days > 0"
    " GROUP BY x.id_card HAVING COUNT(y.amount) FILTER (WHERE y.days > 1) > 1) v ON v.id_card = d.person",
    "(SELECT id_card, hospital, visited_on, code, days, urgent, COUNT(amount) AS amount, SUM(days) AS weight,"
    " MIN(sex) AS sex, MIN(city) AS city, MAX(seen_at) AS seen_at FROM visits"
    " GROUP BY id_card, hospital, visited_on, code, days, urgent) v"
    " JOIN hospitals h ON v.hospital = h.hospital",
)
"""Subqueries that group by the unit."""
NAMED = (
    "WITH own AS (SELECT * FROM visits WHERE days > 1), twice AS (SELECT a.id_card, a.city, b.sex, a.amount, "
)
NAMED += "b.weight, a.days, b.code, a.visited_on, b.seen_at, a.urgent, b.hospital FROM own a JOIN own b "
NAMED += "USING (id_card)) "
NAMED_RELATIONS = ("own v", "twice v", "own v JOIN drugs d ON v.id_card = d.person",
                   "twice v LEFT JOIN own w ON w.id_card = v.id_card")  # fmt: skip
FUNCTIONS = ("abs", "floor", "ceil", "round")
NUMBERS = ("v.amount", "v.weight", "v.days", "v.code", "7", "0.5", "-3", "1e30")
CONDITIONS = (
    "v.city = '郑州市'",
    "v.city IN ('郑州市', '开封市')", "v.city > '开'", "v.sex <> 'F'", "v.amount > 0.001",
    "v.amount >= 20000", "v.weight < 1", "v.days BETWEEN 1 AND 30", "v.code = 9007199254740993", "v.urgent",
    "v.visited_on > '2025-01-01'", "v.hospital LIKE '%医%'", "v.seen_at IS NULL", "month(v.visited_on) = 6",
    "v.city IS NOT NULL", "v.days / v.weight > 1", "length(v.hospital) % 2 = 0", "v.urgent IS NOT TRUE",
    "v.visited_on + INTERVAL 40 DAY > '2025-03-01'", "v.seen_at - INTERVAL 9999 MONTH IS NULL",
    "date_diff('month', v.seen_at, v.visited_on) > 3", "v.visited_on - DATE '2025-02-01' > 5",
    "v.seen_at + INTERVAL 999999 SECOND < v.visited_on + 800000", "v.seen_at + INTERVAL 9999 YEAR IS NULL",
    "date_diff('second', v.seen_at, v.visited_on - INTERVAL 3 YEAR) % 7 > 2",
    "replace(trim(v.hospital), '医', 'xyz') || v.city > 'a'", "concat(v.hospital, v.sex, NULL) = '12F'",
    "strpos(v.hospital, '1') = 1", "contains(v.hospital, '医') OR starts_with(left(v.hospital, 3), '第')",
    "regexp_matches(v.hospital, '^[0-9]+$')", "right(v.hospital, 1) = ltrim('2', '1')",
    "date_trunc('week', v.seen_at) > '2025-01-01'", "TRY_CAST(v.hospital AS INTEGER) = 12",
)  # fmt: skip
NESTED = (
    "v.hospital IN (SELECT hospital FROM hospitals WHERE level > 1)",
    "v.hospital NOT IN (SELECT hospital FROM hospitals)",
    "v.days > (SELECT MAX(level) FROM hospitals g WHERE g.region = v.city)",
    "EXISTS (SELECT 1 FROM hospitals g WHERE g.region = v.city AND g.level > v.days)",
    "EXISTS (SELECT * FROM drugs e WHERE e.person = v.id_card AND e.price > v.days)",
    "v.id_card NOT IN (SELECT person FROM drugs WHERE drug = 'A')",
    "v.city IN (SELECT e.city FROM drugs e WHERE e.person = v.id_card)",
    "v.city NOT IN (SELECT e.city FROM drugs e WHERE e.person = v.id_card AND e.price > 0)",
    "NOT EXISTS (SELECT 1 FROM visits w LEFT JOIN drugs e ON e.person = w.id_card WHERE w.id_card = v.id_card"
    " AND w.days > v.days AND EXISTS (SELECT 1 FROM drugs f WHERE f.person = w.id_card AND f.city = w.city))",
)
"""Conditions with subqueries, which stand in WHERE alone; their rows are those of ``v``, which is there."""
KEYS = (
    "v.city", "v.sex", "v.urgent", "v.days", "v.hospital", "v.code", "v.weight", "month(v.visited_on)",
    "date_trunc('quarter', v.visited_on)", "year(v.seen_at)", "v.amount", "v.amount > 1", "v.visited_on",
    "width_bucket(v.amount, 0, 20000, 5)", "width_bucket(v.weight, [-1, 0, 7])",
    "coalesce(v.sex, 'F')", "lower(v.hospital)", "round(v.weight)",
)  # fmt: skip


@cache
def numbers() -> st.SearchStrategy[str]:
    """Numeric expressions."""

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            st.tuples(st.sampled_from(("abs", "floor", "ceil", "round")), inner).map(
                lambda t: f"{t[0]}({t[1]})"
            ),
            pair.map(lambda t: f"coalesce({t[0]}, {t[1]})"),
            pair.map(lambda t: f"greatest({t[0]}, {t[1]})"),
            pair.map(lambda t: f"least({t[0]}, {t[1]})"),
            pair.map(lambda t: f"nullif({t[0]}, {t[1]})"),
            st.tuples(conditions(), pair).map(lambda t: f"if({t[0]}, {t[1][0]}, {t[1][1]})"),
            inner.map(lambda x: f"clamp({x}, -5.5, 10)"),
            st.tuples(st.sampled_from(("sqrt", "ln", "exp")), inner).map(lambda t: f"{t[0]}({t[1]})"),
            st.tuples(inner, st.sampled_from(("2", "3", "0.5", "-1", "1e30"))).map(
                lambda t: f"power({t[0]}, {t[1]})"
            ),
            inner.map(lambda x: f"CAST({x} AS INTEGER)"),
            inner.map(lambda x: f"(- {x})"),
        )

    return st.recursive(st.sampled_from(NUMBERS), grow, max_leaves=4)


@cache
def conditions() -> st.SearchStrategy[str]:
    """Boolean expressions."""

    def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        joined = st.tuples(inner, st.sampled_from(("AND", "OR")), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        )
        return st.one_of(joined, inner.map(lambda x: f"(NOT {x})"))

    return st.recursive(st.sampled_from(CONDITIONS), grow, max_leaves=3)


@cache
def aggregates() -> st.SearchStrategy[str]:
    """Aggregates; sums of wild expressions carry a clamp."""
    bounds = st.sampled_from(
        ("0, 100", "-5, 5", "0.0005, 0.3", "1000000, 1000001", "-1, -1", "-1000000000, 1000000000000")
    )
    clamped = st.tuples(numbers(), bounds).map(lambda t: f"clamp({t[0]}, {t[1]})")
    plain = st.sampled_from(
        (
            "v.amount",
            "v.days",
            "v.amount * 2",
            "v.days - v.amount",
            "month(v.visited_on)",
            "sqrt(v.amount)",
            "power(v.days, 2)",
        )
    )
    found = st.one_of(
        st.just("COUNT(*)"),
        st.just("COUNT(DISTINCT v.id_card)"),
        numbers().map(lambda x: f"COUNT({x})"),
        st.one_of(numbers(), conditions(), st.sampled_from(KEYS)).map(lambda x: f"COUNT(DISTINCT {x})"),
        st.tuples(st.sampled_from(("SUM", "AVG")), st.one_of(plain, clamped)).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
        st.tuples(st.sampled_from(("SUM", "AVG", "COUNT_IF")), conditions()).map(lambda t: f"{t[0]}({t[1]})"),
    )
    one = ("VAR_POP", "VAR_SAMP", "VARIANCE", "STDDEV_POP", "STDDEV_SAMP", "STDDEV")
    two = ("COVAR_POP", "COVAR_SAMP", "CORR", "REGR_SLOPE", "REGR_INTERCEPT")
    bounded = st.one_of(plain, clamped, st.just("v.days > 1"))
    found = st.one_of(
        found,
        found,
        st.tuples(st.sampled_from(one), bounded).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(st.sampled_from(two), bounded, bounded).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
    )
    ranks = st.sampled_from(("0", "0.05", "0.5", "1"))
    found = st.one_of(
        found,
        found,
        found,
        bounded.map(lambda x: f"MEDIAN({x})"),
        st.tuples(st.sampled_from(("QUANTILE_CONT", "QUANTILE_DISC")), bounded, ranks).map(
            lambda t: f"{t[0]}({t[1]}, {t[2]})"
        ),
        st.tuples(ranks, plain).map(lambda t: f"PERCENTILE_CONT({t[0]}) WITHIN GROUP (ORDER BY {t[1]} DESC)"),
        st.sampled_from(
            ("MIN(v.visited_on)", "MAX(v.days)", "MODE(v.city)", "MODE(v.days)", "MODE(v.urgent)")
        ),
    )
    kept = st.tuples(found, conditions()).map(lambda t: f"{t[0]} FILTER (WHERE {t[1]})")
    return st.one_of(found, kept)


@st.composite
def statements(draw: st.DrawFn) -> str:
    """One whole statement."""
    keys = draw(st.lists(st.sampled_from(KEYS), max_size=2, unique=True))
    found = draw(st.lists(aggregates(), min_size=1, max_size=3))
    named = NAMED if draw(st.integers(0, 4)) == 0 else ""
    relation = draw(st.sampled_from(NAMED_RELATIONS if named else (*RELATIONS, *UNEVEN, *WINDOWS, *PER_UNIT)))
    text = f"{named}SELECT {', '.join(found)} FROM {relation}"
    where = draw(st.one_of(st.none(), conditions(), nested(whole=keeps_units(relation))))
    text += f" {'AND' if relation in CROSSED else 'WHERE'} ({where})" if where else ""
    return text + (f" GROUP BY {', '.join(keys)}" if keys else "")


def keeps_units(relation: str) -> bool:
    """Whether every row has the unit of ``v``."""
    return not any(word in relation for word in ("RIGHT", "FULL", "drugs d LEFT JOIN"))


@cache
def nested(whole: bool) -> st.SearchStrategy[str]:
    """Conditions with subqueries; those about the unit of ``v`` only where every row has it."""
    names = [text for text in NESTED if whole or "v.id_card" not in text]
    join = st.tuples(st.sampled_from(names), st.sampled_from(("AND", "OR", "AND NOT")), conditions())
    return st.one_of(st.sampled_from(names), join.map(lambda t: f"{t[0]} {t[1]} {t[2]}"))
