"""A plan with a count, a sum, their ratio and a total, and an engine for its post-processing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import duckdb
import pyarrow as pa

from sandbox.nouns.plan import Expression, KeyColumn, Measure, Op, OutputColumn, Plan, Post, Stage
from sandbox.nouns.policy import ColumnType
from sandbox.nouns.spend import Sensitivity

CENT = Fraction(1, 100)


class Memory:
    """The Engine port over a plain in-memory DuckDB."""

    def __init__(self) -> None:
        self.connection = duckdb.connect()

    def query(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> pa.Table:
        return self.connection.sql(sql).to_arrow_table()

    def run(self, sql: str, parameters: Sequence[object] = (), *, seconds: float | None = None) -> None:
        self.connection.execute(sql)

    def ingest(
        self,
        sql: str,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        parameters: Sequence[object] = (),
        *,
        seconds: float | None = None,
    ) -> None:
        self.connection.register("incoming", pa.Table.from_batches(list(batches), schema))
        self.connection.execute(sql)
        self.connection.unregister("incoming")

    def close(self) -> None:
        self.connection.close()

    def tables(self) -> list[str]:
        return [
            row[0] for row in self.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        ]


def measured(name: str) -> Expression:
    return Expression(Op.MEASURE, name)


def number(value: int | Fraction) -> Expression:
    return Expression(Op.LITERAL, Fraction(value))


def of(op: Op, *args: Expression) -> Expression:
    return Expression(op, None, args)


MEASURES = (
    Measure("m0", "COUNT(DISTINCT unit)", Sensitivity.groups(4), Fraction(1)),
    Measure("m1", "SUM(amount)", Sensitivity.rows(8, 500_00), CENT),
)
COLUMNS = (
    OutputColumn("city", ColumnType.TEXT, Expression(Op.KEY, "k0"), key="k0"),
    OutputColumn("n", ColumnType.INTEGER, measured("m0")),
    OutputColumn("total", ColumnType.NUMBER, measured("m1")),
    OutputColumn("mean", ColumnType.NUMBER, of(Op.DIV, measured("m1"), measured("m0"))),
)
POST = (
    "SELECT k0 AS city, m0::BIGINT AS n, m1 AS total, m1 / NULLIF(m0, 0) AS mean, _cell "
    "FROM released ORDER BY k0 DESC"
)


def stage(cells: int, *, discovered: bool = False) -> Stage:
    domain = None if discovered else tuple(f"c{i:04d}" for i in range(cells))
    key = KeyColumn("k0", "city", ColumnType.TEXT, domain)
    return Stage("SELECT 1", (key,), MEASURES, "m0", discovered=discovered)


def plan_of(part: Stage, columns: tuple[OutputColumn, ...] = COLUMNS, sql: str = POST) -> Plan:
    return Plan("SELECT …", (part,), Post(sql, columns), frozenset({"visits"}), {}, notes=("a note",))


def exact(cells: int, people: int, cents: int) -> pa.Table:
    keys = [f"c{i:04d}" for i in range(cells)]
    counts, sums = pa.array([people] * cells, pa.int64()), pa.array([cents] * cells, pa.int64())
    return pa.table({"k0": keys, "m0": counts, "m1": sums})
