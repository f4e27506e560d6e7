"""Clauses of the outer statement, whatever they stand over: outputs, HAVING, ORDER BY, LIMIT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from sandbox.nouns.plan import Op, OutputColumn
from sandbox.nouns.policy import ColumnType as Kind
from sandbox.nouns.policy import Use
from sandbox.plan import types as t
from sandbox.plan.names import readable
from sandbox.plan.refusals import Problems
from sandbox.plan.rows import Rows
from sandbox.plan.scalars import Environment, translate
from sandbox.plan.scalars.arithmetic import expression_of
from sandbox.plan.scalars.logic import condition
from sandbox.plan.types import Value


class Above(Environment, Protocol):
    """An environment of the outer statement."""

    aliases: dict[str, exp.Expr]
    """Output names that ORDER BY and HAVING may use."""

    windows: bool
    """Whether window functions may stand here."""

    def plain(self) -> Above:
        """The same place without output names: what an item of SELECT sees."""
        ...

    def without_windows(self) -> Above:
        """The same place in HAVING, or within a window function: neither holds one."""
        ...

    def all_columns(self, node: exp.Expr, /) -> list[tuple[str, Value]]:
        """What ``*`` stands for, by name."""
        ...


def aliases_of(root: exp.Select) -> dict[str, exp.Expr]:
    """Output names given with AS, in lower case."""
    return {node.alias.lower(): node.this for node in root.expressions if isinstance(node, exp.Alias)}


@dataclass(frozen=True)
class Item:
    """An item of SELECT."""

    column: OutputColumn
    value: Value
    sql: str
    """As it is shown."""


def outputs(root: exp.Select, env: Above) -> list[Item]:
    """Every item of SELECT."""
    found: list[Item] = []
    taken: set[str] = set()
    for node in root.expressions:
        with env.problems.part():
            if star(node):
                found += [item_of(value, _unique(name, taken)) for name, value in env.all_columns(node)]
                continue
            inner = node.this if isinstance(node, exp.Alias) else node
            value = translate(inner, env.plain())
            found.append(item_of(value, _unique(_name(node, env.problems), taken)))
    return found


def star(node: exp.Expr) -> bool:
    """Whether an item stands for all columns, of everything or of one table."""
    return isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star))


def kept(names: Sequence[str], node: exp.Expr, problems: Problems) -> list[str]:
    """Names that ``* EXCLUDE (…)`` leaves."""
    star_ = node.this if isinstance(node, exp.Column) else node
    without = [str(part.name).lower() for part in star_.args.get("except_") or ()]
    for name in without:
        if name not in names:
            problems.stop("unknown_column", node, name=name, help="EXCLUDE names a column that * stands for")
    return [name for name in names if name not in without]


def as_groups(select: exp.Select) -> None:
    """``SELECT DISTINCT`` over rows of units is ``GROUP BY`` every item, in the tree itself."""
    distinct = select.args.get("distinct")
    wild = any(star(item) or item.find(exp.Window, exp.Query) for item in select.expressions)
    if distinct is None or distinct.args.get("on") or wild or select.args.get("group"):
        return
    select.set("distinct", None)
    places = range(1, len(select.expressions) + 1)
    select.set("group", exp.Group(expressions=[exp.Literal.number(place) for place in places]))


def item_of(value: Value, name: str) -> Item:
    """A value as an item of SELECT."""
    tree = expression_of(value)
    key = tree.value if tree.op is Op.KEY else None
    column = OutputColumn(
        name, value.kind or Kind.TEXT, tree, key if isinstance(key, str) else None,
        from_rows=value.numeric and not value.measured and value.constant is None,
    )  # fmt: skip
    return Item(column, value, output_sql(value))


def output_sql(value: Value) -> str:
    """A value as it is shown: counts as whole numbers, computed numbers only when finite."""
    if value.null:
        return "CAST(NULL AS VARCHAR)"
    if value.kind is Kind.INTEGER and value.storage == t.DOUBLE:
        return f"TRY_CAST({value.sql} AS BIGINT)"
    if value.storage == t.ENUM:
        return t.as_text(value)
    if value.kind is Kind.NUMBER and value.constant is None:
        number = t.as_double(value)
        return f"CASE WHEN isfinite({number}) THEN {number} END"
    return value.sql


def _name(node: exp.Expr, problems: Problems) -> str:
    if isinstance(node, exp.Alias):
        if node.alias.lower().startswith("_cell"):
            problems.stop("reserved_name", node, name=node.alias, help="choose another alias")
        return str(node.alias)
    if isinstance(node, exp.Column):
        return str(node.name)
    return readable(node).lower()[:60]


def _unique(name: str, taken: set[str]) -> str:
    """The name, with a number after it when it is taken already."""
    candidate, count = name, 0
    while candidate.lower() in taken:
        count += 1
        candidate = f"{name}_{count}"
    taken.add(candidate.lower())
    return candidate


def condition_of(select: exp.Select, rows: Rows) -> Value | None:
    """The condition of WHERE, its columns noted as filters: the one place where subqueries may stand."""
    node = select.args.get("where")
    if node is None:
        return None
    with rows.nested():
        value = condition(node.this, rows, "WHERE")
    rows.use(value.reads | value.tests, Use.FILTER, node.this)
    return value


def where(select: exp.Select, rows: Rows) -> str:
    """WHERE of a SELECT over rows, or an empty text."""
    value = condition_of(select, rows)
    return f" WHERE {value.sql}" if value is not None else ""


def having(root: exp.Select, env: Above) -> str:
    """The condition on groups, or an empty text."""
    node = root.args.get("having")
    text = ""
    if node is not None:
        with env.problems.part():
            text = condition(node.this, env.without_windows(), "HAVING").sql
    return text


def qualify(root: exp.Select, env: Above) -> str:
    """The condition on rows by their window functions, or an empty text."""
    node = root.args.get("qualify")
    text = ""
    if node is not None:
        with env.problems.part():
            value = condition(node.this, env, "QUALIFY")
            if not any(part.find(exp.Window) for part in (node, *root.expressions)):
                env.problems.stop(
                    "type_wrong", node, what="QUALIFY", wanted="a window function", found="none"
                )
            text = value.sql
    return text


def order(root: exp.Select, env: Above) -> list[str]:
    """The items of ORDER BY, direction and place of NULLs always spelled out."""
    given = root.args.get("order")
    parts: list[str] = []
    for ordered in given.expressions if given else ():
        with env.problems.part():
            value = _ordered(ordered.this, root, env)
            if value.constant is None and not value.null:
                parts.append(t.as_text(value) + direction(ordered))
    return parts


def _ordered(node: exp.Expr, root: exp.Select, env: Above) -> Value:
    """What an item names: a place in SELECT, then an output name, then itself."""
    item = ordinal(node, root, env.problems)
    if item is None and isinstance(node, exp.Column) and not node.table:
        item = env.aliases.get(node.name.lower())
    return translate(node, env) if item is None else translate(item, env.plain())


def ordinal(node: exp.Expr, root: exp.Select, problems: Problems) -> exp.Expr | None:
    """The item of SELECT that a whole number names, or None when the node is no number."""
    if not isinstance(node, exp.Literal) or node.is_string:
        return None
    text = str(node.this)
    if not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= len(root.expressions):
        problems.stop("group_by_constant", node, name=text, count=len(root.expressions))
    item: exp.Expr = root.expressions[int(text) - 1]
    return item.this if isinstance(item, exp.Alias) else item


def direction(ordered: exp.Ordered) -> str:
    """ASC or DESC and the place of NULLs, spelled out."""
    first = bool(ordered.args.get("nulls_first"))
    return f" {'DESC' if ordered.args.get('desc') else 'ASC'} NULLS {'FIRST' if first else 'LAST'}"


def limits(root: exp.Query, problems: Problems, largest: int, default: int | None = None) -> str:
    """LIMIT and OFFSET as constants; ``default`` is the LIMIT of a statement that has none."""
    text = "" if root.args.get("limit") or default is None else f" LIMIT {default}"
    for name in ("limit", "offset"):
        node = root.args.get(name)
        if node is not None:
            with problems.part():
                text += f" {name.upper()} {_whole(node, problems, largest)}"
    return text


def limit_of(root: exp.Expr, most: int) -> int:
    """Rows that LIMIT leaves, at most."""
    node = root.args.get("limit")
    value = node.args.get("expression") if node is not None else None
    text = str(value.this) if isinstance(value, exp.Literal) and not value.is_string else ""
    return min(most, int(text)) if text.isdecimal() and len(text) <= 9 else most


def _whole(node: exp.Expr, problems: Problems, largest: int) -> int:
    value = node.args.get("expression")
    text = str(value.this) if isinstance(value, exp.Literal) and not value.is_string else ""
    if not text.isdecimal() or len(text) > 9 or int(text) > largest:
        problems.stop("limit_invalid", node, limit=largest)
    return int(text)


def aggregates(root: exp.Select) -> bool:
    """Whether a SELECT without GROUP BY aggregates: outside of subqueries, and not as a window function."""
    parts = [*root.expressions, root.args.get("having"), root.args.get("qualify"), root.args.get("order")]
    stack = [part for part in parts if part is not None]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Query):
            continue
        if isinstance(node, exp.Window):
            inner = node.this.this if isinstance(node.this, exp.Filter) else node.this
            stack += [*inner.iter_expressions(), *(node.args.get("partition_by") or ())]
            stack += [node.args["order"]] if node.args.get("order") else []
        elif isinstance(node, exp.AggFunc):
            return True
        else:
            stack += list(node.iter_expressions())
    return False
