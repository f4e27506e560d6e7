"""Subqueries that group by the privacy unit: one row a unit, or one row a unit and key.

Each such row is a function of its own unit's rows: sums are of integers, extremes and counts do not depend on
an order. A unit has 1 row when it is the only key, and otherwise no more than it has in the subquery's FROM.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.above.reading import Reading
from sandbox.plan.aggregates.average import on_grid
from sandbox.plan.aggregates.filtered import narrower
from sandbox.plan.aggregates.steps import argument, steps
from sandbox.plan.boundary import Boundary
from sandbox.plan.grouping import grouping
from sandbox.plan.refusals import Problems
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import translate
from sandbox.plan.types import Range, Value, derive

_AGGREGATES = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max)
MAX_LISTED = 1000
"""Row bound up to which the counts of a unit are listed, so that they are declared keys."""


@dataclass
class PerUnit:
    """Items and HAVING of a subquery that groups by the unit."""

    relation: Relation
    rows: Rows
    problems: Problems
    keys: tuple[Value, ...]
    """Grouping expressions beside the unit."""

    @property
    def released(self) -> bool:
        """Rows are looked at."""
        return False

    @property
    def reading(self) -> Reading:
        """What the SQL around it reads."""
        return self.rows.reading

    @property
    def bound(self) -> int:
        """Rows of one unit, by the GROUP BY that is rendered."""
        return self.relation.bound if self.keys else 1

    def known(self, node: exp.Expr, /) -> Value | None:
        """An aggregate of one unit's rows, or a grouping expression."""
        if isinstance(node, (exp.Filter, exp.CountIf)):
            if isinstance(node, exp.Filter) and not isinstance(node.this, (*_AGGREGATES, exp.CountIf)):
                self.problems.stop("not_yet", node, what=node.this.key.upper())
            return self.known(narrower(node, self.problems))
        if isinstance(node, exp.Count):
            return self._count(node)
        if isinstance(node, (exp.Sum, exp.Avg)):
            return self._sum(node)
        if isinstance(node, (exp.Min, exp.Max)):
            return self._extreme(node)
        if isinstance(node, exp.AggFunc):
            self.problems.stop("not_yet", node, what=node.key.upper())
        if isinstance(node, exp.Literal) or node.find(*_AGGREGATES):
            return None
        value = self.rows.quietly(node)
        return next((key for key in self.keys if value is not None and key.sql == value.sql), None)

    def subquery(self, node: exp.Expr, /) -> Value:
        """None stands here."""
        self.problems.stop("subquery_not_supported", node)

    def window(self, node: exp.Window, /) -> Value:
        """None stands here."""
        self.problems.stop("window_not_supported", node, help="stand it in a subquery of FROM")

    def column(self, node: exp.Column) -> Value:
        """A name that is no key: a single row's column, which a group does not have."""
        value = self.rows.scope.column(node)
        if value.unit:
            self.problems.stop("unit_misused", node, name=node.name)
        self.problems.stop("row_level_output", node, name=node.name, help=f"GROUP BY {node.name}")

    def _count(self, node: exp.Count) -> Value:
        inner, word, least = node.this, "", 0
        sources: tuple[Value, ...] = ()
        if isinstance(inner, exp.Distinct):
            if len(inner.expressions) != 1:
                self.problems.stop("argument_count", node, what="COUNT", wanted=1, example="COUNT(x)")
            inner, word = inner.expressions[0], "DISTINCT "
        if isinstance(inner, exp.Star):
            sql, least = "count(*)", 1
        else:
            sources = (self._used(translate(inner, self.rows), inner),)
            sql = f"count({word}{sources[0].sql})"
        most = self.relation.bound
        listed = tuple(Fraction(n) for n in range(least, most + 1)) if most <= MAX_LISTED else None
        made = derive(sql, Kind.INTEGER, t.BIGINT, *sources, range=Range(Fraction(least), Fraction(most)))
        return replace(made, integral=True, nullable=False, domain=listed)

    def _sum(self, node: exp.Sum | exp.Avg) -> Value:
        """Exact in integers of steps; NULL where nothing is known. Measures clamp it again."""
        boundary = Boundary(self.relation, self.rows)
        mean = isinstance(node, exp.Avg)
        value = argument(node.this, boundary, "AVG" if mean else "SUM")
        made = (on_grid if mean else steps)(value, node.this, boundary)
        lo, hi, most = made.lo * made.quantum, made.hi * made.quantum, self.relation.bound
        sql = f"(CAST({made.total} AS DOUBLE) / {t.double_sql(1 / made.quantum)})"
        if mean:
            sql = f"({sql} / NULLIF(CAST(count({made.item}) AS DOUBLE), 0e0))"
            return replace(derive(sql, Kind.NUMBER, t.DOUBLE, value, range=Range(lo, hi)), nullable=True)
        kind = Kind.INTEGER if made.integral else Kind.NUMBER
        found = derive(sql, kind, t.DOUBLE, value, range=Range(min(lo, most * lo), max(hi, most * hi)))
        return replace(found, nullable=True, integral=made.integral)

    def _extreme(self, node: exp.Min | exp.Max) -> Value:
        """The smallest or largest value; +0 and −0 are one number, so no order of rows shows."""
        value = self._used(translate(node.this, self.rows), node.this)
        text = f"{node.key}({t.as_text(value)})"
        sql = t.one_zero(text) if value.storage == t.DOUBLE else text
        storage = t.VARCHAR if value.storage == t.ENUM else value.storage
        made = derive(sql, value.kind, storage, value, range=value.range)
        return replace(
            made, nullable=True, scale=value.scale, domain=value.domain, days=value.days,
            integral=value.integral,
        )  # fmt: skip

    def _used(self, value: Value, node: exp.Expr) -> Value:
        if value.null:
            self.problems.stop("type_wrong", node, what="an aggregate", wanted="a value", found="NULL")
        self.rows.use(value.reads, Use.AGGREGATE, node)
        self.rows.use(value.tests, Use.FILTER, node)
        return value


def per_unit(select: exp.Select, relation: Relation, rows: Rows) -> PerUnit:
    """The groups of a subquery; the unit must be among its keys.

    Raises:
        Stopped: groups that mix units, or keys whose equal values may be written differently.
    """
    keys: list[Value] = []
    named = False
    for node in select.args["group"].expressions:
        item = grouping(node, select, rows)
        value = rows.scope.column(item) if isinstance(item, exp.Column) else translate(item, rows)
        if value.sql == relation.unit:
            named = True
            continue
        if value.unit or value.null or value.storage == t.DOUBLE:
            rows.problems.stop("subquery_not_supported", item)
        rows.use(value.reads | value.tests, Use.GROUP, item)
        keys.append(value)
    if not named:
        rows.problems.stop("subquery_not_supported", select.args["group"])
    return PerUnit(relation, rows, rows.problems, tuple(keys))
