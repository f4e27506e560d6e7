"""VALUES: constant rows as a public table."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from sqlglot import exp

from sandbox.plan.names import PUBLIC, Scan
from sandbox.plan.relations.scan import Relation, check_alias
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.choice import merged
from sandbox.plan.scalars.unify import unify
from sandbox.plan.types import Constant, Value

MAX_ROWS = 1_000


def values(node: exp.Values, rows: Rows) -> Relation:
    """``(VALUES (1, 'a'), (2, 'b')) AS t(x, y)``; columns without a name are ``col0``, ``col1`` …"""
    scope, problems = rows.scope, rows.problems
    lines = [line.expressions for line in node.expressions]
    width = len(lines[0])
    if len(lines) > MAX_ROWS or not width or any(len(line) != width for line in lines):
        problems.stop("values_invalid", node, limit=MAX_ROWS)
    name = scope.fresh()
    label = node.alias or f"values {name}"
    check_alias(label, node, scope)
    names = names_of(node)
    if len(names) != width or len(set(names)) != width:
        problems.stop("values_invalid", node, limit=MAX_ROWS)
    columns: dict[str, Value] = {}
    cells: list[list[str]] = [[] for _ in lines]
    fans: dict[str, int] = {}
    for place, own in enumerate(names):
        nodes = [line[place] for line in lines]
        found = [_constant(part, rows) for part in nodes]
        kind, storage, scale, unified = unify(found, nodes, rows)
        if kind is None:
            problems.stop("values_invalid", node, limit=MAX_ROWS)
        sql = f'{name}."c{place}"'  # no text of the statement's stands where columns are told apart
        columns[own] = merged(sql, kind, storage, scale, unified)
        counts = Counter(_moment(value.constant) for value in unified if not value.null)
        fans[sql] = max(counts.values())
        for cell, value in zip(cells, unified, strict=True):
            cell.append(value.sql)
    scope.add(Scan(label, name, PUBLIC, {}, derived=columns, rows=len(lines)), node)
    listed = ", ".join(f"({', '.join(cell)})" for cell in cells)
    called = ", ".join(f'"c{place}"' for place in range(width))
    sql = f"(VALUES {listed}) AS {name}({called})"
    return Relation(sql, 0, (scope.scans[-1],), rows=len(lines), fans=fans)


def names_of(node: exp.Values) -> list[str]:
    """Names of its columns, as far as there are lines."""
    given = [name.lower() for name in node.alias_column_names]
    return given + [f"col{place}" for place in range(len(given), len(node.expressions[0].expressions))]


def _moment(constant: Constant | None) -> Constant | None:
    """What a constant is equal to, however it is rendered: beside timestamps a day is its first moment."""
    if isinstance(constant, dt.date) and not isinstance(constant, dt.datetime):
        return dt.datetime.combine(constant, dt.time())
    return constant


def _constant(node: exp.Expr, rows: Rows) -> Value:
    value = translate(node, rows)
    if value.constant is None and not value.null:
        rows.problems.stop("constant_needed", node, what="VALUES", example="VALUES (1, 'A'), (2, 'B')")
    return value
