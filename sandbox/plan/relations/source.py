"""FROM and its joins: tables, subqueries, constant rows."""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.refusals import Stopped
from sandbox.plan.relations.aliases import reused
from sandbox.plan.relations.comma import explicit
from sandbox.plan.relations.correlated import decorrelated
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
    relation: Relation | None = None
    broken = False
    for node in (root.args["from_"], *(root.args.get("joins") or ())):
        found: Relation | None = None
        with rows.problems.part():  # what is wrong with one table does not hide what is with the others
            found = _source(node.this, rows)
            if relation is not None and isinstance(node, exp.Join):
                found = join(relation, found, node, rows)
        broken = broken or found is None
        relation = None if broken else found
    if relation is None:
        raise Stopped
    rows.scope.unit, rows.scope.bound, rows.scope.size = relation.unit, relation.bound, relation.size
    reused(root, rows)
    for value, node in decorrelated(root, rows):
        found = value.told(_source(node.this, rows), rows)
        relation = join(relation, found, node, rows)
        root.append("joins", node)
    rows.scope.unit, rows.scope.bound, rows.scope.size = relation.unit, relation.bound, relation.size
    return relation


def _source(node: exp.Expr, rows: Rows) -> Relation:
    if isinstance(node, exp.Table):
        return scan(node, rows.scope)
    if isinstance(node, exp.Values):
        return values(node, rows)
    if not isinstance(node, exp.Subquery):
        rows.problems.stop("table_function", node)
    return derived(node, rows, relation_of)
