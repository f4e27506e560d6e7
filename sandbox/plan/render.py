"""The exact SQL of a stage: one row per group, keys then measures, each measure BIGINT and never NULL."""

from __future__ import annotations

from fractions import Fraction

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan.boundary import EMPTY, Boundary, Key
from sandbox.plan.types import Constant, constant_sql


def exact_sql(boundary: Boundary) -> str:
    """Rendered from the typed plan alone. Rows come sorted by key, so that their order says nothing."""
    if not boundary.grouped:
        return f"SELECT {_columns(boundary)} FROM {_source(boundary)}"
    order = ", ".join(f'"{key.column.name}" NULLS LAST' for key in boundary.keys)
    grouped = _grouped(boundary)
    if boundary.discovered:
        return f"{grouped} ORDER BY {order}"
    names = [key.column.name for key in boundary.keys]
    shown = [f'g."{name}" AS "{name}"' for name in names]
    shown += [
        f'coalesce(e."{name}", {EMPTY if choice else 0}) AS "{name}"'
        for (_, choice), name in boundary.exact.items()
    ]
    match = " AND ".join(f'g."{name}" IS NOT DISTINCT FROM e."{name}"' for name in names)
    grid = f"SELECT * FROM {' CROSS JOIN '.join(_axis(key) for key in boundary.keys)}"
    return (
        f"SELECT {', '.join(shown)} FROM ({grid}) AS g LEFT JOIN ({grouped}) AS e ON {match} ORDER BY {order}"
    )


def _source(boundary: Boundary) -> str:
    return boundary.relation.sql + (f" WHERE {boundary.where}" if boundary.where else "")


def _columns(boundary: Boundary) -> str:
    return ", ".join(f'{exact} AS "{name}"' for (exact, _), name in boundary.exact.items())


def _grouped(boundary: Boundary) -> str:
    keys = ", ".join(f'{_typed(key)} AS "{key.column.name}"' for key in boundary.keys)
    by = ", ".join(key.sql for key in boundary.keys)
    return f"SELECT {keys}, {_columns(boundary)} FROM {_source(boundary)} GROUP BY {by}"


def _typed(key: Key) -> str:
    """The key in the type it is released in; grouping itself stays on the stored, cheaper type."""
    return f"CAST({key.sql} AS VARCHAR)" if key.column.type is Kind.TEXT else key.sql


def _axis(key: Key) -> str:
    """One key's public values as a table."""
    types = {
        Kind.TEXT: "VARCHAR", Kind.INTEGER: "BIGINT", Kind.NUMBER: "DOUBLE", Kind.DATE: "DATE",
        Kind.TIMESTAMP: "TIMESTAMP", Kind.BOOLEAN: "BOOLEAN",
    }  # fmt: skip
    kind, name = key.column.type, key.column.name
    rows = ", ".join(f"({constant_sql(_constant(value), kind)})" for value in key.column.domain or ())
    return f'(SELECT CAST(v AS {types[kind]}) AS "{name}" FROM (VALUES {rows}) AS _{name}(v)) AS a_{name}'


def _constant(value: object) -> Constant | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Fraction(value)
    return value  # type: ignore[return-value]
