"""The outer SELECT, HAVING, ORDER BY and LIMIT over released values: free, in a database of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op, OutputColumn, Post
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.plan import types as t
from sandbox.plan.aggregates import aggregate_value, is_aggregate
from sandbox.plan.boundary import Boundary, Key
from sandbox.plan.refusals import Problems, Stopped
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import translate
from sandbox.plan.scalars.arithmetic import expression_of
from sandbox.plan.scalars.logic import condition
from sandbox.plan.types import Value, quote

MAX_LIMIT = 1_000_000


@dataclass
class Outer:
    """Expressions above the boundary: aggregates, keys, literals, and what follows from them."""

    boundary: Boundary
    problems: Problems
    aliases: dict[str, exp.Expression] = field(default_factory=dict)
    """Output names that ORDER BY and HAVING may use."""

    def known(self, node: exp.Expression) -> Value | None:
        """An aggregate as its released value, a grouping expression as its key."""
        if is_aggregate(node):
            inner = (part for part in node.walk() if part is not node)
            if any(is_aggregate(part) for part in inner):
                self.problems.stop("aggregate_nested", node)
            return aggregate_value(node, self.boundary)
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

    def _quietly(self, node: exp.Expression) -> Value | None:
        """The expression over rows, without noting problems or uses."""
        hushed = Problems("")
        scope = replace(self.boundary.rows.scope, problems=hushed)
        try:
            return translate(node, Rows(scope, hushed))
        except Stopped:
            return None

    def column(self, node: exp.Column) -> Value:
        """A name that is no key: an output alias, or a row's column, which is never shown."""
        alias = self.aliases.get(node.name.lower()) if not node.table else None
        if alias is not None:
            rest = {name: part for name, part in self.aliases.items() if part is not alias}
            return translate(alias, replace(self, aliases=rest))
        value = self.boundary.rows.scope.column(node)
        if value.unit:
            self.problems.stop("unit_in_output", node, name=node.name)
        help_ = f"COUNT({node.name})" if not value.numeric else f"AVG({node.name})"
        self.problems.stop("row_level_output", node, name=node.name, help=help_)


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
    columns = _outputs(root, outer)
    having = _having(root, outer)
    order = _order(root, outer)
    shown = [f"{sql} AS {quote(column.name)}" for column, sql in columns]
    sql = f'SELECT {", ".join([*shown, quote("_cell")])} FROM "released"'
    sql += f" WHERE {having}" if having else ""
    sql += f" ORDER BY {', '.join(order)}" if order else ""
    return Post(sql + _limits(root, outer.problems), tuple(column for column, _ in columns))


def _outputs(root: exp.Select, outer: Outer) -> list[tuple[OutputColumn, str]]:
    found: list[tuple[OutputColumn, str]] = []
    taken: set[str] = set()
    for node in root.expressions:
        with outer.problems.part():
            inner = node.this if isinstance(node, exp.Alias) else node
            value = translate(inner, replace(outer, aliases={}))
            name = _unique(_name(node, outer.problems), taken)
            key = value.expression.value if value.expression and value.expression.op is Op.KEY else None
            tree = expression_of(value)
            column = OutputColumn(name, value.kind or Kind.TEXT, tree, key if isinstance(key, str) else None)
            found.append((column, output_sql(value)))
    return found


def output_sql(value: Value) -> str:
    """A value as it is shown: counts as whole numbers, computed numbers only when finite."""
    if value.null:
        return "CAST(NULL AS VARCHAR)"
    if value.kind is Kind.INTEGER and value.storage == t.DOUBLE:
        return f"TRY_CAST({value.sql} AS BIGINT)"
    if value.kind is Kind.NUMBER and value.storage == t.DOUBLE and value.constant is None:
        return f"CASE WHEN isfinite({value.sql}) THEN {value.sql} END"
    return value.sql


def _name(node: exp.Expression, problems: Problems) -> str:
    if isinstance(node, exp.Alias):
        if node.alias.lower() == "_cell":
            problems.stop("reserved_name", node, name=node.alias, help="choose another alias")
        return str(node.alias)
    if isinstance(node, exp.Column):
        return str(node.name)
    return node.sql(dialect="duckdb", comments=False).lower()[:60]


def _unique(name: str, taken: set[str]) -> str:
    """The name, with a number after it when it is taken already."""
    candidate, count = name, 0
    while candidate.lower() in taken:
        count += 1
        candidate = f"{name}_{count}"
    taken.add(candidate.lower())
    return candidate


def _having(root: exp.Select, outer: Outer) -> str:
    having = root.args.get("having")
    if having is None:
        return ""
    with outer.problems.part():
        return condition(having.this, outer, "HAVING").sql
    return ""


def _order(root: exp.Select, outer: Outer) -> list[str]:
    """The user's order, then every key. A default order by key is what no ORDER BY means."""
    given = root.args.get("order")
    parts: list[str] = []
    for ordered in given.expressions if given else ():
        with outer.problems.part():
            node = ordered_item(ordered, root, outer.problems)
            value = translate(node, outer)
            if value.constant is None:
                parts.append(value.sql + _direction(ordered))
    return parts + [f'"{key.column.name}" NULLS LAST' for key in outer.boundary.keys]


def ordered_item(ordered: exp.Ordered, root: exp.Select, problems: Problems) -> exp.Expression:
    """What an ORDER BY item names: a place in SELECT, or itself."""
    return ordinal(ordered.this, root, problems) or ordered.this


def ordinal(node: exp.Expression, root: exp.Select, problems: Problems) -> exp.Expression | None:
    """The item of SELECT that a whole number names, or None when the node is no number."""
    if not isinstance(node, exp.Literal) or node.is_string:
        return None
    text = str(node.this)
    if not text.isdigit() or not 1 <= int(text) <= len(root.expressions):
        problems.stop("group_by_constant", node, name=text, count=len(root.expressions))
    item = root.expressions[int(text) - 1]
    return item.this if isinstance(item, exp.Alias) else item


def _direction(ordered: exp.Ordered) -> str:
    """Direction and place of NULLs, always spelled out."""
    first = bool(ordered.args.get("nulls_first"))
    return f" {'DESC' if ordered.args.get('desc') else 'ASC'} NULLS {'FIRST' if first else 'LAST'}"


def _limits(root: exp.Select, problems: Problems, largest: int = MAX_LIMIT) -> str:
    text = ""
    for name in ("limit", "offset"):
        node = root.args.get(name)
        if node is None:
            continue
        with problems.part():
            text += f" {name.upper()} {_whole(node, problems, largest)}"
    return text


def _whole(node: exp.Expression, problems: Problems, largest: int) -> int:
    value = node.expression
    text = str(value.this) if isinstance(value, exp.Literal) and not value.is_string else ""
    if not text.isdigit() or len(text) > 9 or int(text) > largest:
        problems.stop("limit_invalid", node, limit=largest)
    return int(text)
