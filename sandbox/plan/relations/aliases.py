"""Output names inside the SELECT that makes them, as in DuckDB: an item may name one before it, WHERE any.

A column of FROM goes first. The tree is changed: a name becomes the expression that it stands for.
"""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.rows import Rows

MAX_NODES = 20_000
"""Nodes of a SELECT with every name written out: names that use names multiply."""


def reused(select: exp.Select, rows: Rows) -> None:
    """Write out output names that no column of FROM has."""
    known: dict[str, exp.Expr] = {}
    total = sum(1 for _ in select.walk())
    for item in select.expressions:
        total = _written(item, known, total, rows)
        if isinstance(item, exp.Alias):
            known.setdefault(item.alias.lower(), item.this)
    asked = select.args.get("where")
    if asked is not None:
        _written(asked, known, total, rows)


def _written(part: exp.Expr, known: dict[str, exp.Expr], total: int, rows: Rows) -> int:
    for node in list(part.walk(prune=lambda node: isinstance(node, exp.Query))):
        if not isinstance(node, exp.Column) or node.table or node.name.lower() not in known:
            continue
        if rows.scope.names(node):
            continue
        meant = known[node.name.lower()]
        total += sum(1 for _ in meant.walk())
        if total > MAX_NODES:
            rows.problems.stop("statement_too_deep", node)
        made = exp.Paren(this=meant.copy())
        if node is not part:
            node.replace(made)
    return total
