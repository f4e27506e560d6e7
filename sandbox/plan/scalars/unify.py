"""Bringing several values to one type, so that comparing and choosing never converts by surprise."""

from __future__ import annotations

from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.scalars.literals import retype
from sandbox.plan.scalars.registry import Environment
from sandbox.plan.types import Value


def unify(
    values: list[Value], nodes: list[exp.Expr], env: Environment
) -> tuple[Kind | None, str, int, list[Value]]:
    """Values of one common type: (kind, storage, scale, values rendered in that storage).

    Text literals are read as the type of the others; whole and decimal numbers stay exact where all of them
    fit one grid, and become DOUBLE otherwise; dates beside timestamps become timestamps.
    """
    kind = _common_kind(values, nodes, env)
    typed = [
        retype(value, kind, node, env) if kind else value for value, node in zip(values, nodes, strict=True)
    ]
    if kind in (Kind.INTEGER, Kind.NUMBER):
        return _numbers(typed)
    if kind is Kind.TIMESTAMP:
        return kind, t.TIMESTAMP, 0, [_timestamp(value) for value in typed]
    if kind is Kind.TEXT:
        return kind, t.VARCHAR, 0, [_with(value, t.as_text(value), t.VARCHAR) for value in typed]
    storage = {Kind.DATE: t.DATE, Kind.BOOLEAN: t.BOOLEAN}.get(kind, t.NULL) if kind else t.NULL
    return kind, storage, 0, typed


def _common_kind(values: list[Value], nodes: list[exp.Expr], env: Environment) -> Kind | None:
    found: Kind | None = None
    loose = True  # only text literals so far
    for value, node in zip(values, nodes, strict=True):
        text_literal = isinstance(value.constant, str)
        if value.kind is None or (text_literal and found is not None):
            continue
        if found is None or (loose and not text_literal):
            found, loose = value.kind, text_literal
            continue
        pair = {found, value.kind}
        if len(pair) == 1:
            continue
        if pair == {Kind.INTEGER, Kind.NUMBER}:
            found = Kind.NUMBER
        elif pair == {Kind.DATE, Kind.TIMESTAMP}:
            found = Kind.TIMESTAMP
        else:
            env.problems.stop("type_mismatch", node, left=found.value, right=value.kind.value)
    return found


def _with(value: Value, sql: str, storage: str, scale: int = 0) -> Value:
    from dataclasses import replace

    return value if value.null else replace(value, sql=sql, storage=storage, scale=scale)


def _timestamp(value: Value) -> Value:
    sql = value.sql if value.storage == t.TIMESTAMP else f"TRY_CAST({value.sql} AS TIMESTAMP)"
    return _with(value, sql, t.TIMESTAMP)


def _numbers(values: list[Value]) -> tuple[Kind, str, int, list[Value]]:
    kind = Kind.INTEGER if all(v.kind in (Kind.INTEGER, None) for v in values) else Kind.NUMBER
    for storage, scale in _grids(values):
        rendered = [_on_grid(value, storage, scale) for value in values]
        if all(sql is not None for sql in rendered):
            pairs = zip(values, rendered, strict=True)
            return kind, storage, scale, [_with(value, str(sql), storage, scale) for value, sql in pairs]
    return kind, t.DOUBLE, 0, [_with(value, t.as_double(value), t.DOUBLE) for value in values]


def _grids(values: list[Value]) -> list[tuple[str, int]]:
    """Exact storages of the values that are no literals: the candidates for all of them."""
    grids = {(value.storage, value.scale) for value in values if value.constant is None and not value.null}
    if not grids:
        return [(t.BIGINT, 0)]
    return list(grids) if len(grids) == 1 and next(iter(grids))[0] != t.DOUBLE else []


def _on_grid(value: Value, storage: str, scale: int) -> str | None:
    """The value in an exact storage, or None when it does not fit."""
    if value.null:
        return value.sql
    if isinstance(value.constant, Fraction):
        return t.bigint_sql(value.constant) if storage == t.BIGINT else t.decimal_sql(value.constant, scale)
    return value.sql if (value.storage, value.scale) == (storage, scale) else None
