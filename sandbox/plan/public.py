"""Statements over public tables alone: exact answers from the workspace, no noise, no charge.

The same scalars and clauses as elsewhere; only granted columns, ``output`` for what is shown as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlglot import exp

from sandbox.nouns.plan import Post
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.aggregates.filtered import narrower
from sandbox.plan.clauses import aliases_of, having, limits, order, outputs, where
from sandbox.plan.grouping import grouping
from sandbox.plan.refusals import Problems, Stopped
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.arithmetic import number
from sandbox.plan.types import Value, quote

MAX_ROWS = 10_000
_AGGREGATES = (exp.Count, exp.Sum, exp.Avg, exp.Min, exp.Max)


@dataclass
class Open:
    """Expressions of SELECT, HAVING and ORDER BY over public rows or groups of them."""

    rows: Rows
    problems: Problems
    keys: tuple[Value, ...] | None = None
    """Grouping expressions; None: every row is shown by itself."""
    aliases: dict[str, exp.Expr] = field(default_factory=dict)

    def plain(self) -> Open:
        """The same place without output names."""
        return replace(self, aliases={})

    def known(self, node: exp.Expr, /) -> Value | None:
        """An exact aggregate, or a grouping expression."""
        if isinstance(node, (exp.Filter, exp.CountIf)):
            return self._filtered(node)
        if isinstance(node, _AGGREGATES):
            return self._aggregate(node)
        if isinstance(node, exp.AggFunc):
            self.problems.stop("not_yet", node, what=node.key.upper())
        if self.keys is None or isinstance(node, exp.Literal):
            return None
        hushed = Problems("")
        try:
            value = translate(node, Rows(replace(self.rows.scope, problems=hushed), hushed))
        except Stopped:
            return None
        return next((key for key in self.keys if key.sql == value.sql), None)

    def subquery(self, node: exp.Expr, /) -> Value:
        """None stands here."""
        self.problems.stop("subquery_not_supported", node)

    def window(self, node: exp.Window, /) -> Value:
        """None stands here."""
        self.problems.stop("window_not_supported", node, help="stand it in a subquery of FROM")

    def column(self, node: exp.Column) -> Value:
        """A column of a public row; an output name in ORDER BY and HAVING."""
        alias = self.aliases.get(node.name.lower()) if not node.table else None
        if alias is not None:
            return translate(alias, self.plain())
        value = self.rows.scope.column(node)
        if self.keys is not None:
            self.problems.stop("row_level_output", node, name=node.name, help=f"GROUP BY {node.name}")
        self.rows.use(value.reads, Use.OUTPUT, node)
        return value

    def _aggregate(self, node: exp.Expr) -> Value:
        if self.keys is None:
            self.problems.stop("aggregate_misplaced", node)
        if isinstance(node, exp.Count):
            return Value(self._count(node), Kind.INTEGER, t.BIGINT, nullable=False, integral=True)
        if isinstance(node, (exp.Min, exp.Max)):
            value = translate(node.this, self.rows)
            self._used(value, node)
            sql = f"{node.key}({t.as_text(value)})"
            storage = t.VARCHAR if value.storage == t.ENUM else value.storage
            return Value(sql, value.kind, storage, scale=value.scale)
        value = number(node.this, self.rows, node.key)
        self._used(value, node)
        finite = f"CASE WHEN isfinite({t.as_double(value)}) THEN {t.as_double(value)} END"
        # Sums of DOUBLE depend on their order, so it is one and the same.
        return Value(f"{node.key}({finite} ORDER BY {finite})", Kind.NUMBER, t.DOUBLE)

    def _filtered(self, node: exp.Filter | exp.CountIf) -> Value:
        if isinstance(node, exp.Filter) and not isinstance(node.this, (*_AGGREGATES, exp.CountIf)):
            self.problems.stop("not_yet", node, what=node.this.key.upper())
        return self._aggregate(narrower(node, self.problems))

    def _count(self, node: exp.Count) -> str:
        argument, word = node.this, ""
        if isinstance(argument, exp.Star):
            return "count(*)"
        if isinstance(argument, exp.Distinct):
            if len(argument.expressions) != 1:
                self.problems.stop(
                    "argument_count", node, what="COUNT", wanted=1, example="COUNT(DISTINCT x)"
                )
            argument, word = argument.expressions[0], "DISTINCT "
        value = translate(argument, self.rows)
        self._used(value, node)
        return f"count({word}{value.sql})"

    def _used(self, value: Value, node: exp.Expr) -> None:
        self.rows.use(value.reads, Use.AGGREGATE, node)
        self.rows.use(value.tests, Use.FILTER, node)


def public_post(root: exp.Select, rows: Rows, relation: Relation) -> Post:
    """The statement as SQL over the workspace's public tables, at most ``MAX_ROWS`` rows.

    Raises:
        Stopped: a problem is noted with ``rows.problems``.
    """
    text = ""
    with rows.problems.part():
        text = where(root, rows)
    keys = groups_of(root, rows)
    env = Open(rows, rows.problems, keys, aliases_of(root))
    columns = outputs(root, env)
    filtered, ordered = having(root, env), order(root, env)
    shown = ", ".join([*(f"{sql} AS {quote(column.name)}" for column, sql in columns), f'{_CELL} AS "_cell"'])
    sql = f"SELECT {shown} FROM {relation.sql}{text}"
    sql += f" GROUP BY {', '.join(key.sql for key in keys)}" if keys else ""
    sql += f" HAVING {filtered}" if filtered else ""
    sql += f" ORDER BY {', '.join(ordered)}" if ordered else ""
    shown_as = tuple(replace(column, from_rows=False) for column, _ in columns)  # rows of nobody
    return Post(sql + limits(root, rows.problems, MAX_ROWS, MAX_ROWS), shown_as)


_CELL = "CAST(NULL AS BIGINT)"


def groups_of(root: exp.Select, rows: Rows, *, shown: bool = True) -> tuple[Value, ...] | None:
    """Grouping expressions; none with one group for all; None when nothing is aggregated.

    Args:
        shown: whether keys are what is shown, rather than what a statement around reads.
    """
    group = root.args.get("group")
    if group is None:
        return () if root.args.get("having") or any(map(aggregated, root.expressions)) else None
    keys: list[Value] = []
    for node in group.expressions:
        with rows.problems.part():
            item = grouping(node, root, rows)
            value = translate(item, rows)
            if not value.reads | value.tests:
                rows.problems.stop("group_by_constant", item, name="a constant", count=len(root.expressions))
            rows.use(value.reads | value.tests, Use.GROUP, item)
            rows.use(value.reads | value.tests if shown else (), Use.OUTPUT, item)
            keys.append(value)
    return tuple(keys)


def aggregated(node: exp.Expr) -> bool:
    """Whether an item of SELECT holds an aggregate of its own, not of a subquery."""
    if isinstance(node, exp.Select):
        return False
    return isinstance(node, (*_AGGREGATES, exp.CountIf)) or any(
        aggregated(part) for part in node.iter_expressions()
    )
