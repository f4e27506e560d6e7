"""FROM and its joins: tables, subqueries, constant rows."""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.relations.comma import explicit
from sandbox.plan.relations.derived import derived
from sandbox.plan.relations.join import join
from sandbox.plan.relations.scan import Relation, scan
from sandbox.plan.relations.values import values
from sandbox.plan.rows import Rows


def relation_of(root: exp.Select, rows: Rows) -> Relation:
    """The whole FROM of a SELECT, its tables in scope of ``rows``.

    Tables joined by commas become joins on what WHERE says of them, in the tree itself.
    """
    if root.args.get("from_") is None:
        return Relation("", 0, (), rows=1)
    explicit(root, rows)
    relation = _source(root.args["from_"].this, rows)
    for node in root.args.get("joins") or ():
        relation = join(relation, _source(node.this, rows), node, rows)
    rows.scope.unit = relation.unit
    return relation


def _source(node: exp.Expr, rows: Rows) -> Relation:
    if isinstance(node, exp.Table):
        return scan(node, rows.scope)
    if isinstance(node, exp.Values):
        return values(node, rows)
    if not isinstance(node, exp.Subquery):
        rows.problems.stop("table_function", node)
    return derived(node, rows, relation_of)
