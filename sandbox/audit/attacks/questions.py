# ruff: noqa: E501 - statements stand side by side
"""What the attacks of ``asking`` ask of a clinic."""

from __future__ import annotations

_PATTERNS = " OR ".join(
    f"regexp_matches(v.hospital, '^(a|b)*(a|aa)*[^c]{{{place}}}d')" for place in range(1, 90)
)
_LINES = ", ".join(f"({place})" for place in range(900))
_GROUPS = "(SELECT days, COUNT(*) AS n FROM visits GROUP BY days)"
COSTLY = (
    "SELECT COUNT(*) FROM " + ", ".join(f"hospitals h{place}" for place in range(12)),
    "SELECT COUNT(*) FROM " + ", ".join(f"hospitals h{place}" for place in range(30)),
    "SELECT COUNT(*) FROM visits v" + "".join(
        f" JOIN visits v{place} ON v.id_card = v{place}.id_card" for place in range(8)
    ),
    "SELECT COUNT(*) FROM visits v JOIN visits w ON v.id_card = w.id_card "
    f"JOIN visits x ON v.id_card = x.id_card WHERE {_PATTERNS}",
    f"SELECT COUNT(*) FROM visits v JOIN (VALUES {_LINES}) AS a(x) ON TRUE WHERE {_PATTERNS}",
    "SELECT COUNT(*) FROM " + ", ".join(f"{_GROUPS} t{place}" for place in range(4)),
    "SELECT COUNT(*) FROM " + ", ".join(f"{_GROUPS} t{place}" for place in range(12)),
    "SELECT COUNT(*) FROM visits WHERE code IN (" + ", ".join(map(str, range(1990))) + ")",
    "SELECT COUNT(*) FROM visits WHERE code IN (" + ", ".join(map(str, range(3990))) + ")",
    "SELECT " + ", ".join(f"COUNT(DISTINCT hospital || '{place}')" for place in range(90)) + " FROM visits",
    "SELECT city, sex, urgent, days, COUNT(*) FROM visits GROUP BY CUBE (city, sex, urgent, days)",
    "SELECT city, sex, urgent, days, drug, COUNT(*) FROM visits GROUP BY CUBE (city, sex, urgent, days, hospital)",
    "SELECT visited_on, days, city, sex, urgent, COUNT(*) FROM visits GROUP BY visited_on, days, city, sex, urgent",
    "WITH " + ", ".join(
        f"t{place} AS (SELECT a.city, a.n + b.n AS n FROM t{place - 1} a JOIN t{place - 1} b ON a.city = b.city)"
        if place else "t0 AS (SELECT city, COUNT(*) AS n FROM visits GROUP BY city)"
        for place in range(4)
    ) + " SELECT city, n FROM t3",
    "WITH " + ", ".join(
        f"t{place} AS (SELECT a.n FROM t{place - 1} a, t{place - 1} b)" if place
        else "t0 AS (SELECT level AS n FROM hospitals)"
        for place in range(12)
    ) + " SELECT COUNT(*) FROM t11",
    "SELECT COUNT(*) FROM visits WHERE length(repeat(hospital, 1000000000)) > 1",
    "SELECT COUNT(*) FROM visits WHERE length(lpad(hospital, 1000000000, 'x')) > 1",
    "SELECT COUNT(*) FROM visits WHERE length(" + " || ".join(["hospital"] * 60) + ") > 1",
    "SELECT COUNT(*) FROM visits WHERE length(" + " || ".join(["hospital"] * 900) + ") > 1",
    "SELECT length(h) FROM " + f"(SELECT replace(h, 'H', '{'H' * 60}') AS h FROM " * 6
    + "(SELECT CASE WHEN urgent THEN 'H' END AS h, COUNT(*) AS n FROM visits GROUP BY h) t" + ") t" * 6,
    "SELECT COUNT(*) FROM (SELECT v.id_card, SUM(w.days) OVER (PARTITION BY v.id_card ORDER BY w.seen_at) AS n "
    "FROM visits v JOIN visits w ON v.id_card = w.id_card JOIN visits x ON v.id_card = x.id_card) t WHERE n > 3",
    f"SELECT SUM(n) OVER (ORDER BY n) FROM (SELECT a.n FROM {_GROUPS} a, {_GROUPS} b, {_GROUPS} c) t LIMIT 1",
    "SELECT COUNT(*) FROM visits WHERE hospital LIKE '" + "%a" * 300 + "'",
    "SELECT COUNT(*) FROM visits WHERE " + "abs(" * 23 + "code" + ")" * 23 + " > 1",
)  # fmt: skip
"""Built to take memory, processor or time; some are refused, the others have to end."""
VISIT = "SELECT COUNT(*) AS n FROM visits"
FAMILIES: tuple[tuple[str, ...], ...] = (
    tuple(f"{VISIT} WHERE hospital = {text}" for text in (
        "'1'", "'1.0'", "'01'", "' 1'", "'1 '", "''", "' '", "'h1'", "'H1'", "'é'", "'e\u0301'", "'H1--'", "'H1''H2'",
        "'\"H1\"'", "'/* H1 */'", "'NULL'", "'１'",
    )),
    tuple(f"{VISIT} WHERE {text}" for text in (
        "code > 1", "code >= 1", "code > 1.5", "code < 1", "code = 1", "code <> 1", "NOT code > 1", "code IN (1)",
        "code IN (1, 2)", "code > -1", "days > 1", "weight > 1", "code IS NULL", "code IS NOT NULL", "code IS DISTINCT FROM 1",
        "hospital LIKE 'H_'", "hospital LIKE 'H%'", "hospital LIKE 'h%'", "regexp_matches(hospital, 'H.')",
        "day > DATE '2025-01-01'", "seen_at > DATE '2025-01-01'", "seen_at > TIMESTAMP '2025-01-01 00:00:01'",
    )),
    (
        VISIT, "SELECT COUNT(*) AS m FROM visits", "SELECT COUNT(*) AS \"N\" FROM visits",
        "SELECT COUNT(days) AS n FROM visits", "SELECT COUNT(*) AS n FROM drugs",
        "SELECT COUNT(*) AS n, 1 AS one FROM visits", "SELECT COUNT(*) AS n, '1' AS one FROM visits",
        "SELECT COUNT(*) AS n, TRUE AS one FROM visits", "SELECT COUNT(*) AS n, 1.5 AS one FROM visits",
        "SELECT COUNT(*) + 0 AS n FROM visits", "SELECT COUNT(*) + 1 AS n FROM visits",
        "SELECT SUM(clamp(weight, 0, 1)) AS n FROM visits", "SELECT SUM(clamp(weight, 0, 2)) AS n FROM visits",
        "SELECT SUM(clamp(weight, 0, 1.5)) AS n FROM visits", "SELECT COUNT(DISTINCT id_card) AS n FROM visits",
    ),
    tuple(f"SELECT city, COUNT(*) AS n FROM visits GROUP BY city{text}" for text in (
        "", " ORDER BY n", " ORDER BY n DESC", " LIMIT 1", " LIMIT 2", " HAVING COUNT(*) > 1", " LIMIT 1 OFFSET 1",
    )),
)  # fmt: skip
"""Questions that differ from their neighbours in one thing that matters."""
KEYED = "SELECT hospital, COUNT(*) AS n FROM visits GROUP BY hospital"
LISTS = (["H1"], ["H1", "H2"], ["H1, H2"], ["h1"], ["H1", None], ["1"], ["1.0"], ["H1\\"])
