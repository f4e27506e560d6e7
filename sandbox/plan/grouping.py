"""What an item of GROUP BY means: a place in SELECT, a column, an output name, or an expression."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from sandbox.plan.clauses import aliases_of, ordinal
from sandbox.plan.refusals import Problems, Stopped
from sandbox.plan.rows import Rows


def grouping(node: exp.Expr, root: exp.Select, rows: Rows) -> exp.Expr:
    """The expression that an item stands for. A column goes before an output name, as in DuckDB."""
    item = ordinal(node, root, rows.problems)
    if item is not None:
        return item
    if not isinstance(node, exp.Column) or node.table:
        return node
    alias = aliases_of(root).get(node.name.lower())
    if alias is None:
        return node
    try:
        replace(rows.scope, problems=Problems("")).column(node)
    except Stopped:
        return alias
    return node
