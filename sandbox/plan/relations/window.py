"""Window functions of a subquery: each looks at the rows of one unit alone.

The unit is among the partition's keys, so a value is a function of the unit's own rows. Where it depends on
an order of rows that the statement leaves open, the order ends in the rank that the load drew: the engine's
order is never seen. Sums are of integers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NoReturn

from sqlglot import exp

from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.aggregates.steps import argument, steps
from sandbox.plan.boundary import Boundary
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import translate
from sandbox.plan.types import Range, Value, derive

MAX_LISTED = 1000
"""Row bound up to which row numbers are listed, so that they are declared keys."""
MAX_OFFSET = 1000
PEERS = (exp.Rank, exp.DenseRank)
"""Equal rows get equal values: no order beyond the asked one is seen."""
ORDERED = (exp.RowNumber, exp.Lag, exp.Lead)
RUNNING = (exp.Sum, exp.Count, exp.Min, exp.Max)


@dataclass(frozen=True)
class Windows:
    """What window functions may look at: the rows of one subquery's FROM."""

    relation: Relation
    rows: Rows

    def value(self, node: exp.Window) -> Value:
        """A window function of an item or of QUALIFY.

        Raises:
            Stopped: no partition by the unit, an order that is not settled, another function or frame.
        """
        function = node.this
        if not isinstance(function, (*PEERS, *ORDERED, *RUNNING)):
            self._stop(node, "use ROW_NUMBER, RANK, DENSE_RANK, LAG, LEAD, SUM, COUNT, MIN or MAX")
        by = self._partition(node)
        order = self._order(node)
        frame = self._frame(node)
        if isinstance(function, PEERS):
            frame = ""  # a rank is among all rows before, whatever the frame
            if not order:
                self._stop(node, "add ORDER BY")
        elif isinstance(function, ORDERED) or frame:
            order = self._total(order, node)
        over = f"PARTITION BY {', '.join(by)}"
        over += f" ORDER BY {', '.join(order)}" if order else ""
        return self._function(function, f"({over}{frame})")

    def _stop(self, node: exp.Expr, help_: str) -> NoReturn:
        self.rows.problems.stop("window_not_supported", node, help=help_)

    def _partition(self, node: exp.Window) -> list[str]:
        by: list[str] = []
        for part in node.args.get("partition_by") or ():
            value = self.rows.scope.column(part) if isinstance(part, exp.Column) else None
            if value is not None and value.sql == self.relation.unit:
                by.append(value.sql)
                continue
            value = translate(part, self.rows)
            self.rows.use(value.reads | value.tests, Use.GROUP, part)
            by.append(t.one_zero(value.sql) if value.storage == t.DOUBLE else value.sql)
        if self.relation.unit not in by:
            names = [one.table.unit for one in self.relation.scans if one.table.unit]
            self._stop(node, f"write PARTITION BY {names[0]}")
        return by

    def _order(self, node: exp.Window) -> list[str]:
        found: list[str] = []
        given = node.args.get("order")
        for item in given.expressions if given is not None else ():
            value = translate(item.this, self.rows)
            self.rows.use(value.reads | value.tests, Use.FILTER, item)
            if value.constant is None and not value.null:
                way = "DESC" if item.args.get("desc") else "ASC"
                last = "FIRST" if item.args.get("nulls_first") else "LAST"
                found.append(f"{t.as_text(value)} {way} NULLS {last}")
        return found

    def _total(self, order: list[str], node: exp.Window) -> list[str]:
        """An order in which no two rows of a unit are equal."""
        if not order:
            self._stop(node, "add ORDER BY")
        if not self.relation.rank:
            self._stop(node, "number the rows of one table in a subquery of its own, then join it")
        return [*order, self.relation.rank]

    def _frame(self, node: exp.Window) -> str:
        """ROWS up to the current one; empty for the default, in which equal rows go together."""
        spec = node.args.get("spec")
        if spec is None:
            return ""
        start, end = spec.args.get("start"), spec.args.get("end")
        low = str(start).upper() if isinstance(start, str) else None
        if (
            isinstance(start, exp.Literal)
            and str(start.this).isdecimal()
            and int(str(start.this)) <= MAX_OFFSET
        ):
            low = str(int(str(start.this)))
        kinds = (str(spec.args.get("kind")).upper(), str(spec.args.get("start_side")).upper(), end)
        if low in (None, "CURRENT ROW") or kinds != ("ROWS", "PRECEDING", "CURRENT ROW"):
            self._stop(node, "write ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW, after ORDER BY")
        return f" ROWS BETWEEN {low} PRECEDING AND CURRENT ROW"

    def _function(self, node: exp.Expr, over: str) -> Value:
        if isinstance(node, (exp.RowNumber, *PEERS)):
            name = {"rownumber": "row_number", "denserank": "dense_rank"}.get(node.key, node.key)
            return self._counted(f"{name}() OVER {over}", 1)
        if isinstance(node, exp.Count):
            return self._count(node, over)
        if isinstance(node, exp.Sum):
            return self._sum(node, over)
        return self._chosen(node, over)

    def _counted(self, sql: str, least: int, *sources: Value) -> Value:
        most = self.relation.bound
        listed = tuple(Fraction(n) for n in range(least, most + 1)) if most <= MAX_LISTED else None
        made = derive(sql, Kind.INTEGER, t.BIGINT, *sources, range=Range(Fraction(least), Fraction(most)))
        return replace(made, nullable=False, integral=True, domain=listed)

    def _count(self, node: exp.Count, over: str) -> Value:
        if isinstance(node.this, exp.Star):
            return self._counted(f"count(*) OVER {over}", 0)
        if isinstance(node.this, exp.Distinct):
            self._stop(node, "count without DISTINCT")
        value = self._used(translate(node.this, self.rows), node)
        return self._counted(f"count({value.sql}) OVER {over}", 0, value)

    def _sum(self, node: exp.Sum, over: str) -> Value:
        """Exact in integers of steps; NULL where nothing is known yet. Measures clamp it again."""
        boundary = Boundary(self.relation, self.rows)
        value = argument(node.this, boundary, "SUM")
        made = steps(value, node.this, boundary)
        exact = f"CAST(sum({made.item}) OVER {over} AS DOUBLE)"
        sql = exact if value.exact else f"({exact} / {t.double_sql(1 / made.quantum)})"
        lo, hi, most = made.lo * made.quantum, made.hi * made.quantum, self.relation.bound
        kind = Kind.INTEGER if made.integral else Kind.NUMBER
        found = derive(sql, kind, t.DOUBLE, value, range=Range(min(lo, most * lo), max(hi, most * hi)))
        return replace(found, nullable=True, integral=made.integral)

    def _chosen(self, node: exp.Expr, over: str) -> Value:
        """A value of another row, or the smallest or largest so far."""
        value = self._used(translate(node.this, self.rows), node)
        inner = t.as_text(value)
        offset = ""
        if isinstance(node, (exp.Lag, exp.Lead)):
            offset = f", {self._offset(node)}"
        text = f"{node.key}({inner}{offset}) OVER {over}"
        sql = t.one_zero(f"({text})") if value.storage == t.DOUBLE else text
        storage = t.VARCHAR if value.storage == t.ENUM else value.storage
        return replace(
            value, sql=sql, storage=storage, nullable=True, column=None, enforced=None, constant=None,
            narrows=(), expression=None,
        )  # fmt: skip

    def _offset(self, node: exp.Expr) -> int:
        given = node.args.get("offset")
        found = translate(given, self.rows).constant if given is not None else Fraction(1)
        if not isinstance(found, Fraction) or found.denominator != 1 or not 0 <= found <= MAX_OFFSET:
            self.rows.problems.stop("constant_needed", node, what=node.key, example=f"{node.key}(x, 1)")
        return int(found)

    def _used(self, value: Value, node: exp.Expr) -> Value:
        if value.null:
            self.rows.problems.stop("type_wrong", node, what="a window", wanted="a value", found="NULL")
        self.rows.use(value.reads, Use.AGGREGATE, node)
        self.rows.use(value.tests, Use.FILTER, node)
        return value
