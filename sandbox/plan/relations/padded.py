"""``public LEFT JOIN protected``: every row of the public side, with the protected rows that match it.

Whether a public row has a match is a fact about all units together, so rows without unit are left out before
anything is counted. The answer is SQL's own as long as nothing can see them: groups are declared values of
the public side, and aggregates are of protected columns, which are NULL in such rows.
"""

from __future__ import annotations

from sqlglot import exp

from sandbox.plan.boundary import Boundary
from sandbox.plan.names import Scan

STRICT = (
    exp.Column, exp.Identifier, exp.Paren, exp.Literal, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Abs,
)  # fmt: skip
"""Nodes that are NULL whenever one of the columns in them is."""


def check_padded(root: exp.Select, boundary: Boundary) -> None:
    """Note every key and aggregate that could tell whether a public row has a match."""
    if not boundary.relation.padded:
        return
    problems = boundary.rows.problems
    tables = {table.name: table for table in boundary.rows.scope.facts.policy.tables}
    for key in boundary.keys:
        columns = key.value.reads | key.value.tests
        if key.column.domain is None or not all(tables[name].public for name, _ in columns):
            problems.add(
                "join_not_supported", root.args["group"],
                what="grouping by other than declared values of the public table in a LEFT JOIN",
                help="start FROM with the protected table, or group by a column with declared values",
            )  # fmt: skip
    for node in root.find_all(exp.AggFunc):
        if node.find_ancestor(exp.Select) is root and not _strict(node, boundary):
            problems.add(
                "join_not_supported", node, what="counting rows that a LEFT JOIN may have added",
                help="write COUNT, SUM or AVG of a column of the protected table",
            )  # fmt: skip


def _strict(node: exp.AggFunc, boundary: Boundary) -> bool:
    """Whether an aggregate leaves out rows whose protected columns are all NULL."""
    if isinstance(node.parent, exp.Filter) or isinstance(node, exp.CountIf):
        return False
    argument = node.this
    if isinstance(argument, exp.Distinct):
        argument = argument.expressions[0]  # the unit, or a column that must be of the protected side
    if not all(isinstance(part, STRICT) or _clamp(part) for part in argument.walk()):
        return False
    scope = boundary.rows.scope
    protected = [one for one in scope.scans if one.protected]
    return any(_of(column, protected, boundary) for column in argument.find_all(exp.Column))


def _clamp(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and str(node.this).lower() == "clamp"


def _of(column: exp.Column, scans: list[Scan], boundary: Boundary) -> bool:
    value = boundary.rows.scope.column(column)
    return any(value.sql.startswith(f'{one.name}."') for one in scans)
