"""Small stages and exact tables that the tests of noise share."""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa

from sandbox.nouns.plan import KeyColumn, Measure, Stage
from sandbox.nouns.policy import ColumnType
from sandbox.nouns.spend import Sensitivity


def units(group_bound: int = 1, name: str = "m0") -> Measure:
    return Measure(name, "COUNT(DISTINCT unit)", Sensitivity.groups(group_bound), Fraction(1))


def rows(row_bound: int, name: str = "m0", step: int = 1, quantum: Fraction = Fraction(1)) -> Measure:
    return Measure(name, "SUM(x)", Sensitivity.rows(row_bound, step), quantum)


def grid(cells: int, *measures: Measure) -> Stage:
    key = KeyColumn("k0", "city", ColumnType.TEXT, tuple(f"c{i}" for i in range(cells)))
    return Stage("SELECT 1", (key,), measures, measures[0].name, discovered=False)


def discovered(*measures: Measure) -> Stage:
    key = KeyColumn("k0", "city", ColumnType.TEXT, None)
    return Stage("SELECT 1", (key,), measures, measures[0].name, discovered=True)


def table(*vectors: list[int]) -> pa.Table:
    columns = {"k0": [f"c{i}" for i in range(len(vectors[0]))]}
    return pa.table(columns | {f"m{i}": pa.array(v, pa.int64()) for i, v in enumerate(vectors)})
