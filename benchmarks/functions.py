"""``python -m benchmarks.functions``: what functions cost a row, beside what the planner allows for.

One thread, short values. The figures of ``sandbox.plan.work`` decide which statements could take long for
the rows of one person alone, so none of them should be the smaller one.
"""

from __future__ import annotations

import time
from statistics import median

import duckdb

from sandbox.plan.work import nanoseconds

ROWS = 300_000
ROUNDS = 5
EXPRESSIONS = (
    "regexp_replace(t0.s, '[0-9]+', 'x', 'g')", "regexp_matches(t0.s, '[0-9]+a')",
    "strftime(t0.m, '%Y-%m-%d')", "trim(t0.s)", "replace(t0.s, '1', 'one')", "split_part(t0.s, '1', 2)",
    "upper(t0.s)", "substr(t0.s, 2, 3)", "contains(t0.s, 'ab')", "(t0.s LIKE '%1_2%')", "(t0.s || t0.s)",
    "date_diff('month', t0.d, t0.m)", "dayname(t0.d)", "(t0.m + INTERVAL 1 MONTH)", "sin(t0.x)", "ln(t0.x)",
    "pow(t0.x, 1.5)", "(t0.x * 2e0)", "round(t0.x, 2)", "(t0.n % 7e0)",
    "mod(t0.x * 1e300, 1e-300)", "TRY_CAST(t0.s AS DATE)", "TRY_CAST(t0.s AS TIMESTAMP)",
    "TRY_CAST(t0.x AS VARCHAR)", "TRY_CAST(t0.s AS DOUBLE)", "TRY_CAST(t0.s AS BIGINT)",
    "TRY_CAST(t0.x * 1e300 AS BIGINT)", "TRY_CAST(t0.s AS DECIMAL(18,3))",
    "TRY_CAST(t0.x * 1e300 AS DECIMAL(18,3))", "TRY_CAST(t0.s AS BOOLEAN)",
)  # fmt: skip


def took(connection: duckdb.DuckDBPyConnection, expression: str) -> float:
    """Median seconds of the processor to compute it for all rows; a count alone would leave some out."""
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        connection.execute(f"SELECT bit_xor(hash({expression})) FROM t0").fetchall()
        times.append(time.process_time() - started)
    return median(times)


def main() -> None:
    """Print a line for each expression; ``!`` where it took longer than it is allowed for."""
    connection = duckdb.connect(config={"threads": "1"})
    connection.execute(
        "CREATE TABLE t0 AS SELECT i::BIGINT AS n, i / 7 + 0.5::DOUBLE AS x, 'ab' || i || 'ba12' AS s, "
        "DATE '2025-01-01' + (i % 365)::INTEGER AS d, TIMESTAMP '2025-01-01' + to_seconds(i) AS m "
        f"FROM range({ROWS}) r(i)"
    )
    nothing = took(connection, "t0.n")
    print("| Expression | ns a row, measured | allowed for |\n|---|---|---|")
    for expression in EXPRESSIONS:
        spent = (took(connection, expression) - nothing) / ROWS * 1e9
        allowed = nanoseconds(expression)
        print(f"| `{expression}` | {spent:.0f} | {allowed}{' !' if spent > allowed else ''} |")


if __name__ == "__main__":
    main()
