"""The conditions of a statement, wherever they stand, for the screen of targeted questions."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

_COMPARED = (
    exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Between, exp.In,
    exp.Like, exp.Not, exp.And, exp.Or,
)  # fmt: skip
_READ = (exp.Where, exp.Join, exp.Filter, exp.If, exp.CountIf, exp.Having, exp.Qualify)
"""What a comparison is read with, or of released values alone."""


def filters(root: exp.Expr) -> Iterator[exp.Expr]:
    """Conditions that every row of the answer has passed."""
    for node in root.find_all(exp.Where, exp.Join):
        condition = node.this if isinstance(node, exp.Where) else node.args.get("on")
        if condition is not None and node.find_ancestor(exp.Filter) is None:
            yield condition


def choices(root: exp.Expr) -> Iterator[exp.Expr]:
    """Conditions that some rows of an aggregate, or of a group, have passed."""
    for node in root.find_all(exp.Filter, exp.If, exp.CountIf, exp.Case, exp.Nullif, *_COMPARED):
        if isinstance(node, exp.Filter):
            yield node.args["expression"].this
        elif isinstance(node, exp.Case):
            yield from (_equal(node.this, branch.this) for branch in node.args["ifs"] if node.this)
        elif isinstance(node, exp.Nullif):
            yield _equal(node.this, node.expression)
        elif isinstance(node, exp.If | exp.CountIf):
            yield node.this
        elif _alone(node):
            yield node


def _equal(one: exp.Expr, two: exp.Expr) -> exp.Expr:
    return exp.EQ(this=one.copy(), expression=two.copy())


def _alone(node: exp.Expr) -> bool:
    """Whether a comparison is a value of each row: part of no other, and not of aggregates."""
    around = node.parent
    while around is not None and not isinstance(around, exp.Query):
        if isinstance(around, (*_READ, *_COMPARED)):
            return False
        around = around.parent
    return node.find(exp.AggFunc) is None


def renamed(root: exp.Expr) -> dict[str, set[str]]:
    """Name → names it may stand for: aliases of expressions, wherever they are."""
    found: dict[str, set[str]] = {}
    for alias in root.find_all(exp.Alias):
        found.setdefault(alias.alias.lower(), set()).update(
            each.name.lower() for each in alias.this.find_all(exp.Column)
        )
    return found


def listed(root: exp.Expr) -> set[str]:
    """Names that the statement gives to values of its own: they are compared with columns by USING."""
    named = [name for values in root.find_all(exp.Values) for name in values.alias_column_names]
    named += [alias.alias for alias in root.find_all(exp.Alias) if isinstance(alias.this, exp.Literal)]
    return {str(name).lower() for name in named}


def given(node: exp.Expr) -> bool:
    """Whether a condition names a value of the statement's own, beside what its subqueries filter by."""
    query = node.args.get("query") if isinstance(node, exp.In) else None
    if query is None:
        return not isinstance(node, exp.Exists) and node.find(exp.Literal) is not None
    shown = [item for select in query.find_all(exp.Select) for item in select.expressions]
    return any(part.find(exp.Literal) for part in [*shown, *query.find_all(exp.Values)])
