"""The outer SELECT, HAVING, ORDER BY and LIMIT over released values: free, in a database of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op, Post
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.aggregates import aggregate_value, is_aggregate
from sandbox.plan.boundary import Boundary, Key
from sandbox.plan.clauses import having, limits, order, outputs
from sandbox.plan.refusals import Problems, Stopped
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import translate
from sandbox.plan.types import Value, quote

MAX_LIMIT = 1_000_000


@dataclass
class Outer:
    """Expressions above the boundary: aggregates, keys, literals, and what follows from them."""

    boundary: Boundary
    problems: Problems
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    """Output names that ORDER BY and HAVING may use."""

    def known(self, node: exp.Expr, /) -> Value | None:
        """An aggregate as its released value, a grouping expression as its key."""
        if is_aggregate(node):
            own = [node]
            while isinstance(own[-1], (exp.Filter, exp.WithinGroup)):
                own.append(own[-1].this)
            inner = (part for part in node.walk() if all(part is not one for one in own))
            if any(is_aggregate(part) for part in inner):
                self.problems.stop("aggregate_nested", node)
            return aggregate_value(node, self.boundary)
        if isinstance(node, exp.AggFunc):
            self.problems.stop("not_yet", node, what=node.key.upper())
        if (
            not self.boundary.keys
            or isinstance(node, exp.Literal)
            or any(is_aggregate(p) for p in node.walk())
        ):
            return None
        value = self._quietly(node)
        if value is None or value.unit:
            return None
        return next((key_value(key) for key in self.boundary.keys if key.value.sql == value.sql), None)

    def plain(self) -> Outer:
        """The same place without output names."""
        return replace(self, aliases={})

    def _quietly(self, node: exp.Expr) -> Value | None:
        """The expression over rows, without noting problems or uses."""
        hushed = Problems("")
        scope = replace(self.boundary.rows.scope, problems=hushed)
        try:
            return translate(node, Rows(scope, hushed))
        except Stopped:
            return None

    def subquery(self, node: exp.Expr, /) -> Value:
        """None stands here."""
        self.problems.stop("subquery_not_supported", node)

    def window(self, node: exp.Window, /) -> Value:
        """None stands here."""
        self.problems.stop("window_not_supported", node, help="stand it in a subquery of FROM")

    def column(self, node: exp.Column) -> Value:
        """A name that is no key: an output alias, or a row's column, which is never shown."""
        alias = self.aliases.get(node.name.lower()) if not node.table else None
        if alias is not None:
            return translate(alias, self.plain())
        value = self.boundary.rows.scope.column(node)
        if value.unit:
            self.problems.stop("unit_in_output", node, name=node.name)
        help_ = f"COUNT({node.name})" if not value.numeric else f"AVG({node.name})"
        self.problems.add("row_level_output", node, name=node.name, help=help_)
        raise Stopped


def key_value(key: Key) -> Value:
    """A key column of the released table."""
    kind = key.column.type
    storage = {
        Kind.TEXT: t.VARCHAR, Kind.INTEGER: t.BIGINT, Kind.NUMBER: t.DOUBLE, Kind.DATE: t.DATE,
        Kind.TIMESTAMP: t.TIMESTAMP, Kind.BOOLEAN: t.BOOLEAN,
    }[kind]  # fmt: skip
    return Value(
        f'"{key.column.name}"', kind, storage, range=key.value.range, integral=kind is Kind.INTEGER,
        expression=Expression(Op.KEY, key.column.name),
    )  # fmt: skip


def post(root: exp.Select, outer: Outer) -> Post:
    """The whole outer statement. Every order ends in all keys, so ties say nothing about rows."""
    columns = outputs(root, outer)
    filtered = having(root, outer)
    keys = [f'"{key.column.name}" NULLS LAST' for key in outer.boundary.keys]
    ordered = order(root, outer) + keys
    shown = [f"{sql} AS {quote(column.name)}" for column, sql in columns]
    sql = f'SELECT {", ".join([*shown, quote("_cell")])} FROM "released"'
    sql += f" WHERE {filtered}" if filtered else ""
    sql += f" ORDER BY {', '.join(ordered)}" if ordered else ""
    return Post(sql + limits(root, outer.problems, MAX_LIMIT), tuple(column for column, _ in columns))
