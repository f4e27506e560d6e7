"""A query whose rows are public, as a table of another FROM or as one value of an expression."""

from __future__ import annotations

from sqlglot import exp

from sandbox.nouns.plan import Expression, Op
from sandbox.nouns.policy import ColumnType
from sandbox.plan.above.query import STORAGE, Query, recalled
from sandbox.plan.above.reading import back_name
from sandbox.plan.above.statement import Back
from sandbox.plan.names import PUBLIC, Scan, Scope, visible_tables
from sandbox.plan.relations.scan import Relation
from sandbox.plan.rows import Rows
from sandbox.plan.scalars.registry import Environment
from sandbox.plan.types import Value


def table_from(query: Query, alias: str, name: str, node: exp.Expr, rows: Rows) -> Relation:
    """The query under an alias: run once by itself, so that whoever reads it reads the same rows."""
    cells = {cell: f"{name}.{cell}" for cell, _ in query.cells}
    columns: dict[str, Value] = {}
    for number, item in enumerate(query.items):
        label = item.column.name.lower()
        if label in columns:
            rows.problems.stop("duplicate_alias", node, name=label)
        columns[label] = recalled(item, f'{name}."c{number}"', cells)
    made = Scan(alias, name, PUBLIC, {}, derived=columns, cells=query.cells, rows=query.rows)
    rows.scope.add(made, node)
    place = back_name(give_back(query, rows, node))
    unique = frozenset(f'{name}."c{number}"' for number in query.unique)
    fans = {value.sql: 1 if unique == {value.sql} else query.rows for value in columns.values()}
    return Relation(
        f'"{place}" AS {name}', 0, (made,), rows=query.rows, sized=query.size, fans=fans, unique=unique
    )


def give_back(query: Query, rows: Rows, node: exp.Expr) -> int:
    """Number of the query as a released relation, which the SQL of these rows reads."""
    columns = [(f"c{place}", item.column.type) for place, item in enumerate(query.items)]
    columns += [(cell, ColumnType.INTEGER) for cell, _ in query.cells]
    unique = tuple(f"c{place}" for place in query.unique)
    number = rows.statement.give_back(
        Back(query.sql, tuple(columns), query.rows, unique, query.reading, node)
    )
    rows.reading.back.add(number)
    rows.reading.noisy = rows.reading.noisy or query.reading.noisy
    return number


def one_value(node: exp.Expr, env: Environment) -> Value:
    """A subquery of one row and one column, over released values or public tables.

    Raises:
        Stopped: it may have several rows or columns, or is no scalar subquery.
    """
    from sandbox.plan.above.combined import query_of  # a query has values, and a value is a query

    if not isinstance(node, exp.Subquery):
        env.problems.stop("subquery_not_supported", node)
    _check_alone(node, env)
    inner = env.rows.apart(Scope(env.rows.scope.facts, env.problems))
    query = query_of(node.this, inner, outermost=False)
    if len(query.items) != 1 or query.rows > 1:
        env.problems.stop("subquery_of_one_value", node)
    outer = env.rows.apart(inner.scope)
    place = back_name(give_back(query, outer, node))
    env.reading.update(outer.reading)
    (item,) = query.items
    kind = item.column.type
    return Value(
        f'(SELECT v."c0" FROM "{place}" AS v)', kind, STORAGE[kind], integral=kind is ColumnType.INTEGER,
        range=item.value.range, days=item.value.days, measured=item.value.measured,
        expression=Expression(Op.OPAQUE) if item.value.measured else None, growth=item.value.growth,
    )  # fmt: skip


def _check_alone(node: exp.Subquery, env: Environment) -> None:
    """A value is measured once, so it cannot depend on the row of the statement around."""
    from sandbox.plan.relations.correlated import outer_columns

    for column in outer_columns(node.this, env.rows):
        env.problems.stop("subquery_of_other_rows", column, name=column.sql())


def reads_units(node: exp.Expr, rows: Rows) -> bool:
    """Whether a subquery reads a protected table, so that its value must be measured first."""
    tables = visible_tables(rows.scope.facts)
    found = (tables.get(str(table.name).lower()) for table in node.find_all(exp.Table))
    return any(table is not None and not table.public for table in found)
