"""``aggregate FILTER (WHERE …)`` and COUNT_IF: the same aggregate of fewer values, in the same bounded rows.

A row that the filter leaves out counts as NULL: ``SUM(x) FILTER (WHERE c)`` is
``SUM(CASE WHEN c THEN x END)``. It can only drop what a unit contributes, so every sensitivity is that of the
aggregate without filter.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from sqlglot import exp

from sandbox.nouns.policy import Use
from sandbox.nouns.spend import Sensitivity
from sandbox.plan.aggregates.distinct import only, unit_of
from sandbox.plan.aggregates.quantile import ordered
from sandbox.plan.aggregates.registry import aggregate, aggregate_value, is_aggregate, label_of
from sandbox.plan.boundary import ASKED, Boundary
from sandbox.plan.refusals import Problems
from sandbox.plan.scalars.logic import condition
from sandbox.plan.types import Value


@aggregate(exp.Filter)
def filtered(node: exp.Filter, boundary: Boundary) -> Value:
    """The aggregate over rows for which the condition is true."""
    inner = node.this
    if not is_aggregate(inner):
        boundary.rows.problems.stop("not_yet", node, what=inner.key.upper())
    if isinstance(inner.this, exp.Distinct) and unit_of(only(inner, boundary.rows.problems), boundary):
        return _units(node, inner, boundary)
    return aggregate_value(narrower(node, boundary.rows.problems), boundary)


@aggregate(exp.CountIf)
def count_if(node: exp.CountIf, boundary: Boundary) -> Value:
    """How many rows make the condition true."""
    return aggregate_value(narrower(node, boundary.rows.problems), boundary)


def narrower(node: exp.Filter | exp.CountIf, problems: Problems) -> exp.Expr:
    """The plain aggregate that stands for a filtered one, in its place in the tree."""
    if isinstance(node, exp.CountIf):
        return _placed(exp.Count(this=_kept(node.this, exp.Literal.number(1))), node)
    inner, test = node.this, node.expression.this
    if isinstance(inner, exp.CountIf):
        inner = narrower(inner, problems)
    if isinstance(inner, exp.WithinGroup):
        inner = ordered(inner, problems)
    value = inner.this
    if isinstance(value, exp.Distinct):
        return _placed(exp.Count(this=exp.Distinct(expressions=[_kept(test, only(inner, problems))])), node)
    kept = _kept(test, exp.Literal.number(1) if isinstance(value, exp.Star) else value)
    made = inner.copy()
    made.set("this", kept)
    return _placed(made, node)


def _kept(test: exp.Expr, value: exp.Expr) -> exp.Case:
    return exp.Case(ifs=[exp.If(this=test.copy(), true=value.copy())])


def _placed(made: exp.Expr, node: exp.Expr) -> exp.Expr:
    made.parent = node.parent
    return made


@dataclass
class _Narrowed(Boundary):
    """The same boundary, whose unit counts see only rows that a condition keeps."""

    only: str = ""
    """Rendered condition."""
    told: str = ""
    """The condition as a person reads it."""

    def units(self, unit: str, label: str, weight: int = ASKED) -> str:
        exact = f"count(DISTINCT CASE WHEN {self.only} THEN {unit} END)"
        return self.measure(
            exact, f"{label} FILTER ({self.told})", Sensitivity.groups(self.groups), weight=weight
        )


def _units(node: exp.Filter, inner: exp.Count, boundary: Boundary) -> Value:
    """Distinct units among the kept rows: still at most 1 in each group that the unit touches."""
    test = node.expression.this
    found = condition(test, boundary.rows, "FILTER")
    boundary.rows.use(found.reads | found.tests, Use.FILTER, test)
    own = {part.name: getattr(boundary, part.name) for part in fields(Boundary)}
    return aggregate_value(inner, _Narrowed(**own, only=found.sql, told=label_of(node.expression)))
